#include "workers.hpp"

#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <poll.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace wardroom::world {
namespace {

/// One line a world, from a worker to the parent.
std::string line_of(Outcome const& o, bool same) {
  auto const& f = o.figures;
  return fmt::format("{} {} {} {} {} {} {} {} {} {}\n", o.seed, o.digest, same ? 1 : 0, o.acts,
                     f.virtual_time.count(), f.starts, f.crashes, f.faults, f.steps,
                     o.violation ? o.violation->promise : "-");
}

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

}  // namespace

Played play_side_by_side(RunnerOptions const& options) {
  auto const cores = std::max(1u, std::thread::hardware_concurrency());
  auto const jobs = static_cast<unsigned>(
      std::min<std::uint64_t>(options.jobs == 0 ? cores : options.jobs, options.seeds));
  std::vector<Worker> workers;
  for (unsigned i = 0; i < jobs; ++i) workers.push_back(start_worker(options, i, jobs));
  Played out;
  out.broken = gather(workers, options);
  out.dead = fallen(workers, options, !out.broken.empty() && !options.go_on);
  return out;
}

}  // namespace wardroom::world
