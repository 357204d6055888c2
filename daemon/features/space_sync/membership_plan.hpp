/// What would make a space equal to what its rules want, and whether that may be done without a
/// person's word. Pure.
#pragma once
#include "features/space_sync/snapshot.hpp"
#include "features/space_sync/space_sync_settings.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace wardroom::space_sync {

enum class Act : std::uint8_t { add, remove };

struct Change {
  Act act = Act::add;
  Uuid person{};
  std::string target;  ///< add: the person's id as the service writes it; remove: the membership's
  std::string name, email;
  std::string why;  ///< "include domain: acme.example", "not in the directory", …
};

/// Why somebody who does not belong stays, or somebody who belongs is not added.
enum class Spared : std::uint8_t {
  self,  ///< whose login acts
  moderator,
  bot,        ///< also a monitor
  other_org,  ///< of another organisation
  guest,      ///< an account that an application made
  listed,     ///< in `protect.people`
  unknown,    ///< nothing could be decided
  left,       ///< went by themselves: not added again
};
inline constexpr std::array all_spared{Spared::self,      Spared::moderator, Spared::bot,
                                       Spared::other_org, Spared::guest,     Spared::listed,
                                       Spared::unknown,   Spared::left};
std::string_view name(Spared why);
std::string_view name(Act act);

struct SparedPerson {
  Uuid person{};
  std::string name, email;
  Spared why = Spared::unknown;
  std::string rule;  ///< what would have had them in or out
};

/// What is known from before the run.
struct PlanMemory {
  std::unordered_set<Uuid> left;  ///< went by themselves, and not forced back
  /// At the end of the last good run, sorted: `belonging_members` of it and whom it added. Somebody
  /// who was a member without belonging and comes into the directory later is thus simply added.
  std::vector<Uuid> members_before;
  std::unordered_set<Uuid> removed;          ///< by us since then: they did not go by themselves
  std::optional<std::size_t> people_before;  ///< size of the last good directory
  /// All members at the end of the last good run: what it removed is not a loss.
  std::optional<std::size_t> member_count_before;
  bool add_left_again = false;  ///< forced
};

struct PlanInput {
  DirectorySnapshot const& directory;
  MemberSnapshot const& members;
  JobSettings const& job;
  Uuid self{};
  Uuid org{};  ///< ours
  PlanMemory const& memory;
};

struct PlanCounts {
  std::size_t people = 0, members = 0, belong = 0;
  std::size_t undecided = 0;    ///< of the directory: neither in nor out by the rules
  std::size_t unprotected = 0;  ///< members of whom nothing says that they must stay, nor leaves it
                                ///< in doubt
  std::size_t add = 0, remove = 0;
  std::map<Spared, std::size_t> spared;
  /// How many of the directory each rule put out, by its text.
  std::map<std::string, std::size_t> out_by_rule;
};

struct MembershipPlan {
  std::vector<Change> changes;  ///< adds first, then removals, each by name then id
  /// By reason, name, id; of each reason the first `most_spared`, `counts.spared` has them all.
  std::vector<SparedPerson> spared;
  std::vector<Uuid> left_now;  ///< newly found to have gone by themselves, sorted
  std::vector<Uuid> back;      ///< of `memory.left`: members again, to be forgotten there; sorted
  PlanCounts counts;
  /// 12 hex digits over what was read and what follows from it. Other facts may lead to the same
  /// changes: whether two plans differ is for `diff_of_plans`.
  std::string digest;
  /// Why nothing may be changed without a person's word; empty = go on. It
  /// names nobody.
  std::string hold;
};

inline constexpr std::size_t most_spared = 10'000;
/// The reason of a removal of somebody whom the directory does not have.
inline constexpr std::string_view not_in_directory = "not in the directory";

MembershipPlan make_plan(PlanInput const& input);

/// More than both limits. `unprotected` = members that are not protected.
bool too_many(HoldAbove const& limit, std::size_t removals, std::size_t unprotected);

/// Who is a member and belongs, sorted: with whom the run added, the next one's `members_before`.
std::vector<Uuid> belonging_members(DirectorySnapshot const& directory,
                                    MemberSnapshot const& members);

}  // namespace wardroom::space_sync
