#include "features/space_sync/active_run.hpp"

#include <algorithm>

namespace wardroom::space_sync {

ActiveRun::ActiveRun(Executor loop, RunOrder asked, JobSettings by,
                     SpaceSyncSettings const& settings)
    : order(std::move(asked)),
      job(std::move(by)),
      identity(settings.identity),
      mode(settings.mode),
      concurrency(std::size_t(std::max(1, settings.concurrency))),
      loop_(loop) {
  run.job = job.name;
  run.space = job.space;
  run.cause = order.cause;
  run.by = order.by;
  run.approved_removals = order.approve_removals;
}

void ActiveRun::watch(RunEvents events) {
  auto const watcher = std::make_shared<RunEvents const>(std::move(events));
  watchers_.push_back(watcher);
  if (watcher->progress) watcher->progress(progress_);
}

void ActiveRun::enter(Stage stage, std::size_t total) {
  progress_.stage = stage;
  progress_.done = 0;
  progress_.total = total;
  tell_progress();
}

void ActiveRun::move_on(std::size_t count, bool failed) {
  if (over_) return;
  progress_.done += count;
  progress_.total = std::max(progress_.total, progress_.done);
  if (failed) ++progress_.failed;
  tell_progress();
}

// A watcher may come or go while it is told.
void ActiveRun::tell_progress() {
  auto const watchers = watchers_;
  for (auto const& watcher : watchers)
    if (watcher->progress) watcher->progress(progress_);
}

void ActiveRun::tell(Step const& step) {
  auto const watchers = watchers_;
  for (auto const& watcher : watchers)
    if (watcher->step) watcher->step(step);
}

void ActiveRun::tell_what_it_waits_for(Clock& clock, std::function<std::string()> ask) {
  look_ = clock.after(std::chrono::seconds(1), [this, &clock, ask] {
    auto waits = ask();
    if (std::exchange(progress_.waiting_for, waits) != waits) tell_progress();
    tell_what_it_waits_for(clock, ask);
  });
}

void ActiveRun::end() {
  if (std::exchange(over_, true)) return;
  look_.cancel();
  progress_.waiting_for.clear();
  enter(Stage::ended);
  auto const watchers = std::exchange(watchers_, {});
  for (auto const& watcher : watchers)
    if (watcher->ended) watcher->ended(run);
  for (auto const& waiting : std::exchange(waiting_, {})) waiting->raise();
}

Task<void> ActiveRun::ended() {
  if (over_) co_return;
  auto const wake = std::make_shared<Wake>(loop_);
  waiting_.push_back(wake);
  co_await wake->wait();
}

}  // namespace wardroom::space_sync
