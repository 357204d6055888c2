/// A load beside the CPU it cost its server.
#pragma once
#include "bench/child.hpp"
#include "bench/load.hpp"

namespace wardroom::bench {

struct Measured {
  LoadResult load;
  double cpu_us = 0;  ///< of the server, a request
};

inline Measured measure(Child const& server, LoadOptions const& options) {
  auto const before = server.cpu_seconds();
  Measured out{run_load(options)};
  auto const all = static_cast<double>(out.load.answered) *
                   (options.seconds + options.warm_up_seconds) / options.seconds;
  out.cpu_us = all > 0 ? (server.cpu_seconds() - before) / all * 1e6 : 0;
  return out;
}

}  // namespace wardroom::bench
