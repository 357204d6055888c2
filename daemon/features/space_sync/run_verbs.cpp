#include "features/space_sync/run_verbs.hpp"

#include "features/space_sync/run_frames.hpp"
#include "features/space_sync/space_sync_verbs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wardroom::space_sync {
namespace {

using Json = nlohmann::ordered_json;
using Stream = std::shared_ptr<http::ResponseStream>;
using control::VerbCall;

/// Failures that the last line names.
constexpr std::size_t kMostFailures = 1'000;

std::string line_of(Json const& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void end_with(http::ResponseStream& stream, std::string line) {
  stream.write(std::make_shared<std::string const>(std::move(line)));
  stream.close();
}

std::string remedy_for(Error const& why, SpaceSync const& feature, VerbCall const& call) {
  auto const job = call.get("job");
  switch (why.kind) {
    case ErrorKind::unauthorized:
      return login_command(feature.settings().identity);
    case ErrorKind::not_found:
      return job.empty() ? "wardroomctl sync history" : "wardroomctl sync list";
    case ErrorKind::conflict:
      return job.empty() ? "" : fmt::format("wardroomctl sync plan {}   # what is found now", job);
    default:
      return "";
  }
}

void end_with(http::ResponseStream& stream, Error const& why, std::string const& remedy) {
  Json error{{"code", name(why.kind)}, {"message", why.what}};
  if (!remedy.empty()) error["remedy"] = remedy;
  end_with(stream, line_of({{"error", std::move(error)}}));
}

/// For the audit: a run has no names.
std::string outcome_for_audit(Run const& run) {
  return Json{{"run", run.id},
              {"state", name(run.state)},
              {"added", run.counts.added},
              {"removed", run.counts.removed},
              {"failed", run.counts.failed}}
      .dump();
}

Task<Result<std::string>> last_line(SpaceSync& feature, Run run, bool plan) {
  auto& helpers = feature.ports().helpers;
  if (plan) {
    auto shown = co_await shown_plan(feature, run.id);
    if (!shown) co_return std::unexpected(shown.error());
    co_return co_await helpers.run(
        [shown = std::move(*shown)] { return line_of({{"done", plan_json(shown)}}); });
  }
  auto failures = co_await failed_steps(feature, run, kMostFailures);
  if (!failures) co_return std::unexpected(failures.error());
  co_return co_await helpers.run([run, failures = std::move(*failures)] {
    Json done = run_json(run);
    done["failures"] = Json::array();
    for (auto const& step : failures) done["failures"].push_back(step_json(step));
    return line_of({{"done", std::move(done)}});
  });
}

/// What a stream does: begins something, or finds what is under way.
struct Wish {
  VerbCall call;
  Stream stream;
  std::shared_ptr<RunFrames> frames;
  bool plan = false;
};
using Begin = Task<Result<RunId>> (*)(SpaceSync& feature, Wish const& wish);

Task<Result<void>> follow(SpaceSync& feature, Wish wish, Begin begin) {
  auto const id = co_await begin(feature, wish);
  if (!id) co_return std::unexpected(id.error());
  auto run = co_await feature.store().run(*id);
  if (!run) co_return std::unexpected(run.error());
  auto& change = *wish.call.change;
  change.object = "sync job " + run->job;
  change.after = Json{{"run", *id}}.dump();
  wish.frames->began(*id, run->job);
  if (!wish.call.flag("no-wait")) {
    run = co_await feature.ended(*id);
    if (!run) co_return std::unexpected(run.error());
    change.after = outcome_for_audit(*run);
  }
  if (!wish.stream->open()) co_return Result<void>{};
  auto line = co_await last_line(feature, std::move(*run), wish.plan);
  if (!line) co_return std::unexpected(line.error());
  wish.frames->finish();
  end_with(*wish.stream, std::move(*line));
  co_return Result<void>{};
}

Task<void> answer(SpaceSync& feature, VerbCall call, Stream stream, Begin begin, bool plan) {
  auto frames = std::make_shared<RunFrames>(stream, feature.ports().clock);
  std::exception_ptr broken;
  Result<void> done;
  try {
    done = co_await follow(feature, {call, stream, std::move(frames), plan}, begin);
  } catch (std::exception const& e) {
    broken = std::current_exception();
    done = is_cancellation(broken)
               ? failure(ErrorKind::cancelled,
                         "the daemon is stopping; the run goes on when it has started again")
               : failure(ErrorKind::internal, fmt::format("watching broke off: {}", e.what()));
  }
  if (!done) end_with(*stream, done.error(), remedy_for(done.error(), feature, call));
  if (broken) std::rethrow_exception(broken);
}

Task<Result<RunId>> order(SpaceSync& feature, Wish const& wish, RunOrder more) {
  auto const job = job_of(feature.settings(), wish.call.get("job"));
  if (!job) co_return std::unexpected(job.error());
  more.job = (*job)->name;
  more.by = wish.call.caller.name;
  wish.call.change->object = "sync job " + more.job;
  co_return co_await feature.start(std::move(more), wish.frames->events());
}

Task<Result<RunId>> begin_plan(SpaceSync& feature, Wish const& wish) {
  co_return co_await order(feature, wish, {.only_plan = true});
}

Task<Result<RunId>> begin_run(SpaceSync& feature, Wish const& wish) {
  auto const plan = whole_number(wish.call, "plan", 1, INT64_MAX, 0);
  if (!plan) co_return std::unexpected(plan.error());
  co_return co_await order(feature, wish,
                           {.plan = *plan, .add_left_again = wish.call.flag("add-left")});
}

Task<Result<RunId>> begin_approved(SpaceSync& feature, Wish const& wish) {
  auto const removals = whole_number(wish.call, "removals", 0, INT64_MAX, -1);
  if (!removals) co_return std::unexpected(removals.error());
  co_return co_await order(feature, wish,
                           {.cause = RunCause::approval, .approve_removals = *removals});
}

Task<Result<RunId>> begin_undo(SpaceSync& feature, Wish const& wish) {
  auto const run = run_number(wish.call);
  if (!run) co_return std::unexpected(run.error());
  auto const removals = whole_number(wish.call, "removals", 0, INT64_MAX, -1);
  if (!removals) co_return std::unexpected(removals.error());
  co_return co_await feature.undo(*run, wish.call.caller.name, *removals, wish.frames->events());
}

/// The one run under way.
Result<RunId> run_under_way(SpaceSync const& feature) {
  std::vector<std::string> running;
  RunId found = 0;
  for (auto const& view : feature.jobs()) {
    if (!view.running) continue;
    found = *view.running;
    running.push_back(fmt::format("{} ({})", found, view.settings->name));
  }
  if (running.empty()) return failure(ErrorKind::not_found, "no run is under way");
  if (running.size() > 1)
    return failure(ErrorKind::malformed, fmt::format("several runs are under way, name one: {}",
                                                     fmt::join(running, ", ")));
  return found;
}

/// Of a run that is over, its end is told at once.
Task<Result<RunId>> find_run(SpaceSync& feature, Wish const& wish) {
  auto const given = run_number(wish.call);
  if (!given) co_return std::unexpected(given.error());
  auto const run = *given != 0 ? *given : run_under_way(feature);
  if (run) (void)feature.watch(*run, wish.frames->events());
  co_return run;
}

}  // namespace

Task<Result<ShownPlan>> shown_plan(SpaceSync& feature, RunId id) {
  ShownPlan out;
  auto run = co_await feature.store().run(id);
  if (!run) co_return std::unexpected(run.error());
  out.run = std::move(*run);
  auto steps = co_await feature.store().steps(id, 0, kMostListed);
  if (!steps) co_return std::unexpected(steps.error());
  out.steps = std::move(*steps);
  // Removals come after all adds.
  auto const adds = out.run.counts.to_add;
  if (out.run.counts.to_remove > 0 && adds + out.run.counts.to_remove > std::ssize(out.steps)) {
    auto const seen = out.steps.empty() ? 0 : out.steps.back().number;
    auto more = co_await feature.store().steps(id, std::max(adds, seen), kMostListed);
    if (!more) co_return std::unexpected(more.error());
    for (auto& step : *more) out.steps.push_back(std::move(step));
  }
  auto spared = co_await feature.store().spared(id, kMostListed);
  if (!spared) co_return std::unexpected(spared.error());
  out.spared = std::move(*spared);
  out.out_by_rule = feature.out_by_rule(id);
  co_return out;
}

void add_run_verbs(control::Verbs& verbs, SpaceSync& feature) {
  auto const add = [&](std::string_view words, Begin begin, bool plan = false) {
    verbs.handle_stream(words, [&feature, begin, plan](VerbCall call, Stream stream) {
      feature.tasks().spawn("a sync verb", [&feature, begin, plan, call = std::move(call), stream] {
        return answer(feature, call, stream, begin, plan);
      });
    });
  };
  add("sync plan", begin_plan, true);
  add("sync run", begin_run);
  add("sync approve", begin_approved);
  add("sync undo", begin_undo);
  add("sync watch", find_run);
}

}  // namespace wardroom::space_sync
