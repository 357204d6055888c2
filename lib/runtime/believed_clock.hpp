/// The wall clock as those who remove what is old may go by it: one that jumps forward while we run
/// is believed only after a day, so that nothing is removed for an hour that was wrong.
/// To be looked at every hour or so; on the loop only.
#pragma once
#include "runtime/clock.hpp"

#include <optional>
#include <string>

namespace wardroom {

class BelievedClock {
 public:
  static constexpr auto doubted_for = std::chrono::hours(24);
  /// A clock that is set right by less than this has not jumped.
  static constexpr auto no_jump = std::chrono::hours(1);

  /// `what` is removed by it: for the warning.
  BelievedClock(Clock& clock, std::string what) : clock_(clock), what_(std::move(what)) {}

  /// The wall clock's, or while it is doubted what it would show without its jump.
  Instant now();

 private:
  struct Moment {
    Instant wall{};
    Uptime up{};
  };
  Clock& clock_;
  std::string what_;
  std::optional<Moment> believed_{};  ///< the last look that went well
  std::optional<Uptime> doubted_since_{};
};

}  // namespace wardroom
