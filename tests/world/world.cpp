#include "world.hpp"

#include "base/log_ear.hpp"
#include "door_network.hpp"
#include "incarnation.hpp"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

namespace wardroom::world {
using namespace std::chrono_literals;

World::World(WorldOptions options)
    : options_(std::move(options)),
      tasks_(io_.get_executor(),
             [this](std::string_view task, std::exception_ptr why) {
               fail("world", fmt::format("the task {} died: {}", task, words_of(why)));
             }),
      act_dice_(options_.seed, "acts"),
      core_dice_(options_.seed, "core"),
      door_dice_(options_.seed, "doors"),
      sim_dice_(options_.seed, "simulator"),
      platform_(clock_, sim_dice_.port(), options_.seed, people),
      doors_(std::make_unique<DoorNetwork>(io_.get_executor(), clock_, door_dice_.port())) {
  trace_.keep(options_.keep_lines);
  // The loop opens its files with its first timer: before anybody counts them.
  boost::asio::steady_timer const first(io_);
  began_ = clock_.uptime();
}

World::~World() {
  log::listen_with({});
  next_act_.cancel();
  next_start_.cancel();
  if (daemon_) kill();
  doors_->detach_all();
  // Neighbours' tasks end before what they stand on.
  bool done = false;
  auto work = [](World& world, bool& flag) -> Task<void> {
    co_await world.tasks_.stop(world.clock_, Milliseconds(0));
    flag = true;
  };
  boost::asio::co_spawn(io_, work(*this, done), [](std::exception_ptr) {});
  for (int i = 0; i < 1000 && !done; ++i) clock_.advance(100ms);
}

Milliseconds World::since_start() const {
  return std::chrono::floor<Milliseconds>(clock_.uptime() - began_);
}

bool World::has(std::string_view purpose, unsigned per_mille) const {
  Chance dice(options_.seed, fmt::format("has {}", purpose));
  return dice.per_mille(per_mille);
}

/// The folder has another name each time.
void World::note(std::string_view who, std::string_view what) {
  std::string line(what);
  for (auto at = line.find(folder()); at != line.npos; at = line.find(folder()))
    line.replace(at, folder().size(), "FOLDER");
  trace_.note(who, line);
}

void World::fail(std::string_view promise, std::string sentence) {
  if (violation_) return;
  note("WRONG", fmt::format("{}: {}", promise, sentence));
  violation_ = Violation{std::string(promise), std::move(sentence), since_start(), acts_};
}

// --- the course of a world -----------------------------------------------------------------------

std::optional<Violation> const& World::run() {
  log::set_level(log::Level::warning);
  log::listen_with([this](log::Level level, std::string_view message, log::Fields fields) {
    if (!deaf_)
      for (auto const& ear : log_ears_) ear(message);
    note_log(level, message, fields);
  });
  begin();
  hours();
  heal();
  rest();
  finish();
  last_stop();
  log::listen_with({});
  figures_.virtual_time = since_start();
  return violation_;
}

/// What is said again and again stands there once in ten minutes.
void World::note_log(log::Level level, std::string_view message, log::Fields fields) {
  if (level < log::Level::warning) return;
  auto line = fmt::format("{}: {}", log::name(level), message);
  for (auto const& field : fields)
    if (field.name != "tracking_id") line += fmt::format(" {}={}", field.name, field.value);
  auto const [said, first] = said_.try_emplace(line, now());
  if (!first && now() < said->second + 10min) return;
  said->second = now();
  note("daemon", line);
}

void World::begin() {
  disk_ = std::make_unique<test::MemoryDisk>();
  test::MemoryDisk::seed_sqlite(static_cast<std::uint32_t>(options_.seed));
  serve(std::string(webex),
        [this](sim::Request r) { return platform_.webex.handle(std::move(r)); });
  for (auto& part : all_parts(*this)) {
    auto const name = std::string(part->name());
    parts_.push_back({std::move(part), chance(name + " acts"), chance(name + " faults")});
  }
  mean_pause_ = Milliseconds(core_dice_.between(4'000, 20'000));
  fault_share_ = core_dice_.one_in(8) ? 0 : static_cast<unsigned>(core_dice_.between(50, 400));
  for (auto& seat : parts_) seat.part->prepare();
  start_daemon();
  plan_next_act();
}

void World::hours() { advance_until(began_ + options_.length); }

void World::heal() {
  if (violation_) return;
  healed_ = true;
  next_act_.cancel();
  crash_in_.reset();
  trace_.note("world", "all is healed, nobody acts any more");
  for (auto& seat : parts_) seat.part->heal();
}

void World::rest() {
  auto const limit = now() + patience;
  auto const waiting = [this]() -> std::string {
    if (!up()) return "the daemon, which is not up";
    for (auto& seat : parts_)
      if (!seat.part->settled()) return std::string(seat.part->name());
    return {};
  };
  // What has begun when the last act was done is over.
  advance_until(now() + 10s);
  std::string last = "nothing";
  while (!violation_ && now() < limit) {
    last = waiting();
    if (last.empty()) return trace_.note("world", "all is at rest");
    advance_until(now() + 1s);
  }
  fail("rest", fmt::format("half an hour after all was healed the world still waits for {}", last));
}

void World::finish() {
  for (auto& seat : parts_) {
    if (violation_) return;
    seat.part->finish();
  }
}

/// Also after a violation: a world ends in order.
void World::last_stop() {
  next_act_.cancel();
  over_ = true;
  if (!daemon_) return;
  bool const wrong = violation_.has_value();
  if (!stopping_since_) {
    stopping_since_ = now();
    daemon_->terminate();
  }
  for (auto const limit = now() + stop_within + 1s; daemon_ && now() < limit;)
    if (advance_until(now() + 10ms), wrong && !daemon_) return;
  if (daemon_) {
    fail("G2", "the daemon did not stop within 5 s");
    kill();
  }
}

// --- acts ----------------------------------------------------------------------------------------

void World::plan_next_act() {
  next_act_ = clock_.after(act_dice_.around(mean_pause_), [this] {
    plan_next_act();
    act();
  });
}

World::Seat* World::drawn(bool fault) {
  std::uint64_t all = 0;
  auto const weight = [fault](Part const& part) {
    return fault ? part.fault_weight() : part.weight();
  };
  for (auto const& seat : parts_) all += weight(*seat.part);
  if (all == 0) return nullptr;
  auto ticket = act_dice_.below(all);
  for (auto& seat : parts_) {
    auto const share = weight(*seat.part);
    if (ticket < share) return &seat;
    ticket -= share;
  }
  return nullptr;
}

void World::act() {
  if (acts_ >= options_.most_acts) return;
  bool const fault = act_dice_.per_mille(fault_share_);
  auto* const seat = drawn(fault);
  if (!seat) return;
  ++acts_;
  if (!fault) return seat->part->act(seat->acts);
  ++figures_.faults;
  seat->part->fault(seat->faults);
}

}  // namespace wardroom::world
