#include "features/space_sync/sync_run.hpp"

#include "base/log.hpp"
#include "features/space_sync/applying.hpp"
#include "features/space_sync/plan_diff.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

/// A resumed run waits for a network that comes up with the daemon.
constexpr int kTriesToResume = 20;
constexpr auto kBetweenTries = std::chrono::seconds(30);

}  // namespace

Task<void> SyncRun::go() {
  for (;;) {
    Result<void> end;
    try {
      end = co_await through();
    } catch (std::exception const& e) {
      auto const why = std::current_exception();
      if (is_cancellation(why)) throw;
      end = failure(ErrorKind::internal, fmt::format("the run broke off: {}", e.what()));
    }
    if (end) co_return;
    if (!co_await outlasts_the_store()) co_return co_await fail(end.error());
    if (active_->stop) co_return;
    active_->resumed = true;
    reading_ = {};
  }
}

Task<Result<void>> SyncRun::through() {
  auto done = co_await through_again();
  for (int i = 1; i < kTriesToResume && active_->resumed && !active_->stop; ++i) {
    if (done || !is_transient(done.error().kind) || reading_.members) break;
    log::info("a sync that was broken off waits for the service",
              {{"run", run().id}, {"why", done.error().what}});
    co_await world_.ports.clock.sleep_for(kBetweenTries);
    done = co_await through_again();
  }
  co_return done;
}

Task<Result<void>> SyncRun::through_again() {
  auto access = co_await read_access(world_, active_);
  if (!access) co_return std::unexpected(access.error());
  reading_ = std::move(*access);
  bool const undo = run().kind == RunKind::undo;
  if (!undo) {
    auto const read = co_await read_selection(world_, active_, reading_);
    if (!read) co_return read;
  }
  bool const goes_on = run().state == RunState::applying;
  if (!undo && !goes_on) {
    auto const read = co_await read_people(world_, active_, reading_);
    if (!read) co_return read;
  }
  auto const read = co_await read_members(world_, active_, reading_);
  if (!read) co_return read;
  if (goes_on) co_return co_await go_on();
  auto const planned = co_await plan();
  if (!planned) co_return planned;
  co_return co_await carry_out();
}

Task<Result<void>> SyncRun::plan() {
  auto made = co_await (run().kind == RunKind::undo ? plan_undo(world_, active_, reading_)
                                                    : plan_sync(world_, active_, reading_));
  if (!made) co_return std::unexpected(made.error());
  planned_ = std::move(*made);
  auto& plan = planned_.plan;
  run().counts.to_add = std::int64_t(plan.counts.add);
  run().counts.to_remove = std::int64_t(plan.counts.remove);
  run().digest = plan.digest;
  run().hold = plan.hold;
  run().planned = world_.ports.clock.now();
  run().expires = *run().planned + SpaceSync::plan_life;
  active_->out_by_rule = std::move(plan.counts.out_by_rule);
  active_->steps = std::move(planned_.steps);
  co_return co_await store_plan();
}

/// Before anything is done.
Task<Result<void>> SyncRun::store_plan() {
  auto copy = co_await world_.ports.helpers.run([active = active_] { return active->steps; });
  auto const steps = co_await world_.store.save_steps(run().id, std::move(copy));
  if (!steps) co_return steps;
  co_return co_await world_.store.save_spared(run().id, std::move(planned_.plan.spared));
}

/// Against the plan that was shown, and the number that was approved.
Task<Result<void>> SyncRun::compare() {
  if (active_->order.plan != 0) {
    auto const diff = co_await world_.ports.helpers.run([active = active_] {
      std::vector<Change> now;
      for (auto const& step : active->steps) now.push_back(step.change);
      return diff_of_plans(active->shown, now).text();
    });
    if (!diff.empty())
      co_return failure(ErrorKind::conflict,
                        fmt::format("the plan of run {} is not what would be done now: {}; nothing "
                                    "was changed, the plan of now is run {}",
                                    active_->order.plan, diff, run().id));
  }
  auto const approved = active_->order.approve_removals;
  if (approved >= 0 && approved != run().counts.to_remove && run().cause != RunCause::resumed)
    co_return failure(ErrorKind::conflict,
                      fmt::format("{} removals were approved, but {} are found now (and {} adds); "
                                  "nothing was changed, the plan of now is run {}",
                                  approved, run().counts.to_remove, run().counts.to_add, run().id));
  co_return Result<void>{};
}

bool SyncRun::is_held() const {
  if (run().hold.empty()) return false;
  auto const& order = active_->order;
  if (order.approve_removals != run().counts.to_remove) return true;
  if (run().cause != RunCause::resumed) return false;
  return std::ranges::any_of(planned_.plan.changes, [&](Change const& change) {
    return change.act == Act::remove &&
           !std::ranges::binary_search(order.approved_people, change.person);
  });
}

Task<Result<void>> SyncRun::carry_out() {
  if (auto const same = co_await compare();
      !same) {  // what was found instead is a plan to be looked at
    active_->trouble = same.error();
    run().error = same.error().what;
    co_return co_await finish(RunState::planned);
  }
  if (active_->order.only_plan) co_return co_await finish(RunState::planned);
  if (is_held()) co_return co_await finish(RunState::held);
  auto const left = co_await remember_left();
  if (!left) co_return left;
  if (active_->mode != FeatureMode::enforce) co_return co_await finish(RunState::observed);
  if (run().kind == RunKind::undo) {
    auto const paused = co_await pause_job();
    if (!paused) co_return paused;
  }
  run().state = RunState::applying;
  auto const begun = co_await world_.store.save(run(), true);
  if (!begun) co_return begun;
  tell_audit("sync begin");
  co_return co_await apply();
}

Task<Result<void>> SyncRun::apply() {
  auto const applying = std::make_shared<Applying>(world_, active_, reading_);
  auto const done = co_await applying->go();
  if (!done) co_return done;
  bool const all = std::ranges::none_of(active_->steps, [](Step const& step) {
    return step.state == StepState::planned || step.state == StepState::begun;
  });
  if (!all) co_return Result<void>{};  // asked to stop: the next start goes on
  auto const remembered = co_await remember_members();
  if (!remembered) co_return remembered;
  bool const failed = run().counts.failed + run().counts.skipped > 0;
  co_return co_await finish(failed ? RunState::partly : RunState::done);
}

}  // namespace wardroom::space_sync
