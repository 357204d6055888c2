/// An HTTP load generator on one thread: closed loop (as fast as answers come) or open loop (at a
/// rate).
#pragma once
#include "bench/figures.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace wardroom::bench {

struct LoadOptions {
  std::uint16_t port = 0;  ///< on 127.0.0.1
  int connections = 1;
  double seconds = 5;
  double rate = 0;                    ///< requests a second; 0 = closed loop
  std::vector<std::string> requests;  ///< complete requests, sent in turn whatever the connection
  double warm_up_seconds = 1;         ///< not counted
};

struct LoadResult {
  std::uint64_t answered = 0;  ///< 2xx within the counted time
  std::uint64_t errors = 0;    ///< other answers, broken connections
  double seconds = 0;
  Latencies latencies;  ///< open loop: from the moment the request was due
  /// Of the requests, by their place: those answered 2xx, whether they count in `answered` or not.
  std::vector<bool> accepted;
  double per_second() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
};

/// Throws when it cannot connect.
LoadResult run_load(LoadOptions const& options);

}  // namespace wardroom::bench
