/// The feature with everything around it, in memory and on virtual time: what its service tests
/// stand on.
#pragma once
#include "features/space_sync/space_sync.hpp"
#include "outside_world.hpp"
#include "support/fake_call_platform.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace wardroom::space_sync::test {

/// Remembers what it was told.
class FakeAudit final : public AuditPort {
 public:
  std::vector<std::pair<std::string, control::Change>> told;
  bool refuses = false;
  void daemon(std::string action, control::Change change) override {
    told.emplace_back(std::move(action), std::move(change));
  }
  void web(http::Caller const&, std::string action, control::Change change) override {
    told.emplace_back(std::move(action), std::move(change));
  }
  Task<Result<void>> daemon_first(std::string action, control::Change change) override {
    if (refuses) co_return failure(ErrorKind::unavailable, "the audit cannot be written");
    told.emplace_back(std::move(action), std::move(change));
    co_return Result<void>{};
  }
  Task<Result<void>> web_first(http::Caller, std::string action, control::Change change) override {
    co_return co_await daemon_first(std::move(action), std::move(change));
  }
  std::size_t count(std::string_view action) const {
    return std::size_t(
        std::ranges::count_if(told, [&](auto const& one) { return one.first == action; }));
  }
};

/// A store that dies after some commits: everything later fails, and so does the world outside.
class MortalDatabase final : public store::Database {
 public:
  MortalDatabase(boost::asio::io_context& io, Clock& clock, std::vector<store::Migration> steps,
                 wardroom::test::FakeDisk disk)
      : loop_(io.get_executor()), body_(io, clock, std::move(steps), std::move(disk)) {}

  using Database::read;
  using Database::write;
  void write(store::Unit unit, store::Committed then) override {
    body_.write(std::move(unit), [this, then = std::move(then)](Result<void> done) {
      if (die_after && health().commits >= *die_after && !dead) {
        dead = true;
        body_.fail_commits(Error{ErrorKind::unavailable, "the machine is off"});
        if (on_death) on_death();
      }
      if (then) then(std::move(done));
    });
  }
  std::size_t add_source(Source source) override { return body_.add_source(std::move(source)); }
  void wake_source(std::size_t source) override { body_.wake_source(source); }
  void read(store::Unit work, store::Committed then) override {
    body_.read(std::move(work), std::move(then));
  }
  store::WriterHealth const& health() const override { return body_.health(); }
  std::string address() const override { return body_.address(); }
  void close() override { body_.close(); }
  wardroom::test::FakeDisk disk() const { return body_.disk(); }
  /// From now on, until it is called with nothing.
  void fail_commits(std::optional<Error> error) { body_.fail_commits(std::move(error)); }

  std::optional<std::uint64_t> die_after;  ///< commits of this object
  std::function<void()> on_death;
  bool dead = false;

 protected:
  Executor executor() const override { return loop_; }

 private:
  Executor loop_;
  wardroom::test::FakeDatabase body_;
};

/// Everybody of the directory but contractors, in one space; holds are far away.
inline SpaceSyncSettings plain_settings() {
  SpaceSyncSettings settings;
  settings.mode = FeatureMode::enforce;
  JobSettings job;
  job.name = "all-hands";
  job.space = "SPACE";
  job.rules.include.push_back({.kind = RuleKind::all});
  job.rules.exclude.push_back({.kind = RuleKind::department_contains, .patterns = {"Contractor"}});
  settings.jobs.push_back(std::move(job));
  return settings;
}

struct Site {
  boost::asio::io_context io{1};
  wardroom::test::FakeClock clock{io};
  SeededRandom dice{7};
  Outside world{clock};
  FakeListing listing{world};
  FakeSpaces spaces{world};
  wardroom::test::FakeDirectory directory;
  FakeAudit audit;
  Helpers helpers{io.get_executor(), 0};
  bool logged_in = true;
  SpaceSyncSettings settings;

  /// What dies with the daemon.
  struct Daemon {
    Daemon(Site& site, wardroom::test::FakeDisk disk)
        : database(site.io, site.clock, steps(), std::move(disk)),
          journal(database, site.clock),
          tasks(site.io.get_executor(), fail),
          runner(site.io.get_executor(), fail),
          effects(site.io.get_executor(), site.clock, tasks),
          feature({site.io.get_executor(), site.clock, site.dice, site.listing, site.spaces,
                   site.directory, site.helpers, effects, database, journal, &site.audit,
                   [&site] { return site.logged_in; }, [] { return our_org.text(); }},
                  site.settings) {
      wardroom::test::run_task(site.io, journal.load());
    }
    static void fail(std::string_view task, std::exception_ptr const& why) {
      ADD_FAILURE() << task << ": " << words_of(why);
    }
    static std::vector<store::Migration> steps() {
      auto const all = space_sync_migrations();
      return {all.begin(), all.end()};
    }
    MortalDatabase database;
    store::Journal journal;
    TaskGroup tasks, runner;
    Effects effects;
    SpaceSync feature;
  };
  std::unique_ptr<Daemon> daemon;

  explicit Site(SpaceSyncSettings with = plain_settings()) : settings(std::move(with)) {
    world.hire(1);
    world.join(1, true);
    daemon = std::make_unique<Daemon>(*this, nullptr);
  }
  ~Site() { stop(); }

  SpaceSync& feature() { return daemon->feature; }
  JobSettings& job() { return settings.jobs.front(); }

  /// As the app does it. Lets everything settle.
  void start() {
    daemon->runner.spawn("space_sync", [this] { return feature().run(); });
    clock.advance(Milliseconds(1));
  }
  /// After a stop or a crash: on the same disk.
  void start_again() {
    auto const disk = daemon->database.disk();
    stop();
    world.dead = false;
    daemon = std::make_unique<Daemon>(*this, disk);
    start();
  }
  void stop() {
    if (!daemon) return;
    bool done = false;
    auto work = [](Site& site, bool& flag) -> Task<void> {
      co_await site.daemon->runner.stop(site.clock, std::chrono::seconds(5));
      co_await site.feature().stop();
      co_await site.daemon->tasks.stop(site.clock, std::chrono::seconds(1));
      flag = true;
    };
    wardroom::test::start_task(io, work(*this, done));
    for (int i = 0; i < 1000 && !done; ++i) clock.advance(Milliseconds(20));
    EXPECT_TRUE(done) << "the feature did not stop";
    daemon.reset();
  }

  /// A coroutine's value; virtual time moves on until it is there.
  template <class T>
  T await(Task<T> task, Milliseconds most = std::chrono::minutes(20)) {
    std::optional<T> out;
    auto work = [](Task<T> inner, std::optional<T>& value) -> Task<void> {
      value.emplace(co_await std::move(inner));
    };
    wardroom::test::start_task(io, work(std::move(task), out));
    auto const until = clock.uptime() + most;
    clock.drain();
    while (!out && clock.uptime() < until) clock.advance(Milliseconds(5));
    if (!out) throw std::runtime_error("the task did not end");
    return std::move(*out);
  }

  /// Asks for a run and waits for its end.
  Result<Run> order(RunOrder what) {
    what.job = what.job.empty() ? "all-hands" : what.job;
    auto const id = await(feature().start(std::move(what)));
    if (!id) return std::unexpected(id.error());
    return await(feature().ended(*id));
  }
  Result<Run> sync() { return order({}); }
  Result<Run> plan() { return order({.only_plan = true}); }
  Result<Run> approve(std::int64_t removals) {
    return order({.cause = RunCause::approval, .approve_removals = removals});
  }
  Result<Run> undo(RunId run, std::int64_t removals = -1) {
    auto const id = await(feature().undo(run, "uid 1000", removals));
    if (!id) return std::unexpected(id.error());
    return await(feature().ended(*id));
  }
  std::vector<Step> steps(RunId run) {
    return await(feature().store().steps(run, 0, 100'000)).value();
  }
  Run stored(RunId run) { return await(feature().store().run(run)).value(); }
  /// Of the steps of a run, those in this state.
  std::size_t count(RunId run, StepState state) {
    return std::size_t(std::ranges::count(steps(run), state, &Step::state));
  }
  JobView view() { return feature().jobs().front(); }
};

/// `plain_settings` that never hold.
inline SpaceSyncSettings bold_settings() {
  auto settings = plain_settings();
  settings.jobs.front().hold_above = {.count = 1'000'000, .percent = 100};
  return settings;
}

}  // namespace wardroom::space_sync::test
