/// Pours the journal into an open stream, page by page from the store: past entries, then live
/// ones. Memory stays the same for a million entries and for a reader who does not read; nothing
/// comes twice and nothing is lost between past and present.
#pragma once
#include "front/journal_query.hpp"
#include "http/server_request.hpp"
#include "runtime/clock.hpp"
#include "store/journal_event.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::front {

/// What reading needs of the daemon. References outlive every reading.
struct JournalPorts {
  Executor loop;
  Clock& clock;
  store::Database& database;
  store::Journal& journal;
  /// "P" of docs/api.md to a person number; not_found or conflict with a sentence.
  std::function<Task<Result<PersonNo>>(std::string who)> find_person;
  /// Makes `name_of` know these people.
  std::function<Task<void>(std::vector<PersonNo> people)> learn_names;
  std::function<std::string(PersonNo person)> name_of;  ///< at once; empty when unknown
};

/// A query that was looked up: numbers only.
struct JournalPlan {
  store::JournalFilter filter{};
  std::int64_t after = 0;
  std::int64_t before = 0;             ///< 0 = to the end
  std::optional<std::size_t> limit{};  ///< of entries, in all
  bool follow = false;
  store::EventFormat format = store::EventFormat::ndjson;
  store::EventFormat errors = store::EventFormat::ndjson;  ///< in which form a failure is told
  store::Naming naming = store::Naming::withheld;
  bool sse = false;    ///< frames of server-sent events around `plain` objects
  bool again = false;  ///< the reader is told first to read everything again
  /// Asked every 5 s while following: whether the reader may go on.
  std::function<bool()> admitted{};
  /// A gap to tell first: asked for a number that is gone, or that was never reached.
  std::optional<std::pair<std::int64_t, std::int64_t>> gap{};
};

using SharedJournalPorts = std::shared_ptr<JournalPorts const>;

/// Looks up the person and the moments. Without `since`, where the newest `limit` begin, or the
/// newest `usually` (0 = all there is). Errors: as of find_person and of the store.
Task<Result<JournalPlan>> plan_journal(SharedJournalPorts ports, JournalQuery query,
                                       std::size_t usually);

/// Until the end, or until one side ends it; closes the stream.
Task<void> pour_journal(SharedJournalPorts ports, JournalPlan plan,
                        std::shared_ptr<http::ResponseStream> stream);

/// One page for a list, newest first, as JSON objects. `older` = the number to read on before;
/// 0 = that was all.
struct JournalPage {
  std::vector<std::string> entries;
  std::int64_t older = 0;
};
Task<Result<JournalPage>> read_journal_page(SharedJournalPorts ports, JournalPlan plan,
                                            std::size_t limit);

}  // namespace wardroom::front
