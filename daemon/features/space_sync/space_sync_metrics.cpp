#include "features/space_sync/space_sync_metrics.hpp"

#include <chrono>
#include <limits>
#include <memory>

namespace wardroom::space_sync {
namespace {

using metrics::Kind;

constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

bool is_good(Run const& run) {
  return run.state == RunState::done || run.state == RunState::observed;
}

void watch_runs(metrics::Registry& registry, SyncCounters const& counters) {
  auto const runs = [&](char const* result, std::uint64_t const& count) {
    registry.watch(Kind::counter, "wardroom_sync_runs_total",
                   "Runs of space_sync since the start: begun, and of those held and failed.",
                   {{"result", result}}, [&count] { return double(count); });
  };
  runs("begun", counters.runs);
  runs("held", counters.held);
  runs("failed", counters.failed);
  auto const changes = [&](char const* result, std::uint64_t const& count) {
    registry.watch(Kind::counter, "wardroom_sync_changes_total",
                   "People of spaces, by what became of their step.", {{"result", result}},
                   [&count] { return double(count); });
  };
  changes("added", counters.added);
  changes("removed", counters.removed);
  changes("already", counters.already);
  changes("spared", counters.spared);
  changes("failed", counters.step_failures);
}

/// Of one job, asked of a view of it; NaN when it is not there or knows nothing.
template <class Read>
std::function<double()> of_job(SpaceSync const& feature, std::string job, Read read) {
  return [&feature, job = std::move(job), read]() mutable {
    for (auto const& view : feature.jobs())
      if (view.settings->name == job) return read(view);
    return kNotKnown;
  };
}

void watch_job(metrics::Registry& registry, SpaceSync const& feature, std::string const& job) {
  auto const add = [&](char const* name, char const* help, auto read) {
    registry.watch(Kind::gauge, name, help, {{"job", job}}, of_job(feature, job, read));
  };
  add("wardroom_sync_held", "1 while a run waits for approval.",
      [](JobView const& view) { return view.held ? 1.0 : 0.0; });
  add("wardroom_sync_paused", "1 while the job's schedule is paused.",
      [](JobView const& view) { return view.memory.paused ? 1.0 : 0.0; });
  add("wardroom_sync_members", "Members of the space at the end of the last good run.",
      [](JobView const& view) {
        return view.memory.members ? double(*view.memory.members) : kNotKnown;
      });
  // A run that failed since then does not take the moment away.
  add("wardroom_sync_last_success_seconds",
      "When the last run ended that did all it had to, in seconds since 1970; NaN when none is "
      "known.",
      [latest = kNotKnown](JobView const& view) mutable {
        if (view.last && is_good(*view.last) && view.last->ended)
          latest = double(unix_ms(*view.last->ended)) / 1000;
        return latest;
      });
}

}  // namespace

void watch_metrics(metrics::Registry& registry, SpaceSync const& feature) {
  watch_runs(registry, feature.counters());
  for (auto const& job : feature.settings().jobs) watch_job(registry, feature, job.name);
}

}  // namespace wardroom::space_sync
