// What a crash or a store that took no writes broke off goes on where it was.
#include "base/log.hpp"
#include "features/space_sync/sync_run.hpp"

#include <fmt/format.h>

namespace wardroom::space_sync {
namespace {

constexpr auto kStoreAgain = std::chrono::seconds(5);

}  // namespace

/// Whether it was the store that broke off what is applied, and the plan still holds now that it
/// takes writes again. True at a stop: the next start goes on.
Task<bool> SyncRun::outlasts_the_store() {
  if (run().state != RunState::applying) co_return false;
  bool was_away = false;
  while (!active_->stop) {
    std::vector<Step> tried;
    for (auto const& step : active_->steps)
      if (step.state != StepState::planned) tried.push_back(step);
    auto noted = co_await world_.store.save(run(), false);
    if (noted) noted = co_await world_.store.note_steps(run().id, std::move(tried));
    if (noted) break;
    if (!std::exchange(was_away, true))
      log::warning("a sync waits for the store", {{"run", run().id}, {"why", noted.error().what}});
    co_await world_.ports.clock.sleep_for(kStoreAgain);
  }
  if (active_->stop) co_return was_away;
  auto const age = world_.ports.clock.now() - run().planned.value_or(Instant{});
  co_return was_away&& age <= SpaceSync::plan_life&& age >= Milliseconds(0);
}

/// What a crash broke off. The members were read anew: they tell what became of steps whose result
/// was not committed.
Task<Result<void>> SyncRun::go_on() {
  auto known = note_what_happened(*reading_.members);
  auto memory = co_await memory_for(world_, active_);
  if (!memory) co_return std::unexpected(memory.error());
  planned_ = std::move(*memory);
  auto const noted = co_await world_.store.note_steps(run().id, std::move(known));
  if (!noted) co_return noted;
  co_return co_await apply();
}

std::vector<Step> SyncRun::note_what_happened(MemberSnapshot const& members) {
  std::vector<Step> known;
  Protection const protection(active_->job.protect, reading_.self, reading_.org);
  auto& counts = run().counts;
  counts.added = counts.removed = counts.already = counts.spared = 0;
  counts.failed = counts.skipped = 0;
  for (auto& step : active_->steps) {
    bool const adds = step.change.act == Act::add;
    if (step.state == StepState::planned || step.state == StepState::begun) {
      auto const before = step.state;
      settle_open(step, members, protection);
      if (step.state != before) known.push_back(step);
    }
    if (step.state == StepState::done) ++(adds ? counts.added : counts.removed);
    if (step.state == StepState::already) ++counts.already;
    if (step.state == StepState::spared) ++counts.spared;
    if (step.state == StepState::failed) ++counts.failed;
    if (step.state == StepState::skipped) ++counts.skipped;
  }
  return known;
}

void SyncRun::settle_open(Step& step, MemberSnapshot const& members, Protection const& protection) {
  bool const adds = step.change.act == Act::add;
  auto const* member = members.find(step.change.person);
  if (step.state == StepState::begun && adds == (member != nullptr)) {
    step.state = StepState::done;
    step.outcome = adds ? "added before the run broke off" : "removed before the run broke off";
    if (adds) step.membership = members.membership(*member);
  } else if (!adds && member) {
    auto const spared = protection.of(membership_of(members, *member));
    if (!spared) return;
    step.state = StepState::spared;
    step.outcome = fmt::format("is protected: {}", name(*spared));
    step.at = world_.ports.clock.now();
  }
}

}  // namespace wardroom::space_sync
