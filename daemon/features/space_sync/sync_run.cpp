#include "features/space_sync/sync_run.hpp"

#include "base/log.hpp"
#include "features/space_sync/applying.hpp"
#include "features/space_sync/plan_diff.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

/// A resumed run waits for a network that comes up with the daemon.
constexpr int kTriesToResume = 20;
constexpr auto kBetweenTries = std::chrono::seconds(30);
constexpr auto kStoreAgain = std::chrono::seconds(5);
constexpr std::size_t kLookBack = 500;

bool was_applied(Step const& step) {
  return step.state == StepState::done || step.state == StepState::already;
}

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
  active_->steps.clear();
  active_->steps.reserve(plan.changes.size());
  for (auto const& change : plan.changes)
    active_->steps.push_back({.number = std::ssize(active_->steps) + 1, .change = change});
  co_return co_await store_plan();
}

/// Before anything is done.
Task<Result<void>> SyncRun::store_plan() {
  auto const steps = co_await world_.store.save_steps(run().id, active_->steps);
  if (!steps) co_return steps;
  co_return co_await world_.store.save_spared(run().id, std::move(planned_.plan.spared));
}

/// Against the plan that was shown, and the number that was approved.
Result<void> SyncRun::compare() const {
  auto const& plan = planned_.plan;
  if (active_->order.plan != 0) {
    auto const diff = diff_of_plans(active_->shown, plan.changes);
    if (!diff.empty())
      return failure(ErrorKind::conflict,
                     fmt::format("the plan of run {} is not what would be done now: {}; nothing "
                                 "was changed, the plan of now is run {}",
                                 active_->order.plan, diff.text(), run().id));
  }
  auto const approved = active_->order.approve_removals;
  if (approved >= 0 && approved != run().counts.to_remove && run().cause != RunCause::resumed)
    return failure(ErrorKind::conflict,
                   fmt::format("{} removals were approved, but {} are found now (and {} adds); "
                               "nothing was changed, the plan of now is run {}",
                               approved, run().counts.to_remove, run().counts.to_add, run().id));
  return {};
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
  if (auto const same = compare(); !same) {  // what was found instead is a plan to be looked at
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
  std::vector<Uuid> added, removed;
  for (auto const& step : active_->steps)
    if (was_applied(step))
      (step.change.act == Act::add ? added : removed).push_back(step.change.person);
  bool const whole = reading_.people != nullptr;
  auto members = whole ? planned_.belonging : planned_.members_before;
  members.insert(members.end(), added.begin(), added.end());
  std::ranges::sort(members);
  members.erase(std::ranges::unique(members).begin(), members.end());
  std::ranges::sort(removed);
  std::erase_if(members,
                [&](Uuid const& person) { return std::ranges::binary_search(removed, person); });
  auto const job = run().job;
  if (planned_.other_space || members != planned_.members_before) {
    auto const saved = co_await world_.store.save_members(job, std::move(members));
    if (!saved) co_return saved;
  }
  // Only a forced run adds who had left; whether one was is not known of one that was broken off.
  if (!added.empty() && (active_->order.add_left_again || !whole)) {
    auto const forgotten = co_await world_.store.forget_left(job, std::move(added));
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
  std::vector<Step> skipped;
  for (auto& step : active_->steps)
    if (step.state == StepState::planned || step.state == StepState::begun) {
      step.state = StepState::skipped;
      ++run().counts.skipped;
      skipped.push_back(step);
    }
  log::warning("a sync failed", {{"job", run().job}, {"run", run().id}, {"why", why.what}});
  if (began) {
    auto const noted = co_await world_.store.note_steps(run().id, std::move(skipped));
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
