#include "planted_run.hpp"

#include "planted.hpp"
#include "planted_bugs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <poll.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace wardroom::world {
namespace fs = std::filesystem;

namespace {

using RealClock = std::chrono::steady_clock;

/// What became of the search for one bug.
struct Search {
  PlantedBug const* bug = nullptr;
  std::uint64_t seeds = 0;    ///< worlds played
  std::string found{};        ///< the promise; empty = not found
  std::string others{};       ///< promises broken on the way that must not find it, and how often
  std::uint64_t reached = 0;  ///< how often the code came to its place
  double seconds = 0;
};

/// In a process of its own, since a bug may well end it.
Search search(PlantedBug const& bug, RunnerOptions const& options) {
  Search out{.bug = &bug};
  auto const folder = fs::temp_directory_path() / fmt::format("wardroom-planted-{}", ::getpid());
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
  planted::choose(bug.name);
  std::map<std::string, int> others;
  while (out.seeds < options.seeds && out.found.empty()) {
    auto const outcome = play({.seed = options.from + out.seeds,
                               .length = Milliseconds(options.minutes * 60'000LL),
                               .folder = folder.string()});
    ++out.seeds;
    if (!outcome.violation) continue;
    auto const& promise = outcome.violation->promise;
    if (must_find(bug, promise))
      out.found = promise;
    else
      ++others[promise];
  }
  for (auto const& [promise, times] : others)
    out.others += fmt::format("{}{}x{}", out.others.empty() ? "" : ",", promise, times);
  out.reached = planted::asked();
  fs::remove_all(folder);
  return out;
}

std::string line_of(Search const& s) {
  auto const or_none = [](std::string const& text) { return text.empty() ? "-" : text; };
  return fmt::format("{} {} {} {}", s.seeds, s.reached, or_none(s.found), or_none(s.others));
}

void read_line(std::string const& line, Search& out) {
  char found[64] = "", others[512] = "";
  unsigned long long seeds = 0, reached = 0;
  if (std::sscanf(line.c_str(), "%llu %llu %63s %511s", &seeds, &reached, found, others) != 4) {
    out.others = "the process died";
    return;
  }
  out.seeds = seeds;
  out.reached = reached;
  if (std::string_view(found) != "-") out.found = found;
  if (std::string_view(others) != "-") out.others = others;
}

struct Child {
  pid_t pid = 0;
  int from = -1;
  std::size_t index = 0;
  std::string said{};
  RealClock::time_point began = RealClock::now();
};

Child start(PlantedBug const& bug, std::size_t index, RunnerOptions const& options) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe can be made");
  std::fflush(nullptr);
  auto const pid = ::fork();
  if (pid < 0) throw std::runtime_error("no process can be started");
  if (pid == 0) {
    ::close(ends[0]);
    auto const line = line_of(search(bug, options));
    auto const written = ::write(ends[1], line.data(), line.size());
    ::_exit(written == static_cast<ssize_t>(line.size()) ? 0 : 3);
  }
  ::close(ends[1]);
  return {.pid = pid, .from = ends[0], .index = index};
}

/// True when it has said all.
bool hear(Child& child) {
  char bytes[1024];
  auto const got = ::read(child.from, bytes, sizeof bytes);
  if (got > 0) {
    child.said.append(bytes, static_cast<std::size_t>(got));
    return false;
  }
  ::close(child.from);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  return true;
}

std::string sentence(Search const& s) {
  auto out = s.found.empty() ? fmt::format("NOT FOUND in {} seeds", s.seeds)
                             : fmt::format("{:<8} {:>5} seeds", s.found, s.seeds);
  if (!s.others.empty()) out += fmt::format("  (also {})", s.others);
  if (s.found.empty() && s.seeds > 0 && s.reached == 0) out += "  (its place was never reached)";
  return out;
}

void print_table(std::vector<Search> const& all, double seconds) {
  std::size_t missing = 0;
  fmt::print("{:<33} {:<24} {:<14} {}\n", "planted bug", "layer", "to be found by", "found by");
  for (auto const& one : all) {
    fmt::print("{:<33} {:<24} {:<14} {}\n", one.bug->name, one.bug->layer, one.bug->promises,
               sentence(one));
    missing += one.found.empty() ? 1 : 0;
  }
  fmt::print("{} of {} planted bugs were found in {:.0f} s\n", all.size() - missing, all.size(),
             seconds);
}

}  // namespace

int find_planted(RunnerOptions const& options) {
  auto const began = RealClock::now();
  auto const bugs = planted_bugs();
  std::vector<Search> all;
  for (auto const& bug : bugs) all.push_back({.bug = &bug});
  std::vector<Child> children;
  std::size_t next = 0, done = 0;
  auto const jobs =
      options.jobs == 0 ? std::max(1u, std::thread::hardware_concurrency()) : options.jobs;
  while (done < bugs.size()) {
    for (; next < bugs.size() && children.size() < jobs; ++next)
      children.push_back(start(bugs[next], next, options));
    std::vector<pollfd> waiting;
    for (auto const& child : children) waiting.push_back({child.from, POLLIN, 0});
    ::poll(waiting.data(), waiting.size(), -1);
    for (std::size_t i = children.size(); i-- > 0;) {
      if (waiting[i].revents == 0 || !hear(children[i])) continue;
      auto& found = all[children[i].index];
      read_line(children[i].said, found);
      found.seconds = std::chrono::duration<double>(RealClock::now() - children[i].began).count();
      fmt::print(stderr, "  {:>2} of {}  {:<33} {}  ({:.0f} s)\n", ++done, bugs.size(),
                 found.bug->name, sentence(found), found.seconds);
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  print_table(all, std::chrono::duration<double>(RealClock::now() - began).count());
  return std::ranges::all_of(all, [](Search const& one) { return !one.found.empty(); }) ? 0 : 1;
}

}  // namespace wardroom::world
