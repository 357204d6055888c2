#include "runner.hpp"

#include "planted.hpp"
#include "planted_bugs.hpp"
#include "planted_run.hpp"
#include "workers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace wardroom::world {
namespace {

void print_failure(Outcome const& o) {
  fmt::print("seed {}: {} is broken: {}\n", o.seed, o.violation->promise, o.violation->sentence);
}

/// Plays it again here, shortens it, and prints what led to it.
void explain(std::uint64_t seed, RunnerOptions const& options) {
  Folder const folder;
  auto const wanted = world_options(options, seed, folder.path());
  auto const whole = play(wanted);
  if (!whole.violation) {
    fmt::print("seed {}: no promise was broken this time\n", seed);
    return;
  }
  print_failure(whole);
  fmt::print("  at act {} of {}; looking for fewer acts that break it too …\n",
             whole.violation->act, whole.acts);
  std::fflush(stdout);
  auto const less = shortest(whole, wanted);
  for (auto const& line : less.trace) fmt::print("{}\n", line);
  print_failure(less);
  fmt::print("  with the first {} acts; play it again: wardroom-world --seed {} --minutes {}{}\n",
             less.acts, seed, options.minutes,
             options.plant.empty() ? "" : " --plant " + options.plant);
}

int trace_one(RunnerOptions const& options) {
  Folder const folder;
  auto const outcome = play(world_options(options, options.from, folder.path()));
  for (auto const& line : outcome.trace) fmt::print("{}\n", line);
  if (outcome.violation) print_failure(outcome);
  fmt::print("digest {:016x}\n", outcome.digest);
  return outcome.violation ? 1 : 0;
}

}  // namespace

WorldOptions world_options(RunnerOptions const& options, std::uint64_t seed,
                           std::string const& folder) {
  WorldOptions out;
  out.seed = seed;
  out.length = Milliseconds(options.minutes * 60'000LL);
  out.folder = folder;
  out.keep_lines = options.trace ? 0 : 400;
  return out;
}

int run_worlds(RunnerOptions const& options) {
  if (options.plant == "list") {
    for (auto const& bug : planted_bugs())
      fmt::print("{:<32} {:<20} {:<8} {}\n", bug.name, bug.layer, bug.promises, bug.sentence);
    return 0;
  }
  if (options.plant == "all") return find_planted(options);
  if (!options.plant.empty() && !planted_bug(options.plant)) {
    fmt::print(stderr, "wardroom-world: there is no planted bug '{}'; --plant list names them\n",
               options.plant);
    return 2;
  }
  planted::choose(options.plant);
  if (options.trace) return trace_one(options);
  auto const [broken, dead] = play_side_by_side(options);
  for (auto const seed : dead)
    fmt::print("seed {}: the process died; play it alone: wardroom-world --seed {} --jobs 1\n",
               seed, seed);
  std::map<std::string, std::uint64_t> by_promise;
  for (auto const& told : broken) {
    if (told.same == 0) fmt::print("seed {}: two traces differ\n", told.seed);
    if (told.promise != "-" && options.go_on)
      fmt::print("seed {}: {} is broken\n", told.seed, told.promise);
    ++by_promise[told.promise];
  }
  if (options.go_on)
    for (auto const& [promise, count] : by_promise) fmt::print("{} times {}\n", count, promise);
  auto const first = std::ranges::find_if(broken, [](Told const& t) { return t.promise != "-"; });
  if (first != broken.end()) explain(first->seed, options);
  return broken.empty() && dead.empty() ? 0 : 1;
}

}  // namespace wardroom::world
