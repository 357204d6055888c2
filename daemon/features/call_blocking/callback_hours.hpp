/// The hours after answered emergency calls, in which incoming calls of their people pass.
/// Kept in memory and, for restarts, in the store: what the store refused is written again until it
/// holds. On the loop.
#pragma once
#include "domain/call.hpp"
#include "runtime/clock.hpp"
#include "runtime/task.hpp"
#include "store/database.hpp"

#include <unordered_map>

namespace wardroom::call_blocking {

class CallbackHours {
 public:
  static constexpr auto lasts = std::chrono::minutes(60);

  CallbackHours(store::Database& database, Clock& clock)
      : database_(database), clock_(clock), known_by_(clock.uptime() + lasts) {}

  /// Those of before the restart. Within the boot `boot_no` (0 = not known) by the clock that never
  /// jumps; over a reboot the wall clock has to do, and adds no more than an hour.
  Task<Result<void>> load(std::int64_t boot_no);
  /// An emergency call that began at `call_began` is answered: an hour from now on, once a call.
  void begin(XsiUserId const& target, Uptime call_began, std::int64_t boot_no);
  bool run_for(XsiUserId const& target) const;
  /// Whether those of before the restart are read, or must be over by now.
  bool known() const { return read_ || clock_.uptime() >= known_by_; }
  /// When those of before the restart are over in any case.
  Uptime known_by() const { return known_by_; }
  /// Whether they should be and are not, because the store refused.
  bool refused() const { return refused_ && !known(); }
  /// Those that are over.
  void sweep();
  /// A last time what waits to be written.
  void stop();
  std::size_t unwritten() const { return unwritten_.size(); }

 private:
  struct Hour {
    std::int64_t boot_no = 0;
    Uptime until{};
    bool operator==(Hour const&) const = default;
  };
  void write(XsiUserId const& target, Hour hour);
  void written(XsiUserId const& target, Hour hour, Result<void> const& done);
  void write_again();

  store::Database& database_;
  Clock& clock_;
  Uptime known_by_;
  bool read_ = false, refused_ = false;
  std::unordered_map<XsiUserId, Uptime> until_;
  std::unordered_map<XsiUserId, Hour> unwritten_;
  TimerHandle again_;
};

}  // namespace wardroom::call_blocking
