/// When calls were not watched: periods, rows of the journal, restarts, what monitor status says.
#include "call_blocking_site.hpp"
#include "features/call_blocking/watch_report.hpp"

#include <gmock/gmock.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

/// A wall clock and a boot-time clock that go on together.
struct Times {
  Sight::Moment at{Instant(std::chrono::hours(12)), Uptime(std::chrono::hours(1))};
  Sight::Moment later(Milliseconds by) {
    at.now += by;
    at.up += by;
    return at;
  }
};

TEST(Sight, X4_counts_each_period_from_its_loss_to_its_return) {
  Times t;
  Sight sight;
  EXPECT_FALSE(sight.begin(t.at));
  auto row = sight.told(true, {}, "", t.later(Milliseconds(800)));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->dump(), R"({"sight":true,"blind_s":0.8,"start":true})");
  EXPECT_EQ(sight.times(), 0u);

  row = sight.told(false, {}, "xsp1: refused", t.later(minutes(5)));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->dump(),
            R"({"sight":false,"since":"1970-01-01T12:05:00.800Z","why":"xsp1: refused"})");
  EXPECT_FALSE(sight.told(false, {}, "xsp2: refused", t.later(seconds(10))));
  EXPECT_DOUBLE_EQ(sight.current(t.at.up)->seconds, 10);
  EXPECT_EQ(sight.current(t.at.up)->why, "xsp2: refused");
  row = sight.told(true, seconds(41), "", t.later(seconds(31)));
  ASSERT_TRUE(row);
  EXPECT_EQ((*row)["blind_s"], 41.0);
  EXPECT_EQ(sight.times(), 1u);
  ASSERT_TRUE(sight.last());
  EXPECT_DOUBLE_EQ(sight.last()->seconds, 41);
  EXPECT_TRUE(sight.seeing());
}

TEST(Sight, that_was_found_lost_afterwards_counts_from_where_it_began) {
  Times t;
  Sight sight;
  sight.begin(t.at);
  sight.told(true, {}, "", t.later(seconds(1)));
  t.later(minutes(10));
  sight.told(false, {}, "no byte for 60 s", t.at);
  auto const row = sight.told(true, seconds(60), "", t.at);
  ASSERT_TRUE(row);
  EXPECT_EQ((*row)["blind_s"], 60.0);
  EXPECT_EQ(sight.last()->from, t.at.now - seconds(60));
}

TEST(Sight, counts_the_time_the_daemon_did_not_run_and_a_wall_clock_set_back_counts_nothing) {
  Times t;
  Sight sight;
  auto row = sight.begin(t.at, t.at.now - minutes(2));
  ASSERT_TRUE(row);
  EXPECT_EQ((*row)["why"], "the daemon was not running");
  sight.told(false, {}, "no token", t.later(seconds(1)));
  EXPECT_EQ(sight.current(t.at.up)->why, "the daemon was not running, then: no token");
  row = sight.told(true, seconds(3), "", t.later(seconds(2)));
  EXPECT_EQ((*row)["blind_s"], 123.0);
  EXPECT_DOUBLE_EQ(sight.away_seconds(), 120);

  Sight other;
  EXPECT_FALSE(other.begin(t.at, t.at.now + minutes(2)));
  EXPECT_DOUBLE_EQ(other.away_seconds(), 0);
}

TEST(Sight, tells_a_start_that_takes_long_like_a_loss) {
  Times t;
  Sight sight;
  sight.begin(t.at);
  EXPECT_FALSE(sight.look("xsp1 is down", t.later(seconds(14))));
  auto const row = sight.look("xsp1 is down", t.later(seconds(2)));
  ASSERT_TRUE(row);
  EXPECT_EQ((*row)["why"], "xsp1 is down");
  EXPECT_EQ(sight.times(), 1u);
  EXPECT_FALSE(sight.look("xsp1 is down", t.later(seconds(2))));
  sight.end(t.later(seconds(2)));
  EXPECT_DOUBLE_EQ(sight.last()->seconds, 20);
  EXPECT_FALSE(sight.told(true, {}, "", t.at)) << "what comes after the end is no news";
}

TEST(SpanWords, say_a_length_as_people_do) {
  EXPECT_EQ(span_words(0.3), "less than 1 s");
  EXPECT_EQ(span_words(59.4), "59 s");
  EXPECT_EQ(span_words(125), "2 min 5 s");
  EXPECT_EQ(span_words(3 * 3600 + 12 * 60 + 1), "3 h 12 min");
  EXPECT_EQ(span_words(2 * 86400), "2 d");
  EXPECT_EQ(moment_words(Instant(seconds(3600)), Instant(seconds(7200))), "01:00:00 UTC");
  EXPECT_EQ(moment_words(Instant(seconds(3600)), Instant(seconds(90000))),
            "1970-01-01 01:00:00 UTC");
}

TEST(ReleaseTimes, count_by_end_and_answer_and_tell_the_last_hour) {
  ReleaseTimes times;
  std::vector<double> heard;
  times.set_hear([&](double s) { heard.push_back(s); });
  Uptime const now{std::chrono::hours(5)};
  times.note(Decision::rejected, false, Milliseconds(9'000), now - std::chrono::hours(2));
  for (int i = 1; i <= 100; ++i) times.note(Decision::rejected, i > 90, Milliseconds(i), now);
  times.note(Decision::reject_failed, true, Milliseconds(15'000), now);
  auto const hour = times.last_hour(now);
  EXPECT_EQ(hour.releases, 100u);
  EXPECT_EQ(hour.half, Milliseconds(50));
  EXPECT_EQ(hour.most, Milliseconds(99));
  EXPECT_EQ(times.count(Decision::rejected, false), 91u);
  EXPECT_EQ(times.count(Decision::rejected, true), 10u);
  EXPECT_EQ(times.count(Decision::reject_failed, true), 1u);
  EXPECT_EQ(heard.size(), 101u);
  EXPECT_EQ(times.last_hour(now + std::chrono::hours(2)).releases, 0u);
}

TEST(RecentRise, forgets_what_is_older_than_ten_minutes_and_begins_anew_with_the_counter) {
  RecentRise rise;
  Uptime now{std::chrono::hours(1)};
  rise.see(7, now);
  EXPECT_EQ(rise.rise(), 0u);
  for (int i = 0; i < 60; ++i) rise.see(9, now += seconds(1));
  EXPECT_EQ(rise.rise(), 2u);
  for (int i = 0; i < 700; ++i) rise.see(9, now += seconds(1));
  EXPECT_EQ(rise.rise(), 0u);
  rise.see(1, now += seconds(1));
  EXPECT_EQ(rise.rise(), 0u);
}

TEST(ChannelLog, tells_each_change_once_and_another_error_of_one_that_stays_down_once_a_minute) {
  ChannelLog log;
  Uptime now{std::chrono::hours(1)};
  ChannelHealth health;
  health.channels = {{.host = "xsp1:443", .state = "connecting"}};
  auto const look = [&] {
    std::string out;
    for (auto const& row : log.changes(health, now += seconds(1))) out += row.dump();
    return out;
  };
  auto& channel = health.channels[0];
  EXPECT_EQ(look(), "") << "it is being opened";
  channel.up = true;
  channel.since = Instant(seconds(1));
  EXPECT_EQ(look(), R"({"host":"xsp1:443","up":true})");
  EXPECT_EQ(look(), "");
  channel.since = Instant(seconds(9));
  channel.last_error = "xsp1:443: reset (our tracking id WARD_1)";
  EXPECT_EQ(look(), R"({"host":"xsp1:443","up":true,"last_error":"reset"})") << "between two looks";
  channel.up = false;
  EXPECT_EQ(look(), R"({"host":"xsp1:443","up":false,"last_error":"reset"})");
  channel.last_error = "xsp1:443: reset (our tracking id WARD_2)";
  now += minutes(2);
  EXPECT_EQ(look(), "");
  channel.last_error = "xsp1:443: refused";
  EXPECT_EQ(look(), R"({"host":"xsp1:443","up":false,"last_error":"refused"})");
  channel.last_error = "xsp1:443: reset";
  EXPECT_EQ(look(), "");
}

// --- the feature -------------------------------------------------------------------------------

struct Watched : Site {
  using Site::Site;
  void sees() {
    events.told.subscribed = true;
    events.told.channels = {{.host = "xsp1", .up = true, .state = "up"}};
    events.told.blind_since.reset();
    feature->on_sight(true, clock.uptime() - lost_at, "");
    settle();
  }
  void loses(std::string const& why) {
    lost_at = clock.uptime();
    events.told.channels = {
        {.host = "xsp1", .up = false, .state = "backing off", .last_error = "xsp1: " + why}};
    events.told.blind_since = clock.uptime();
    feature->on_sight(false, {}, why);
    settle();
  }
  std::vector<std::string> channel_rows() {
    settle();
    std::vector<std::string> out;
    auto const rows = test::run_task(io, journal.read_latest({.kinds = {"channel"}}, 20));
    EXPECT_TRUE(rows);
    for (auto const& row : *rows)
      if (row.body.contains("sight")) out.insert(out.begin(), row.body);
    return out;
  }
  std::string sentence() { return watch_sentence(*feature); }
  Uptime lost_at = clock.uptime();
};

TEST(MonitorStatus, says_in_one_sentence_whether_calls_are_watched_now) {
  Watched site;
  site.start();
  EXPECT_THAT(site.sentence(), HasSubstr("Calls are NOT watched since "));
  EXPECT_THAT(site.sentence(), HasSubstr("monitoring is starting."));
  site.sees();
  EXPECT_EQ(site.sentence(), "Calls are watched, over 1 event channel.");
  site.loses("refused");
  site.clock.advance(seconds(75));
  EXPECT_THAT(site.sentence(),
              HasSubstr("(1 min 15 s), and every call passes: xsp1 is down: refused."));
  site.sees();
  auto const status = site.ask("monitor status");
  ASSERT_TRUE(status);
  auto const& monitoring = (*status)["monitoring"];
  EXPECT_EQ(monitoring["watching"], true);
  EXPECT_EQ(monitoring["blind"]["times"], 1);
  EXPECT_NEAR(monitoring["blind"]["last"]["seconds"].get<double>(), 75, 0.5);
  EXPECT_EQ(monitoring["blind"]["last"]["why"], "refused");
  auto const rows = site.channel_rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[1], HasSubstr(R"("sight":false)"));
  EXPECT_THAT(rows[2], HasSubstr(R"("blind_s":75)"));
}

TEST(MonitorStatus,
     is_red_five_seconds_after_the_sight_was_lost_so_that_people_hear_after_fifteen) {
  Watched site;
  site.start();
  site.sees();
  site.loses("refused");
  EXPECT_EQ(site.feature->health()[0].colour, HealthColour::yellow);
  site.clock.advance(seconds(6));
  EXPECT_EQ(site.feature->health()[0].colour, HealthColour::red);
  EXPECT_EQ(site.feature->health()[0].sentence,
            "Calls are not watched and pass: xsp1 is down: refused.");
}

TEST(MonitorSwitch, says_what_it_did_and_does_it_once) {
  Watched site;
  site.start();
  site.sees();
  auto const again = site.ask("monitor start");
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)["changed"], false);
  auto const stopped = site.ask("monitor stop");
  ASSERT_TRUE(stopped);
  EXPECT_EQ((*stopped)["changed"], true);
  EXPECT_THAT((*stopped)["said"].get<std::string>(), HasSubstr("every call passes"));
  EXPECT_EQ(site.sentence(), "Calls are not watched: monitoring is off and every call passes.");
  EXPECT_EQ((*site.ask("monitor stop"))["changed"], false);
  EXPECT_EQ(site.events.starts, 1);
  site.settle();
  auto const rows = test::run_task(site.io, site.journal.read_latest({.kinds = {"monitor"}}, 10));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->size(), 1u);
}

TEST(MonitorStatus, X4_tells_after_a_restart_that_nothing_was_watched_meanwhile) {
  test::FakeDisk disk;
  {
    Watched site;
    disk = site.database.disk();
    site.start();
    site.sees();
    site.clock.advance(minutes(1));
  }
  Watched site(plain_policy(), disk);
  site.clock.advance(minutes(3));
  site.start();
  EXPECT_THAT(site.sentence(), HasSubstr("the daemon was not running"));
  site.sees();
  auto const rows = site.channel_rows();
  ASSERT_GE(rows.size(), 2u);
  EXPECT_THAT(rows[rows.size() - 2], HasSubstr("the daemon was not running"));
  EXPECT_GT(site.feature->sight().away_seconds(), 60);
}

TEST(MonitorStatus, blames_nobody_for_what_passed_while_monitoring_was_off_by_wish) {
  test::FakeDisk disk;
  {
    Watched site;
    disk = site.database.disk();
    site.start();
    site.sees();
    site.ask("monitor stop");
  }
  Watched site(plain_policy(), disk);
  site.clock.advance(minutes(3));
  site.start();
  EXPECT_TRUE(site.ask("monitor start"));
  site.sees();
  EXPECT_DOUBLE_EQ(site.feature->sight().away_seconds(), 0);
}

TEST(Monitoring, has_signs_for_failing_acknowledgements_ended_channels_and_overflow) {
  Watched site;
  site.start();
  site.sees();
  auto const parts = [&] {
    std::string out;
    for (auto const& sign : site.feature->health())
      if (sign.colour != HealthColour::green) out += sign.part + ": " + sign.sentence + "\n";
    return out;
  };
  site.clock.advance(seconds(2));
  EXPECT_EQ(parts(), "");
  site.events.told.acks = 100;
  site.events.told.ack_failures = 5;
  site.clock.advance(seconds(2));
  EXPECT_THAT(parts(), HasSubstr("5 of 105 acknowledgements failed"));
  site.events.told.unresponsive = 1;
  site.events.told.overflows = 12;
  site.clock.advance(seconds(2));
  EXPECT_THAT(parts(), HasSubstr("NonResponsiveChannel"));
  EXPECT_THAT(parts(), HasSubstr("12 call events were dropped"));
  site.clock.advance(minutes(12));
  EXPECT_EQ(parts(), "");
}

}  // namespace
}  // namespace wardroom::call_blocking
