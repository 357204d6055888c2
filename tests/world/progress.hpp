/// Says on stderr how far the worlds of a run have come, and at the end what they came to.
#pragma once
#include "workers.hpp"

#include <chrono>
#include <cstdint>

namespace wardroom::world {

class Progress {
 public:
  explicit Progress(RunnerOptions const& options) : options_(options) {}
  void take(Told const& told);
  /// Virtual.
  double hours() const { return double(virtual_ms_) / 3.6e6; }
  void sum_up() const;

 private:
  using RealClock = std::chrono::steady_clock;

  RunnerOptions const& options_;
  RealClock::time_point began_ = RealClock::now(), said_ = began_;
  std::uint64_t done_ = 0, crashes_ = 0, faults_ = 0, acts_ = 0;
  std::int64_t virtual_ms_ = 0;
};

}  // namespace wardroom::world
