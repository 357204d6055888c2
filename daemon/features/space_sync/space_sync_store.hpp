/// Runs, their steps, and what jobs remember, in the store. On the loop only.
#pragma once
#include "features/space_sync/run.hpp"
#include "runtime/clock.hpp"
#include "store/database.hpp"
#include "store/journal.hpp"

#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace wardroom::space_sync {

/// What a job remembers between runs.
struct JobMemory {
  std::optional<Instant> last_began;   ///< of a run by schedule or on demand
  std::optional<std::int64_t> people;  ///< of the last good directory
  std::optional<std::int64_t> members;
  bool paused = false;
  std::string paused_by, pause_reason;
  std::optional<Instant> paused_at;
};

class SpaceSyncStore {
 public:
  SpaceSyncStore(store::Database& database, store::Journal& journal, Clock& clock)
      : database_(database), journal_(journal), clock_(clock) {}

  /// Gives the run its id and writes a journal entry of kind "sync".
  Task<Result<RunId>> begin(Run run);
  /// Writes the run's row anew. `tell` = also an entry of the journal. Errors: not_found.
  Task<Result<void>> save(Run run, bool tell);
  /// The steps of a plan, at most 1,000 a commit; replaces what the run had.
  Task<Result<void>> save_steps(RunId run, std::vector<Step> steps);
  Task<Result<void>> save_spared(RunId run, std::vector<SparedPerson> spared);
  /// One step's state; resolves after the commit (class A). Gathered with others by the writer.
  Task<Result<void>> note_step(RunId run, Step step);
  /// The same of many, at most 1,000 a commit; others stay as they are.
  Task<Result<void>> note_steps(RunId run, std::vector<Step> steps);

  Task<Result<Run>> run(RunId id);              ///< not_found
  Task<Result<std::vector<Run>>> unfinished();  ///< reading and applying ones: after a crash
  Task<Result<std::optional<Run>>> latest(std::string job, std::optional<RunState> state = {},
                                          std::optional<RunKind> kind = {});
  /// Newest first; `before` = 0: from the newest.
  /// An empty job = those of all.
  Task<Result<std::vector<Run>>> history(std::string job, std::size_t limit, RunId before = 0);
  Task<Result<std::vector<Step>>> steps(RunId run, std::int64_t after, std::size_t limit);
  Task<Result<std::vector<SparedPerson>>> spared(RunId run, std::size_t limit);
  /// Whom runs of the job after that one removed, or may have: they did not go by themselves. An
  /// empty space = of all that it had.
  Task<Result<std::unordered_set<Uuid>>> removed_since(std::string job, RunId run,
                                                       std::string space = {});

  Task<Result<JobMemory>> memory(std::string job);  ///< of a job that never ran: nothing is set
  /// A pause that begins or ends is told in the journal.
  Task<Result<void>> save_memory(std::string job, JobMemory memory);
  /// Members at the end of the last good run, sorted; a blob in pieces.
  Task<Result<std::vector<Uuid>>> members_before(std::string job);
  Task<Result<void>> save_members(std::string job, std::vector<Uuid> members);
  Task<Result<std::unordered_set<Uuid>>> left(std::string job);
  Task<Result<void>> note_left(std::string job, std::vector<Uuid> people, Instant at);
  Task<Result<void>> forget_left(std::string job, std::vector<Uuid> people);

  /// Steps and spared people of runs older than `cutoff`, step by step; the runs' rows stay a year.
  Task<Result<std::size_t>> forget_before(Instant cutoff);

 private:
  Task<Result<std::size_t>> forget_rows(std::string_view table, RunId run);

  store::Database& database_;
  store::Journal& journal_;
  Clock& clock_;
};

std::span<store::Migration const> space_sync_migrations();

}  // namespace wardroom::space_sync
