// Goes on with runs that a crash or a stop broke off. A plan that is old by now, or made by other
// rules, is made anew; who only asked for a look has to ask again.
#include "base/log.hpp"
#include "features/space_sync/planning.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

bool is_open(Step const& step) {
  return step.state == StepState::planned || step.state == StepState::begun;
}

/// Of a run that is over.
void count_steps(Run& run, std::vector<Step> const& steps) {
  auto& counts = run.counts;
  counts.added = counts.removed = counts.already = counts.spared = 0;
  counts.failed = counts.skipped = 0;
  for (auto const& step : steps) {
    if (step.state == StepState::done)
      ++(step.change.act == Act::add ? counts.added : counts.removed);
    if (step.state == StepState::already) ++counts.already;
    if (step.state == StepState::spared) ++counts.spared;
    if (step.state == StepState::failed || step.state == StepState::begun) ++counts.failed;
    if (step.state == StepState::skipped) ++counts.skipped;
  }
}

}  // namespace

Task<void> SpaceSync::resume() {
  auto unfinished = co_await store_.unfinished();
  if (!unfinished) {
    log::error("syncs that were broken off cannot be read", {{"why", unfinished.error().what}});
    co_return;
  }
  // Of two of a space the later one took the place of the other.
  std::ranges::sort(*unfinished, std::ranges::greater{}, &Run::id);
  for (auto& run : *unfinished) co_await resume_run(std::move(run));
}

Task<void> SpaceSync::resume_run(Run run) {
  auto job = job_to_run(run.job, RunCause::resumed);
  if (!job) co_return co_await close_broken(std::move(run), job.error().what);
  if (by_space_.contains(run.space))
    co_return co_await close_broken(std::move(run), "a later run took its place");
  bool const applies = run.state == RunState::applying;
  if (applies && settings_.mode != FeatureMode::enforce)
    co_return co_await close_broken(std::move(run),
                                    "the daemon ended meanwhile, and only observes now");
  auto const age = ports_.clock.now() - run.began;
  bool const long_ago = age > plan_life || age < Milliseconds(0);
  bool const asked = run.kind == RunKind::undo || run.cause == RunCause::operator_ ||
                     (run.cause == RunCause::approval && long_ago);
  if (!applies && asked)
    co_return co_await close_broken(
        std::move(run),
        "the daemon ended before the plan was made; nothing was changed: ask again");
  if (applies && !co_await is_fresh(run, *job)) co_return co_await plan_anew(std::move(run));

  job->space = run.space;
  // Whose removals were approved is known no more.
  if (!applies && run.cause == RunCause::resumed) run.approved_removals = -1;
  RunOrder order{
      .job = run.job, .cause = run.cause, .by = run.by, .approve_removals = run.approved_removals};
  auto active =
      std::make_shared<ActiveRun>(ports_.loop, std::move(order), std::move(*job), settings_);
  if (applies) {
    auto steps = co_await steps_of(store_, run.id);
    if (!steps)
      co_return log::error("a sync that was broken off cannot be read",
                           {{"run", run.id}, {"why", steps.error().what}});
    active->steps = std::move(*steps);
  }
  log::info("a sync that was broken off goes on", {{"job", run.job}, {"run", run.id}});
  active->run = std::move(run);
  active->resumed = true;
  active->memory = &known_[active->run.job].memory;
  active->memory->last_began =
      std::max(active->memory->last_began, std::optional(active->run.began));
  by_space_[active->job.space] = active;
  conduct(std::move(active));
}

/// Whether the plan may still be carried out: not older than fifteen minutes, and by the rules of
/// now.
Task<bool> SpaceSync::is_fresh(Run run, JobSettings job) {
  if (!run.planned) co_return false;
  auto const age = ports_.clock.now() - *run.planned;
  if (age > plan_life || age < Milliseconds(0)) co_return false;
  if (run.kind == RunKind::undo) co_return true;
  if (job.space != run.space) co_return false;
  auto const selection = co_await selection_of(*world_, std::move(job));
  co_return selection && (*selection)->digest() == run.rules;
}

/// An approval goes on for the removals that are left of what was approved, and no others.
Task<void> SpaceSync::plan_anew(Run run) {
  if (run.kind == RunKind::undo)
    co_return co_await close_broken(std::move(run),
                                    "it was broken off more than 15 minutes ago: undo it again");
  auto const steps = co_await steps_of(store_, run.id);
  if (!steps)
    co_return log::error("a sync that was broken off cannot be read",
                         {{"run", run.id}, {"why", steps.error().what}});
  RunOrder order{.job = run.job, .cause = RunCause::resumed, .by = run.by};
  auto const* job = settings_.job(run.job);
  if (run.approved_removals >= 0 && job != nullptr && job->space == run.space) {
    for (auto const& step : *steps)
      if (is_open(step) && step.change.act == Act::remove)
        order.approved_people.push_back(step.change.person);
    std::ranges::sort(order.approved_people);
    order.approve_removals = std::ssize(order.approved_people);
  }
  // The new one is there before the old one ends: a crash between them loses neither.
  auto const anew = co_await start(std::move(order));
  if (!anew)
    co_return log::error("a sync that was broken off was not planned anew",
                         {{"run", run.id}, {"why", anew.error().what}});
  co_await close_broken(std::move(run),
                        fmt::format("it was broken off and its plan is too old: planned anew as "
                                    "run {}",
                                    *anew));
}

Task<void> SpaceSync::close_broken(Run run, std::string why) {
  auto steps = co_await steps_of(store_, run.id);
  if (!steps)
    co_return log::error("a sync that was broken off cannot be read",
                         {{"run", run.id}, {"why", steps.error().what}});
  std::vector<Step> open;
  for (auto& step : *steps)
    if (break_off(step)) open.push_back(step);
  count_steps(run, *steps);
  run.state = run.counts.added + run.counts.removed > 0 ? RunState::partly : RunState::failed;
  run.error = std::move(why);
  run.ended = ports_.clock.now();
  auto noted = co_await store_.note_steps(run.id, std::move(open));
  if (noted) noted = co_await store_.save(run, true);
  if (!noted)
    co_return log::error("the end of a sync that was broken off was not stored",
                         {{"run", run.id}, {"why", noted.error().what}});
  auto const known = known_.find(run.job);
  if (known == known_.end()) co_return;  // it is configured no more
  auto& last = known->second.last;
  if (!last || last->id <= run.id) last = std::move(run);
}

}  // namespace wardroom::space_sync
