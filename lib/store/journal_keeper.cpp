#include "store/journal_keeper.hpp"

#include "base/log.hpp"
#include "runtime/task_group.hpp"

namespace wardroom::store {
namespace {
constexpr auto every = std::chrono::hours(1);
/// Others write between two steps.
constexpr auto pause = std::chrono::milliseconds(20);
/// A clock that is set right by less than this has not jumped.
constexpr auto no_jump = std::chrono::hours(1);
}  // namespace

void JournalKeeper::set_keep(Milliseconds keep) {
  if (keep == keep_) return;
  keep_ = keep;
  wake_.raise();
}

Instant JournalKeeper::believed_now() {
  Moment const now{clock_.now(), clock_.uptime()};
  if (believed_) {
    auto const expected =
        believed_->wall + std::chrono::duration_cast<Milliseconds>(now.up - believed_->up);
    if (now.wall > expected + no_jump) {
      if (!doubted_since_) {
        doubted_since_ = now.up;
        log::warning(
            "the clock of this machine jumped forward: for a day nothing of the journal "
            "is removed for it",
            {});
      }
      if (now.up - *doubted_since_ < doubted_for) return expected;
    }
  }
  believed_ = now;
  doubted_since_.reset();
  return now.wall;
}

Task<void> JournalKeeper::forget() {
  std::size_t total = 0;
  for (;;) {
    auto const gone = co_await journal_.forget_some(believed_now() - keep_);
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
