// The whole of the alerts on virtual time: a store in memory, channels that do as told.
#include "alerts/alerts.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What people got; lives longer than the daemon.
struct Outside {
  std::vector<std::string> got;  ///< "to: subject"
  std::vector<std::string> ids;
  std::map<std::string, Error> fails;  ///< by recipient
  Milliseconds takes{0};
  int attempts = 0;
};

struct FakeChannel final : Channel {
  FakeChannel(std::string n, std::vector<std::string> t, Outside& o, Clock& c)
      : name_(std::move(n)), to(std::move(t)), outside(o), clock(c) {}
  std::string_view name() const override { return name_; }
  std::vector<std::string> targets() const override { return to; }
  Task<Result<std::string>> send(std::string who, Bulletin bulletin) override {
    ++outside.attempts;
    if (outside.takes > 0ms) co_await clock.sleep_for(outside.takes);
    if (auto const bad = outside.fails.find(who); bad != outside.fails.end())
      co_return std::unexpected(bad->second);
    outside.got.push_back(who + ": " + bulletin.subject.substr(bulletin.subject.find(']') + 2));
    outside.ids.push_back(bulletin.id);
    co_return "taken";
  }
  std::string name_;
  std::vector<std::string> to;
  Outside& outside;
  Clock& clock;
};

/// One life of the daemon.
struct Daemon {
  Daemon(boost::asio::io_context& io, test::FakeClock& clock, test::FakeDisk disk, Outside& outside,
         std::vector<HealthSign> const& signs, std::vector<std::string> mail)
      : database(io, clock, {alerts_migration, alert_beginnings_migration}, std::move(disk)),
        tasks(io.get_executor(), [](std::string_view, std::exception_ptr) { ADD_FAILURE(); }),
        effects(io.get_executor(), clock, tasks) {
    Alerts::Channels channels;
    if (!mail.empty())
      channels.push_back(std::make_unique<FakeChannel>("mail", mail, outside, clock));
    alerts.emplace(Alerts::Ports{io.get_executor(), clock, database, effects}, AlertRules{},
                   Site{"acme", "host1"}, std::move(channels), [&signs] { return signs; });
    auto const loaded = test::run_task(io, alerts->load());
    EXPECT_TRUE(loaded);
    tasks.spawn("alerts", [this] { return alerts->run(); });
  }
  test::FakeDatabase database;
  TaskGroup tasks;
  Effects effects;
  std::optional<Alerts> alerts;
};

struct Kit {
  explicit Kit(std::vector<std::string> to = {"ops@a", "night@a"}) : mail(std::move(to)) {
    start();
  }
  ~Kit() { stop(); }

  void start() {
    daemon = std::make_unique<Daemon>(io, clock, disk, outside, signs, mail);
    disk = daemon->database.disk();
  }
  void stop() {
    if (!daemon) return;
    bool done = false;
    auto stopping = [](Daemon& d, Clock& c, bool& flag) -> Task<void> {
      co_await d.tasks.stop(c, 0ms);
      flag = true;
    };
    test::start_task(io, stopping(*daemon, clock, done));
    for (int i = 0; i < 10 && !done; ++i) clock.advance(1ms);
    EXPECT_TRUE(done);
    daemon.reset();
  }
  void restart() {
    stop();
    start();
  }
  void set(std::string part, HealthColour colour, std::string key = "") {
    std::erase_if(signs, [&](auto const& sign) { return sign.part == part; });
    signs.push_back({part, colour, "Something.", "Mend it.", key});
  }
  Alerts& alerts() { return *daemon->alerts; }
  std::vector<std::string> got() { return std::exchange(outside.got, {}); }

  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  Outside outside;
  std::vector<HealthSign> signs;
  std::vector<std::string> mail;
  test::FakeDisk disk;
  std::unique_ptr<Daemon> daemon;
};
auto const green = HealthColour::green;
auto const yellow = HealthColour::yellow;
auto const red = HealthColour::red;
Error const down{ErrorKind::unavailable, "the server is down", std::nullopt};

TEST(Alerts, each_is_told_once_and_gets_one_all_clear) {
  Kit kit;
  kit.set("store", red);
  kit.clock.advance(60s);
  EXPECT_THAT(kit.got(), IsEmpty());
  kit.clock.advance(10s);
  EXPECT_THAT(kit.got(),
              ElementsAre("night@a: red: Store: Something", "ops@a: red: Store: Something"));
  kit.clock.advance(10h);
  EXPECT_THAT(kit.got(), IsEmpty());
  EXPECT_EQ(kit.alerts().open(), 1u);
  kit.set("store", green);
  kit.clock.advance(2min);
  EXPECT_THAT(kit.got(),
              ElementsAre("night@a: over: Store: Something", "ops@a: over: Store: Something"));
  EXPECT_EQ(kit.alerts().open(), 0u);
  EXPECT_EQ(kit.alerts().counters().raised, 1u);
  EXPECT_EQ(kit.alerts().counters().cleared, 1u);
  EXPECT_EQ(kit.alerts().counters().delivered, 4u);
}

TEST(Alerts, many_at_once_are_one_message) {
  Kit kit({"ops@a"});
  for (auto const* part : {"store", "login.admin", "call_blocking.channels", "http"})
    kit.set(part, red);
  kit.clock.advance(80s);
  auto const got = kit.got();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_THAT(got[0], HasSubstr("(and 3 more)"));
}

TEST(Alerts, a_change_told_by_look_need_not_wait_for_the_next_round) {
  Kit kit({"ops@a"});
  kit.clock.advance(2min);
  kit.set("login.admin", red);
  kit.alerts().look();
  kit.clock.advance(16s);
  EXPECT_EQ(kit.got().size(), 1u);
}

TEST(Alerts, the_daemon_may_die_in_any_second_and_nobody_is_told_twice_or_not_at_all) {
  // By the second around the moment of telling; elsewhere now and then.
  for (int death = 0; death < 150; death += death >= 55 && death < 75 ? 1 : 11) {
    Kit kit({"ops@a"});
    kit.set("store", red);
    kit.clock.advance(std::chrono::seconds(death));
    kit.restart();
    kit.clock.advance(3min);
    EXPECT_THAT(kit.got(), ElementsAre("ops@a: red: Store: Something")) << death;
    kit.set("store", green);
    kit.clock.advance(std::chrono::seconds(death));
    kit.restart();
    kit.clock.advance(3min);
    EXPECT_THAT(kit.got(), ElementsAre("ops@a: over: Store: Something")) << death;
    EXPECT_EQ(kit.alerts().list()["open"].size(), 0u);
    EXPECT_EQ(kit.alerts().list()["recent"].size(), 1u);
  }
}

TEST(Alerts, a_red_alert_that_cannot_be_delivered_is_tried_with_growing_pauses_over_restarts) {
  Kit kit({"ops@a"});
  kit.outside.fails["ops@a"] = down;
  kit.set("store", red);
  kit.clock.advance(2min);
  EXPECT_EQ(kit.outside.attempts, 2);  // at once, and after half a minute
  EXPECT_EQ(kit.alerts().sign().colour, yellow);
  EXPECT_THAT(kit.alerts().sign().sentence, HasSubstr("the server is down"));
  kit.restart();
  kit.clock.advance(12h);
  EXPECT_GE(kit.outside.attempts, 7);
  EXPECT_LE(kit.outside.attempts, 10);
  kit.outside.fails.clear();
  kit.clock.advance(4h);
  EXPECT_THAT(kit.got(), ElementsAre("ops@a: red: Store: Something"));
  EXPECT_EQ(kit.alerts().sign().colour, green);
}

TEST(Alerts, a_new_alert_does_not_wait_for_the_pause_of_an_old_one) {
  Kit kit({"ops@a"});
  kit.outside.fails["ops@a"] = down;
  kit.set("store", red);
  kit.clock.advance(6h);
  kit.outside.fails.clear();
  kit.set("http", red);
  kit.clock.advance(80s);
  auto const got = kit.got();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_THAT(got[0], HasSubstr("(and 1 more)"));
}

TEST(Alerts, trouble_that_ended_before_it_could_be_told_is_told_as_past_when_it_was_red) {
  Kit kit({"ops@a"});
  kit.outside.fails["ops@a"] = down;
  kit.set("store", red);
  kit.set("http", yellow);
  kit.clock.advance(2min);
  kit.set("store", green);
  kit.set("http", green);
  kit.clock.advance(2min);
  kit.outside.fails.clear();
  kit.clock.advance(2h);
  EXPECT_THAT(kit.got(), ElementsAre("ops@a: was red: Store: Something"));
}

TEST(Alerts, what_may_have_arrived_is_not_sent_again_and_gets_its_all_clear) {
  Kit kit({"ops@a"});
  kit.outside.fails["ops@a"] = {ErrorKind::conflict, "handed over; the answer never came"};
  kit.set("store", red);
  kit.clock.advance(2h);
  EXPECT_EQ(kit.outside.attempts, 1);
  EXPECT_EQ(kit.alerts().list()["open"][0]["deliveries"][0]["state"], "uncertain");
  kit.outside.fails.clear();
  kit.set("store", green);
  kit.clock.advance(2min);
  EXPECT_THAT(kit.got(), ElementsAre("ops@a: over: Store: Something"));
}

TEST(Alerts, one_way_that_fails_does_not_hold_up_another_nor_change_the_colour) {
  Kit kit;
  kit.outside.fails["ops@a"] = {ErrorKind::denied, "550 unknown"};
  kit.set("http", yellow);
  kit.clock.advance(80s);
  EXPECT_THAT(kit.got(), ElementsAre("night@a: yellow: Http: Something"));
  EXPECT_EQ(kit.alerts().sign().colour, green);
  EXPECT_THAT(kit.alerts().sign().sentence, HasSubstr("550 unknown"));
  EXPECT_EQ(kit.alerts().counters().failed, 1u);
  kit.set("http", green);
  kit.clock.advance(80s);
  EXPECT_THAT(kit.got(), ElementsAre("night@a: over: Http: Something"))
      << "not to who was not told";
}

TEST(Alerts, a_store_that_takes_nothing_does_not_silence_them) {
  Kit kit({"ops@a"});
  kit.set("store", red);
  kit.clock.advance(50s);
  kit.daemon->database.hold();  // as a disk that hangs
  kit.clock.advance(40s);
  EXPECT_THAT(kit.got(), ElementsAre("ops@a: red: Store: Something"));
  kit.daemon->database.release();
  kit.clock.advance(20s);
  kit.restart();
  kit.clock.advance(10min);
  EXPECT_THAT(kit.got(), IsEmpty()) << "it was noted once that was possible";
}

TEST(Alerts, a_failed_commit_is_tried_again) {
  Kit kit({"ops@a"});
  kit.set("store", red);
  kit.clock.advance(50s);
  kit.daemon->database.fail_next_commit({ErrorKind::unavailable, "disk full", std::nullopt});
  kit.clock.advance(30s);
  EXPECT_EQ(kit.got().size(), 1u);
  kit.restart();
  kit.clock.advance(10min);
  EXPECT_THAT(kit.got(), IsEmpty());
}

TEST(Alerts, a_message_on_its_way_when_the_daemon_stops_is_sent_by_the_next_one_with_the_same_id) {
  Kit kit({"ops@a"});
  kit.outside.takes = 5s;
  kit.set("store", red);
  kit.clock.advance(65s);  // it is on its way
  kit.restart();
  kit.outside.takes = 0s;
  kit.clock.advance(30s);
  EXPECT_THAT(kit.got(), ElementsAre("ops@a: red: Store: Something"));
  EXPECT_EQ(kit.outside.attempts, 2);
}

TEST(Alerts, with_nobody_to_tell_everything_is_listed_and_status_says_so) {
  Kit kit{std::vector<std::string>{}};
  kit.set("store", red);
  kit.clock.advance(2min);
  EXPECT_EQ(kit.alerts().sign().colour, green);
  auto const list = kit.alerts().list();
  EXPECT_EQ(list["open"].size(), 1u);
  EXPECT_THAT(list["message"].get<std::string>(), HasSubstr("Nobody is told"));
  nlohmann::ordered_json status;
  kit.alerts().add_status(status);
  EXPECT_THAT(status.dump(), HasSubstr("Nobody is told"));
  auto const tested = test::run_task(kit.io, kit.alerts().test());
  EXPECT_EQ(tested["deliveries"].size(), 0u);
}

TEST(Alerts, the_list_has_what_the_manual_says) {
  Kit kit({"ops@a"});
  kit.set("login.admin", red);
  kit.clock.advance(80s);
  auto const row = kit.alerts().list()["open"].at(0);
  EXPECT_EQ(row["part"], "login.admin");
  EXPECT_EQ(row["colour"], "red");
  EXPECT_EQ(row["sentence"], "Something.");
  EXPECT_EQ(row["remedy"], "Mend it.");
  EXPECT_TRUE(row.contains("since") && row.contains("told_at") && !row.contains("cleared_at"));
  auto const delivery = row["deliveries"].at(0);
  EXPECT_EQ(delivery["channel"], "mail");
  EXPECT_EQ(delivery["to"], "ops@a");
  EXPECT_EQ(delivery["state"], "sent");
  EXPECT_EQ(delivery["detail"], "taken");
}

TEST(Alerts, a_test_goes_every_way_and_tells_of_each) {
  Kit kit;
  kit.outside.fails["ops@a"] = down;
  auto const tested = test::run_task(kit.io, kit.alerts().test());
  EXPECT_EQ(tested["deliveries"].dump(),
            R"([{"channel":"mail","to":"night@a","ok":true,"detail":"taken"},)"
            R"({"channel":"mail","to":"ops@a","ok":false,"detail":"the server is down"}])");
  EXPECT_THAT(kit.got(), ElementsAre("night@a: test of the alerts"));
}

TEST(Alerts, somebody_no_longer_configured_is_not_told_what_was_pending) {
  Kit kit;
  kit.outside.fails = {{"ops@a", down}, {"night@a", down}};
  kit.set("store", red);
  kit.clock.advance(80s);
  kit.stop();
  kit.mail = {"ops@a"};
  kit.outside.fails.clear();
  kit.start();
  kit.clock.advance(1h);
  EXPECT_THAT(kit.got(), ElementsAre("ops@a: red: Store: Something"));
  EXPECT_THAT(kit.alerts().list().dump(), HasSubstr("no longer configured"));
}

TEST(Alerts, a_daemon_that_dies_every_six_seconds_tells_all_the_same) {
  Kit kit;
  kit.set("store", red);
  for (int life = 0; life < 14; ++life) {
    kit.clock.advance(6s);
    kit.restart();
  }
  EXPECT_THAT(kit.got(), testing::UnorderedElementsAre("ops@a: red: Store: Something",
                                                       "night@a: red: Store: Something"));
}

TEST(Alerts, a_beginning_is_noted_every_few_seconds_and_not_in_a_circle) {
  Kit kit;
  kit.set("store", red);
  kit.clock.advance(1s);
  auto const before = kit.daemon->database.health().commits;
  kit.clock.advance(30s);
  EXPECT_LE(kit.daemon->database.health().commits - before, 8u);
}

TEST(Alerts, a_year_of_coming_and_going_stays_small_and_the_end_is_told_to_all) {
  Kit kit;
  kit.set("store", yellow);
  kit.clock.advance(70s);
  for (int round = 0; round < 100; ++round) {
    kit.set("store", round % 2 ? yellow : red, std::to_string(round));
    kit.clock.advance(30min);
  }
  auto const open = kit.alerts().list()["open"];
  ASSERT_EQ(open.size(), 1u);
  EXPECT_LE(open[0]["deliveries"].size(), 64u);
  kit.got();
  kit.set("store", green);
  kit.clock.advance(40min);
  EXPECT_EQ(kit.got().size(), 2u);
}

TEST(Alerts, its_own_sign_raises_no_alert) {
  Kit kit({"ops@a"});
  kit.set("alerts", red);
  kit.clock.advance(1h);
  EXPECT_THAT(kit.got(), IsEmpty());
}

TEST(Alerts, old_ones_are_forgotten) {
  Kit kit({"ops@a"});
  for (int i = 0; i < 205; ++i) {
    kit.set("part" + std::to_string(i), yellow);
    kit.clock.advance(70s);
    kit.set("part" + std::to_string(i), green);
    kit.clock.advance(70s);
  }
  kit.clock.advance(1min);
  EXPECT_EQ(kit.alerts().list()["recent"].size(), 200u);
  kit.restart();
  EXPECT_EQ(kit.alerts().list()["recent"].size(), 200u);
  EXPECT_EQ(kit.alerts().list()["recent"][0]["part"], "part204");
}

}  // namespace
}  // namespace wardroom::alerts
