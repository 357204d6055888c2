/// `events`: the journal for wardroomctl, as lines of JSON or rows of CSV, past and live.
#pragma once
#include "control/verbs.hpp"
#include "front/journal_reading.hpp"
#include "runtime/task_group.hpp"

namespace wardroom::front {

/// How many entries are shown when nobody says from where.
inline constexpr std::size_t events_shown = 50;

/// `tasks` outlives the handlers. Names go to callers who may act; others get numbers.
void add_event_verbs(control::Verbs& verbs, SharedJournalPorts ports, TaskGroup& tasks);

}  // namespace wardroom::front
