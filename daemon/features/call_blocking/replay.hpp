/// What would have been decided about recorded calls under another policy: their people's fixes are
/// folded again, in the order of receipt, through the same rules. Pure; changes nothing.
///
/// The time is that of the wall clock, which both the fixes and the calls have. A person's calls
/// and fixes are a lane of their own; of one and the same millisecond the fix comes first. Until a
/// restart in between, a lane goes through what the daemon would have gone through: each event
/// that asked, each fix, and whenever time alone changes something.
#pragma once
#include "features/call_blocking/past_call.hpp"
#include "features/call_blocking/standings.hpp"
#include "people/fix_batch.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

/// A time that somebody sets. Nobody can wait for it.
class SetClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  Uptime uptime() const override { return Uptime(now_.time_since_epoch()); }
  Task<void> sleep_until(Uptime when) override;
  TimerHandle at(Uptime when, std::function<void()> then) override;
  void set(Instant now) { now_ = now; }

 private:
  Instant now_{};
};

struct ReplayedCall {
  /// The first verdict that would have ended it.
  struct Cut {
    Instant at{};
    PastCall::Word word;
    Standing standing = Standing::no_fix;
    std::string fence;
    bool enforced = true;  ///< `enforce_for` has its person
  };
  std::optional<Cut> cut{};
  PastCall::Word word{};     ///< the last that a daemon would have recorded that only observes
  bool without_fix = false;  ///< no fix of its person was known when it began

  /// What a daemon in this mode would have recorded.
  PastCall::Word recorded(Mode mode) const {
    return mode == Mode::enforce && cut ? cut->word : word;
  }
};

class Replay {
 public:
  /// `calls` outlive it; `named` tells whom the policy names, by PersonNo; `begin` = when the
  /// daemon started, as far as is known.
  Replay(std::span<PastCall const> calls, std::shared_ptr<PolicySettings const> policy,
         Standings::Named const& named, Instant begin);

  /// In the order of receipt. Fixes of people without calls cost next to nothing.
  void take(people::StoredFix const& fix);
  /// The daemon started anew: hysteresis, graces and what it knew of running calls are lost.
  void daemon_started(Instant at);
  /// Goes on to `until`, or to the end of the last call. Nothing may be taken after it.
  void finish(Instant until);

  /// In the order of the calls.
  std::vector<ReplayedCall> const& outcomes() const { return outcomes_; }

 private:
  struct Live {
    std::uint32_t call = 0;
    std::uint32_t next = 0;  ///< of its moments
    bool judged = false, passed = false, answered = false, callback = false;
    Instant check = Instant::max();
  };
  struct Lane {
    std::vector<std::uint32_t> calls;  ///< by their first moment
    std::size_t next = 0;
    std::vector<Live> live;
    Instant callback_until{};  ///< incoming calls pass, after an answered emergency call
  };

  PersonNo number_of(PersonNo person) const {
    return person < numbers_.size() ? numbers_[person] : 0;
  }
  void begin_standings(Instant at);
  void pass_hours(Instant until);
  void plan_hours(Instant now);
  void advance(PersonNo lane, Instant until);
  Instant next_moment(Lane const& lane) const;
  void step(PersonNo number, Lane& lane, Instant now);
  void note_emergency(Lane& lane, PastCall const& call, Instant now) const;
  void judge_live(PersonNo number, Live& live, Instant now);
  Facts facts_of(PastCall const& call, Live const& live, Instant callback_until, Facts facts) const;

  std::span<PastCall const> calls_;
  std::shared_ptr<PolicySettings const> policy_;
  Standings::Named named_;
  std::vector<PersonNo> numbers_;  ///< by PersonNo: in this replay people are counted from 1
  people::Roster roster_;
  SetClock clock_;
  Instant next_hours_ = Instant::max();  ///< when other fences are in their hours
  std::optional<Standings> standings_;
  std::vector<Lane> lanes_;  ///< by number; 0 = people nobody knew
  std::vector<ReplayedCall> outcomes_;
};

}  // namespace wardroom::call_blocking
