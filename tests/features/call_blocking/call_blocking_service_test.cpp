/// The feature as a whole, with fakes around it and time in hand.
#include "call_blocking_site.hpp"

#include <gmock/gmock.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(CallBlocking, releases_exactly_the_leg_of_a_person_outside) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  auto const ben = site.person("ben");
  site.fix(ann, kOutside);
  site.fix(ben, kInside);
  site.rings("ben", "c2", "+431555");
  site.dials("ann", "c1", "+14085550123");
  site.rings("ben", "c3", "ann");
  site.settle();
  ASSERT_EQ(site.calls.releases.size(), 1u);
  EXPECT_EQ(site.calls.releases[0].target, "ann@xsi");
  EXPECT_EQ(site.calls.releases[0].call, "c1");
  site.ends("ann", "c1");
  site.clock.advance(seconds(5));
  EXPECT_EQ(site.calls.releases.size(), 1u);
}

TEST(CallBlocking, explains_a_release_by_all_it_rested_on) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, {47.99, 16.5}, 20);
  site.clock.advance(seconds(12));
  site.dials("ann", "callhalf-1:0", "+14085550123");
  site.feature->on_acknowledged(EventId("e1"), 200, milliseconds(7));
  site.settle();
  auto const why = site.why("half-1:0");
  EXPECT_EQ(why["verdict"], "release");
  EXPECT_EQ(why["reason"], "outside");
  EXPECT_EQ(why["standing"], "outside");
  EXPECT_EQ(why["person"], "ann");
  EXPECT_EQ(why["event"], "CallOriginatedEvent");
  EXPECT_EQ(why["fence"]["name"], "vienna");
  EXPECT_EQ(why["fence"]["digest"], plain_policy().fences[0].digest);
  EXPECT_NEAR(why["distance_m"].get<double>(), 1112, 1);
  EXPECT_NEAR(why["fix"]["age_s"].get<double>(), 12, 0.1);
  EXPECT_EQ(why["fix"]["accuracy_m"], 20.0);
  EXPECT_EQ(why["policy"]["mode"], "enforce");
  EXPECT_EQ(why["action"]["end"], "done");
  EXPECT_EQ(why["action"]["attempts"], 1);
  EXPECT_EQ(why["acknowledgement"]["status"], 200);
  EXPECT_THAT(why["sentence"].get<std::string>(),
              HasSubstr("1.1 km beyond the border of 'vienna'"));
  auto const text = why.dump();
  EXPECT_EQ(text.find("47.9"), std::string::npos) << "coordinates must not be recorded";
  // What was recorded gives the recorded verdict again (R121).
  auto const facts = facts_from(why["facts"]);
  ASSERT_TRUE(facts);
  EXPECT_TRUE(judge(*facts).release);
  auto const list = site.ask("calls list");
  ASSERT_TRUE(list);
  EXPECT_EQ((*list)["calls"][0]["decision"], "rejected");
  EXPECT_TRUE((*list)["calls"][0].contains("latency_ms"));
}

TEST(CallBlocking, cuts_a_running_call_when_its_person_moves_outside) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside);
  site.dials("ann", "c1", "+14085550123");
  site.answers("ann", "c1", "+14085550123");
  site.settle();
  EXPECT_TRUE(site.calls.releases.empty());
  site.clock.advance(seconds(30));
  site.fix(ann, kOutside);
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
  auto const why = site.why("c1");
  EXPECT_EQ(why["event"], "location");
  EXPECT_EQ(why["standing_before"], "inside");
  EXPECT_EQ(site.ask("calls show", {{"call", "c1"}})->at("answered_before_release"), true);
}

TEST(CallBlocking, takes_the_first_fix_outside_at_once) {
  auto policy = plain_policy();
  policy.fences[0].policies.no_fix = *parse_policy("open");
  seal(policy.fences[0]);
  Site site(policy);
  site.start();
  auto const ann = site.person("ann");
  site.dials("ann", "c1", "+14085550123");
  site.settle();
  EXPECT_FALSE(site.released("ann", "c1"));
  site.fix(ann, kOutside);
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
}

TEST(CallBlocking, cuts_a_call_when_the_position_goes_stale) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside);
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(seconds(200));
  site.fix(ann, kInside);
  site.clock.advance(seconds(299));
  EXPECT_FALSE(site.released("ann", "c1"));
  site.clock.advance(seconds(2));
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_EQ(site.why("c1")["reason"], "stale");
}

TEST(CallBlocking, lets_a_grace_run_out) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside);
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(seconds(10));
  site.fix(ann, {47.9999, 16.5}, 6000);  // which says nothing of where she is
  for (int i = 0; i < 9; ++i) {
    site.clock.advance(seconds(30));
    site.fix(ann, {48.0001, 16.5}, 6000);
  }
  EXPECT_FALSE(site.released("ann", "c1"));
  site.clock.advance(seconds(31));
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_EQ(site.why("c1")["policy"]["applied"], "grace_over");
}

TEST(CallBlocking, never_starts_a_second_release_for_a_duplicate_event) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.calls.answer_time = milliseconds(100);
  site.dials("ann", "c1", "+14085550123");
  for (int i = 0; i < 5; ++i) {
    site.tell("ann", CallEventKind::updated, "CallUpdatedEvent", site.leg("c1", "+14085550123"));
    site.clock.advance(milliseconds(10));
  }
  site.clock.advance(milliseconds(200));
  site.answers("ann", "c1", "+14085550123");
  site.clock.advance(milliseconds(200));
  EXPECT_EQ(site.calls.releases.size(), 1u);
}

TEST(CallBlocking, tries_a_failing_release_four_times_then_says_so) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  for (int i = 0; i < 4; ++i)
    site.calls.next_errors.push_back({ErrorKind::unavailable, "XSI answered 503"});
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(seconds(4));
  EXPECT_TRUE(site.calls.next_errors.empty());
  EXPECT_TRUE(site.calls.releases.empty());
  EXPECT_EQ(site.why("c1")["action"]["end"], "failed");
  EXPECT_EQ(site.feature->counters().reject_failed, 1u);
  EXPECT_EQ(worst(site.feature->health()), HealthColour::red);
  // The next event of the call tries again.
  site.answers("ann", "c1", "+14085550123");
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
}

TEST(CallBlocking, releases_again_what_goes_on_after_an_accepted_release) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.calls.releases_work = false;
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(seconds(2) + milliseconds(50));
  EXPECT_EQ(site.calls.releases.size(), 2u);
  site.calls.releases_work = true;
  site.clock.advance(seconds(10));
  EXPECT_EQ(site.calls.releases.size(), 3u);
  EXPECT_EQ(site.feature->ledger().size(), 0u);
}

TEST(CallBlocking, observes_without_any_request) {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  Site site(policy);
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.dials("ann", "c1", "+14085550123");
  site.answers("ann", "c1", "+14085550123");
  site.settle();
  EXPECT_TRUE(site.calls.releases.empty());
  auto const row = site.ask("calls list")->at("calls")[0];
  EXPECT_EQ(row["decision"], "observed");
  EXPECT_EQ(row["reason"], "outside");
}

TEST(CallBlocking, lets_emergency_calls_be_and_the_call_back_too) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.dials("ann", "sos", "9-911");
  site.settle();
  site.rings("ann", "before", "+431112");
  site.settle();
  EXPECT_TRUE(site.released("ann", "before")) << "not answered yet";
  site.answers("ann", "sos", "+43 1 31300");  // the answering point's own number
  site.settle();
  EXPECT_FALSE(site.released("ann", "sos"));
  site.ends("ann", "sos");
  site.clock.advance(minutes(59));
  site.fix(ann, kOutside);
  site.rings("ann", "back", "+43131300");
  site.dials("ann", "out", "+14085550123");
  site.settle();
  EXPECT_FALSE(site.released("ann", "back"));
  EXPECT_TRUE(site.released("ann", "out"));
  EXPECT_EQ(site.why("back")["reason"], "emergency_callback");
  EXPECT_EQ(site.why("sos")["emergency"], true);
  site.ends("ann", "back");
  site.clock.advance(minutes(2));
  site.fix(ann, kOutside);
  site.rings("ann", "late", "+43131300");
  site.settle();
  EXPECT_TRUE(site.released("ann", "late"));
}

TEST(CallBlocking, looks_up_somebody_unknown_while_the_phone_rings) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside);
  // The same person under a second platform id nobody told us of.
  site.calling.hidden.push_back(
      {XsiUserId("new@xsi"), "cleo@acme.example", "", "", "", "cleo", ""});
  site.calling.answer_time = milliseconds(300);
  site.dials("new", "c1", "+14085550123");
  site.clock.advance(milliseconds(200));
  EXPECT_TRUE(site.calls.releases.empty()) << "still being looked up";
  site.clock.advance(milliseconds(200));
  EXPECT_TRUE(site.released("new", "c1")) << "known now, and without a position";
  EXPECT_EQ(site.why("c1")["person"], "cleo");
  EXPECT_EQ(site.calling.looked_up.size(), 1u);
}

TEST(CallBlocking, judges_somebody_unknown_by_no_fix_when_the_look_up_takes_too_long) {
  Site site;
  site.start();
  site.calling.answer_time = seconds(30);
  site.dials("new", "c1", "+14085550123");
  site.dials("new", "sos", "112");
  site.clock.advance(milliseconds(650));
  EXPECT_TRUE(site.calls.releases.empty());
  site.clock.advance(milliseconds(100));
  EXPECT_TRUE(site.released("new", "c1"));
  EXPECT_FALSE(site.released("new", "sos"));
  EXPECT_EQ(site.why("c1")["reason"], "no_fix");
}

TEST(CallBlocking, leaves_targets_alone_that_are_no_people) {
  Site site;
  site.start();
  site.rings("queue", "c1", "+14085550123");
  site.clock.advance(seconds(2));
  EXPECT_TRUE(site.calls.releases.empty());
  EXPECT_EQ(site.why("c1")["reason"], "no_fence");
}

TEST(CallBlocking, asks_first_for_the_calls_of_people_not_allowed_after_a_gap) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  auto const ben = site.person("ben");
  site.fix(ann, kOutside);
  site.fix(ben, kInside);
  site.rings("ben", "b1", "+431555");
  site.settle();
  site.calls.put("ann@xsi",
                 site.leg("missed", "+14085550123", Personality::originator, CallState::active));
  site.calls.drop("ben@xsi", CallId("b1"));
  site.clock.advance(seconds(1));
  site.feature->on_resync_needed("test");
  site.settle();
  EXPECT_EQ(site.calls.listed, (std::vector<std::string>{"ann@xsi", "ben@xsi"}));
  EXPECT_TRUE(site.released("ann", "missed"));
  EXPECT_FALSE(site.released("ben", "b1"));
  EXPECT_EQ(site.feature->ledger().calls_of(XsiUserId("ben@xsi")).size(), 0u)
      << "it had ended unseen";
}

TEST(CallBlocking, remembers_over_a_restart_whether_to_monitor) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    EXPECT_EQ(site.events.starts, 1) << "protection is on unless somebody said otherwise";
    ASSERT_TRUE(site.ask("monitor stop"));
    EXPECT_EQ(site.events.ends, 1);
    EXPECT_FALSE(site.feature->monitoring().on());
  }
  {
    Site site(plain_policy(), disk);
    site.start();
    EXPECT_EQ(site.events.starts, 0);
    auto const answer = site.ask("monitor start");
    ASSERT_TRUE(answer);
    EXPECT_EQ((*answer)["monitoring"]["on"], true);
    ASSERT_TRUE(site.ask("monitor start"));
    EXPECT_EQ(site.events.starts, 1) << "starting twice is one monitor";
  }
  Site site(plain_policy(), disk);
  site.start();
  EXPECT_EQ(site.events.starts, 1);
}

TEST(CallBlocking, X3_known_calls_pass_while_an_operator_has_stopped_monitoring) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside);
  site.dials("ann", "a1", "+14085550123");
  ASSERT_TRUE(site.ask("monitor stop"));
  site.fix(ann, kOutside);
  site.clock.advance(seconds(30));
  EXPECT_TRUE(site.calls.releases.empty());
  ASSERT_TRUE(site.ask("monitor start"));
  site.feature->on_resync_needed("start");
  site.settle();
  EXPECT_TRUE(site.released("ann", "a1"));
}

TEST(CallBlocking, X1_monitoring_goes_on_after_reloads_that_switch_off_and_on_at_once) {
  Site site;
  site.start();
  auto off = plain_policy();
  off.mode = Mode::off;
  test::start_task(site.io, site.feature->set_policy(off));
  for (int i = 0; i < 1000 && !site.feature->monitoring().stopping(); ++i) site.io.poll_one();
  test::start_task(site.io, site.feature->set_policy(plain_policy()));
  site.clock.advance(seconds(5));
  EXPECT_TRUE(site.feature->monitoring().on());
}

TEST(CallBlocking, X3_an_internal_call_stays_one_over_a_restart) {
  auto policy = plain_policy();
  policy.internal_calls = InternalCalls::allow;
  test::FakeDisk disk;
  {
    Site site(policy);
    disk = site.database.disk();
    site.start();
    site.fix(site.person("ann"), kInside);
    auto leg = site.leg("desk", "1234");
    leg.type = CallType::enterprise;
    site.tell("ann", CallEventKind::originated, "CallOriginatedEvent", leg);
    site.settle();
  }
  Site site(policy, disk);
  site.start();
  ASSERT_EQ(site.feature->ledger().size(), 1u);
  site.fix(site.roster.find(people::RosterKey::of_xsi("ann@xsi")), kOutside);
  site.clock.advance(seconds(5));
  EXPECT_TRUE(site.calls.releases.empty());
}

TEST(CallBlocking, goes_on_with_calls_of_before_a_restart) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    auto const ann = site.person("ann");
    site.fix(ann, kInside);
    site.dials("ann", "gone", "+14085550123");
    site.dials("ann", "sos", "112");
    site.answers("ann", "sos", "112");
    site.settle();
  }
  Site site(plain_policy(), disk);
  site.start();
  EXPECT_EQ(site.feature->ledger().size(), 2u);
  auto const ann = site.roster.find(people::RosterKey::of_xsi("ann@xsi"));
  ASSERT_NE(ann, 0u);
  site.fix(ann, kOutside);
  // The platform shows the answering point's number now; the call stays an emergency call.
  site.calls.put("ann@xsi",
                 site.leg("sos", "+43131300", Personality::originator, CallState::active));
  site.clock.advance(seconds(1));
  site.feature->on_resync_needed("start");
  site.settle();
  EXPECT_FALSE(site.released("ann", "sos"));
  EXPECT_EQ(site.ask("calls show", {{"call", "gone"}})->at("state"), "released");
  site.rings("ann", "back", "+43131300");
  site.settle();
  EXPECT_FALSE(site.released("ann", "back"))
      << "the hour after an answered emergency call survives a restart";
}

TEST(CallBlocking, a_wall_clock_that_went_back_makes_the_hour_after_an_emergency_no_longer) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    site.person("ann");
    site.dials("ann", "sos", "112");
    site.answers("ann", "sos", "112");
    site.ends("ann", "sos");
    site.settle();
  }
  Site site(plain_policy(), disk);
  site.clock.jump_wall(-std::chrono::hours(5));
  site.start();
  site.clock.advance(minutes(59));
  site.rings("ann", "c1", "+43131300");
  site.settle();
  EXPECT_FALSE(site.released("ann", "c1"));
  site.clock.advance(minutes(2));
  site.rings("ann", "c2", "+43131300");
  site.settle();
  EXPECT_TRUE(site.released("ann", "c2"));
}

TEST(CallBlocking, X2_a_wall_clock_that_jumped_ahead_ends_no_hour_after_an_emergency) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    site.person("ann");
    site.dials("ann", "sos", "112");
    site.answers("ann", "sos", "112");
    site.ends("ann", "sos");
    site.settle();
  }
  Site site(plain_policy(), disk);
  site.clock.jump_wall(std::chrono::hours(400 * 24));
  site.start();
  site.clock.advance(minutes(50));
  site.rings("ann", "c1", "+43131300");
  site.settle();
  EXPECT_FALSE(site.released("ann", "c1"));
}

TEST(CallBlocking, X2_the_hours_after_emergencies_are_read_until_the_store_tells_them) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    site.person("ann");
    site.dials("ann", "sos", "112");
    site.answers("ann", "sos", "112");
    site.ends("ann", "sos");
    site.settle();
  }
  Site site(plain_policy(), disk);
  site.database.sql().run("ALTER TABLE emergency_callback RENAME TO away", {});
  site.start();
  site.database.sql().run("ALTER TABLE away RENAME TO emergency_callback", {});
  site.clock.advance(seconds(2));
  site.rings("ann", "c1", "+43131300");
  site.settle();
  EXPECT_FALSE(site.released("ann", "c1"));
}

TEST(CallBlocking, X2_no_incoming_call_is_ended_before_the_hours_are_read_and_then_it_is) {
  Site site;
  auto const hours = [&site](char const* from, char const* to) {
    site.database.sql().run(fmt::format("ALTER TABLE {} RENAME TO {}", from, to), {});
  };
  hours("emergency_callback", "away");
  site.start();
  site.fix(site.person("ann"), kOutside);
  site.rings("ann", "in", "+43131300");
  site.answers("ann", "in", "+43131300", Personality::terminator);
  site.dials("ann", "out", "+14085550123");
  site.settle();
  EXPECT_FALSE(site.released("ann", "in")) << "it may be the call back of an emergency service";
  EXPECT_TRUE(site.released("ann", "out"));
  EXPECT_EQ(site.why("in")["reason"], "callback_unknown");
  hours("away", "emergency_callback");
  site.clock.advance(seconds(2));
  site.settle();
  EXPECT_TRUE(site.released("ann", "in"));
  EXPECT_EQ(site.why("in")["reason"], "outside");
}

TEST(CallBlocking, X2_hours_that_cannot_be_read_are_over_after_an_hour) {
  Site site;
  site.database.sql().run("ALTER TABLE emergency_callback RENAME TO away", {});
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.rings("ann", "in", "+43131300");
  site.settle();
  EXPECT_FALSE(site.released("ann", "in"));
  site.clock.advance(minutes(59));
  EXPECT_FALSE(site.released("ann", "in"));
  site.fix(ann, kOutside);
  site.clock.advance(minutes(1));
  site.settle();
  EXPECT_TRUE(site.released("ann", "in"));
}

TEST(CallBlocking, X2_an_hour_that_the_store_refused_is_written_until_it_holds) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    auto const ann = site.person("ann");
    site.fix(ann, kOutside);
    site.settle();
    site.database.fail_commits(Error{ErrorKind::unavailable, "disk I/O error"});
    site.dials("ann", "sos", "112");
    site.answers("ann", "sos", "112");
    site.ends("ann", "sos");
    site.clock.advance(seconds(10));
    site.database.fail_commits({});
    site.clock.advance(seconds(3));
  }
  Site site(plain_policy(), disk);
  site.start();
  site.rings("ann", "back", "+43131300");
  site.settle();
  EXPECT_FALSE(site.released("ann", "back"));
}

TEST(CallBlocking, judges_running_calls_by_new_fences_after_a_reload) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  auto const ben = site.person("ben");
  site.fix(ann, kInside);
  site.fix(ben, kInside);
  site.dials("ann", "a1", "+14085550123");
  site.dials("ben", "b1", "+14085550123");
  site.settle();
  EXPECT_TRUE(site.calls.releases.empty());
  auto policy = plain_policy();
  policy.fences[0].shape = Box{-1, 1, -1, 1, false};
  policy.fences[0].who.everybody = false;
  policy.fences[0].who.emails = {"ann@acme.example"};
  seal(policy.fences[0]);
  test::start_task(site.io, site.feature->set_policy(policy));
  site.settle();
  EXPECT_TRUE(site.released("ann", "a1"));
  EXPECT_FALSE(site.released("ben", "b1"));
  site.dials("ben", "b2", "+14085550123");
  site.settle();
  EXPECT_EQ(site.why("b2")["reason"], "no_fence");
}

TEST(CallBlocking, shows_people_with_the_reason_in_words) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.person("ben");
  site.fix(ann, kOutside, 30);
  auto const list = site.ask("people list");
  ASSERT_TRUE(list) << list.error().what;
  EXPECT_EQ((*list)["total"], 2);
  EXPECT_EQ((*list)["people"][0]["standing"], "outside");
  EXPECT_EQ((*list)["people"][0]["allowed"], false);
  auto const only = site.ask("people list", {{"standing", "no_fix"}});
  EXPECT_EQ((*only)["people"].size(), 1u);
  auto const why = site.ask("people why", {{"person", "ann@acme.example"}});
  ASSERT_TRUE(why);
  EXPECT_THAT((*why)["sentence"].get<std::string>(), HasSubstr("ann's calls are blocked because"));
  EXPECT_EQ(site.ask("people show", {{"person", "nobody"}}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(site.ask("people list", {{"standing", "home"}}).error().kind, ErrorKind::malformed);
  auto const status = [&] {
    nlohmann::ordered_json out;
    site.feature->add_status(out);
    return out;
  }();
  EXPECT_EQ(status["people"]["outside"], 1);
  EXPECT_EQ(status["people"]["no_fix"], 1);
}

TEST(CallBlocking, tests_a_point_against_the_fences) {
  Site site;
  auto const ask = [&](std::map<std::string, std::string> params) {  // it works beside the loop
    control::VerbCall call;
    for (auto& [key, value] : params) call.params[key] = value;
    return test::run_task(site.io, site.verbs.handlers.at("fence test")(std::move(call)));
  };
  auto const inside = ask({{"latitude", "48.5"}, {"longitude", "16.5"}});
  ASSERT_TRUE(inside) << inside.error().what;
  EXPECT_EQ((*inside)["fences"][0]["side"], "inside");
  EXPECT_EQ((*inside)["allowed_for_all"], true);
  auto const near = ask({{"latitude", "48.0005"}, {"longitude", "16.5"}, {"accuracy", "100"}});
  EXPECT_EQ((*near)["fences"][0]["side"], "uncertain");
  auto const far = ask({{"latitude", "-33.9"}, {"longitude", "151.2"}});
  EXPECT_EQ((*far)["allowed_for_all"], false);
  EXPECT_EQ(ask({{"latitude", "95"}, {"longitude", "0"}}).error().kind, ErrorKind::malformed);
  EXPECT_EQ(ask({{"latitude", "x"}, {"longitude", "0"}}).error().kind, ErrorKind::malformed);
  EXPECT_EQ((*site.ask("fence list"))["fences"][0]["policies"]["uncertain"], "grace(5m)");
}

/// Random people, places, calls, moves, faults: whatever happens, only calls are released whose own
/// person was judged, and never an emergency call.
TEST(CallBlocking, X3_touches_nobody_elses_call_in_random_histories) {
  test::Dice dice(5);
  std::size_t const steps = test::count(10'000);
  Site site;
  site.start();
  std::vector<std::string> const names{"ann", "ben", "cleo", "dora", "emil", "fred"};
  std::map<std::string, PersonNo> numbers;
  for (auto const& name : names) numbers[name] = site.person(name);
  struct Live {
    std::string who, number;
    bool emergency;
  };
  std::map<std::string, Live> live;
  std::map<std::string, bool> always_inside;  // who posts often enough, and only from inside
  for (auto const& name : names) {
    always_inside[name] = dice.one_in(2);
    site.fix(numbers[name], always_inside[name] ? kInside : kOutside);
  }
  std::map<std::string, Live> all;
  int next = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    auto const who = dice.pick(names);
    switch (live.size() > 40 ? 4 : dice.below(8)) {
      case 0:
      case 1:
      case 2: {
        bool const emergency = dice.one_in(4);
        std::string const call = "c" + std::to_string(++next);
        std::string const number =
            emergency ? (dice.one_in(2) ? "112" : "9-911") : "+43155501" + std::to_string(next);
        live[call] = all[call] = {who, number, emergency};
        site.dials(who, call, number);
        break;
      }
      case 3:
        if (!live.empty()) {
          auto it = live.begin();
          std::advance(it, static_cast<std::ptrdiff_t>(dice.below(live.size())));
          site.answers(it->second.who, it->first, it->second.number);
        }
        break;
      case 4:
        if (!live.empty()) {
          auto it = live.begin();
          std::advance(it, static_cast<std::ptrdiff_t>(dice.below(live.size())));
          site.ends(it->second.who, it->first);
          live.erase(it);
        }
        break;
      case 5:
        site.fix(numbers[who], always_inside[who] || dice.one_in(2) ? kInside : kOutside);
        break;
      case 6:
        for (auto const& name : names)
          if (always_inside[name]) site.fix(numbers[name], kInside);
        site.clock.advance(seconds(dice.below(60)));
        break;
      default:
        if (dice.one_in(20)) site.feature->on_resync_needed("random");
        if (dice.one_in(10))
          site.calls.next_errors.push_back({ErrorKind::unavailable, "random trouble"});
        site.clock.advance(milliseconds(dice.below(300)));
    }
    if (i % 5 == 0)
      for (auto const& name : names)
        if (always_inside[name]) site.fix(numbers[name], kInside);
  }
  site.settle();
  std::size_t checked = 0;
  for (auto const& release : site.calls.releases) {
    auto const it = all.find(release.call);
    ASSERT_NE(it, all.end()) << release.call << " was never told of";
    ASSERT_EQ(it->second.who + "@xsi", release.target);
    ASSERT_FALSE(it->second.emergency) << "an emergency call was released";
    ASSERT_FALSE(always_inside[it->second.who]) << it->second.who << " was never outside";
    ++checked;
  }
  bool const anybody_outside =
      std::ranges::any_of(always_inside, [](auto const& p) { return !p.second; });
  EXPECT_EQ(checked > 0, anybody_outside);
}

/// 112 and 9-911 of a person in every standing under every policy.
TEST(CallBlocking, X2_never_releases_an_emergency_call_in_any_standing_and_policy) {
  for (auto const* word : {"open", "closed", "grace(1s)"}) {
    auto policy = plain_policy();
    auto const p = *parse_policy(word);
    policy.fences[0].policies = {p, p, p, p};
    seal(policy.fences[0]);
    Site site(policy);
    site.start();
    auto const in = site.person("in"), out = site.person("out"), near = site.person("near"),
               old = site.person("old");
    site.person("never");
    site.fix(old, kOutside);
    site.clock.advance(seconds(400));
    site.fix(in, kInside);
    site.fix(out, kOutside);
    site.fix(near, {47.9999, 16.5}, 100);
    for (auto const* who : {"in", "out", "near", "old", "never", "unknown"})
      for (auto const* number : {"112", "9-911", "tel:112", "0112"}) {
        auto const call = std::string(who) + number;
        site.dials(who, call, number);
        site.answers(who, call, "+43131300");
      }
    site.feature->on_resync_needed("test");
    site.clock.advance(minutes(10));
    EXPECT_TRUE(site.calls.releases.empty()) << word;
  }
}

}  // namespace
}  // namespace wardroom::call_blocking
