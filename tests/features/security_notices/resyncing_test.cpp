// What the bridges' API is asked, and what becomes of levels while it does not answer.
#include "notices_site.hpp"

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

Error const no_answer{ErrorKind::unavailable, "connection refused"};

void put_together(BridgeWorld& world, std::string const& n, std::string const& address) {
  world.start_call("call-" + n, "conf-" + n);
  world.join("call-" + n, "leg-" + n, address);
}

TEST(Resyncing, a_bridge_that_does_not_answer_holds_up_no_other) {
  Site site({"cms1", "cms2"});
  put_together(site.bridge(0), "a", "ann@secure.example");
  put_together(site.bridge(1), "b", "ann@secure.example");
  site.bridge(1).api.down = no_answer;
  site.start();
  site.post(0);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a", 0), "Level 1");
  site.bridge(0).join("call-a", "leg-2", "bob@staff.example");
  site.post(0);
  site.wait(1s);
  EXPECT_EQ(site.shown("call-a", 0), "Level 2");
  EXPECT_TRUE(site.view(1).silent_since);
  EXPECT_EQ(site.view(1).trouble, "connection refused");
  // Its records count meanwhile, and conferences of it are in doubt.
  site.post(1);
  EXPECT_EQ(site.wanted("conf-b"), SecurityLevel::external);
  site.bridge(1).api.down.reset();
  site.wait(40s);
  EXPECT_FALSE(site.view(1).silent_since);
  EXPECT_EQ(site.shown("call-b", 1), "Level 1");
}

TEST(Resyncing, a_bridge_that_hangs_holds_up_no_other) {
  Site site({"cms1", "cms2"});
  put_together(site.bridge(0), "a", "ann@secure.example");
  site.bridge(1).api.hangs = true;
  site.bridge(0).api.state.clustered = site.bridge(1).api.state.clustered = false;
  site.start();
  site.wait(10s);
  EXPECT_TRUE(site.view(1).resyncing);
  EXPECT_TRUE(site.view(0).doubt.empty());
  site.bridge(0).join("call-a", "leg-2", "mallory@evil.example");
  site.post(0);
  site.wait(1s);
  EXPECT_EQ(site.shown("call-a", 0), "Level 3");
  site.bridge(1).api.hangs = false;
}

TEST(Resyncing, the_level_stays_while_the_bridge_does_not_answer) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  site.start();
  site.post();
  site.wait(10s);
  ASSERT_EQ(site.shown("call-a"), "Level 3");
  site.bridge().leave("leg-2");
  site.bridge().api.down = no_answer;
  site.post();
  site.wait(10min);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  site.bridge().api.down.reset();
  site.wait(1min);
  EXPECT_EQ(site.shown("call-a"), "Level 1");
}

TEST(Resyncing, B1_what_ran_before_our_start_shows_level_3_while_its_bridge_cannot_be_read) {
  Site site({"cms1", "cms2"});
  put_together(site.bridge(0), "a", "ann@secure.example");
  put_together(site.bridge(0), "gone", "ann@secure.example");
  put_together(site.bridge(1), "b", "ann@secure.example");
  for (std::size_t i = 0; i < 2; ++i) site.bridge(i).api.state.clustered = false;
  site.start();
  for (std::size_t i = 0; i < 2; ++i) site.post(i);
  site.wait(10s);
  ASSERT_EQ(site.shown("call-a"), "Level 1");
  // Whoever came meanwhile was told to nobody; its API takes messages and answers no question.
  site.bridge(0).api.end_call("call-gone");
  for (int i = 0; i < 100; ++i) site.bridge(0).api.faults["status"].push_back(no_answer);
  auto const puts = site.bridge(1).api.times("show");
  site.start_again();
  site.wait(6s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  EXPECT_EQ(site.bridge(1).api.times("show"), puts) << "one that was read shows what is right";
  site.bridge(0).api.faults.clear();
  site.wait(1min);
  EXPECT_EQ(site.shown("call-a"), "Level 1");
  EXPECT_FALSE(site.feature().ledger().knows(ConferenceId("conf-gone"))) << "it is over";
}

TEST(Resyncing, a_bridge_asked_for_is_read_once_more_and_whoever_asked_is_told) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.wait(20s);
  auto const before = site.view().counters.resyncs;
  EXPECT_TRUE(site.await(site.feature().resync(0, "an operator asks")));
  EXPECT_EQ(site.view().counters.resyncs, before + 1);
  site.bridge().api.down = no_answer;
  auto const failed = site.await(site.feature().resync(0, "an operator asks"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, "connection refused");
  site.bridge().api.down.reset();
  EXPECT_TRUE(site.await(site.feature().resync(0, "again"), 900ms)) << "it need not wait its turn";
}

TEST(Resyncing, reasons_that_come_while_a_bridge_is_read_make_one_reading_more) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.post();
  site.wait(20s);
  auto const before = site.view().counters.resyncs;
  site.bridge().api.delay = 500ms;
  for (int i = 0; i < 10; ++i) site.feature().resync("reason " + std::to_string(i));
  site.wait(100ms);
  for (int i = 0; i < 10; ++i) site.feature().resync("reason " + std::to_string(i));
  site.wait(20s);
  EXPECT_EQ(site.view().counters.resyncs, before + 2);
  EXPECT_TRUE(site.view().doubt.empty());
}

TEST(Resyncing, stop_ends_a_reading_and_tells_who_waits) {
  Site site;
  site.start();
  site.wait(1s);
  site.bridge().api.hangs = true;
  std::optional<Result<void>> told;
  auto ask = [](Site& at, std::optional<Result<void>>& out) -> Task<void> {
    out = co_await at.feature().resync(0, "an operator asks");
  };
  wardroom::test::start_task(site.io, ask(site, told));
  site.wait(1s);
  EXPECT_FALSE(told);
  site.stop();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->error().kind, ErrorKind::cancelled);
}

TEST(Resyncing, a_bridge_that_answers_by_halves_is_asked_with_pauses_and_told_of_once) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  for (int i = 0; i < 10'000; ++i) site.bridge().api.faults["calls"].push_back(no_answer);
  site.start();
  site.wait(10min);
  EXPECT_LT(site.view().counters.resyncs_failed, 200u);
  EXPECT_GT(site.view().counters.resyncs_failed, 20u);
  EXPECT_TRUE(site.view().silent_since);
  site.bridge().api.faults.clear();
  site.wait(1min);
  EXPECT_FALSE(site.view().silent_since);
  EXPECT_EQ(site.view().trouble, "");
  EXPECT_EQ(site.shown("call-a"), "Level 1");
  std::size_t told = 0;
  for (auto const& entry :
       site.await(site.daemon->journal.read_latest({.kinds = {"bridge"}}, 1'000)).value())
    told += entry.body.find("\"lost\"") != std::string::npos ? 1 : 0;
  EXPECT_EQ(told, 1u);
}

TEST(Checking, records_that_never_came_are_found_by_their_number) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.post();
  site.wait(30s);
  ASSERT_EQ(site.shown("call-a"), "Level 1");
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");  // never posted
  site.wait(80s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  EXPECT_EQ(site.view().behind, 2u);
  site.post();
  site.wait(80s);
  EXPECT_EQ(site.view().behind, 0u);
}

TEST(Checking, a_bridge_whose_records_never_come_stays_in_doubt_until_they_do) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.wait(20s);
  ASSERT_EQ(site.shown("call-a"), "Level 1");
  site.bridge().tell("leg-a");
  site.wait(80s);
  site.bridge().tell("leg-a");
  site.wait(80s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  EXPECT_FALSE(site.view().doubt.empty());
  site.post();
  site.wait(20s);
  EXPECT_TRUE(site.view().doubt.empty());
  EXPECT_EQ(site.shown("call-a"), "Level 1");
}

TEST(Checking, a_call_that_no_record_told_of_is_found) {
  Site site;
  site.start();
  site.wait(20s);
  site.bridge().api.state.next_record.reset();  // an old version: no number to compare
  site.bridge().api.add_call("call-x", "conf-x");
  site.bridge().api.add_leg("call-x", "leg-x", "mallory@evil.example");
  site.wait(80s);
  EXPECT_EQ(site.shown("call-x"), "Level 3");
}

TEST(Checking, a_leg_that_no_record_told_of_is_found) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.wait(20s);
  site.bridge().api.add_leg("call-a", "leg-x", "mallory@evil.example");
  site.wait(80s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
}

TEST(Checking, a_call_that_ended_unheard_is_gone) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.wait(20s);
  site.bridge().api.end_call("call-a");
  site.wait(80s);
  EXPECT_FALSE(site.feature().ledger().knows(ConferenceId("conf-a")));
}

TEST(Checking, a_message_that_somebody_changed_is_set_again) {
  Site site;
  put_together(site.bridge(), "a", "mallory@evil.example");
  site.start();
  site.wait(20s);
  ASSERT_EQ(site.shown("call-a"), "Level 3");
  site.bridge().api.running.at(CallId("call-a")).message = {"Lunch!", "top", "permanent"};
  site.wait(80s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  EXPECT_EQ(site.feature().board().counters().reasserted, 1u);
}

TEST(Checking, nothing_is_put_and_nothing_read_anew_while_nothing_changes) {
  Site site;
  put_together(site.bridge(), "a", "mallory@evil.example");
  site.start();
  site.post();
  site.wait(30s);
  auto const puts = site.bridge().api.puts.size();
  auto const resyncs = site.view().counters.resyncs;
  site.wait(30min);
  EXPECT_EQ(site.bridge().api.puts.size(), puts);
  EXPECT_EQ(site.view().counters.resyncs, resyncs);
  EXPECT_EQ(site.view().behind, 0u);
}

TEST(Checking, a_restart_that_no_record_told_of_is_found) {
  Site site;
  put_together(site.bridge(), "a", "mallory@evil.example");
  site.start();
  site.post();
  site.wait(30s);
  site.bridge().restart();
  site.wait(80s);
  EXPECT_EQ(site.feature().ledger().size(), 0u);
  put_together(site.bridge(), "b", "bob@staff.example");
  EXPECT_EQ(site.post().status, 200);
  site.wait(80s);
  EXPECT_EQ(site.shown("call-b"), "Level 2");
  EXPECT_EQ(site.view().behind, 0u);
}

TEST(Questions, a_leg_without_a_beginning_is_asked_for) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.post();
  site.wait(30s);
  site.bridge().api.add_leg("call-a", "leg-x", "bob@staff.example");
  site.bridge().tell("leg-x");  // an update alone
  site.post();
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "Level 2");
}

TEST(Questions, one_without_an_answer_is_tried_until_there_is_one) {
  Site site;
  put_together(site.bridge(), "a", "ann@secure.example");
  site.start();
  site.post();
  site.wait(30s);
  site.bridge().api.down = no_answer;
  site.bridge().api.add_leg("call-a", "leg-x", "bob@staff.example");
  site.bridge().tell("leg-x");
  site.post();
  site.wait(5min);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  site.bridge().api.down.reset();
  site.wait(1min);
  EXPECT_EQ(site.shown("call-a"), "Level 2");
}

}  // namespace
}  // namespace wardroom::security_notices::test
