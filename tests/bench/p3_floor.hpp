/// The reference of P3: a minimal TLS loop that only reads events and writes DELETEs.
#pragma once
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <string>

namespace wardroom::bench {

/// Runs the loop for a while.
void run_for(boost::asio::io_context& io, std::chrono::milliseconds time);

/// Latency of the minimal loop, in microseconds: every event is one that ends a call there.
struct Floor {
  double p50 = 0, p99 = 0;
};
/// `folder` holds the certificate.
Floor measure_floor(boost::asio::io_context& io, std::string const& folder);

}  // namespace wardroom::bench
