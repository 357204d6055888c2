// The life of the feature: loads, resumes what was broken off, runs jobs when they are due, stops.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "features/space_sync/planning.hpp"
#include "features/space_sync/run_world.hpp"
#include "runtime/believed_clock.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace asio = boost::asio;
namespace {

constexpr auto kTryAgain = std::chrono::seconds(5);
constexpr auto kEndPolitely = std::chrono::seconds(3);
constexpr auto kHousekeeping = std::chrono::hours(1);
constexpr std::size_t kLookBack = 100;

}  // namespace

Task<void> SpaceSync::run() {
  co_await finish_politely();
  try {
    if (!loaded_) {  // not when this task died and is run again
      for (;;) {
        auto const done = co_await load();
        if (done) break;
        log::error("space_sync cannot read its store", {{"why", done.error().what}});
        co_await ports_.clock.sleep_for(kTryAgain);
      }
      loaded_ = true;
      co_await resume();
      tasks_.spawn("old syncs", [this] { return keep_house(); });
    }
    for (;;) {
      start_what_is_due();
      if (auto const when = keeper_.wake_at())
        co_await wake_.wait_until(ports_.clock, *when);
      else
        co_await wake_.wait();
    }
  } catch (boost::system::system_error const& e) {
    if (e.code() != asio::error::operation_aborted) throw;
  }
  // Asked to stop: what follows must not be cut short by the same cancellation.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await stop();
}

/// What is only read is read again at the next start; steps under way are waited for.
Task<void> SpaceSync::stop() {
  bool applies = false;
  for (auto const& [space, run] : by_space_) {
    run->stop = true;
    applies = applies || run->run.state == RunState::applying;
  }
  if (WARDROOM_PLANTED("feature-tasks-not-stopped")) co_return;
  co_await tasks_.stop(ports_.clock, applies ? kEndPolitely : std::chrono::seconds(0));
}

void SpaceSync::resync(std::string_view) { wake_.raise(); }

Task<Result<void>> SpaceSync::load() {
  for (;;) {  // a reload may bring jobs meanwhile
    auto const is_new = [this](JobSettings const& job) { return !known_.contains(job.name); };
    auto const job = std::ranges::find_if(settings_.jobs, is_new);
    if (job == settings_.jobs.end()) break;
    auto const done = co_await load_job(job->name);
    if (!done) co_return done;
  }
  follow_jobs();
  co_return Result<void>{};
}

Task<Result<void>> SpaceSync::load_job(std::string job) {
  if (known_.contains(job)) co_return Result<void>{};
  auto memory = co_await store_.memory(job);
  if (!memory) co_return std::unexpected(memory.error());
  auto const runs = co_await store_.history(job, kLookBack);
  if (!runs) co_return std::unexpected(runs.error());
  auto const held = co_await store_.latest(job, RunState::held, RunKind::sync);
  if (!held) co_return std::unexpected(held.error());
  auto const undo = co_await store_.latest(job, RunState::held, RunKind::undo);
  if (!undo) co_return std::unexpected(undo.error());
  if (known_.contains(job)) co_return Result<void>{};  // somebody else asked meanwhile
  auto& known = known_[job];
  known.memory = std::move(*memory);
  for (auto const& run : *runs) {
    if (run.state == RunState::planned || run.state == RunState::superseded) continue;
    known.last = run;
    break;
  }
  known.held = *held;
  known.held_undo = *undo;
  co_return Result<void>{};
}

void SpaceSync::set_settings(SpaceSyncSettings settings) {
  settings_ = std::move(settings);
  set_effect_mode();
  if (!loaded_) return;
  follow_jobs();
  tasks_.spawn("new sync jobs", [this] { return learn_new_jobs(); });
}

Task<void> SpaceSync::learn_new_jobs() {
  co_await finish_politely();
  for (auto const& job : std::vector(settings_.jobs)) {
    if (known_.contains(job.name)) continue;
    for (;;) {
      auto const done = co_await load_job(job.name);
      if (done) break;
      log::error("space_sync cannot read its store", {{"why", done.error().what}});
      co_await ports_.clock.sleep_for(kTryAgain);
    }
  }
  follow_jobs();
  while (WARDROOM_PLANTED("reload-leaves-a-task")) co_await ports_.clock.sleep_for(kHousekeeping);
}

/// The keeper follows jobs whose past is known.
void SpaceSync::follow_jobs() {
  std::vector<ScheduledJob> jobs;
  std::map<std::string, JobPast, std::less<>> past;
  for (auto const& job : settings_.jobs) {
    auto const known = known_.find(job.name);
    if (known == known_.end() || settings_.mode == FeatureMode::off) continue;
    jobs.push_back({job.name, job.schedule, job.jitter});
    auto const& memory = known->second.memory;
    // What passed while it was paused was not missed.
    past[job.name] = {std::max(memory.last_began, memory.paused_at), memory.paused};
  }
  keeper_.set_jobs(std::move(jobs), past);
  wake_.raise();
}

void SpaceSync::start_what_is_due() {
  for (auto& due : keeper_.due()) {
    if (due.what == Due::What::skip) {
      log::info("a sync was due while its last run was still going on: skipped",
                {{"job", due.job}});
      continue;
    }
    tasks_.spawn("due: " + due.job, [this, due] { return start_due(due); });
  }
}

/// Waits for another run of the same space; when that was of this job, it was the run that was due.
Task<void> SpaceSync::start_due(Due due) {
  co_await finish_politely();
  auto const cause = due.what == Due::What::catch_up ? RunCause::catch_up : RunCause::schedule;
  for (;;) {
    auto const started = co_await start({.job = due.job, .cause = cause});
    if (started) co_return;
    auto const* job = settings_.job(due.job);
    auto const busy = job ? by_space_.find(job->space) : by_space_.end();
    if (started.error().kind != ErrorKind::conflict || busy == by_space_.end()) {
      log::error("a sync that was due did not begin",
                 {{"job", due.job}, {"why", started.error().what}});
      co_return;
    }
    auto const before = busy->second;
    co_await before->ended();
    if (before->run.job == due.job && !before->order.only_plan) co_return;
  }
}

Task<void> SpaceSync::keep_house() {
  co_await finish_politely();
  BelievedClock believed(ports_.clock, "old syncs");
  for (;;) {
    auto const forgotten = co_await store_.forget_before(believed.now() - settings_.keep);
    if (!forgotten) log::warning("old syncs were not forgotten", {{"why", forgotten.error().what}});
    co_await ports_.clock.sleep_for(kHousekeeping);
  }
}

}  // namespace wardroom::space_sync
