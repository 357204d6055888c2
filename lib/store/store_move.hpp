/// Moves a site's store into another one: the blocking part, for a thread of its own. The store it
/// moves from stays in use, untouched but for what note_changes() adds, until somebody commits its
/// `moved` mark.
///
///   open ─► [note changes] ─► copy ─► catch up and compare ─► catch up … ─► finish ─► (marked)
///                              one snapshot, a page a transaction     writers wait here only
#pragma once
#include "store/copy_tables.hpp"
#include "store/move_marks.hpp"
#include "store/store_session.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace wardroom::store {

struct MoveProgress {
  std::string phase;  ///< "copy", "compare", "catch up", "finish"
  std::string table{};
  std::int64_t rows = 0, total = 0;
};

struct MoveReport {
  std::string from, to;              ///< as they may be shown
  std::vector<TableCount> tables{};  ///< rows at the end; checksums as compared on the way
  std::int64_t rows = 0;
  std::int64_t caught_up = 0;  ///< rows that changed while others were copied
  Milliseconds pause{};        ///< for which writers waited
};

/// The target holds something else than our own unfinished copy.
class TargetInUse : public StoreError {
  using StoreError::StoreError;
};

class StoreMove {
 public:
  using Watch = std::function<void(MoveProgress const&)>;
  /// Every way to use a store that is moved from: a second session to read it, or the only one.
  StoreMove(StoreSettings from, StoreSettings to, std::vector<Migration> steps, Watch watch);
  ~StoreMove();

  std::string const& id() const { return mark_.id; }
  MoveMark mark_for_old() const { return {mark_.id, to_.url, mark_.at}; }

  /// Connects to both. The target must be empty, or an unfinished copy of this very store, which is
  /// begun again; then its schema is made. Errors: conflict = it holds something else, or a daemon
  /// uses it; those of open_store. `locked` = nobody else may use the old one meanwhile.
  void open(Instant now, bool locked);
  /// The tables that change capture is to watch.
  std::vector<Table> const& tables() const { return tables_; }

  /// `captured` here and below: begin_capture() watches the old store; else nobody writes to it.
  void copy(bool captured);
  /// What changed since; the target then equals one moment of the old store. How many rows.
  std::int64_t catch_up();
  /// The same, and then every row of both is read and compared.
  void compare(bool captured);
  /// Nobody writes to the old store any more: the last changes, the counts of every table, and the
  /// mark `ready`. Lets go of both stores.
  void finish(bool captured);
  /// Lets go of both; what the target holds is an unfinished copy.
  void abandon();

  /// Ends whatever runs, soon; it throws `cancelled`. Any thread.
  void interrupt();
  MoveReport const& report() const { return report_; }

 private:
  void prepare_target(Instant now);
  void apply(std::int64_t upto);
  void apply_new();
  void check_counts(std::vector<TableCount> const& expected);
  void check_rows_since(std::int64_t seq);
  void tell(std::string phase, std::string const& table = {}, std::int64_t rows = 0);
  void in_snapshot(std::function<void()> const& work);
  void stop_if_told();

  StoreSettings from_, to_;
  std::vector<Migration> steps_;
  Watch watch_;
  MoveMark mark_;
  std::mutex mutex_;  ///< guards the two pointers against interrupt()
  std::unique_ptr<StoreSession> source_, target_;
  std::vector<Table> tables_;
  std::int64_t total_ = 0;
  std::int64_t caught_up_to_ = 0;
  std::atomic<bool> stopped_ = false;
  MoveReport report_;
};

/// Random; names one attempt.
std::string new_move_id();

}  // namespace wardroom::store
