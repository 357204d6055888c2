/// The reference of P1 and P2: a bare epoll server that answers every request with fixed bytes.
#pragma once
#include <cstdint>

namespace wardroom::bench {

/// Serves on an already listening socket until the process is killed. One thread.
[[noreturn]] void serve_fixed_answers(int listener);
/// A listening socket on 127.0.0.1, port chosen by the system.
int listen_on_loopback(std::uint16_t& port);

}  // namespace wardroom::bench
