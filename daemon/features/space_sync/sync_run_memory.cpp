// What a run leaves behind for the next one of its job.
#include "features/space_sync/sync_run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

bool was_applied(Step const& step) {
  return step.state == StepState::done || step.state == StepState::already;
}

/// Who belongs and is a member at the end of a run, sorted; whom it added.
struct After {
  std::vector<Uuid> members, added;
  bool changed = false;
};

/// `belonging` = those who belong of the members that were read, when it was `whole`.
After members_after(std::vector<Step> const& steps, std::vector<Uuid> before,
                    std::vector<Uuid> belonging, bool whole) {
  After out;
  std::vector<Uuid> removed;
  for (auto const& step : steps)
    if (was_applied(step))
      (step.change.act == Act::add ? out.added : removed).push_back(step.change.person);
  out.members = whole ? std::move(belonging) : before;
  out.members.insert(out.members.end(), out.added.begin(), out.added.end());
  std::ranges::sort(out.members);
  out.members.erase(std::ranges::unique(out.members).begin(), out.members.end());
  std::ranges::sort(removed);
  std::erase_if(out.members,
                [&](Uuid const& person) { return std::ranges::binary_search(removed, person); });
  out.changed = out.members != before;
  return out;
}

}  // namespace

Task<Result<void>> SyncRun::remember_left() {
  auto const job = run().job;
  auto& plan = planned_.plan;
  if (planned_.other_space && run().kind == RunKind::sync) {  // they left the one before
    auto const all = co_await world_.store.left(job);
    if (!all) co_return std::unexpected(all.error());
    plan.back.assign(all->begin(), all->end());
  }
  if (!plan.left_now.empty()) {
    auto const noted =
        co_await world_.store.note_left(job, plan.left_now, world_.ports.clock.now());
    if (!noted) co_return noted;
  }
  if (plan.back.empty()) co_return Result<void>{};
  co_return co_await world_.store.forget_left(job, plan.back);
}

/// The members that belong as they are now, and how many people and members there were: what the
/// next run compares with.
Task<Result<void>> SyncRun::remember_members() {
  // An undo in a space that the job had before.
  if (planned_.other_space && run().kind == RunKind::undo) co_return Result<void>{};
  bool const whole = reading_.people != nullptr;
  auto after = co_await world_.ports.helpers.run(
      [active = active_, before = std::move(planned_.members_before),
       members = std::move(planned_.belonging), whole]() mutable {
        return members_after(active->steps, std::move(before), std::move(members), whole);
      });
  auto const job = run().job;
  if (planned_.other_space || after.changed) {
    auto const saved = co_await world_.store.save_members(job, std::move(after.members));
    if (!saved) co_return saved;
  }
  // Only a forced run adds who had left; whether one was is not known of one that was broken off.
  if (!after.added.empty() && (active_->order.add_left_again || !whole)) {
    auto const forgotten = co_await world_.store.forget_left(job, std::move(after.added));
    if (!forgotten) co_return forgotten;
  }
  auto const& counts = run().counts;
  auto& memory = *active_->memory;
  if (run().kind == RunKind::sync) memory.people = counts.people;
  memory.members = std::max<std::int64_t>(0, counts.members + counts.added - counts.removed);
  co_return co_await world_.store.save_memory(job, memory);
}

/// The next run would do again what is undone.
Task<Result<void>> SyncRun::pause_job() {
  auto& memory = *active_->memory;
  if (memory.paused) co_return Result<void>{};
  memory.paused = true;
  memory.paused_by = run().by;
  memory.pause_reason = fmt::format("run {} was undone", run().undoes);
  memory.paused_at = world_.ports.clock.now();
  auto const saved = co_await world_.store.save_memory(run().job, memory);
  if (!saved) memory.paused = false;
  co_return saved;
}

}  // namespace wardroom::space_sync
