#include "runner.hpp"

#include "planted.hpp"
#include "planted_bugs.hpp"
#include "planted_run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <poll.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace wardroom::world {
namespace fs = std::filesystem;

namespace {

using RealClock = std::chrono::steady_clock;

/// A private folder that goes with this.
class Folder {
 public:
  Folder() {
    // In memory where there is such a place: a start of a daemon reads and writes a dozen files.
    auto const place =
        fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string name = (place / "wardroom-world-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no folder can be made in " + name);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

WorldOptions world_options(RunnerOptions const& options, std::uint64_t seed,
                           std::string const& folder) {
  WorldOptions out;
  out.seed = seed;
  out.length = Milliseconds(options.minutes * 60'000LL);
  out.folder = folder;
  out.keep_lines = options.trace ? 0 : 400;
  return out;
}

/// One line a world, from a worker to the parent.
std::string line_of(Outcome const& o, bool same) {
  auto const& f = o.figures;
  return fmt::format("{} {} {} {} {} {} {} {} {} {}\n", o.seed, o.digest, same ? 1 : 0, o.acts,
                     f.virtual_time.count(), f.starts, f.crashes, f.faults, f.steps,
                     o.violation ? o.violation->promise : "-");
}

struct Told {
  std::uint64_t seed = 0, digest = 0;
  int same = 1;
  std::uint64_t acts = 0;
  std::int64_t virtual_ms = 0;
  std::uint64_t starts = 0, crashes = 0, faults = 0, steps = 0;
  std::string promise{};
};

Told read_line(std::string const& line) {
  Told out;
  char promise[64] = "";
  unsigned long long n[8]{};
  long long ms = 0;
  if (std::sscanf(line.c_str(), "%llu %llu %d %llu %lld %llu %llu %llu %llu %63s", &n[0], &n[1],
                  &out.same, &n[2], &ms, &n[3], &n[4], &n[5], &n[6], promise) != 10)
    throw std::runtime_error("a worker said what nobody understands: " + line);
  out.seed = n[0];
  out.digest = n[1];
  out.acts = n[2];
  out.virtual_ms = ms;
  out.starts = n[3];
  out.crashes = n[4];
  out.faults = n[5];
  out.steps = n[6];
  out.promise = promise;
  return out;
}

/// Every `step`-th seed from its own, each told as it is done. Ends when the parent has gone.
void work(RunnerOptions const& options, std::uint64_t offset, unsigned step, int to) {
  Folder const folder;
  for (auto i = offset; i < options.seeds; i += step) {
    auto const wanted = world_options(options, options.from + i, folder.path());
    auto const first = play(wanted);
    bool const same = !options.twice || play(wanted).digest == first.digest;
    auto const line = line_of(first, same);
    if (::write(to, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return;
  }
}

struct Worker {
  pid_t pid = 0;
  int from = -1;
  std::string rest{};
  std::uint64_t offset = 0, told = 0;
};

Worker start_worker(RunnerOptions const& options, std::uint64_t offset, unsigned step) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe can be made");
  std::fflush(nullptr);
  auto const pid = ::fork();
  if (pid < 0) throw std::runtime_error("no process can be started");
  if (pid == 0) {
    ::close(ends[0]);
    int code = 0;
    try {
      work(options, offset, step, ends[1]);
    } catch (std::exception const& e) {
      fmt::print(stderr, "wardroom-world: {}\n", e.what());
      code = 3;
    }
    ::_exit(code);
  }
  ::close(ends[1]);
  return {pid, ends[0], {}, offset, 0};
}

class Progress {
 public:
  explicit Progress(RunnerOptions const& options) : options_(options) {}
  void take(Told const& told) {
    ++done_;
    virtual_ms_ += told.virtual_ms;
    crashes_ += told.crashes;
    faults_ += told.faults;
    acts_ += told.acts;
    auto const now = RealClock::now();
    if (now - said_ < std::chrono::seconds(::isatty(2) ? 1 : 15)) return;
    said_ = now;
    auto const seconds = std::chrono::duration<double>(now - began_).count();
    fmt::print(stderr, "{}  {} of {} seeds, {:.0f} virtual hours a minute, {:.0f} s left{}",
               ::isatty(2) ? "\r" : "", done_, options_.seeds, hours() / seconds * 60,
               double(options_.seeds - done_) / double(done_) * seconds,
               ::isatty(2) ? "   " : "\n");
  }
  double hours() const { return double(virtual_ms_) / 3.6e6; }
  void sum_up() const {
    auto const seconds = std::chrono::duration<double>(RealClock::now() - began_).count();
    if (::isatty(2)) fmt::print(stderr, "\n");
    fmt::print(
        "{} seeds, {:.1f} virtual hours in {:.1f} s ({:.0f} virtual hours a minute); {} acts, {} "
        "faults, {} crashes\n",
        done_, hours(), seconds, hours() / seconds * 60, acts_ - faults_, faults_, crashes_);
  }

 private:
  RunnerOptions const& options_;
  RealClock::time_point began_ = RealClock::now(), said_ = began_;
  std::uint64_t done_ = 0, crashes_ = 0, faults_ = 0, acts_ = 0;
  std::int64_t virtual_ms_ = 0;
};

/// Reads what workers say until all have ended or one told of a broken promise.
std::vector<Told> gather(std::vector<Worker>& workers, RunnerOptions const& options) {
  std::vector<Told> broken;
  Progress progress(options);
  std::size_t open = workers.size();
  while (open > 0) {
    std::vector<pollfd> waiting;
    for (auto const& worker : workers) waiting.push_back({worker.from, POLLIN, 0});
    ::poll(waiting.data(), waiting.size(), -1);
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      auto& worker = workers[i];
      char bytes[4096];
      auto const got = ::read(worker.from, bytes, sizeof bytes);
      if (got <= 0) {
        ::close(std::exchange(worker.from, -1));
        --open;
        continue;
      }
      worker.rest.append(bytes, static_cast<std::size_t>(got));
      for (auto end = worker.rest.find('\n'); end != std::string::npos;
           end = worker.rest.find('\n')) {
        auto const told = read_line(worker.rest.substr(0, end));
        worker.rest.erase(0, end + 1);
        ++worker.told;
        progress.take(told);
        if (told.promise == "-" && told.same == 1) continue;
        broken.push_back(told);
        if (options.go_on) continue;
        progress.sum_up();
        return broken;
      }
    }
  }
  progress.sum_up();
  return broken;
}

/// A worker that did not come to its end died at the seed after those it told of.
std::vector<std::uint64_t> fallen(std::vector<Worker> const& workers, RunnerOptions const& options,
                                  bool early) {
  std::vector<std::uint64_t> out;
  for (auto const& worker : workers) {
    if (worker.from >= 0) ::close(worker.from);
    if (early) ::kill(worker.pid, SIGKILL);
    int status = 0;
    ::waitpid(worker.pid, &status, 0);
    if (!early && status != 0)
      out.push_back(options.from + worker.offset + worker.told * workers.size());
  }
  return out;
}

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

Outcome play(WorldOptions options) {
  Outcome out;
  out.seed = options.seed;
  for (auto const& entry : fs::directory_iterator(options.folder)) fs::remove_all(entry.path());
  World world(options);
  try {
    world.run();
  } catch (std::exception const& e) {
    world.fail("world", e.what());
  }
  out.violation = world.violation();
  out.digest = world.trace().digest();
  out.figures = world.figures();
  out.acts = world.acts();
  out.trace = world.trace().kept();
  return out;
}

Outcome shortest(Outcome const& failed, WorldOptions options) {
  auto best = failed;
  std::size_t low = 0, high = failed.violation->act;
  while (low < high) {
    auto const middle = low + (high - low) / 2;
    options.most_acts = middle;
    auto tried = play(options);
    if (tried.violation && tried.violation->promise == failed.violation->promise) {
      high = middle;
      best = std::move(tried);
    } else {
      low = middle + 1;
    }
  }
  return best;
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
  auto const cores = std::max(1u, std::thread::hardware_concurrency());
  auto const jobs = static_cast<unsigned>(
      std::min<std::uint64_t>(options.jobs == 0 ? cores : options.jobs, options.seeds));
  std::vector<Worker> workers;
  for (unsigned i = 0; i < jobs; ++i) workers.push_back(start_worker(options, i, jobs));
  auto const broken = gather(workers, options);
  auto const dead = fallen(workers, options, !broken.empty() && !options.go_on);
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
