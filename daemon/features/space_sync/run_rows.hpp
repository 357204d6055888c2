/// Runs and their steps as rows of the store, and what the journal tells of them. Inside units and
/// reads only.
#pragma once
#include "features/space_sync/space_sync_store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

void insert_run(store::Sql& sql, Run const& run);
bool update_run(store::Sql& sql, Run const& run);  ///< false = there is no such run
/// `rest` = what comes after the name of the table: "WHERE …".
std::vector<Run> select_runs(store::Sql& sql, std::string const& rest,
                             std::vector<store::Value> values);

/// Several to a statement: with a server each one is a way there and back.
void insert_steps(store::Sql& sql, RunId run, std::span<Step const> steps);
Step step_from(store::Row const& row);
/// The columns that `step_from` reads.
inline constexpr std::string_view step_columns =
    "number, act, person, target, name, email, why, state, outcome, membership, at_ms";

void insert_spared(store::Sql& sql, RunId run, std::int64_t number, SparedPerson const& spared);
SparedPerson spared_from(store::Row const& row);
inline constexpr std::string_view spared_columns = "person, name, email, why, rule";

/// Throws when it is none.
Uuid uuid_from(std::string const& text);

/// Counts, states and sentences; nobody's name.
store::JournalEntry entry_of(Run const& run, Instant now);
store::JournalEntry entry_of_pause(std::string_view job, JobMemory const& memory, Instant now);

}  // namespace wardroom::space_sync
