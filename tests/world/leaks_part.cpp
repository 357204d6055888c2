#include "leaks_part.hpp"

#include "incarnation.hpp"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iterator>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

constexpr auto look_every = 5min;
/// A burst, of events that were held back for one, arms hundreds of timers and is over at once.
constexpr auto look_again = 5s;
constexpr int in_a_row = 3;

/// Three times what a busy daemon of two dozen people was seen with: 21 tasks, those of its
/// features among them, 47 timers, 7 requests.
constexpr std::size_t busy_tasks = 63, busy_timers = 140, busy_requests = 40;
/// When nobody does anything any more: what every daemon came to, whatever its hour had been like.
/// 17 to 19 tasks, 32 to 43 timers, 1 to 3 requests.
constexpr std::size_t calm_tasks = 20, calm_timers = 55, calm_requests = 5;
/// Looks until it has come to that: what had begun just then is over soon.
constexpr int most_looks = 100;

std::size_t open_files() {
  std::filesystem::directory_iterator const all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// "anon_inode:[eventpoll] /dev/null …", for who looks for what was left open.
std::string names_of_open_files() {
  std::string out;
  for (auto const& one : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one that reads this folder
    out += std::filesystem::read_symlink(one.path(), gone).string() + " ";
  }
  return out;
}

}  // namespace

void LeaksPart::prepare() {
  boost::asio::steady_timer const first(world_.io());  // what the world's own loop opens once
  files_ = open_files();
}

void LeaksPart::daemon_started() {
  next_look_ = world_.now() + look_every;
  too_much_ = 0;
}

LeaksPart::Held LeaksPart::held() const {
  auto& life = *world_.life();
  return {life.running_tasks(), life.clock_of_it().pending(), life.net().in_flight()};
}

void LeaksPart::look() {
  if (!world_.up() || world_.now() < next_look_) return;
  auto const now = held();
  Held const most{busy_tasks, busy_timers, busy_requests};
  bool const burst = !within(now, most) && ++too_much_ < in_a_row;
  next_look_ = world_.now() + (burst ? BootClock::duration(look_again) : look_every);
  if (burst) return;
  too_much_ = 0;
  judge(now, most, "while much goes on");
}

void LeaksPart::finish() {
  if (!world_.up()) return;
  Held const most{calm_tasks, calm_timers, calm_requests};
  for (int i = 0; i < most_looks && world_.up() && !within(held(), most); ++i)
    world_.ask(http::Method::get, "/v1/status");
  if (world_.up()) judge(held(), most, "at rest");
}

bool LeaksPart::within(Held const& now, Held const& most) {
  return now.tasks <= most.tasks && now.timers <= most.timers && now.requests <= most.requests;
}

void LeaksPart::judge(Held const& now, Held const& most, std::string_view when) const {
  world_.note("leaks",
              fmt::format("{} tasks, {} timers, {} requests", now.tasks, now.timers, now.requests));
  if (!within(now, most))
    world_.fail("leaks", fmt::format("{}: {} tasks, {} timers, {} requests and streams", when,
                                     now.tasks, now.timers, now.requests));
}

/// Also of a daemon that was killed: here, but for a process, nobody cleans up behind it.
void LeaksPart::daemon_gone(bool) {
  if (auto const files = open_files(); files > files_)
    world_.fail("leaks",
                fmt::format("{} files are open after the daemon's end, {} before its start: {}",
                            files, files_, names_of_open_files()));
}

}  // namespace wardroom::world
