#include "store/journal_keeper.hpp"

#include "base/log.hpp"
#include "runtime/task_group.hpp"

namespace wardroom::store {
namespace {
constexpr auto every = std::chrono::hours(1);
/// Others write between two steps.
constexpr auto pause = std::chrono::milliseconds(20);
}  // namespace

void JournalKeeper::set_keep(Milliseconds keep) {
  if (keep == keep_) return;
  keep_ = keep;
  wake_.raise();
}

Task<void> JournalKeeper::forget() {
  std::size_t total = 0;
  for (;;) {
    auto const gone = co_await journal_.forget_some(believed_.now() - keep_);
    if (!gone) {
      log::warning("the old journal could not be removed", {{"why", gone.error().what}});
      co_return;
    }
    total += *gone;
    if (*gone < Journal::forget_step) break;
    co_await clock_.sleep_for(pause);
  }
  if (total == 0) co_return;
  log::info("old entries of the journal were removed",
            {{"entries", total}, {"upto", journal_.forgotten()}});
  if (auto const counted = co_await journal_.load(); !counted)
    log::warning("the journal could not be counted", {{"why", counted.error().what}});
}

Task<void> JournalKeeper::run() {
  co_await finish_politely();
  for (;;) {
    co_await forget();
    co_await wake_.wait_until(clock_, clock_.uptime() + every);
  }
}

}  // namespace wardroom::store
