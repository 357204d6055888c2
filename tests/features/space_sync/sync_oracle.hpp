/// The plan of a sync once more, written from the words of decisions.md with plain sets and no
/// thought of speed: what the real one is compared with. Shares no code with it.
#pragma once
#include "features/space_sync/plan_world.hpp"

#include <map>
#include <set>

namespace wardroom::space_sync::test {

enum class Wanted { no, yes, nobody_knows };

struct Expected {
  std::set<Uuid> adds, removals, left_now, back, belong;
  /// Members who do not belong and stay, and outsiders who belong and are not added: every reason
  /// there is for it.
  std::map<Uuid, std::set<Spared>> spared;
  std::size_t undecided = 0, unprotected = 0, out = 0;
  bool held = false;
};

/// Of one entry, by rules of the kinds all, email, domain, department, department_contains, type,
/// inactive and invite_pending.
Wanted wanted(SelectionRules const& rules, Told const& person);

/// Why somebody may not be removed; empty = they may. `entries` = theirs in the directory.
std::set<Spared> reasons_to_stay(Member const& member, std::vector<Told const*> const& entries,
                                 Protect const& protect, Uuid self, Uuid org);

Expected expected_plan(std::vector<Told> const& people, std::vector<Member> const& members,
                       JobSettings const& job, PlanMemory const& memory, Uuid self, Uuid org);

}  // namespace wardroom::space_sync::test
