/// By how much a counter rose in the last ten minutes, to the nearest ten seconds. Pure.
#pragma once
#include "base/units.hpp"

#include <cstdint>
#include <deque>

namespace wardroom::call_blocking {

class RecentRise {
 public:
  void see(std::uint64_t value, Uptime now) {
    if (seen_.empty() || value < latest_) seen_ = {{now, value}};  // it began anew
    latest_ = value;
    while (seen_.size() > 1 && now - seen_[1].at >= window) seen_.pop_front();
    if (now - seen_.back().at >= step) seen_.push_back({now, value});
  }
  std::uint64_t rise() const { return seen_.empty() ? 0 : latest_ - seen_.front().value; }

 private:
  static constexpr auto window = std::chrono::minutes(10);
  static constexpr auto step = std::chrono::seconds(10);
  struct Seen {
    Uptime at;
    std::uint64_t value;
  };
  std::deque<Seen> seen_;
  std::uint64_t latest_ = 0;
};

}  // namespace wardroom::call_blocking
