/// How releases went: counts by end and by whether the call had been answered, and how long they
/// took in the last hour. Pure: times are given.
#pragma once
#include "base/units.hpp"
#include "features/call_blocking/call_record.hpp"

#include <array>
#include <deque>
#include <functional>
#include <optional>

namespace wardroom::call_blocking {

class ReleaseTimes {
 public:
  using Hear = std::function<void(double seconds)>;
  /// Told of each release the platform took.
  void set_hear(Hear hear) { hear_ = std::move(hear); }

  /// `took` counts from the arrival of the event, position or moment that asked for it.
  void note(Decision how, bool answered, Milliseconds took, Uptime now);

  std::uint64_t count(Decision how, bool answered) const;

  struct Hour {
    std::size_t releases = 0;
    Milliseconds half{}, most{};  ///< p50 and p99
  };
  Hour last_hour(Uptime now) const;

 private:
  Hear hear_;
  std::array<std::array<std::uint64_t, 2>, 5> counts_{};
  std::deque<std::pair<Uptime, Milliseconds>> recent_;
};

}  // namespace wardroom::call_blocking
