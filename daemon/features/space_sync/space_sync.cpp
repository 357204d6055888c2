#include "features/space_sync/space_sync.hpp"

#include "base/log.hpp"
#include "features/space_sync/planning.hpp"
#include "features/space_sync/space_sync_verbs.hpp"
#include "features/space_sync/sync_run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

constexpr std::size_t kRefusalsKept = 100;
constexpr std::size_t kPlansKept = 20;

template <class Map>
void keep_newest(Map& map, std::size_t most) {
  while (map.size() > most) map.erase(map.begin());
}

bool is_more_than_a_plan(Run const& run) {
  return run.state != RunState::planned && run.state != RunState::superseded;
}

}  // namespace

SpaceSync::SpaceSync(Ports ports, SpaceSyncSettings settings)
    : ports_(std::move(ports)),
      settings_(std::move(settings)),
      store_(ports_.database, ports_.journal, ports_.clock),
      tasks_(ports_.loop,
             [](std::string_view task, std::exception_ptr const& why) {
               log::error("a task of space_sync failed", {{"task", task}, {"why", words_of(why)}});
             }),
      world_(std::make_unique<RunWorld>(ports_, store_, counters_, tasks_)),
      keeper_(ports_.clock, ports_.dice),
      wake_(ports_.loop) {
  set_effect_mode();
}

SpaceSync::~SpaceSync() = default;

void SpaceSync::set_effect_mode() {
  ports_.effects.set_mode(std::string(feature), settings_.mode == FeatureMode::enforce
                                                    ? EffectMode::enforce
                                                    : EffectMode::observe);
}

Result<JobSettings> SpaceSync::job_to_run(std::string_view name, RunCause cause) const {
  auto const* job = settings_.job(name);
  if (job == nullptr)
    return failure(ErrorKind::not_found,
                   fmt::format("there is no sync job \"{}\"; see `wardroomctl sync list`", name));
  if (settings_.mode == FeatureMode::off)
    return failure(ErrorKind::conflict,
                   "space_sync is off: set space_sync.mode to observe or enforce and reload");
  if (tasks_.stopping()) return failure(ErrorKind::unavailable, "the daemon is stopping");
  bool const asked = cause == RunCause::operator_ || cause == RunCause::approval;
  if (asked && ports_.logged_in && !ports_.logged_in())
    return failure(ErrorKind::unauthorized, "log in first: " + login_command(settings_.identity));
  return *job;
}

Task<Result<RunId>> SpaceSync::start(RunOrder order, RunEvents events) {
  auto job = job_to_run(order.job, order.cause);
  if (!job) co_return std::unexpected(job.error());
  auto run = std::make_shared<ActiveRun>(ports_.loop, std::move(order), std::move(*job), settings_);
  co_return co_await launch(std::move(run), std::move(events));
}

Task<Result<RunId>> SpaceSync::undo(RunId id, std::string by, std::int64_t approve_removals,
                                    RunEvents events) {
  auto const undone = co_await store_.run(id);
  if (!undone) co_return std::unexpected(undone.error());
  auto job = job_to_run(undone->job, RunCause::operator_);
  if (!job) co_return std::unexpected(job.error());
  auto const conflict = [&](std::string_view why) {
    return failure(ErrorKind::conflict, fmt::format("run {} cannot be undone: {}", id, why));
  };
  if (!is_over(undone->state)) co_return conflict("it has not ended yet");
  if (undone->counts.added + undone->counts.removed == 0) {
    auto const steps = co_await steps_of(store_, id);
    if (!steps) co_return std::unexpected(steps.error());
    if (std::ranges::find(*steps, StepState::begun, &Step::state) == steps->end())
      co_return conflict("it changed nothing");
  }
  if (ports_.clock.now() - undone->began > undo_life)
    co_return conflict("it began more than 30 days ago");
  job->space = undone->space;
  RunOrder order{.job = undone->job,
                 .cause = approve_removals < 0 ? RunCause::operator_ : RunCause::approval,
                 .by = std::move(by),
                 .approve_removals = approve_removals};
  auto run = std::make_shared<ActiveRun>(ports_.loop, std::move(order), std::move(*job), settings_);
  run->run.kind = RunKind::undo;
  run->run.undoes = id;
  co_return co_await launch(std::move(run), std::move(events));
}

/// Takes the space's place for a run, until it is `kept`.
struct SpaceSync::Claim {
  Claim(SpaceSync& of, ActiveRunPtr run) : owner(of), space(run->job.space) {
    owner.by_space_[space] = std::move(run);
  }
  ~Claim() {
    if (!kept) owner.by_space_.erase(space);
  }
  Claim(Claim const&) = delete;
  Claim& operator=(Claim const&) = delete;
  SpaceSync& owner;
  std::string space;
  bool kept = false;
};

Task<Result<RunId>> SpaceSync::launch(ActiveRunPtr run, RunEvents events) {
  if (auto const busy = by_space_.find(run->job.space); busy != by_space_.end()) {
    auto const& other = busy->second->run;
    co_return failure(ErrorKind::conflict,
                      fmt::format("run {} of the job {} is under way in this space; see "
                                  "`wardroomctl sync watch`",
                                  other.id, other.job));
  }
  Claim claim(*this, run);
  if (run->order.plan != 0) {
    auto const shown = co_await take_shown_plan(run);
    if (!shown) co_return std::unexpected(shown.error());
  }
  if (auto const known = co_await load_job(run->job.name); !known)
    co_return std::unexpected(known.error());
  run->memory = &known_[run->job.name].memory;
  run->run.began = ports_.clock.now();
  auto const id = co_await store_.begin(run->run);
  if (!id) co_return std::unexpected(id.error());
  if (!run->order.only_plan) co_await note_began(*run);
  if (tasks_.stopping()) co_return failure(ErrorKind::unavailable, "the daemon is stopping");
  run->run.id = *id;
  run->watch(std::move(events));
  claim.kept = true;
  conduct(std::move(run));
  co_return *id;
}

/// For what was missed while the daemon is down. Without it the run is none the worse.
Task<void> SpaceSync::note_began(ActiveRun& run) {
  ++counters_.runs;
  run.memory->last_began = run.run.began;
  auto const saved = co_await store_.save_memory(run.job.name, *run.memory);
  if (!saved)
    log::warning("when a sync began was not stored",
                 {{"job", run.job.name}, {"why", saved.error().what}});
}

Task<Result<void>> SpaceSync::take_shown_plan(ActiveRunPtr run) {
  auto const id = run->order.plan;
  auto const plan = co_await store_.run(id);
  if (!plan) co_return std::unexpected(plan.error());
  auto const refused = [&](std::string_view why) {
    return failure(ErrorKind::conflict, fmt::format("the plan of run {} {}: look at `wardroomctl "
                                                    "sync plan {}` again",
                                                    id, why, run->job.name));
  };
  if (plan->job != run->job.name || plan->kind != RunKind::sync)
    co_return refused(fmt::format("is not one of the job {}", run->job.name));
  if (plan->state != RunState::planned && plan->state != RunState::held)
    co_return refused("is not waiting to be carried out any more");
  if (!plan->expires || ports_.clock.now() > *plan->expires)
    co_return refused("has expired: it holds for 15 minutes");
  auto steps = co_await steps_of(store_, id);
  if (!steps) co_return std::unexpected(steps.error());
  for (auto& step : *steps) run->shown.push_back(std::move(step.change));
  co_return Result<void>{};
}

void SpaceSync::conduct(ActiveRunPtr run) {
  if (!run->order.only_plan) keeper_.began(run->job.name);
  if (ports_.waiting_for) run->tell_what_it_waits_for(ports_.clock, ports_.waiting_for);
  tasks_.spawn(fmt::format("run {} of {}", run->run.id, run->job.name),
               [this, run]() -> Task<void> {
                 struct Over {  // however it ends
                   SpaceSync& owner;
                   ActiveRun& run;
                   ~Over() { owner.run_over(run); }
                 } const over{*this, *run};
                 SyncRun machine(*world_, run);
                 co_await machine.go();
               });
}

void SpaceSync::run_over(ActiveRun& run) {
  auto const& result = run.run;
  by_space_.erase(run.job.space);
  auto& known = known_[result.job];
  if (!run.order.only_plan) keeper_.ended(result.job);
  keeper_.pause(result.job, known.memory.paused);
  if (is_more_than_a_plan(result)) known.last = result;
  bool const good = result.state == RunState::done || result.state == RunState::partly ||
                    result.state == RunState::observed;
  auto& held = result.kind == RunKind::sync ? known.held : known.held_undo;
  if (result.state == RunState::held) held = result;
  if (good && held && held->undoes == result.undoes) held.reset();
  if (run.trouble) refused_[result.id] = *run.trouble;
  keep_newest(refused_, kRefusalsKept);
  if (!run.out_by_rule.empty()) out_by_rule_[result.id] = run.out_by_rule;
  keep_newest(out_by_rule_, kPlansKept);
  wake_.raise();
  run.end();
}

SpaceSync::ActiveRunPtr SpaceSync::active(RunId id) const {
  for (auto const& [space, run] : by_space_)
    if (run->run.id == id && id != 0) return run;
  return nullptr;
}

bool SpaceSync::watch(RunId id, RunEvents events) {
  auto const run = active(id);
  if (run) run->watch(std::move(events));
  return run != nullptr;
}

Task<Result<Run>> SpaceSync::ended(RunId id) {
  if (auto const run = active(id)) co_await run->ended();
  if (auto const refused = refused_.find(id); refused != refused_.end()) {
    auto const kind = refused->second.kind;
    if (kind == ErrorKind::conflict || kind == ErrorKind::unauthorized)
      co_return std::unexpected(refused->second);
  }
  co_return co_await store_.run(id);
}

Task<Result<void>> SpaceSync::pause(std::string job, bool paused, std::string by,
                                    std::string reason) {
  if (settings_.job(job) == nullptr)
    co_return failure(ErrorKind::not_found,
                      fmt::format("there is no sync job \"{}\"; see `wardroomctl sync list`", job));
  if (auto const known = co_await load_job(job); !known) co_return known;
  auto& memory = known_[job].memory;
  auto const before = memory;
  memory.paused = paused;
  memory.paused_by = paused ? by : "";
  memory.pause_reason = paused ? reason : "";
  memory.paused_at = ports_.clock.now();  // or resumed: what passed until then was not missed
  auto saved = co_await store_.save_memory(job, memory);
  if (!saved) {
    memory.paused = before.paused;
    memory.paused_by = before.paused_by;
    memory.pause_reason = before.pause_reason;
    memory.paused_at = before.paused_at;
    co_return saved;
  }
  keeper_.pause(job, paused);
  wake_.raise();
  co_return saved;
}

std::map<std::string, std::size_t> SpaceSync::out_by_rule(RunId run) const {
  auto const found = out_by_rule_.find(run);
  return found == out_by_rule_.end() ? std::map<std::string, std::size_t>() : found->second;
}

std::vector<JobView> SpaceSync::jobs() const {
  std::vector<JobView> out;
  for (auto const& job : settings_.jobs) {
    JobView view;
    view.settings = &job;
    if (auto const known = known_.find(job.name); known != known_.end()) {
      view.memory = known->second.memory;
      view.last = known->second.last;
      view.held = known->second.held;
      auto const& undo = known->second.held_undo;
      if (undo && ports_.clock.now() - undo->began <= undo_life) view.held_undo = undo;
    }
    for (auto const& [space, run] : by_space_) {
      if (run->run.job != job.name || run->run.id == 0) continue;
      view.running = run->run.id;
      view.progress = run->progress();
    }
    if (auto const next = keeper_.next(job.name, 1); !next.empty()) view.next = next.front();
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace wardroom::space_sync
