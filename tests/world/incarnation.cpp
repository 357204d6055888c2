#include "incarnation.hpp"

#include "app_objects.hpp"
#include "door_network.hpp"
#include "store/sqlite_database.hpp"
#include "world.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

/// Longer than a stop may take (G2).
constexpr auto longest_end = 10s;

/// A mail server that takes every mail, a moment later.
class Post final : public mail::Mailer {
 public:
  explicit Post(Clock& clock) : clock_(clock) {}
  Task<Result<std::string>> send(mail::Message message) override {
    co_await clock_.sleep_for(50ms);
    co_return fmt::format("250 2.0.0 Ok: {} taken", message.to.size());
  }

 private:
  Clock& clock_;
};

class Names final : public xsi::SrvLookup {
 public:
  explicit Names(World& world) : world_(world) {}
  Task<Result<xsi::SrvAnswer>> lookup(std::string name) override {
    co_return world_.srv_answer(name);
  }

 private:
  World& world_;
};

/// What lies in the folder beside the disk: tokens that could not be stored.
std::map<std::string, std::string> files_in(std::string const& folder) {
  std::map<std::string, std::string> out;
  for (auto const& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::stringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    out[entry.path().filename().string()] = text.str();
  }
  return out;
}

void put_back(std::string const& folder, std::map<std::string, std::string> const& files) {
  for (auto const& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file() && !files.contains(entry.path().filename().string()))
      std::filesystem::remove(entry.path());
  for (auto const& [name, text] : files) {
    auto const path = std::filesystem::path(folder) / name;
    bool const there = std::filesystem::exists(path);
    std::ofstream(path, std::ios::binary) << text;
    if (!there) std::filesystem::permissions(path, std::filesystem::perms(0600));
  }
}

}  // namespace

/// The daemon's requests on their way out and back, for those who watch them.
class Incarnation::Lane final : public http::WarmClient {
 public:
  Lane(World& world, test::SimNetwork& net, Clock& clock, TaskGroup* tasks = nullptr)
      : world_(world), net_(net), clock_(clock), tasks_(tasks) {}

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override {
    auto sent = world_.request_left(request);
    auto answer = co_await net_.send(std::move(request));
    sent.status = answer ? answer->status : 0;
    world_.request_answered(sent);
    co_return answer;
  }
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override {
    world_.request_left(request);
    co_return co_await net_.stream(std::move(request), sink);
  }
  /// As the real one: a task of it keeps the connections.
  Result<void> warm(std::string_view, std::size_t, std::string) override {
    if (auto* const tasks = std::exchange(tasks_, nullptr))
      tasks->spawn("lane", [&clock = clock_]() -> Task<void> {
        for (;;) co_await clock.sleep_for(1h);
      });
    return {};
  }
  void cool(std::string_view, std::string_view) override {}

 private:
  World& world_;
  test::SimNetwork& net_;
  Clock& clock_;
  TaskGroup* tasks_;  ///< null = it has one already, or needs none
};

Incarnation::Incarnation(World& world, unsigned number, std::unique_ptr<test::MemoryDisk> disk)
    : world_(world),
      clock_(io_, world.clock().now(), world.now()),
      dice_(world.chance(fmt::format("daemon {}", number))),
      net_dice_(world.chance(fmt::format("network {}", number))),
      disk_(std::move(disk)) {
  disk_->use_time([this] { return clock_.now(); });
}

Incarnation::~Incarnation() = default;

std::optional<int> Incarnation::begin() {
  config::Complaints complaints;
  auto settings = load_settings(world_.folder() + "/wardroom.yaml", complaints);
  for (auto const& complaint : complaints) world_.note("daemon", complaint.text());
  if (!complaints.empty()) return 78;
  try {
    app_ = std::make_unique<App>(std::move(settings), *this);
    app_->begin();
  } catch (CannotStart const& e) {
    world_.note("daemon", fmt::format("cannot start: {}", e.what()));
    return e.code;
  }
  return std::nullopt;
}

bool Incarnation::run_one() {
  if (over_) return false;
  if (io_.stopped()) io_.restart();
  return io_.poll_one() > 0;
}

bool Incarnation::run_ready() {
  if (over_) return false;
  if (io_.stopped()) io_.restart();
  return io_.poll() > 0;
}

bool Incarnation::ready() const { return !over_ && app_ && app_->ready(); }

std::size_t Incarnation::running_tasks() const { return app_ ? app_->running_tasks() : 0; }

void Incarnation::terminate() {
  if (auto const stop = stop_) stop();
}

void Incarnation::ended() {
  over_ = true;
  interrupt();
  ended_with_ = app_->exit_code();
}

/// Nothing it says or does is seen from here on.
std::unique_ptr<test::MemoryDisk> Incarnation::die(Chance& dice) {
  auto left = disk_->after_power_cut(dice.port());
  disk_->heal();
  disk_->be_slow(0ms);
  auto const files = files_in(world_.folder());
  for (auto const& origin : world_.origins()) {
    net_.reset_connections(origin);
    net_.way(origin).lost = true;
  }
  wind_down();
  put_back(world_.folder(), files);
  return left;
}

/// A process that is killed needs no end, but its objects do: time goes on for it alone.
void Incarnation::wind_down() {
  if (!app_) return;
  app_->ask_to_stop();
  auto const limit = clock_.uptime() + longest_end;
  while (!over_) {
    while (run_one()) {
    }
    if (over_) break;
    auto const next = clock_.next_due();
    if (!next || *next > limit) {
      // Its tasks still run: what they stand on must not go.
      world_.fail("G2", "a daemon that was killed would not have stopped within 10 s");
      stuck_ = true;
      return;
    }
    clock_.arrive_at(*next);
  }
  app_.reset();
}

Result<std::unique_ptr<store::Database>> Incarnation::open_store(
    store::StoreSettings settings, std::vector<store::Migration> steps, store::Admit const& admit) {
  auto const later = [this](std::string_view worker, std::function<void()> run) {
    auto const slow = disk_->slowness();
    if (slow == 0ms || worker != "wardroom-writer") return boost::asio::post(io_, std::move(run));
    slow_batch_ = clock_.after(slow, std::move(run));  // one batch at a time
  };
  auto opened = store::SqliteDatabase::open(loop(), clock_, store::sqlite_path(settings.url),
                                            std::move(steps), admit, disk_->vfs(), later);
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::move(*opened);
}

std::unique_ptr<http::Client> Incarnation::http_client(http::CurlClient::Options) {
  return std::make_unique<Lane>(world_, net_, clock_);
}

std::unique_ptr<http::WarmClient> Incarnation::lane(TaskGroup& tasks, http::LaneClient::Options) {
  return std::make_unique<Lane>(world_, net_, clock_, &tasks);
}

std::unique_ptr<xsi::SrvLookup> Incarnation::srv_lookup(std::vector<std::string>) {
  return std::make_unique<Names>(world_);
}

std::unique_ptr<mail::Mailer> Incarnation::mailer(mail::SmtpSettings) {
  return std::make_unique<Post>(clock_);
}

std::unique_ptr<http::Door> Incarnation::door(std::string_view name, http::Router& router,
                                              http::DoorOptions options) {
  auto out = std::make_unique<test::MemoryDoor>(loop(), clock_, router, std::move(options));
  world_.doors().attach(name, name == "http" ? World::public_url : "", *out, loop());
  return out;
}

void Incarnation::hear_signals(std::function<void()> stop,
                               std::function<void()> /*reload: by the verb*/) {
  stop_ = std::move(stop);
}

}  // namespace wardroom::world
