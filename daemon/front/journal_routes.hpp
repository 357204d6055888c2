/// The history for administrators on the web: pages of the journal, its live head, and downloads.
///
///   GET /api/v1/journal         {now, entries:[newest first], older?, newest, oldest_at?, keep_s,
///                               kinds:[{name,title,summary}], health}; `older` = the `until` of
///                               the next
///   GET /api/v1/journal/stream  SSE: `entry` and `gap` with id = sequence number, `again` when the
///                               reader is so far behind that reading the page again is better;
///                               Last-Event-ID (or `since`) reads on, else from now
///   GET /api/v1/journal/export  format=csv|json: everything that fits, oldest first, as a file
///
/// All take kind, person, since and until as `events` does. Who looked, and at what, is audited
/// once a viewing.
#pragma once
#include "control/verbs.hpp"
#include "front/journal_reading.hpp"
#include "http/router.hpp"
#include "runtime/task_group.hpp"

namespace wardroom::front {

struct JournalRoutesPorts {
  SharedJournalPorts journal;
  TaskGroup& tasks;
  /// Whether a web session has not ended.
  std::function<bool(std::string const& session)> alive;
  std::function<Milliseconds()> keep;
  std::function<std::string()> health;  ///< "green", "yellow", "red"
  /// Into the audit; empty = nowhere (tests).
  std::function<void(http::Caller const&, std::string action, control::Change)> audit{};
};

/// References outlive the router.
void add_journal_routes(http::Router& router, JournalRoutesPorts ports);

}  // namespace wardroom::front
