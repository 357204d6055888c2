// How a run ends: stored, told, and what it takes the place of.
#include "base/log.hpp"
#include "features/space_sync/removal_trail.hpp"
#include "features/space_sync/sync_run.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom::space_sync {
namespace {

constexpr std::size_t kLookBack = 500;

}  // namespace

Task<Result<void>> SyncRun::finish(RunState state) {
  auto const before = std::exchange(run().state, state);
  if (state == RunState::observed && run().kind == RunKind::sync) {
    auto const remembered = co_await remember_members();
    if (!remembered) co_return remembered;
  }
  if (state != RunState::planned) run().ended = world_.ports.clock.now();
  auto const saved = co_await world_.store.save(run(), true);
  if (!saved) {
    run().state = before;
    co_return saved;
  }
  if (state == RunState::held) ++world_.counters.held;
  if (state == RunState::done || state == RunState::partly) tell_audit("sync end");
  if (state == RunState::held) tell_audit("sync held");
  if (auto const done = co_await supersede(state == RunState::planned); !done)
    log::warning("older plans of a sync were not put aside",
                 {{"run", run().id}, {"why", done.error().what}});
  co_return Result<void>{};
}

/// An older plan, or one that waits for approval, is not what would be done any more; a new plan
/// alone takes nobody's place that waits for approval.
Task<Result<void>> SyncRun::supersede(bool only_plans) {
  auto const runs = co_await world_.store.history(run().job, kLookBack, run().id);
  if (!runs) co_return std::unexpected(runs.error());
  for (auto old : *runs) {
    bool const held = old.state == RunState::held;
    if (old.state != RunState::planned && (only_plans || !held)) continue;
    if (old.kind != run().kind || old.undoes != run().undoes) continue;
    old.state = RunState::superseded;
    auto const saved = co_await world_.store.save(std::move(old), held);
    if (!saved) co_return saved;
  }
  co_return Result<void>{};
}

Task<void> SyncRun::fail(Error why) {
  bool const began = run().state == RunState::applying;
  active_->trouble = why;
  run().error = why.what;
  run().state = RunState::failed;
  run().ended = world_.ports.clock.now();
  ++world_.counters.failed;
  std::vector<Step> open;
  for (auto& step : active_->steps) {
    if (!break_off(step)) continue;
    ++(step.state == StepState::begun ? run().counts.failed : run().counts.skipped);
    open.push_back(step);
  }
  log::warning("a sync failed", {{"job", run().job}, {"run", run().id}, {"why", why.what}});
  if (began) {
    auto const noted = co_await world_.store.note_steps(run().id, std::move(open));
    if (!noted)
      log::error("what became of a sync's steps was not stored",
                 {{"run", run().id}, {"why", noted.error().what}});
  }
  auto const saved = co_await world_.store.save(run(), true);
  if (!saved)
    log::error("the end of a sync was not stored; the next start resumes it",
               {{"run", run().id}, {"why", saved.error().what}});
  if (began) tell_audit("sync end");
}

void SyncRun::tell_audit(std::string action) const {
  if (world_.ports.audit == nullptr) return;
  auto const& counts = run().counts;
  nlohmann::ordered_json after{{"kind", name(run().kind)},      {"cause", name(run().cause)},
                               {"state", name(run().state)},    {"to_add", counts.to_add},
                               {"to_remove", counts.to_remove}, {"added", counts.added},
                               {"removed", counts.removed},     {"failed", counts.failed}};
  if (run().approved_removals >= 0) after["approved_removals"] = run().approved_removals;
  world_.ports.audit->daemon(std::move(action),
                             {.object = audited_object(run()), .after = after.dump()});
}

}  // namespace wardroom::space_sync
