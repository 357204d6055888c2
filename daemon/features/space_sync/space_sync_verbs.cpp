#include "features/space_sync/space_sync_verbs.hpp"

#include "base/encoding.hpp"
#include "features/space_sync/run_verbs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

namespace wardroom::space_sync {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using control::VerbCall;

constexpr std::int64_t kRunsUnlessGiven = 20;
constexpr std::int64_t kMostRuns = 500;
constexpr std::int64_t kStepsUnlessGiven = 200;
constexpr std::int64_t kMostSteps = 1'000;
constexpr std::size_t kStepsAtOnce = 500;  // of a whole run, looked through for failures

Json jobs_json(SpaceSync& feature) {
  auto out = Json::array();
  auto const now = feature.ports().clock.now();
  for (auto const& view : feature.jobs())
    out.push_back(job_json(view, feature.settings().mode, now));
  return out;
}

Answer list(SpaceSync& feature) {
  co_return Json{{"mode", name(feature.settings().mode)}, {"jobs", jobs_json(feature)}};
}

Answer history(SpaceSync& feature, VerbCall call) {
  auto const limit = whole_number(call, "limit", 1, kMostRuns, kRunsUnlessGiven);
  if (!limit) co_return std::unexpected(limit.error());
  auto const before = whole_number(call, "before", 1, INT64_MAX, 0);
  if (!before) co_return std::unexpected(before.error());
  std::string const job(call.get("job"));
  auto const runs =
      co_await feature.store().history(job, static_cast<std::size_t>(*limit) + 1, *before);
  if (!runs) co_return std::unexpected(runs.error());
  // A job that is configured no more still has its history.
  if (runs->empty() && !job.empty() && *before == 0)
    if (auto const known = job_of(feature.settings(), job); !known)
      co_return std::unexpected(known.error());
  auto rows = Json::array();
  for (auto const& run : *runs)
    if (std::ssize(rows) < *limit) rows.push_back(run_json(run));
  Json out{{"job", job.empty() ? Json(nullptr) : Json(job)}};
  if (std::ssize(*runs) > *limit) out["next"] = rows.back()["id"];
  out["runs"] = std::move(rows);
  co_return out;
}

Json steps_json(std::vector<Step> const& steps, std::size_t most) {
  auto out = Json::array();
  for (auto const& step : steps)
    if (out.size() < most) out.push_back(step_json(step));
  return out;
}

Answer show(SpaceSync& feature, VerbCall call) {
  auto const id = run_number(call);
  if (!id) co_return std::unexpected(id.error());
  auto const limit = whole_number(call, "limit", 1, kMostSteps, kStepsUnlessGiven);
  if (!limit) co_return std::unexpected(limit.error());
  auto const after = whole_number(call, "after", 0, INT64_MAX, 0);
  if (!after) co_return std::unexpected(after.error());
  auto const run = co_await feature.store().run(*id);
  if (!run) co_return std::unexpected(run.error());
  auto const most = static_cast<std::size_t>(*limit);
  auto const steps = co_await feature.store().steps(*id, *after, most + 1);
  if (!steps) co_return std::unexpected(steps.error());
  auto const spared = co_await feature.store().spared(*id, most);
  if (!spared) co_return std::unexpected(spared.error());
  Json out{{"run", run_json(*run)}};
  if (*after == 0) {
    auto const failures = co_await failed_steps(feature, *run, most);
    if (!failures) co_return std::unexpected(failures.error());
    out["failures"] = steps_json(*failures, most);
  }
  out["steps"] = steps_json(*steps, most);
  if (steps->size() > most) out["next"] = (*steps)[most - 1].number;
  out["spared"] = Json::array();
  for (auto const& one : *spared) out["spared"].push_back(spared_json(one));
  co_return out;
}

Answer explain(SpaceSync& feature, VerbCall call) {
  auto const job = job_of(feature.settings(), call.get("job"));
  if (!job) co_return std::unexpected(job.error());
  std::string const name((*job)->name);
  auto const found = co_await feature.explain(name, std::string(call.get("person")));
  if (!found) co_return std::unexpected(found.error());
  co_return explained_json(name, *found);
}

Answer pause(SpaceSync& feature, VerbCall call, bool paused) {
  auto const job = job_of(feature.settings(), call.get("job"));
  if (!job) co_return std::unexpected(job.error());
  std::string const name((*job)->name), reason(call.get("reason"));
  bool const scheduled = (*job)->schedule.has_value();
  *call.change = {
      .object = "sync job " + name, .after = Json{{"paused", paused}}.dump(), .text = reason};
  auto const done = co_await feature.pause(name, paused, call.caller.name, reason);
  if (!done) co_return std::unexpected(done.error());
  std::string const words =
      !scheduled ? "it has no schedule anyway"
      : paused   ? "it does not run by its schedule until it is resumed; `sync run` still works"
                 : "it runs by its schedule again";
  Json out{{"job", name},
           {"paused", paused},
           {"message", fmt::format("{} is {}: {}.", name, paused ? "paused" : "resumed", words)}};
  auto const now = feature.ports().clock.now();
  for (auto const& view : feature.jobs())
    if (view.settings->name == name)
      out["next"] = job_json(view, feature.settings().mode, now)["next"];
  co_return out;
}

}  // namespace

Result<JobSettings const*> job_of(SpaceSyncSettings const& settings, std::string_view name) {
  if (auto const* job = settings.job(name)) return job;
  std::vector<std::string> known;
  for (auto const& job : settings.jobs) known.push_back(job.name);
  if (known.empty())
    return failure(ErrorKind::not_found,
                   fmt::format("there is no sync job \"{}\"; none is configured: write one under "
                               "space_sync.jobs and reload",
                               name));
  auto const near = nearest(name, known);
  return failure(ErrorKind::not_found,
                 fmt::format("there is no sync job \"{}\"; {}", name,
                             near ? fmt::format("did you mean \"{}\"?", *near)
                                  : fmt::format("there are {}", fmt::join(known, ", "))));
}

std::string login_command(std::string const& identity) {
  return identity == "admin" ? "wardroomctl login" : "wardroomctl login --identity " + identity;
}

Result<std::int64_t> whole_number(VerbCall const& call, std::string_view param, std::int64_t least,
                                  std::int64_t most, std::int64_t unless_given) {
  auto const text = call.get(param);
  if (text.empty()) return unless_given;
  std::int64_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc{} && end == text.data() + text.size() && n >= least && n <= most) return n;
  return failure(ErrorKind::malformed,
                 most == INT64_MAX
                     ? fmt::format("{} must be a whole number from {}", param, least)
                     : fmt::format("{} must be a whole number from {} to {}", param, least, most));
}

Result<RunId> run_number(VerbCall const& call) {
  auto const number = whole_number(call, "run", 1, INT64_MAX, 0);
  if (!number)
    return failure(ErrorKind::malformed, fmt::format("\"{}\" is no run's number; `sync history` "
                                                     "shows them",
                                                     call.get("run")));
  return *number;
}

Task<Result<std::vector<Step>>> failed_steps(SpaceSync& feature, Run run, std::size_t most) {
  std::vector<Step> out;
  if (run.counts.failed == 0) co_return out;
  for (std::int64_t after = 0;;) {
    auto page = co_await feature.store().steps(run.id, after, kStepsAtOnce);
    if (!page) co_return std::unexpected(page.error());
    for (auto& step : *page) {
      after = step.number;
      if (step.state != StepState::failed && step.state != StepState::begun) continue;
      out.push_back(std::move(step));
      if (out.size() >= most || std::ssize(out) >= run.counts.failed) co_return out;
    }
    if (page->size() < kStepsAtOnce) co_return out;
  }
}

void add_space_sync_verbs(control::Verbs& verbs, SpaceSync& feature) {
  auto& f = feature;
  verbs.handle("sync list", [&f](VerbCall) { return list(f); });
  verbs.handle("sync history", [&f](VerbCall call) { return history(f, std::move(call)); });
  verbs.handle("sync show", [&f](VerbCall call) { return show(f, std::move(call)); });
  verbs.handle("sync explain", [&f](VerbCall call) { return explain(f, std::move(call)); });
  verbs.handle("sync pause", [&f](VerbCall call) { return pause(f, std::move(call), true); });
  verbs.handle("sync resume", [&f](VerbCall call) { return pause(f, std::move(call), false); });
  add_run_verbs(verbs, feature);
}

}  // namespace wardroom::space_sync
