/// The feature with bridges and a store in memory, on virtual time: what its service tests stand
/// on.
#pragma once
#include "cisco/cms/cdr_parser.hpp"
#include "features/security_notices/security_notices.hpp"
#include "record_writer.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_conferences.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace wardroom::security_notices::test {

using conference::CallId;
using conference::Correlator;
using conference::LegId;
using wardroom::test::FakeConferences;

/// A bridge outlives the daemon that talks to it.
class BorrowedBridge final : public Conferences {
 public:
  explicit BorrowedBridge(Conferences& real) : real_(real) {}
  Task<Result<BridgeStatus>> status() override { return real_.status(); }
  Task<Result<std::vector<conference::CallFacts>>> calls() override { return real_.calls(); }
  Task<Result<std::vector<conference::CallFacts>>> calls_of_space(std::string space) override {
    return real_.calls_of_space(std::move(space));
  }
  Task<Result<RunningCall>> call(CallId id) override { return real_.call(std::move(id)); }
  Task<Result<std::vector<conference::LegFacts>>> legs(CallId id) override {
    return real_.legs(std::move(id));
  }
  Task<Result<conference::LegFacts>> leg(LegId id) override { return real_.leg(std::move(id)); }
  Task<Result<std::vector<RunningParticipant>>> participants(CallId id) override {
    return real_.participants(std::move(id));
  }
  Task<Result<void>> show(CallId id, conference::Message message, bool urgent,
                          Wanted wanted) override {
    return real_.show(std::move(id), std::move(message), urgent, std::move(wanted));
  }
  Task<Result<std::vector<ClusterBridge>>> cluster() override { return real_.cluster(); }
  Task<Result<CdrReceivers>> receivers() override { return real_.receivers(); }
  Task<Result<void>> add_receiver(std::string uri) override {
    return real_.add_receiver(std::move(uri));
  }
  Task<Result<void>> change_receiver(std::string id, std::string uri) override {
    return real_.change_receiver(std::move(id), std::move(uri));
  }
  std::size_t waiting() const override { return real_.waiting(); }

 private:
  Conferences& real_;
};

/// A bridge: what runs on it, and the records it makes of that. They wait until they are posted.
struct BridgeWorld {
  explicit BridgeWorld(Clock& clock, std::string its_name)
      : name(std::move(its_name)), api(clock), writer(clock, name + "-session-1") {
    follow();
  }
  std::string name;
  FakeConferences api;
  RecordWriter writer;

  void start_call(std::string const& call, std::string const& correlator, std::string space = {}) {
    api.add_call(call, correlator, space);
    writer.call_start(call, correlator, space);
    follow();
  }
  void end_call(std::string const& call) {
    api.end_call(call);
    writer.call_end(call);
    follow();
  }
  void join(std::string const& call, std::string const& leg, std::string const& address,
            std::string const& type = "sip") {
    writer.leg_start(api.add_leg(call, leg, address, type));
    writer.leg_update(api.parties.at(LegId(leg)));
    follow();
  }
  void leave(std::string const& leg) {
    api.end_leg(leg);
    writer.leg_end(leg);
    follow();
  }
  /// Something about a leg changed.
  void tell(std::string const& leg) {
    writer.leg_update(api.parties.at(LegId(leg)));
    follow();
  }
  void move(std::string const& leg, std::string const& call) {
    auto& facts = api.parties.at(LegId(leg));
    if (facts.call)
      if (auto old = api.running.find(*facts.call); old != api.running.end())
        std::erase(old->second.legs, facts.id);
    facts.call = CallId(call);
    facts.in_ivr = false;
    api.running.at(CallId(call)).legs.push_back(facts.id);
    tell(leg);
  }
  /// All its calls are over; what was not posted is lost.
  void restart() {
    api.running.clear();
    api.parties.clear();
    writer.restart(name + "-session-" + std::to_string(++sessions_));
    follow();
  }

 private:
  void follow() { api.state.next_record = writer.next_index(); }
  int sessions_ = 1;
};

inline SecurityNoticesSettings plain_settings(std::vector<std::string> const& names) {
  SecurityNoticesSettings settings;
  auto& policy = settings.policy;
  policy.mode = FeatureMode::enforce;
  policy.rules.secure = DomainList::make({"secure.example"}).value();
  policy.rules.internal = DomainList::make({"staff.example"}).value();
  policy.texts.of_level = {"", "Level 1", "Level 2", "Level 3"};
  settings.receiver_url = "https://wardroom.acme.example/cdr";
  for (auto const& name : names)
    settings.bridges.push_back(
        {.name = name, .api = "https://" + name + ".acme.example:445/api/v1", .username = "api"});
  return settings;
}

struct Site {
  boost::asio::io_context io{1};
  wardroom::test::FakeClock clock{io};
  SeededRandom dice;
  Helpers helpers{io.get_executor(), 0};
  SecurityNoticesSettings settings;
  std::vector<std::unique_ptr<BridgeWorld>> worlds;
  bool audit_writable = true;
  AuditPort* audit = nullptr;  ///< a daemon that begins later has it

  /// What dies with the daemon.
  struct Daemon {
    Daemon(Site& site, wardroom::test::FakeDisk disk)
        : database(site.io, site.clock, steps(), std::move(disk)),
          journal(database, site.clock),
          tasks(site.io.get_executor(), fail),
          runner(site.io.get_executor(), fail),
          effects(site.io.get_executor(), site.clock, tasks),
          feature({.loop = site.io.get_executor(),
                   .clock = site.clock,
                   .dice = site.dice,
                   .effects = effects,
                   .database = database,
                   .journal = journal,
                   .helpers = site.helpers,
                   .read_records = cms::read_records,
                   .bridges = site.lines(),
                   .secrets = site.secrets(),
                   .audit = site.audit,
                   .audit_writable = [&site] { return site.audit_writable; }},
                  site.settings) {
      wardroom::test::run_task(site.io, journal.load());
    }
    static void fail(std::string_view task, std::exception_ptr const& why) {
      ADD_FAILURE() << task << ": " << words_of(why);
    }
    static std::vector<store::Migration> steps() {
      auto const all = security_notices_migrations();
      return {all.begin(), all.end()};
    }
    wardroom::test::FakeDatabase database;
    store::Journal journal;
    TaskGroup tasks, runner;
    Effects effects;
    SecurityNotices feature;
  };
  std::unique_ptr<Daemon> daemon;

  explicit Site(std::vector<std::string> const& names = {"cms1"}, std::uint64_t seed = 7)
      : dice(seed), settings(plain_settings(names)) {
    for (auto const& name : names) worlds.push_back(std::make_unique<BridgeWorld>(clock, name));
    daemon = std::make_unique<Daemon>(*this, nullptr);
  }
  ~Site() { stop(); }

  BridgeWorld& bridge(std::size_t no = 0) { return *worlds.at(no); }
  SecurityNotices& feature() { return daemon->feature; }

  /// As the app does it. Lets everything settle.
  void start() {
    daemon->runner.spawn("security_notices", [this] { return feature().run(); });
    clock.advance(Milliseconds(1));
  }
  /// Settings that only a new daemon takes.
  void configure(SecurityNoticesSettings with) {
    settings = std::move(with);
    stop();
    daemon = std::make_unique<Daemon>(*this, nullptr);
  }
  void start_again() {
    auto const disk = daemon->database.disk();
    stop();
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

  /// Posts what waits at a bridge. The bridge keeps it unless it was taken.
  Received post(std::size_t no = 0) {
    auto& writer = bridge(no).writer;
    auto const received = post_body(writer.post(), no);
    if (received.status == 200) writer.taken();
    return received;
  }
  Received post_body(std::string body, std::size_t no = 0) {
    return await(feature().receive(BridgeNo(no), std::move(body)));
  }
  void wait(BootClock::duration time) { clock.advance(time); }

  std::string shown(std::string const& call, std::size_t no = 0) {
    auto const message = bridge(no).api.message(call);
    return message.shown() ? message.text : "";
  }
  SecurityLevel wanted(std::string const& conference) {
    auto const view = feature().board().view(ConferenceId(conference));
    return view ? view->wanted : SecurityLevel::none;
  }
  BridgeView view(std::size_t no = 0) { return feature().bridges().at(no); }
  SecurityNoticesStore::Report report() {
    return await(feature().store().report({.limit = 100'000})).value();
  }

  std::vector<std::unique_ptr<Conferences>> lines() {
    std::vector<std::unique_ptr<Conferences>> out;
    for (auto const& world : worlds) out.push_back(std::make_unique<BorrowedBridge>(world->api));
    return out;
  }
  std::vector<Secret> secrets() const {
    std::vector<Secret> out;
    for (auto const& world : worlds) out.emplace_back("secret-of-" + world->name);
    return out;
  }
};

}  // namespace wardroom::security_notices::test
