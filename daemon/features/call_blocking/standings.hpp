/// Where everybody stands: the roster's rows measured against the fences in force, on demand.
/// Owner of the rows' side, confirmations, fence and flags. Nothing here waits or allocates a
/// person.
#pragma once
#include "features/call_blocking/call_blocking_settings.hpp"
#include "features/call_blocking/call_record.hpp"
#include "features/call_blocking/fix_history.hpp"
#include "people/roster.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <unordered_map>

namespace wardroom::call_blocking {

/// A person's part of a verdict's facts, and what explains it.
struct Assessment {
  Facts facts;  ///< only the person and the rules are filled in
  Place place;
  std::optional<Measured> measured{};  ///< absent without a fix, and in no fence
  std::optional<Standing> before{};    ///< the standing before the last fix
  Mode mode = Mode::observe;           ///< in force for this person
};

class Standings {
 public:
  /// What names a person, beside what is for everybody.
  struct Naming {
    FenceMask fences = 0;
    bool enforced = false;
    bool operator==(Naming const&) const = default;
  };
  using Named = std::unordered_map<PersonNo, Naming>;

  Standings(people::Roster& roster, Clock& clock, std::shared_ptr<PolicySettings const> policy);

  /// From now on; sides are worked out again from the last fixes as they are asked for.
  void set_policy(std::shared_ptr<PolicySettings const> policy, Named named = {});
  PolicySettings const& policy() const { return *policy_; }
  std::shared_ptr<PolicySettings const> shared_policy() const { return policy_; }
  std::string const& policy_digest() const { return digest_; }

  /// Somebody new, or with other addresses: finds the fences that name them.
  void assign(PersonNo person, std::vector<std::string> const& emails);
  FenceMask mask(PersonNo person) const;
  /// The mode for this person: `enforce` only for whom the rules are enforced.
  Mode mode(PersonNo person) const;

  /// What an operator decided about this person, whatever the place; none ends it.
  void set_override(PersonNo person, Override what);

  /// While true, `degraded` stands in for the policies stale and no_fix.
  void set_degraded(bool degraded) { degraded_ = degraded; }
  bool degraded() const { return degraded_; }

  /// Takes a fix into the row.
  void take(PersonNo person, Fix const& fix);
  void forget(PersonNo person);

  /// The word alone: cheap, for counting.
  Standing current(PersonNo person);
  /// `person` 0 = somebody unknown: the fences for everybody apply, and there is no fix.
  Assessment assess(PersonNo person);
  /// A verdict on an ordinary call of this person at this moment: "are calls allowed?"
  Judgement judge_now(PersonNo person);
  Judgement judge_now(Assessment const& assessment) const;
  bool allowed(PersonNo person);
  /// When the standing changes by itself, should no fix come: age limit.
  std::optional<Uptime> stale_at(PersonNo person) const;

 private:
  /// Nothing when no fence applies.
  std::optional<Reading> reading_of(PersonNo person, Fix const& fix, bool after_stale) const;
  SideState side_after(PersonNo person, Fix const& fix, FixHistory const& history) const;
  Reading reading_at(Position const& position, Meters accuracy, bool after_stale) const;
  void bring_up_to_date(PersonNo person);
  void note_uncertain(PersonNo person, Side before, Side after, Uptime since);
  Standing standing_of(people::RosterRow const& row, Uptime now) const;

  people::Roster& roster_;
  Clock& clock_;
  std::shared_ptr<PolicySettings const> policy_;
  std::string digest_;
  std::uint16_t version_ = 0;
  FenceMask everybody_ = 0;
  FenceMask naming_ = 0;
  Named named_;
  std::unordered_map<PersonNo, Uptime> uncertain_since_;
  std::unordered_map<PersonNo, Uptime> suspicious_since_;
  Uptime started_;
  bool degraded_ = false;
  std::unordered_map<PersonNo, Override> overrides_;  ///< few: none is not kept
};

/// What in `policy` names one of these addresses (any case).
Standings::Naming naming(PolicySettings const& policy, std::vector<std::string> const& emails);

/// Bits of RosterRow::flags.
inline constexpr std::uint8_t kBeforeBits =
    0x07;  ///< standing before the last fix, plus 1; 0 = none
inline constexpr std::uint8_t kShownBits = 0x38;  ///< standing live pages saw last, plus 1
inline constexpr std::uint8_t kDirtyBit = 0x40;   ///< waits for the next frame of the live pages

}  // namespace wardroom::call_blocking
