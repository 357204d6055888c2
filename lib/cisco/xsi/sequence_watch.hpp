/// Notices events of one subscription that never came, from gaps in their sequence numbers. Pure.
/// Consecutive numbers arrive over different channels, so a gap counts only after a while.
/// Source: xsi.md 6.1, 11.4; whether an organisation has one counter is not confirmed there, hence
/// the step back to "informational" when gaps are the rule.
#pragma once
#include "base/units.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace wardroom::xsi {

class SequenceWatch {
 public:
  explicit SequenceWatch(Milliseconds patience) : patience_(patience) {}

  void saw(std::int64_t sequence, Uptime now);
  /// Numbers that stayed missing for longer than the patience: how many since the last call.
  /// 0 for ever once informational.
  std::size_t overdue(Uptime now);
  /// When the next missing number becomes overdue.
  std::optional<Uptime> next_deadline() const;
  /// Gaps (runs of missing numbers) came with more than 1 % of a minute's events: the counter is
  /// evidently not one per subscription.
  bool informational() const { return informational_; }
  std::uint64_t gaps() const { return gaps_; }
  /// Numbers begin with 1: an event that is lost before any other came is missed, too. Where the
  /// counter is older than the subscription that costs one needless list of calls.
  void begin_subscription();

 private:
  void note_missing(std::int64_t from, std::int64_t to, Uptime now);
  void begin_minute_if_over(Uptime now);
  bool runs_behind(std::int64_t sequence);

  Milliseconds patience_;
  std::int64_t next_ = 0;    // 0 = nothing seen yet
  std::int64_t behind_ = 0;  // the last one that was late, while nothing new came
  std::map<std::int64_t, Uptime> missing_;
  Uptime minute_began_{};
  std::uint64_t seen_this_minute_ = 0, runs_this_minute_ = 0;
  std::uint64_t gaps_ = 0;
  bool informational_ = false;
};

}  // namespace wardroom::xsi
