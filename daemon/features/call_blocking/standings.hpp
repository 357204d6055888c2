/// Where everybody stands: the roster's rows measured against the fences in force, on demand.
/// Owner of the rows' side, confirmations, fence and flags. Nothing here waits or allocates a
/// person.
#pragma once
#include "features/call_blocking/call_blocking_settings.hpp"
#include "features/call_blocking/call_record.hpp"
#include "features/call_blocking/fix_history.hpp"
#include "people/dirty_set.hpp"
#include "people/roster.hpp"
#include "runtime/clock.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

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
  /// What the configuration does to a person whom it names, beside what is for everybody.
  struct Naming {
    FenceMask fences = 0;
    bool enforced = false;
    bool operator==(Naming const&) const = default;
  };
  /// A group that it names, and who is in it at the moment.
  struct Membership {
    std::shared_ptr<people::DirtySet const> people;
    Naming naming;
  };
  /// The two ways of being named; neither knows of the other.
  struct Named {
    std::unordered_map<PersonNo, Naming> by_mail;
    std::vector<Membership> by_group;
    Naming of(PersonNo person) const;
  };

  Standings(people::Roster& roster, Clock& clock, std::shared_ptr<PolicySettings const> policy);

  /// From now on; sides are worked out again from the last fixes as they are asked for.
  void set_policy(std::shared_ptr<PolicySettings const> policy, Named named = {});
  PolicySettings const& policy() const { return *policy_; }
  std::shared_ptr<PolicySettings const> shared_policy() const { return policy_; }
  std::string const& policy_digest() const { return digest_; }

  /// Somebody new, or with other addresses: finds the fences that name them. True when that makes a
  /// difference.
  bool assign(PersonNo person, std::vector<std::string> const& emails);
  /// These came into the group, or went, just now.
  void members_changed(people::DirtySet const& group, std::vector<PersonNo> const& people);
  /// The fences that apply to somebody at the moment: those that name them and are in their hours.
  FenceMask mask(PersonNo person) const { return bound(person) & awake_; }
  FenceMask bound(PersonNo person) const;  ///< whatever their hours
  FenceMask awake() const { return awake_; }
  /// Looks at the wall clock, which may have jumped. True when other fences are in their hours than
  /// before: sides are worked out again where that makes a difference.
  bool look_at_hours();
  /// The mode for this person: `enforce` only for whom the rules are enforced.
  Mode mode(PersonNo person) const;
  /// Whether `enforce_for` has this person, whatever the mode.
  bool enforced_for(PersonNo person) const;
  /// How many it names; absent when it is for everybody.
  std::optional<std::size_t> enforced_people() const;

  /// What an operator decided about this person, whatever the place; none ends it.
  void set_override(PersonNo person, Override what);

  /// While true, `degraded` stands in for the policies stale and no_fix.
  void set_degraded(bool degraded) { degraded_ = degraded; }
  bool degraded() const { return degraded_; }

  /// Impossible travel counts for so long after the last one, and hints of a spoof that are no
  /// farther apart are one suspicion: a grace does not begin anew in between.
  static constexpr auto kHintsRemembered = std::chrono::minutes(30);

  /// Takes a fix into the row; `taken` = when it was, as the browser says.
  void take(PersonNo person, Fix const& fix, std::optional<Instant> taken = {});
  void forget(PersonNo person);

  /// The word alone: cheap, for counting.
  Standing current(PersonNo person);
  /// `person` 0 = somebody unknown: the fences for everybody apply, and there is no fix. Distances
  /// are those that verdicts need (see `locate`).
  Assessment assess(PersonNo person);
  /// A verdict on an ordinary call of this person at this moment: "are calls allowed?"
  Judgement judge_now(PersonNo person);
  Judgement judge_now(Assessment const& assessment) const;
  /// Puts the true distance to the border into `place`, for people to read: of a judgement made at
  /// this very moment. What was measured for the verdict stays as it is.
  void tell_distance(PersonNo person, Judgement& judgement) const;
  bool allowed(PersonNo person);
  /// When the standing changes by itself, should no fix come: age limit.
  std::optional<Uptime> stale_at(PersonNo person) const;

 private:
  /// What sides are worked out by; a row's index_version names it.
  struct Measures {
    std::uint16_t version = 0;
    std::vector<std::string> keys;  ///< of each fence: all that a reading depends on
    int confirmations = 0;
    FenceMask everybody = 0, awake = 0;
    Named named;
  };
  /// Since the first hint of a series.
  struct Suspicion {
    Uptime since, last;
    std::optional<Uptime> travelled{};  ///< the last impossible travel
  };

  /// Nothing when no fence applies.
  std::optional<Reading> reading_of(PersonNo person, Fix const& fix, bool after_stale) const;
  SideState side_after(PersonNo person, Fix const& fix, FixHistory const& history) const;
  Reading reading_at(Position const& position, Meters accuracy, bool after_stale) const;
  void bring_up_to_date(PersonNo person);
  void begin_version();
  bool same_fences(PersonNo person, std::uint16_t version) const;
  bool is_to_hold(PersonNo person, Hints hints, Standing before, Uptime now) const;
  void note_uncertain(PersonNo person, Side before, Side after, Uptime since);
  void note_hints(PersonNo person, Hints hints, Uptime now);
  Suspicion const* suspicion_of(PersonNo person, Uptime now) const;
  Uptime counts_from(PersonNo person) const;
  Standing standing_at(PersonNo person, Uptime now) const;

  people::Roster& roster_;
  Clock& clock_;
  std::shared_ptr<PolicySettings const> policy_;
  std::string digest_;
  std::uint16_t version_ = 0;
  FenceMask everybody_ = 0;
  FenceMask naming_ = 0;
  FenceMask awake_ = 0;
  Named named_;
  std::vector<std::string> keys_;
  std::deque<Measures> past_;  ///< of the last policies
  std::unordered_map<PersonNo, Uptime> uncertain_since_;
  std::unordered_map<PersonNo, Suspicion> suspicions_;  ///< forgotten over a restart
  std::size_t sweep_suspicions_at_ = 1024;
  std::unordered_map<PersonNo, Uptime>
      held_;  ///< whose last fix is held: the time of the one before
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
inline constexpr std::uint8_t kSteadyBit = 0x80;  ///< nothing speaks against the last two fixes

}  // namespace wardroom::call_blocking
