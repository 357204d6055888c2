// What is kept of conferences and of who was in them.
#include "notices_site.hpp"

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

template <class Row, class Key>
Row only(std::vector<Row> const& rows, std::string const& key, Key Row::* member) {
  std::vector<Row> out;
  std::ranges::copy_if(rows, std::back_inserter(out),
                       [&](auto const& row) { return row.*member == key; });
  EXPECT_EQ(out.size(), 1u) << key;
  return out.empty() ? Row{} : out.front();
}

struct Kept : Site {
  Kept() {
    bridge().start_call("call-a", "conf-a", "space-a");
    bridge().join("call-a", "leg-1", "ann@secure.example");
    start();
    post();
    wait(10s);
  }
};

TEST(RowKeeping, a_stay_tells_who_was_in_what_and_why_it_counted_so) {
  Kept site;
  auto const began = site.clock.now();
  site.bridge().api.add_leg("call-a", "leg-2", "Mallory@Evil.example").display_name = "Mallory";
  site.bridge().writer.leg_start(site.bridge().api.parties.at(LegId("leg-2")));
  site.bridge().tell("leg-2");
  site.post();
  site.wait(90s);
  auto const ended = site.clock.now();
  site.bridge().leave("leg-2");
  site.post();
  site.wait(10s);
  auto const report = site.report();
  auto const stay = only(report.stays, "leg-2", &StayRow::leg);
  EXPECT_EQ(stay.bridge, "cms1");
  EXPECT_EQ(stay.conference, "conf-a");
  EXPECT_EQ(stay.call, "call-a");
  EXPECT_EQ(stay.name, "Mallory");
  EXPECT_EQ(stay.address, "Mallory@Evil.example");
  EXPECT_EQ(stay.domain, "evil.example");
  EXPECT_EQ(stay.level, SecurityLevel::external);
  EXPECT_LE(std::chrono::abs(stay.began - began), 1s);
  ASSERT_TRUE(stay.ended);
  EXPECT_LE(std::chrono::abs(*stay.ended - ended), 1s);
  EXPECT_FALSE(stay.end_reason.empty());
  auto const conference = only(report.conferences, "conf-a", &ConferenceRow::id);
  EXPECT_EQ(conference.name, "Meeting call-a");
  EXPECT_EQ(conference.space, "space-a");
  EXPECT_EQ(conference.highest, SecurityLevel::external);
  EXPECT_FALSE(conference.ended);
}

TEST(RowKeeping, levels_are_kept_with_what_caused_them_and_when_they_were_shown) {
  Kept site;
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  site.post();
  site.wait(10s);
  auto const levels = site.await(site.feature().store().levels("conf-a")).value();
  ASSERT_FALSE(levels.empty());
  auto const last = std::ranges::max_element(levels, {}, &LevelRow::seq);
  EXPECT_EQ(last->level, SecurityLevel::external);
  EXPECT_NE(last->cause.find("evil.example"), std::string::npos);
  EXPECT_EQ(last->cause.find("mallory"), std::string::npos) << "no name, no full address";
  EXPECT_TRUE(last->shown);
  EXPECT_EQ(last->trouble, "");
}

TEST(RowKeeping, the_end_of_a_call_ends_its_conference_and_all_stays) {
  Kept site;
  site.bridge().end_call("call-a");
  site.post();
  site.wait(1s);
  EXPECT_TRUE(only(site.report().conferences, "conf-a", &ConferenceRow::id).ended);
  EXPECT_TRUE(only(site.report().stays, "leg-1", &StayRow::leg).ended);
}

TEST(RowKeeping, what_ended_while_nobody_watched_is_closed_at_the_next_start) {
  Kept site;
  auto const disk = site.daemon->database.disk();
  site.stop();
  site.bridge().end_call("call-a");
  site.bridge().writer.taken();  // and its records are lost
  site.clock.advance(1h);
  site.daemon = std::make_unique<Site::Daemon>(site, disk);
  site.bridge().api.down = Error{ErrorKind::unavailable, "connection refused"};
  site.start();
  site.wait(10s);
  EXPECT_FALSE(only(site.report().stays, "leg-1", &StayRow::leg).ended) << "not known yet";
  site.bridge().api.down.reset();
  site.wait(40s);
  auto const stay = only(site.report().stays, "leg-1", &StayRow::leg);
  EXPECT_TRUE(stay.ended);
  EXPECT_EQ(stay.end_reason, "unknown: not watched");
  EXPECT_TRUE(only(site.report().conferences, "conf-a", &ConferenceRow::id).ended);
}

TEST(RowKeeping, what_goes_on_over_a_restart_stays_one_row) {
  Kept site;
  auto const before = only(site.report().stays, "leg-1", &StayRow::leg);
  site.wait(10min);
  site.start_again();
  site.wait(20s);
  auto const after = only(site.report().stays, "leg-1", &StayRow::leg);
  EXPECT_EQ(after.began, before.began);
  EXPECT_FALSE(after.ended);
  auto const row = only(site.report().conferences, "conf-a", &ConferenceRow::id);
  EXPECT_FALSE(row.ended);
}

TEST(RowKeeping, a_conference_whose_correlator_comes_later_goes_on_under_its_right_name) {
  Kept site;
  site.bridge().api.add_call("call-x", "conf-x");
  site.bridge().join("call-x", "leg-x", "bob@staff.example");  // before its callStart
  site.bridge().api.hangs = true;
  site.post();
  EXPECT_EQ(only(site.report().stays, "leg-x", &StayRow::leg).conference, "cms1~call-x");
  site.bridge().api.hangs = false;
  site.wait(20s);
  EXPECT_EQ(only(site.report().stays, "leg-x", &StayRow::leg).conference, "conf-x");
  EXPECT_FALSE(only(site.report().conferences, "conf-x", &ConferenceRow::id).ended);
  EXPECT_EQ(site.shown("call-x"), "Level 2");
}

TEST(RowKeeping, old_ones_are_forgotten_by_the_hour) {
  Kept site;
  site.bridge().end_call("call-a");
  site.post();
  site.wait(1s);
  ASSERT_EQ(site.report().stays.size(), 1u);
  auto policy = site.settings.policy;
  policy.keep = 24h;
  site.feature().set_policy(policy);
  site.wait(26h);
  EXPECT_TRUE(site.report().stays.empty());
  EXPECT_TRUE(site.report().conferences.empty());
}

TEST(RowKeeping, a_clock_that_jumps_forward_costs_no_row_for_a_day) {
  Kept site;
  site.bridge().end_call("call-a");
  site.post();
  site.wait(1h);
  site.clock.jump_wall(std::chrono::days(4'000));
  site.wait(20h);
  EXPECT_EQ(site.report().conferences.size(), 1u);
  site.clock.jump_wall(-std::chrono::days(4'000));  // it was wrong
  site.wait(26h);
  EXPECT_EQ(site.report().conferences.size(), 1u);
  EXPECT_EQ(site.report().stays.size(), 1u);
}

TEST(RowKeeping, levels_do_not_fall_while_the_audit_cannot_be_written) {
  Kept site;
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  site.post();
  site.wait(10s);
  site.audit_writable = false;
  site.bridge().leave("leg-2");
  site.post();
  site.wait(2min);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  site.audit_writable = true;
  site.wait(2min);
  EXPECT_EQ(site.shown("call-a"), "Level 1");
}

}  // namespace
}  // namespace wardroom::security_notices::test
