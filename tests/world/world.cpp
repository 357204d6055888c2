#include "world.hpp"

#include "base/log_ear.hpp"
#include "door_network.hpp"
#include "incarnation.hpp"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

constexpr auto stop_within = 5s;  // G2
/// systemd's RestartSec, and what a start that failed waits for.
constexpr Milliseconds restart_pause{1'000};
constexpr std::string_view number_header = "X-World-Request";

}  // namespace

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

// --- time ----------------------------------------------------------------------------------------

/// One moment after the other, with everything that is ready run in between; false when the world
/// broke a promise on the way.
bool World::advance_until(Uptime target) {
  bool const already = violation_.has_value();
  for (;;) {
    if (run_ready()) {
      ++figures_.steps;
      look();
    }
    watch_life();
    if (violation_ && !already) return false;
    auto next = clock_.next_due();
    if (daemon_)
      if (auto const its = daemon_->clock_of_it().next_due(); its && (!next || *its < *next))
        next = its;
    auto const moment = next && *next < target ? std::max(*next, now()) : target;
    bool const arrived = moment == target && !(next && *next <= target);
    trace_.set_moment(std::chrono::floor<Milliseconds>(moment - began_));
    clock_.arrive_at(moment);
    if (daemon_) daemon_->clock_of_it().arrive_at(moment);
    if (arrived) break;
  }
  if (run_ready()) look();
  watch_life();
  return !violation_ || already;
}

/// Everything that is ready, the daemon's and the world's; it may die at any handler of its own.
bool World::run_ready() {
  bool any = false;
  for (bool again = true; again;) {
    again = false;
    while (daemon_ && daemon_->run_one()) {
      again = true;
      if (crash_in_ && (*crash_in_)-- == 0) crash();
    }
    if (io_.stopped()) io_.restart();
    while (io_.poll_one() > 0) again = true;
    any |= again;
  }
  return any;
}

void World::look() {
  if (violation_) return;
  for (auto& seat : parts_) seat.part->look();
}

// --- the daemon's lives --------------------------------------------------------------------------

void World::start_daemon() {
  write_configuration();
  ++figures_.starts;
  trace_.note("world", "the daemon starts");
  daemon_ = std::make_unique<Incarnation>(*this, static_cast<unsigned>(figures_.starts),
                                          std::move(disk_));
  connect(*daemon_);
  daemon_->jump_wall_clock(skew_);
  if (auto const refused = daemon_->begin()) {
    trace_.note("world", fmt::format("the daemon ended with {}", *refused));
    gone(false, restart_pause);
    return;
  }
  for (auto& seat : parts_) seat.part->daemon_started();
}

void World::connect(Incarnation& life) {
  for (auto const& host : hosts_) {
    life.net().serve(host.origin, host.server);
    life.net().way(host.origin) = host.way;
  }
  life.net().meddle([this](sim::Request const& request) { return arrive(request); });
}

/// Whether it has become ready, or ended by itself.
void World::watch_life() {
  if (!daemon_) return;
  if (!up_since_ && daemon_->ready()) {
    up_since_ = now();
    trace_.note("world", "the daemon is ready");
  }
  if (stopping_since_ && !daemon_->ended_with() && now() - *stopping_since_ > stop_within)
    fail("G2", "the daemon did not stop within 5 s");
  if (auto const code = daemon_->ended_with()) {
    trace_.note("world", fmt::format("the daemon ended with {}", *code));
    if (*code == 0 && !stopping_since_) fail("G2", "the daemon ended although nobody told it to");
    if (*code == 0 && daemon_->net().in_flight() != 0)
      fail("leaks", fmt::format("{} requests were under way when the daemon had ended",
                                daemon_->net().in_flight()));
    gone(false, *code == 0 ? down_ : restart_pause);
  }
}

void World::crash() {
  crash_in_.reset();
  ++figures_.crashes;
  trace_.note("world", "the daemon dies");
  disk_ = kill();
  gone(true, down_);
}

std::unique_ptr<test::MemoryDisk> World::kill() {
  doors_->detach_all();
  trace_.mute(true);
  deaf_ = true;
  auto left = daemon_->die(core_dice_);
  deaf_ = false;
  trace_.mute(false);
  if (daemon_->stuck())
    static_cast<void>(daemon_.release());
  else
    daemon_.reset();
  return left;
}

/// Its loop may be running the handler that led here, so it goes in a turn of the world's own.
void World::gone(bool crashed, Milliseconds down) {
  if (daemon_) {
    doors_->detach_all();
    disk_ = daemon_->leave();
    daemon_.reset();
  }
  up_since_.reset();
  stopping_since_.reset();
  for (auto& [number, sent] : under_way_) sent.status = 0;
  under_way_.clear();
  for (auto& seat : parts_) seat.part->daemon_gone(crashed);
  if (!over_) start_in(down);
}

void World::start_in(Milliseconds wait) {
  next_start_ = clock_.after(wait, [this] {
    next_start_.cancel();
    start_daemon();
  });
}

bool World::up() const { return up_since_.has_value() && !stopping_since_; }

void World::crash_after(std::uint64_t handlers, Milliseconds down) {
  if (healed_) return;
  crash_in_ = handlers;
  down_ = down;
}

void World::restart(Milliseconds down) {
  if (!daemon_ || stopping_since_) return;
  ++figures_.stops;
  trace_.note("world", "the daemon is told to stop");
  stopping_since_ = now();
  down_ = down;
  daemon_->terminate();
}

void World::reload() {
  if (!up()) return;
  // One at a time: else nobody could say which file an answer is about.
  reload_again_ = reloading_;
  if (std::exchange(reloading_, true)) return;
  write_configuration();
  ++figures_.reloads;
  control(http::Method::post, "/v1/reload", "{}", [this](Answered const& answer) {
    reloading_ = false;
    if (std::exchange(reload_again_, false)) reload();
    if (answer.status == 0) return;
    reload_answer_ = answer;
    for (auto& seat : parts_) seat.part->reloaded(answer.status == 200);
  });
}

void World::jump_wall_clock(Milliseconds by) {
  skew_ += by;
  if (daemon_) daemon_->jump_wall_clock(by);
}

test::MemoryDisk& World::disk() { return daemon_ ? daemon_->disk() : *disk_; }

void World::write_configuration() {
  auto text = fmt::format(
      R"(log: {{ level: warning }}
http: {{ listen: "127.0.0.1:8480", public_url: "{0}" }}
control: {{ socket: {1}/control.sock }}
store: {{ url: "sqlite:{1}/state/wardroom.db" }}
secrets: {{ master_key_file: {1}/master.key }}
webex: {{ api: "{2}/v1", admins: [ada@acme.example] }}
)",
      public_url, folder(), webex);
  for (auto& seat : parts_) text += seat.part->configuration();
  auto const key = folder() + "/master.key";
  if (!std::filesystem::exists(key)) {
    std::ofstream(key, std::ios::binary) << chance("master key").port().bytes(32);
    std::filesystem::permissions(key, std::filesystem::perms(0600));
  }
  std::ofstream(folder() + "/wardroom.yaml") << text;
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

// --- the network ---------------------------------------------------------------------------------

test::SimNetwork& World::net() { return daemon_->net(); }
http::Client& World::visitors() { return *doors_; }
DoorNetwork& World::doors() { return *doors_; }

void World::serve(std::string origin, test::SimNetwork::Server server) {
  doors_->serve(origin, server);
  hosts_.push_back({std::move(origin), std::move(server)});
}

std::vector<std::string> World::origins() const {
  std::vector<std::string> out;
  for (auto const& host : hosts_) out.push_back(host.origin);
  return out;
}

void World::change_way(std::string const& origin, std::function<void(test::Way&)> const& change) {
  for (auto& host : hosts_)
    if (host.origin == origin) change(host.way);
  if (daemon_) change(daemon_->net().way(origin));
}

Result<xsi::SrvAnswer> World::srv_answer(std::string const& name) const {
  auto const found = srv_records_.find(name);
  if (found == srv_records_.end()) return xsi::SrvAnswer{{}, std::chrono::seconds(60)};
  return found->second;
}

World::Sent World::request_left(http::ClientRequest& request) {
  Sent sent{.number = ++requests_, .method = request.method};
  auto const slash =
      std::min(request.url.find('/', request.url.find("://") + 3), request.url.size());
  sent.origin = request.url.substr(0, slash);
  sent.path = request.url.substr(slash);
  if (auto const mark = sent.path.find('?'); mark != std::string::npos) {
    sent.query = sent.path.substr(mark + 1);
    sent.path.resize(mark);
  }
  sent.body = request.body;
  request.headers.set(std::string(number_header), std::to_string(sent.number));
  if (deaf_) return sent;
  under_way_[sent.number] = sent;
  for (auto const& watcher : watchers_)
    if (watcher.left) watcher.left(sent);
  return sent;
}

std::optional<sim::Answer> World::arrive(sim::Request const& request) {
  if (auto const number = request.header(number_header); !number.empty()) {
    auto const found = under_way_.find(std::stoull(std::string(number)));
    if (found != under_way_.end())
      for (auto const& watcher : watchers_)
        if (watcher.arrived) watcher.arrived(found->second);
  }
  for (auto const& meddler : meddlers_)
    if (auto instead = meddler(request)) return instead;
  return std::nullopt;
}

void World::request_answered(Sent const& sent) {
  if (deaf_) return;
  under_way_.erase(sent.number);
  for (auto const& watcher : watchers_)
    if (watcher.answered) watcher.answered(sent);
}

// --- verbs ---------------------------------------------------------------------------------------

void World::control(http::Method method, std::string path, std::string body,
                    std::function<void(Answered)> then) {
  for (auto const& ear : verb_ears_) ear(path, body, nullptr);
  auto heard = [this, path, body, then = std::move(then)](DoorNetwork::Answer const& got) {
    auto const answer = got ? Answered{got->status, got->body} : Answered{};
    for (auto const& ear : verb_ears_) ear(path, body, &answer);
    then(answer);
  };
  doors_->ask_control(method, path, body, std::move(heard));
}

Answered World::ask(http::Method method, std::string path, std::string body) {
  std::optional<Answered> answer;
  control(method, std::move(path), std::move(body),
          [&answer](Answered const& given) { answer = given; });
  for (auto const limit = now() + 60s; !answer && now() < limit && !violation_;)
    advance_until(now() + 5ms);
  return answer.value_or(Answered{});
}

}  // namespace wardroom::world
