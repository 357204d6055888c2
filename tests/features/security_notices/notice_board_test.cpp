/// Calls are made to show what is wanted: at once upwards, with proof downwards.
#include "board_site.hpp"

using namespace wardroom;
using namespace wardroom::security_notices;
using security_notices::test::BoardSite;
using security_notices::test::plain_texts;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {
constexpr auto internal = SecurityLevel::internal;
constexpr auto external = SecurityLevel::external;
constexpr auto none = SecurityLevel::none;

Error unavailable() { return {ErrorKind::unavailable, "no answer"}; }

/// One conference on one bridge, with somebody of the house in it.
struct Meeting : BoardSite, testing::Test {
  Meeting() {
    start(0, "c1", "x");
    join(0, "c1", "in", "a@acme.example");
    clock.drain();
  }
};
}  // namespace

TEST_F(Meeting, B1_a_raise_is_sent_in_the_turn_of_its_record) {
  EXPECT_EQ(text(0, "c1"), "Level 2");
  EXPECT_EQ(level("x"), internal);
  join(0, "c1", "out", "m@partner.example");
  EXPECT_EQ(level("x"), external);
  clock.drain();  // no time passes
  EXPECT_EQ(text(0, "c1"), "Level 3");
  EXPECT_TRUE(bridges[0]->puts.back().urgent);
  auto const now = view("x");
  ASSERT_EQ(now.calls.size(), 1u);
  EXPECT_TRUE(now.calls[0].settled);
  EXPECT_EQ(now.calls[0].shown->text, "Level 3");
  EXPECT_EQ(now.calls[0].shown->position, "bottom");
  EXPECT_FALSE(now.lowering);
  EXPECT_FALSE(now.cause.empty());
}

TEST_F(Meeting, nothing_is_sent_while_nothing_changes) {
  for (int i = 0; i < 20; ++i) join(0, "c1", "in" + std::to_string(i), "a@acme.example");
  clock.advance(seconds(600));
  EXPECT_EQ(puts(), 1u);
  EXPECT_EQ(wanted.size(), 1u);
  EXPECT_EQ(bridges[0]->times("legs"), 0u) << "nothing to lower, nothing to read";
}

TEST_F(Meeting, each_level_is_told_once_when_wanted_and_once_when_shown) {
  join(0, "c1", "out", "m@partner.example");
  clock.drain();
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[0].before, none);
  EXPECT_EQ(wanted[0].now, internal);
  EXPECT_EQ(wanted[1].now, external);
  EXPECT_EQ(shown, (std::vector<std::pair<std::uint64_t, std::string>>{{1, ""}, {2, ""}}));
  EXPECT_EQ(latencies.size(), 2u);
  EXPECT_EQ(board->counters().raised, 2u);
  EXPECT_EQ(board->counters().put, 2u);
  EXPECT_EQ(board->levels()[3], 1u);
}

TEST_F(Meeting, two_quick_changes_end_in_the_right_order_although_the_first_is_slow) {
  bridges[0]->show_delays = {seconds(3)};
  board->set_texts([] {
    auto texts = plain_texts();
    texts.of_level[2] = "Inside";
    return texts;
  }());
  clock.advance(milliseconds(10));
  join(0, "c1", "out", "m@partner.example");
  clock.advance(milliseconds(10));
  EXPECT_EQ(bridges[0]->puts.size(), 2u) << "one at a time";
  EXPECT_EQ(level("x"), external);
  EXPECT_EQ(board->behind(seconds(0)), 1u);
  clock.advance(seconds(4));
  EXPECT_EQ(text(0, "c1"), "Level 3");
  EXPECT_EQ(bridges[0]->puts.size(), 3u);
  EXPECT_EQ(board->behind(seconds(0)), 0u);
}

TEST_F(Meeting, of_several_changes_during_a_slow_one_only_the_last_is_sent) {
  join(0, "c1", "s", "s@secure.example");
  bridges[0]->show_delays = {seconds(2)};
  for (auto const* text : {"A", "B", "C", "D"}) {
    auto texts = plain_texts();
    texts.of_level[2] = text;
    board->set_texts(texts);
    clock.advance(milliseconds(100));
  }
  clock.advance(seconds(5));
  EXPECT_EQ(text(0, "c1"), "D");
  EXPECT_EQ(bridges[0]->puts.size(), 3u) << "level 2, A, D";
}

TEST_F(Meeting, a_fall_needs_calm_and_a_reading) {
  join(0, "c1", "out", "m@partner.example");
  clock.advance(seconds(60));
  leave(0, "out");
  clock.advance(milliseconds(1990));
  EXPECT_EQ(bridges[0]->times("legs"), 0u);
  EXPECT_EQ(view("x").waits_for, "calm");
  EXPECT_TRUE(view("x").lowering);
  EXPECT_EQ(view("x").evident, internal);
  EXPECT_EQ(level("x"), external);
  clock.advance(milliseconds(20));
  EXPECT_EQ(bridges[0]->times("legs"), 1u);
  EXPECT_EQ(level("x"), internal);
  EXPECT_EQ(text(0, "c1"), "Level 2");
  EXPECT_FALSE(bridges[0]->puts.back().urgent);
  EXPECT_EQ(board->counters().lowered, 1u);
  EXPECT_EQ(board->counters().readings, 1u);
}

TEST_F(Meeting, each_record_puts_the_fall_off) {
  join(0, "c1", "out", "m@partner.example");
  leave(0, "out");
  for (int i = 0; i < 10; ++i) {
    clock.advance(milliseconds(1500));
    join(0, "c1", "in" + std::to_string(i), "a@acme.example");
    EXPECT_LE(clock.pending(), 2u);
  }
  EXPECT_EQ(bridges[0]->times("legs"), 0u);
  clock.advance(seconds(3));
  EXPECT_EQ(level("x"), internal);
}

TEST_F(Meeting, B1_a_record_during_the_reading_means_again) {
  join(0, "c1", "out", "m@partner.example");
  clock.advance(seconds(5));
  bridges[0]->delay = seconds(1);
  leave(0, "out");
  clock.advance(milliseconds(2500));
  EXPECT_GE(bridges[0]->times("call"), 1u) << "the reading is under way";
  join(0, "c1", "in2", "b@acme.example");
  clock.advance(milliseconds(1990));
  EXPECT_EQ(level("x"), external);
  clock.advance(seconds(10));
  EXPECT_EQ(level("x"), internal);
  EXPECT_EQ(board->counters().readings, 2u);
}

TEST_F(Meeting, B1_somebody_whom_only_the_bridge_knows_keeps_the_level) {
  join(0, "c1", "out", "m@partner.example");
  bridges[0]->add_leg("c1", "hidden", "n@partner.example");  // his record never comes
  leave(0, "out");
  clock.advance(seconds(30));
  EXPECT_EQ(level("x"), external);
  EXPECT_EQ(text(0, "c1"), "Level 3");
}

TEST_F(Meeting, a_reading_that_fails_never_lowers_and_is_repeated_ever_later) {
  join(0, "c1", "out", "m@partner.example");
  clock.advance(seconds(5));
  leave(0, "out");
  bridges[0]->down = unavailable();
  clock.advance(milliseconds(2100));
  EXPECT_EQ(bridges[0]->times("call"), 1u);
  EXPECT_EQ(view("x").waits_for, "cms1: no answer");
  clock.advance(seconds(1));
  EXPECT_EQ(bridges[0]->times("call"), 2u);
  clock.advance(seconds(2));
  EXPECT_EQ(bridges[0]->times("call"), 3u);
  clock.advance(seconds(28));
  EXPECT_EQ(bridges[0]->times("call"), 6u) << "after 4, 8 and 16 s";
  clock.advance(seconds(300));
  EXPECT_EQ(bridges[0]->times("call"), 16u) << "each 30 s";
  EXPECT_EQ(level("x"), external);
  EXPECT_EQ(board->counters().readings_failed, 16u);
  bridges[0]->down.reset();
  board->retry(0);
  clock.drain();
  EXPECT_EQ(level("x"), internal) << "at once when the bridge is back";
}

TEST_F(Meeting, falls_wait_until_they_can_be_audited) {
  join(0, "c1", "out", "m@partner.example");
  may_lower = false;
  leave(0, "out");
  clock.advance(seconds(60));
  EXPECT_EQ(level("x"), external);
  EXPECT_NE(view("x").waits_for.find("audit"), std::string::npos);
  may_lower = true;
  clock.advance(seconds(31));
  EXPECT_EQ(level("x"), internal);
}

TEST_F(Meeting, the_notice_is_cleared_when_nobody_is_left) {
  leave(0, "in");
  clock.advance(seconds(3));
  EXPECT_EQ(level("x"), none);
  EXPECT_FALSE(bridges[0]->message("c1").shown());
  EXPECT_EQ(bridges[0]->puts.back().message.text, "");
  EXPECT_EQ(bridges[0]->puts.back().message.duration, "0");
  EXPECT_EQ(board->counters().cleared, 1u);
  EXPECT_EQ(shown.back(), std::pair(std::uint64_t{2}, std::string()));
}

TEST_F(Meeting, B1_doubt_shows_level_3_until_the_bridge_was_read) {
  hear(ledger->doubt(0, "3 records were lost"));
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 3");
  EXPECT_EQ(view("x").doubt, ledger->evidence(ConferenceId("x")).doubt);
  EXPECT_EQ(view("x").evident, internal);
  clock.advance(seconds(60));
  EXPECT_EQ(text(0, "c1"), "Level 3") << "no time ends doubt";
  EXPECT_EQ(bridges[0]->times("legs"), 0u) << "a reading of one conference cannot end it";
  resync(0);
  clock.drain();
  EXPECT_EQ(board->counters().readings, 1u) << "the fall has its own proof; calm there was";
  EXPECT_EQ(text(0, "c1"), "Level 2");
}

TEST_F(Meeting, B1_doubt_of_another_bridge_ends_by_a_reading_of_the_conference) {
  hear(ledger->doubt(1, "cms2 is silent"));
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 3");
  bridges[1]->down = unavailable();
  clock.advance(seconds(6));
  EXPECT_EQ(text(0, "c1"), "Level 3") << "the other bridge may answer for all";
  clock.advance(seconds(2));
  EXPECT_EQ(text(0, "c1"), "Level 2");
}

TEST_F(Meeting, a_new_instance_gets_the_notice_at_once) {
  start(1, "d1", "x");
  clock.drain();
  EXPECT_EQ(text(1, "d1"), "Level 2");
  EXPECT_EQ(puts(), 2u);
  EXPECT_EQ(wanted.size(), 1u) << "the level did not change";
}

TEST_F(Meeting, B1_somebody_on_one_bridge_raises_every_instance) {
  start(1, "d1", "x");
  join(1, "d1", "out", "m@partner.example");
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 3");
  EXPECT_EQ(text(1, "d1"), "Level 3");
}

TEST_F(Meeting, a_dead_bridge_keeps_the_level_and_delays_nobody) {
  start(1, "d1", "x");
  start(1, "e1", "y");
  join(1, "e1", "e-in", "a@acme.example");
  join(0, "c1", "out", "m@partner.example");
  clock.advance(seconds(5));
  bridges[1]->hangs = true;
  join(0, "c1", "out2", "n@partner.example");
  start(0, "f1", "z");
  join(0, "f1", "f-out", "m@partner.example");
  join(1, "e1", "e-out", "m@partner.example");
  clock.drain();
  EXPECT_EQ(text(0, "f1"), "Level 3");
  leave(0, "out");
  leave(0, "out2");
  leave(0, "f-out");
  join(0, "f1", "f-in", "a@acme.example");
  clock.advance(seconds(20));
  EXPECT_EQ(level("x"), external) << "cms2 was not read";
  EXPECT_EQ(text(0, "f1"), "Level 2") << "and z is not concerned";
  EXPECT_EQ(board->behind(seconds(5)), 1u) << "e1";
  bridges[1]->hangs = false;
  board->retry(1);
  clock.advance(seconds(5));
  EXPECT_EQ(level("x"), internal);
  EXPECT_EQ(text(1, "d1"), "Level 2");
  EXPECT_EQ(text(1, "e1"), "Level 3");
  EXPECT_EQ(board->behind(seconds(0)), 0u);
}

TEST_F(Meeting, a_message_that_does_not_arrive_is_sent_again_as_long_as_the_call_lives) {
  bridges[0]->down = unavailable();
  join(0, "c1", "out", "m@partner.example");
  clock.advance(seconds(9));
  EXPECT_EQ(bridges[0]->puts.size(), 7u) << "six attempts";
  EXPECT_FALSE(view("x").calls[0].settled);
  EXPECT_FALSE(view("x").calls[0].shown) << "nobody knows what it shows";
  EXPECT_EQ(view("x").calls[0].trouble, "no answer");
  EXPECT_EQ(board->counters().put_failed, 1u);
  EXPECT_EQ(board->behind(seconds(5)), 1u);
  auto const before = bridges[0]->puts.size();
  for (int i = 0; i < 50; ++i) join(0, "c1", "o" + std::to_string(i), "m@partner.example");
  clock.drain();
  EXPECT_EQ(bridges[0]->puts.size(), before) << "records that change nothing do not hurry it";
  clock.advance(seconds(60));
  EXPECT_GT(bridges[0]->puts.size(), before + 12);
  bridges[0]->down.reset();
  clock.advance(seconds(14));
  EXPECT_EQ(text(0, "c1"), "Level 3");
  EXPECT_TRUE(view("x").calls[0].trouble.empty());
  EXPECT_EQ(board->behind(seconds(0)), 0u);
  EXPECT_EQ(shown.back(), std::pair(std::uint64_t{2}, std::string()));
}

TEST_F(Meeting, a_refused_message_is_tried_again_when_the_bridge_is_checked) {
  bridges[0]->faults["show"].push_back({ErrorKind::conflict, "parameterError"});
  join(0, "c1", "out", "m@partner.example");
  clock.drain();
  EXPECT_EQ(view("x").calls[0].trouble, "parameterError");
  board->retry(1);
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 2");
  board->retry(0);
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 3");
}

TEST_F(Meeting, a_fall_that_does_not_arrive_is_not_repeated_each_five_seconds) {
  join(0, "c1", "out", "m@partner.example");
  clock.drain();
  leave(0, "out");
  for (int i = 0; i < 10; ++i)
    bridges[0]->faults["show"].push_back({ErrorKind::conflict, "parameterError"});
  clock.advance(seconds(50));
  EXPECT_EQ(bridges[0]->puts.size(), 3u);
  EXPECT_EQ(board->behind(seconds(0)), 0u);
  EXPECT_FALSE(view("x").calls[0].settled);
  bridges[0]->faults.clear();
  board->retry(0);
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 2");
}

TEST_F(Meeting, a_call_that_is_not_there_is_looked_for) {
  bridges[0]->end_call("c1");
  conference::CallRecord record;
  record.kind = conference::RecordKind::leg_start;
  record.leg.id = conference::LegId("out");
  record.leg.call = conference::CallId("c1");
  record.leg.remote_party = "m@partner.example";
  record.leg.type = "sip";
  apply(0, record);
  clock.drain();
  ASSERT_EQ(looked_for.size(), 1u);
  EXPECT_EQ(looked_for[0], key(0, "c1"));
}

TEST_F(Meeting, what_somebody_else_changed_is_set_again) {
  auto& message = bridges[0]->running.at(conference::CallId("c1")).message;
  message = {"Lunch is ready", "top", "permanent"};
  board->found(key(0, "c1"), ledger->tick(), message);
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 2");
  EXPECT_EQ(reasserted, std::vector{key(0, "c1")});
  EXPECT_EQ(board->counters().reasserted, 1u);
  message = {"", "middle", "0"};
  board->found(key(0, "c1"), ledger->tick(), message);
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "Level 2");
  board->found(key(0, "c1"), ledger->tick(), message);
  clock.drain();
  EXPECT_EQ(board->counters().reasserted, 2u);
  EXPECT_EQ(puts(), 3u);
}

TEST_F(Meeting, an_answer_asked_for_before_the_last_message_says_nothing) {
  auto const asked = ledger->tick();
  join(0, "c1", "out", "m@partner.example");
  clock.drain();
  board->found(key(0, "c1"), asked, {"Level 2", "bottom", "permanent"});
  clock.drain();
  EXPECT_EQ(puts(), 2u);
  EXPECT_EQ(reasserted.size(), 0u);
  bridges[0]->delay = seconds(1);
  join(0, "c1", "x1", "m@partner.example");
  board->found(key(0, "c1"), ledger->tick(), {"Level 2", "bottom", "permanent"});
  clock.advance(seconds(2));
  EXPECT_EQ(reasserted.size(), 1u) << "but a younger one does";
}

TEST(NoticeBoard, a_message_of_somebody_else_stays_while_nobody_is_in) {
  BoardSite site;
  site.start(0, "c1", "x");
  auto& message = site.bridges[0]->running.at(conference::CallId("c1")).message;
  message = {"The meeting begins at 9", "top", "permanent"};
  site.board->found(site.key(0, "c1"), site.ledger->tick(), message);
  site.clock.advance(seconds(60));
  EXPECT_EQ(site.puts(), 0u);
  EXPECT_EQ(site.view("x").calls.at(0).shown->text, "The meeting begins at 9");
  EXPECT_TRUE(site.view("x").calls.at(0).settled);
  site.join(0, "c1", "in", "a@acme.example");
  site.clock.drain();
  EXPECT_EQ(site.text(0, "c1"), "Level 2") << "ours replaces it once somebody is in";
}

TEST(NoticeBoard, a_notice_that_an_earlier_daemon_left_behind_is_cleared) {
  BoardSite site;
  site.start(0, "c1", "x");
  site.bridges[0]->running.at(conference::CallId("c1")).message = {"Level 3", "bottom",
                                                                   "permanent"};
  site.board->found(site.key(0, "c1"), site.ledger->tick(), site.bridges[0]->message("c1"));
  site.clock.advance(seconds(60));
  EXPECT_EQ(site.text(0, "c1"), "");
}

TEST(NoticeBoard, a_notice_of_an_earlier_daemon_that_is_right_is_not_sent_again) {
  BoardSite site;
  auto& bridge = *site.bridges[0];
  for (int i = 0; i < 200; ++i) {
    auto const no = std::to_string(i);
    bridge.add_call("c" + no, "x" + no);
    bridge.running.at(conference::CallId("c" + no)).message = {"Level 2", "bottom", "permanent"};
    bridge.add_leg("c" + no, "in" + no, i == 199 ? "m@partner.example" : "a@acme.example");
  }
  site.resync(0);
  site.clock.advance(seconds(60));
  EXPECT_EQ(site.puts(), 1u);
  EXPECT_EQ(site.text(0, "c0"), "Level 2");
  EXPECT_EQ(site.text(0, "c199"), "Level 3");
  EXPECT_TRUE(site.view("x0").calls.at(0).settled);
}

TEST(NoticeBoard, nothing_is_sent_while_the_feature_observes) {
  BoardSite site;
  site.effects.set_mode("security_notices", EffectMode::observe);
  site.start(0, "c1", "x");
  site.join(0, "c1", "out", "m@partner.example");
  site.clock.advance(seconds(60));
  for (int i = 0; i < 5; ++i) {
    site.board->retry(0);
    site.board->found(site.key(0, "c1"), site.ledger->tick(), {"", "middle", "0"});
    site.clock.advance(seconds(60));
  }
  EXPECT_EQ(site.puts(), 0u);
  auto const now = site.view("x");
  EXPECT_EQ(now.wanted, external);
  EXPECT_TRUE(now.calls.at(0).settled);
  EXPECT_TRUE(now.calls.at(0).observed);
  EXPECT_EQ(site.board->counters().observed, 1u);
  EXPECT_EQ(site.board->behind(seconds(1)), 0u);
  EXPECT_EQ(site.latencies.size(), 0u);
  ASSERT_EQ(site.shown.size(), 1u);
  EXPECT_NE(site.shown[0].second.find("observed"), std::string::npos);

  site.effects.set_mode("security_notices", EffectMode::enforce);
  site.board->retry(0);
  site.clock.drain();
  EXPECT_EQ(site.text(0, "c1"), "Level 3") << "once it may";
}

TEST_F(Meeting, new_texts_are_shown_at_once_and_old_ones_are_known_again) {
  start(1, "d1", "y");
  auto texts = plain_texts();
  texts.of_level = {"", "Safe", "House", "Guests"};
  texts.position = "top";
  board->set_texts(texts);
  clock.drain();
  EXPECT_EQ(text(0, "c1"), "House");
  EXPECT_EQ(bridges[0]->message("c1").position, "top");
  EXPECT_EQ(bridges[1]->puts.size(), 0u) << "nobody is in y";
  bridges[1]->running.at(conference::CallId("d1")).message = {"Level 1", "bottom", "permanent"};
  board->found(key(1, "d1"), ledger->tick(), bridges[1]->message("d1"));
  clock.drain();
  EXPECT_EQ(text(1, "d1"), "") << "ours, from before";
}

TEST(NoticeBoard, a_message_that_vanishes_by_itself_is_not_set_again) {
  BoardSite site;
  auto texts = plain_texts();
  texts.duration = "30";
  site.board->set_texts(texts);
  site.start(0, "c1", "x");
  site.join(0, "c1", "in", "a@acme.example");
  site.clock.drain();
  EXPECT_EQ(site.bridges[0]->message("c1").duration, "30");
  site.board->found(site.key(0, "c1"), site.ledger->tick(), {"", "middle", "0"});
  site.clock.advance(seconds(60));
  EXPECT_EQ(site.puts(), 1u);
  EXPECT_TRUE(site.view("x").calls.at(0).settled);
  site.join(0, "c1", "out", "m@partner.example");
  site.clock.drain();
  EXPECT_EQ(site.text(0, "c1"), "Level 3");
}

TEST_F(Meeting, a_conference_that_ended_leaves_nothing_behind) {
  join(0, "c1", "out", "m@partner.example");
  bridges[0]->down = unavailable();
  leave(0, "out");
  clock.advance(seconds(3));
  bridges[0]->down.reset();
  end(0, "c1");
  clock.advance(seconds(1));
  EXPECT_FALSE(board->view(ConferenceId("x")));
  EXPECT_EQ(board->levels(), (std::array<std::size_t, 4>{}));
  clock.advance(seconds(60));
  EXPECT_EQ(clock.pending(), 0u);
  EXPECT_EQ(tasks.running(), 0u);
  EXPECT_EQ(wanted.size(), shown.size());
}

TEST_F(Meeting, a_level_that_was_never_shown_is_told_so) {
  bridges[0]->hangs = true;
  join(0, "c1", "out", "m@partner.example");
  clock.advance(seconds(1));
  EXPECT_EQ(shown.size(), 1u);
  end(0, "c1");
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_NE(shown[1].second.find("ended"), std::string::npos);
  bridges[0]->hangs = false;
  clock.advance(seconds(60));
  EXPECT_EQ(shown.size(), 2u);
}

TEST(NoticeBoard, a_call_whose_conference_becomes_known_keeps_its_level) {
  BoardSite site;
  site.start(0, "c1", "");
  site.join(0, "c1", "out", "m@partner.example");
  site.clock.drain();
  EXPECT_EQ(site.text(0, "c1"), "Level 3");
  auto const before = site.ledger->conference_of(site.key(0, "c1"));
  ASSERT_TRUE(before);
  site.start(1, "d1", "x");
  site.bridges[0]->running.at(conference::CallId("c1")).facts.correlator =
      conference::Correlator("x");
  site.resync(0);
  EXPECT_EQ(site.level("x"), external);
  EXPECT_FALSE(site.board->view(*before));
  EXPECT_EQ(site.text(1, "d1"), "Level 3");
  EXPECT_EQ(site.text(0, "c1"), "Level 3");
  site.leave(0, "out");
  site.clock.advance(seconds(5));
  EXPECT_EQ(site.text(1, "d1"), "");
  EXPECT_EQ(site.wanted.size(), site.shown.size());
}

TEST(NoticeBoard, very_many_conferences_are_raised_and_lowered_in_slices) {
  BoardSite site;
  for (int i = 0; i < 300; ++i) {
    auto const no = std::to_string(i);
    site.start(0, "c" + no, "x" + no);
    site.join(0, "c" + no, "in" + no, "a@acme.example");
  }
  site.clock.drain();
  EXPECT_EQ(site.puts(), 300u);
  site.hear(site.ledger->doubt(0, "a gap"));
  site.clock.drain();
  EXPECT_EQ(site.board->levels()[3], 300u);
  EXPECT_EQ(site.puts(), 600u);
  site.resync(0);
  site.clock.advance(seconds(5));
  EXPECT_EQ(site.board->levels()[2], 300u);
  EXPECT_EQ(site.text(0, "c299"), "Level 2");
  EXPECT_EQ(site.puts(), 900u);
}
