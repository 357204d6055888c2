// The daemon's lives in a world: its starts, its ends, and what it finds in its configuration.
#include "door_network.hpp"
#include "incarnation.hpp"
#include "world.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <utility>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

/// systemd's RestartSec. On a disk that stays broken a start after the other is refused and shows
/// nothing new: after some the next comes later.
constexpr Milliseconds restart_pause{1'000}, late_restart_pause{15'000};
constexpr unsigned refusals_in_a_row = 4;

}  // namespace

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
    gone(false, ++refused_ < refusals_in_a_row ? restart_pause : late_restart_pause);
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
    refused_ = 0;
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
    if (auto const tasks = daemon_->running_tasks(); *code == 0 && tasks != 0)
      fail("leaks", fmt::format("{} tasks were under way when the daemon had ended", tasks));
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
  if (daemon_) daemon_->interrupt();
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
    if (answer.status == 0) {
      reload_in_doubt_ = now() + std::chrono::minutes(1);
      return;
    }
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

}  // namespace wardroom::world
