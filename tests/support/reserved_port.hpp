/// A port on loopback that nobody else gets while this lives, for a server that must know its
/// number before it starts.
#pragma once
#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace wardroom::test {

/// Bound with SO_REUSEADDR and never listening: the kernel gives the number to no other socket that
/// asks for any port, incoming or outgoing, while a server that sets SO_REUSEADDR too may bind and
/// listen on it. Closing first and hoping is a race: another test's connection may get the number.
class ReservedPort {
 public:
  ReservedPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    int const on = 1;
    if (fd_ < 0 || ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("no free port on loopback");
    number_ = ntohs(address.sin_port);
  }
  ReservedPort(ReservedPort&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), number_(other.number_) {}
  ReservedPort& operator=(ReservedPort&&) = delete;
  ~ReservedPort() {
    if (fd_ >= 0) ::close(fd_);
  }

  std::uint16_t number() const { return number_; }

 private:
  int fd_;
  std::uint16_t number_ = 0;
};

}  // namespace wardroom::test
