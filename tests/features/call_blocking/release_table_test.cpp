/// The table of results of a release: what follows each answer, and when it is given up.
#include "call_blocking_site.hpp"

#include <gmock/gmock.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

/// A platform that answers releases from a list, and knows when they came.
struct Table {
  using Answer = Result<ReleaseOutcome>;
  Site site;
  PersonNo ann = 0;
  std::vector<Answer> answers;   ///< the last one goes on
  std::vector<milliseconds> at;  ///< of each request, since the call began
  std::vector<std::string> what;
  Uptime began{};

  Table() {
    site.start();
    ann = site.person("ann");
    site.fix(ann, kOutside);
    site.calls.on_release = [this](XsiUserId, CallLeg leg) -> Task<Answer> {
      at.push_back(std::chrono::duration_cast<milliseconds>(site.clock.uptime() - began));
      what.push_back(leg.id.text());
      auto answer = answers.front();
      if (answers.size() > 1) answers.erase(answers.begin());
      co_return answer;
    };
  }
  void rings() {
    began = site.clock.uptime();
    site.rings("ann", "c1", "+14085550123");
  }
  std::string end() { return site.why("c1")["action"]["end"]; }
  std::string detail() { return site.why("c1")["action"]["detail"]; }
  static Answer error(ErrorKind kind, std::optional<Milliseconds> retry = {}) {
    return std::unexpected(Error{kind, "the platform's words", retry});
  }
};

TEST(ReleaseTable, a_release_counts_when_the_call_has_ended) {
  Table t;
  t.answers = {ReleaseOutcome::released};
  t.rings();
  t.site.clock.advance(milliseconds(500));
  EXPECT_EQ(t.site.feature->counters().rejected, 0u);
  EXPECT_EQ(t.site.ask("calls list")->at("calls")[0]["decision"], "rejected") << "shown at once";
  t.site.ends("ann", "c1");
  EXPECT_EQ(t.site.feature->counters().rejected, 1u);
  t.site.clock.advance(seconds(10));
  EXPECT_THAT(t.at, ElementsAre(milliseconds(0)));
  EXPECT_TRUE(t.site.calls.listed.empty());
  EXPECT_EQ(t.site.feature->release_times().count(Decision::rejected, false), 1u);
}

TEST(ReleaseTable, X1_an_accepted_release_that_ends_nothing_is_tried_three_times_and_later_anew) {
  Table t;
  t.answers = {ReleaseOutcome::released};
  t.rings();
  t.site.clock.advance(seconds(10));
  EXPECT_THAT(t.at, ElementsAre(milliseconds(0), milliseconds(2000), milliseconds(4000)));
  EXPECT_EQ(t.end(), "failed");
  EXPECT_THAT(t.detail(), HasSubstr("accepted the release but the call goes on"));
  EXPECT_EQ(t.site.feature->counters().reject_failed, 1u);
  EXPECT_EQ(t.site.feature->counters().rejected, 0u);
  t.site.clock.advance(seconds(10));
  EXPECT_THAT(t.at, ElementsAre(milliseconds(0), milliseconds(2000), milliseconds(4000),
                                milliseconds(16'000), milliseconds(18'000), milliseconds(20'000)));
}

TEST(ReleaseTable, gone_is_believed_when_the_end_is_told_within_a_second) {
  Table t;
  t.answers = {ReleaseOutcome::already_gone};
  t.rings();
  t.site.clock.advance(milliseconds(800));
  t.site.ends("ann", "c1");
  t.site.clock.advance(seconds(5));
  EXPECT_EQ(t.end(), "done");
  EXPECT_TRUE(t.site.calls.listed.empty());
  EXPECT_EQ(t.at.size(), 1u);
}

TEST(ReleaseTable, gone_without_an_end_asks_for_the_list_once) {
  Table t;
  t.answers = {ReleaseOutcome::already_gone};
  t.rings();
  t.site.calls.drop("ann@xsi", CallId("c1"));
  t.site.clock.advance(seconds(10));
  EXPECT_EQ(t.end(), "done");
  EXPECT_THAT(t.site.calls.listed, ElementsAre("ann@xsi"));
  EXPECT_EQ(t.site.feature->ledger().size(), 0u);
  EXPECT_EQ(t.site.feature->counters().rejected, 1u);
}

TEST(ReleaseTable, a_call_that_goes_on_under_another_id_is_released_by_that_id) {
  Table t;
  t.answers = {ReleaseOutcome::already_gone, ReleaseOutcome::released};
  t.rings();
  t.site.calls.drop("ann@xsi", CallId("c1"));
  auto renamed = t.site.leg("c9", "+14085550123", Personality::terminator);
  renamed.tracking = TrackingId("t-c1");
  t.site.calls.put("ann@xsi", renamed);
  t.site.clock.advance(milliseconds(1'100));
  EXPECT_THAT(t.what, ElementsAre("c1", "c9"));
  t.site.ends("ann", "c9");
  t.site.clock.advance(seconds(10));
  EXPECT_EQ(t.what.size(), 2u);
  EXPECT_EQ(t.site.feature->ledger().size(), 0u);
}

TEST(ReleaseTable, what_is_gone_but_listed_is_released_again) {
  Table t;
  t.answers = {ReleaseOutcome::already_gone};
  t.rings();
  t.site.clock.advance(seconds(10));
  EXPECT_THAT(t.at, ElementsAre(milliseconds(0), milliseconds(1000), milliseconds(2000)));
  EXPECT_EQ(t.end(), "failed");
}

TEST(ReleaseTable, a_refusal_is_explained_by_the_list) {
  for (auto const kind : {ErrorKind::denied, ErrorKind::conflict})
    for (bool const listed : {true, false}) {
      Table t;
      t.answers = {Table::error(kind)};
      t.rings();
      if (!listed) t.site.calls.drop("ann@xsi", CallId("c1"));
      t.site.clock.advance(seconds(20));
      if (kind == ErrorKind::denied)
        EXPECT_THAT(t.at, ElementsAre(milliseconds(0)));
      else
        EXPECT_THAT(t.at, ElementsAre(milliseconds(0), milliseconds(150)));
      EXPECT_EQ(t.end(), listed ? "failed" : "done");
      EXPECT_EQ(t.site.feature->counters().reject_failed, listed ? 1u : 0u);
      if (listed) EXPECT_THAT(t.detail(), HasSubstr("not permitted"));
      EXPECT_EQ(t.site.calls.listed.size(), 1u);
    }
}

TEST(ReleaseTable, a_conflict_may_be_over_after_150_ms) {
  Table t;
  t.answers = {Table::error(ErrorKind::conflict), ReleaseOutcome::released};
  t.rings();
  t.site.clock.advance(milliseconds(200));
  t.site.ends("ann", "c1");
  EXPECT_EQ(t.end(), "done");
  EXPECT_EQ(t.site.why("c1")["action"]["attempts"], 2);
}

TEST(ReleaseTable, no_answer_and_busy_are_tried_on_schedule_then_failed) {
  for (auto const kind : {ErrorKind::unavailable, ErrorKind::timed_out, ErrorKind::throttled}) {
    Table t;
    t.answers = {Table::error(kind)};
    t.rings();
    t.site.clock.advance(seconds(5));
    EXPECT_THAT(t.at, ElementsAre(milliseconds(0), milliseconds(200), milliseconds(1000),
                                  milliseconds(3000)));
    EXPECT_EQ(t.end(), "failed");
    EXPECT_EQ(t.site.feature->counters().reject_failed, 1u);
    // Nothing happens with this call any more, and still it is not forgotten.
    t.answers = {ReleaseOutcome::released};
    t.site.clock.advance(seconds(9));
    EXPECT_EQ(t.at.size(), 5u);
    t.site.ends("ann", "c1");
    EXPECT_EQ(t.site.feature->counters().rejected, 1u);
  }
}

TEST(ReleaseTable, waits_as_long_as_a_busy_platform_asks_for) {
  Table t;
  t.answers = {Table::error(ErrorKind::throttled, milliseconds(700)), ReleaseOutcome::released};
  t.rings();
  t.site.clock.advance(seconds(1));
  EXPECT_THAT(t.at, ElementsAre(milliseconds(0), milliseconds(700)));
}

TEST(ReleaseTable, our_own_mistakes_and_a_lost_login_fail_at_once) {
  for (auto const kind : {ErrorKind::malformed, ErrorKind::unauthorized}) {
    Table t;
    t.answers = {Table::error(kind)};
    t.rings();
    t.site.clock.advance(seconds(5));
    EXPECT_EQ(t.at.size(), 1u);
    EXPECT_EQ(t.end(), "failed");
  }
}

TEST(ReleaseTable, X1_a_call_that_outlives_a_refusal_is_released_a_minute_later) {
  for (auto const kind : {ErrorKind::malformed, ErrorKind::denied, ErrorKind::conflict}) {
    Table t;
    t.answers = {Table::error(kind)};
    t.rings();
    t.site.clock.advance(seconds(59));
    auto const asked = t.at.size();
    EXPECT_EQ(t.end(), "failed");
    t.answers = {ReleaseOutcome::released};
    t.site.clock.advance(milliseconds(2'500));
    EXPECT_EQ(t.at.size(), asked + 1) << "what refused it may be well again";
    t.site.ends("ann", "c1");
    EXPECT_EQ(t.site.feature->counters().rejected, 1u);
  }
}

TEST(ReleaseTable, X3_nothing_is_sent_with_a_new_token_for_a_call_that_may_go_on_by_then) {
  for (bool const allowed : {false, true}) {
    Table t;
    t.site.calls.on_release = [&](XsiUserId, CallLeg) -> Task<Table::Answer> {
      t.at.push_back({});
      if (t.at.size() > 1) co_return ReleaseOutcome::released;
      co_await t.site.clock.sleep_for(seconds(3));
      co_return Table::error(ErrorKind::unauthorized, milliseconds(0));
    };
    t.rings();
    t.site.clock.advance(seconds(1));
    if (allowed) t.site.feature->standings().set_override(t.ann, Override::allow);
    t.site.clock.advance(milliseconds(2'100));
    EXPECT_EQ(t.at.size(), allowed ? 1u : 2u);
    EXPECT_EQ(t.site.feature->counters().called_off, allowed ? 1u : 0u);
  }
}

TEST(ReleaseTable, X1_a_call_that_outlives_a_refused_token_is_released_afterwards) {
  Table t;
  t.answers = {Table::error(ErrorKind::unauthorized)};
  t.rings();
  t.site.clock.advance(seconds(9));
  EXPECT_EQ(t.at.size(), 1u);
  EXPECT_EQ(t.site.feature->counters().reject_failed, 1u);
  t.answers = {ReleaseOutcome::released};
  t.site.clock.advance(seconds(2));
  EXPECT_EQ(t.at.size(), 2u) << "the token may be good again";
  t.site.ends("ann", "c1");
  EXPECT_EQ(t.site.feature->counters().rejected, 1u);
}

TEST(ReleaseTable, a_request_without_an_answer_may_have_worked) {
  Table t;
  t.answers = {Table::error(ErrorKind::timed_out)};
  t.rings();
  t.site.clock.advance(milliseconds(100));
  t.site.ends("ann", "c1");
  t.site.clock.advance(seconds(30));
  EXPECT_EQ(t.at.size(), 1u) << "nothing is sent for a call that has ended";
  EXPECT_EQ(t.end(), "done");
}

TEST(ReleaseTable, a_list_that_cannot_be_had_is_asked_for_again_then_alarmed) {
  Table t;
  t.answers = {ReleaseOutcome::released};
  t.site.calls.on_list = [](XsiUserId) -> Task<Result<std::vector<CallLeg>>> {
    co_return failure(ErrorKind::unavailable, "no list today");
  };
  t.rings();
  t.site.clock.advance(seconds(9));
  EXPECT_EQ(t.site.calls.listed.size(), 3u);
  EXPECT_EQ(t.end(), "failed");
  EXPECT_THAT(t.detail(), HasSubstr("no list today"));
}

TEST(ReleaseTable, X3_stops_trying_when_the_person_becomes_allowed_between_two_requests) {
  Table t;
  t.answers = {Table::error(ErrorKind::unavailable)};
  t.rings();
  t.site.clock.advance(milliseconds(300));
  EXPECT_EQ(t.at.size(), 2u);
  t.site.feature->standings().set_override(t.ann, Override::allow);
  t.site.clock.advance(seconds(30));
  EXPECT_EQ(t.at.size(), 2u);
  EXPECT_EQ(t.site.feature->counters().called_off, 1u);
  EXPECT_EQ(t.site.feature->counters().reject_failed, 0u);
  EXPECT_EQ(t.site.ask("calls list")->at("calls")[0]["decision"], "passed");
  // And is judged like any other from then on.
  t.answers = {ReleaseOutcome::released};
  t.site.feature->standings().set_override(t.ann, Override::none);
  t.site.fix(t.ann, kOutside);
  t.site.settle();
  EXPECT_EQ(t.at.size(), 3u);
}

TEST(ReleaseTable, lets_a_request_under_way_stand_when_the_person_becomes_allowed) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.calls.answer_time = milliseconds(300);
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(milliseconds(100));
  site.feature->standings().set_override(ann, Override::allow);
  site.answers("ann", "c1", "+14085550123");
  site.clock.advance(seconds(5));
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_EQ(site.calls.releases.size(), 1u);
  EXPECT_EQ(site.why("c1")["action"]["end"], "done");
}

TEST(ReleaseTable, an_answer_between_verdict_and_request_does_not_save_the_call) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.calls.answer_time = milliseconds(300);
  site.rings("ann", "c1", "+14085550123");
  site.clock.advance(milliseconds(100));
  site.answers("ann", "c1", "+14085550123", Personality::terminator);
  site.clock.advance(milliseconds(300));
  EXPECT_TRUE(site.released("ann", "c1"));
  site.ends("ann", "c1");
  site.settle();
  EXPECT_EQ(site.calls.releases.size(), 1u);
  EXPECT_EQ(site.ask("calls show", {{"call", "c1"}})->at("answered_before_release"), true);
  EXPECT_EQ(site.feature->release_times().count(Decision::rejected, true), 1u);
}

TEST(ReleaseTable, X3_one_of_two_calls_of_a_person_is_left_alone) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.dials("ann", "sos", "112");
  site.rings("ann", "c2", "+14085550123");
  site.clock.advance(seconds(30));
  EXPECT_TRUE(site.released("ann", "c2"));
  EXPECT_FALSE(site.released("ann", "sos"));
  EXPECT_EQ(site.feature->ledger().size(), 1u);
}

TEST(ReleaseTable, turns_to_observing_between_two_requests_when_a_reload_says_so) {
  Table t;
  t.answers = {Table::error(ErrorKind::unavailable)};
  t.rings();
  t.site.clock.advance(milliseconds(300));
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  test::start_task(t.site.io, t.site.feature->set_policy(policy));
  t.site.clock.advance(seconds(30));
  EXPECT_EQ(t.at.size(), 2u);
  EXPECT_EQ(t.site.ask("calls list")->at("calls")[0]["decision"], "observed");
}

TEST(ReleaseTable, fifty_people_whose_releases_hang_do_not_delay_another) {
  Site site;
  site.start();
  std::map<std::string, Uptime> asked;
  site.calls.on_release = [&](XsiUserId who, CallLeg) -> Task<Result<ReleaseOutcome>> {
    asked.emplace(who.text(), site.clock.uptime());
    if (who.text() == "ann@xsi") co_return ReleaseOutcome::released;
    co_await site.clock.sleep_for(seconds(3));
    co_return failure(ErrorKind::timed_out, "no answer within 3000 ms");
  };
  for (int i = 0; i < 50; ++i) {
    auto const name = "p" + std::to_string(i);
    site.fix(site.person(name), kOutside);
    site.dials(name, "c" + std::to_string(i), "+14085550123");
  }
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.clock.advance(milliseconds(100));
  ASSERT_EQ(asked.size(), 50u);
  auto const now = site.clock.uptime();
  site.dials("ann", "mine", "+14085550123");
  site.settle();
  ASSERT_TRUE(asked.contains("ann@xsi"));
  EXPECT_EQ(asked.at("ann@xsi"), now);
}

TEST(ReleaseTable, what_was_accepted_is_recorded_when_the_daemon_stops_before_the_end_is_told) {
  Table t;
  t.answers = {ReleaseOutcome::released};
  t.rings();
  t.site.clock.advance(milliseconds(200));
  test::FakeDisk const disk = t.site.database.disk();
  t.site.stop();
  Site again(plain_policy(), disk);
  again.start();
  EXPECT_EQ(again.ask("calls list")->at("calls")[0]["decision"], "rejected");
}

}  // namespace
}  // namespace wardroom::call_blocking
