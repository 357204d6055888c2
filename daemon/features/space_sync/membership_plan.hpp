/// What would make a space equal to what its rules want, and whether that may be done without a
/// person's word. Pure.
#pragma once
#include "features/space_sync/snapshot.hpp"
#include "features/space_sync/space_sync_settings.hpp"

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
  bot,
  other_org,
  listed,   ///< in `protect.people`
  unknown,  ///< nothing could be decided
  left,     ///< went by themselves: not added again
};
std::string_view name(Spared why);

struct SparedPerson {
  Uuid person{};
  std::string name, email;
  Spared why = Spared::unknown;
  std::string rule;  ///< what would have had them in or out
};

/// What is known from before the run.
struct PlanMemory {
  std::unordered_set<Uuid> left;             ///< went by themselves, and not forced back
  std::vector<Uuid> members_before;          ///< of the last good run, sorted
  std::unordered_set<Uuid> removed;          ///< by us since then: they did not go by themselves
  std::optional<std::size_t> people_before;  ///< size of the last good directory
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
  std::size_t people = 0, members = 0, belong = 0, unprotected = 0;
  std::size_t add = 0, remove = 0;
  std::map<Spared, std::size_t> spared;
  /// How many of the directory each rule put out, by its text.
  std::map<std::string, std::size_t> out_by_rule;
};

struct MembershipPlan {
  std::vector<Change> changes;  ///< adds first, then removals, each by name then id
  std::vector<SparedPerson> spared;
  std::vector<Uuid> left_now;  ///< newly found to have gone by themselves
  PlanCounts counts;
  std::string digest;  ///< 12 hex digits over what was read and what follows from it
  /// Why nothing may be removed without a person's word; empty = go on.
  std::string hold;
};

MembershipPlan make_plan(PlanInput const& input);

/// More than both limits. `unprotected` = members that are not protected.
bool too_many(HoldAbove const& limit, std::size_t removals, std::size_t unprotected);

}  // namespace wardroom::space_sync
