/// The join of people and calling users in the store: everybody's row as a plan needs it, and a
/// plan carried out. Inside units and reads only.
#pragma once
#include "people/people_merge.hpp"
#include "people/person_join.hpp"

namespace wardroom::people {

std::vector<JoinRow> join_rows(store::Sql& sql);

/// Steps whose rows changed since the plan was made are left for the next one.
std::vector<PersonChange> carry_out(store::Sql& sql, JoinPlan const& plan, Instant now);

struct MappingCounts {
  std::size_t people = 0, users = 0, mapped = 0, conflicts = 0;
};
MappingCounts count_mappings(store::Sql& sql);

}  // namespace wardroom::people
