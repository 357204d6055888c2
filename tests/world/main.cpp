// wardroom-world: plays worlds from seeds and tells which promise broke, after how little.
#include "runner.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include <cstdio>
#include <malloc.h>

int main(int argc, char** argv) {
  wardroom::world::RunnerOptions options;
  std::int64_t seed = -1;
  CLI::App flags("Plays the whole daemon among its neighbours on virtual time, from seeds.",
                 "wardroom-world");
  flags.add_option("--seeds", options.seeds, "so many worlds")->capture_default_str();
  flags.add_option("--from", options.from, "the first seed")->capture_default_str();
  flags.add_option("--seed", seed, "this seed alone, with its trace when it fails");
  flags.add_option("--minutes", options.minutes, "virtual minutes of acts and faults in each")
      ->capture_default_str();
  flags.add_option("--jobs", options.jobs, "processes at once; 0 = one a core");
  flags.add_option("--plant", options.plant,
                   "a planted bug by its name; `list` names them, `all` looks for each");
  flags.add_flag("--twice", options.twice, "plays each seed twice: the traces must be the same");
  flags.add_flag("--trace", options.trace, "prints the whole trace, broken promise or not");
  flags.add_flag("--go-on", options.go_on, "does not end at the first broken promise");
  CLI11_PARSE(flags, argc, argv);
  if (seed >= 0) {
    options.from = static_cast<std::uint64_t>(seed);
    options.seeds = 1;
  }
  // Daemons come and go: what one gives back the next takes, without asking the kernel.
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_TOP_PAD, 32 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 2 << 20);
  if (sodium_init() < 0) {
    fmt::print(stderr, "wardroom-world: libsodium cannot start\n");
    return 2;
  }
  return wardroom::world::run_worlds(options);
}
