#include "features/call_blocking/history_keeper.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::call_blocking {

HistoryKeeper::HistoryKeeper(store::Database& database, people::FixLog& fixes, Clock& clock,
                             std::chrono::hours keep)
    : store_(database), fixes_(fixes), clock_(clock), started_(clock.now()), hours_(keep) {
  fixes_.keep_history(keep.count() > 0);
}

Task<void> HistoryKeeper::keep_for(std::chrono::hours hours) {
  hours_ = hours;
  fixes_.keep_history(hours.count() > 0);
  co_await note_start();
}

/// Standings begin anew with the daemon: a replay must know when that was.
Task<void> HistoryKeeper::note_start() {
  if (hours_.count() == 0 || noted_) co_return;
  auto const done = co_await store_.note_start(started_);
  noted_ = done.has_value();
  if (!done) log::warning("the start could not be noted for replays", {{"why", done.error().what}});
}

Task<void> HistoryKeeper::sweep() {
  co_await note_start();
  auto before = co_await store_.size();
  if (!before) {
    log::warning("the kept positions could not be looked at", {{"why", before.error().what}});
    co_return;
  }
  size_ = *before;
  auto const cutoff = hours_.count() > 0 ? clock_.now() - hours_ : Instant::max();
  if (size_.batches == 0 || *size_.oldest >= cutoff) co_return;
  auto const gone = co_await store_.forget_before(cutoff);
  auto after = co_await store_.size();
  if (after) size_ = *after;
  if (!gone || !after)
    log::warning("old positions could not be removed; the next sweep tries again",
                 {{"why", (gone ? after.error() : gone.error()).what}});
  else if (*gone > 0)
    log::info("positions kept for replays were removed",
              {{"older_than_hours", hours_.count()},
               {"positions", before->fixes - size_.fixes},
               {"left", size_.fixes}});
}

nlohmann::ordered_json HistoryKeeper::json() const {
  nlohmann::ordered_json out{{"hours", hours_.count()}};
  if (size_.oldest) out["oldest"] = iso_text(*size_.oldest);
  out["fixes"] = size_.fixes;
  out["bytes"] = size_.bytes;
  return out;
}

}  // namespace wardroom::call_blocking
