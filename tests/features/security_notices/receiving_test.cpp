// Posts of records: what they raise, what is counted once, what is answered when.
#include "notices_site.hpp"

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

/// A secure conference that was read at the start and shows so.
struct Running : Site {
  Running() {
    bridge().start_call("call-a", "conf-a");
    bridge().join("call-a", "leg-1", "ann@secure.example");
    start();
    wait(10s);
  }
};

TEST(Receiving, running_calls_get_the_right_level_without_a_record) {
  Running site;
  EXPECT_EQ(site.bridge().writer.waiting(), 3u) << "nothing was posted";
  EXPECT_EQ(site.shown("call-a"), "Level 1");
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::secure);
}

TEST(Receiving, a_post_raises_the_level_and_is_answered_after_the_commit) {
  Running site;
  site.post();
  site.wait(10s);
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  EXPECT_EQ(site.post().status, 200);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  site.wait(1s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  auto const stays = site.report().stays;
  EXPECT_EQ(std::ranges::count(stays, "leg-2", &StayRow::leg), 1);
}

TEST(Receiving, who_leaves_lowers_the_level_after_the_calm) {
  Running site;
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  site.post();
  site.wait(10s);
  ASSERT_EQ(site.shown("call-a"), "Level 3");
  site.bridge().leave("leg-2");
  site.post();
  site.wait(1s);
  EXPECT_EQ(site.shown("call-a"), "Level 3") << "a record alone lowers nothing";
  site.wait(4s);
  EXPECT_EQ(site.shown("call-a"), "Level 1");
}

TEST(Receiving, the_notice_goes_when_nobody_counts_any_more) {
  Running site;
  site.post();
  site.wait(10s);
  site.bridge().leave("leg-1");
  site.post();
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "");
}

TEST(Receiving, B2_posts_that_come_twice_count_once) {
  Running site;
  auto const body = site.bridge().writer.post();
  EXPECT_EQ(site.post_body(body).status, 200);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(site.post_body(body).status, 200);
  auto const view = site.view();
  EXPECT_EQ(view.counters.records, 3u);
  EXPECT_EQ(view.counters.duplicates, 60u);
  EXPECT_EQ(view.legs, 1u);
  EXPECT_EQ(site.report().stays.size(), 1u);
}

TEST(Receiving, a_gap_means_level_3_until_the_bridge_was_read) {
  Running site;
  site.post();
  site.wait(10s);
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  site.bridge().leave("leg-2");
  site.bridge().writer.lose(10);
  site.bridge().tell("leg-1");
  site.bridge().api.hangs = true;
  EXPECT_EQ(site.post().status, 200);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  EXPECT_FALSE(site.view().doubt.empty());
  site.bridge().api.hangs = false;
  site.wait(1s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  EXPECT_TRUE(site.view().doubt.empty());
  EXPECT_EQ(site.view().counters.gaps, 1u);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "Level 1");
}

TEST(Receiving, who_came_in_a_gap_is_found_by_the_reading) {
  Running site;
  site.post();
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  site.bridge().writer.lose(10);
  site.bridge().tell("leg-1");
  site.post();
  site.wait(10s);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  EXPECT_EQ(site.feature().ledger().evidence(ConferenceId("conf-a")).doubt, "");
}

TEST(Receiving, a_new_session_ends_what_ran_before_it) {
  Running site;
  site.post();
  site.wait(10s);
  site.bridge().restart();
  site.bridge().start_call("call-b", "conf-b");
  site.bridge().join("call-b", "leg-9", "bob@staff.example");
  EXPECT_EQ(site.post().status, 200);
  EXPECT_FALSE(site.feature().ledger().knows(ConferenceId("conf-a")));
  EXPECT_EQ(site.wanted("conf-b"), SecurityLevel::external) << "until it was read";
  site.wait(10s);
  EXPECT_EQ(site.shown("call-b"), "Level 2");
  auto const report = site.report();
  for (auto const& row : report.conferences) EXPECT_EQ(row.ended.has_value(), row.id == "conf-a");
}

TEST(Receiving, late_posts_of_a_session_that_is_over_change_nothing) {
  Running site;
  auto const old = site.bridge().writer.post();
  site.post();
  site.bridge().restart();
  site.bridge().start_call("call-b", "conf-b");
  site.post();
  site.wait(10s);
  auto const before = site.view().counters;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(site.post_body(old).status, 200);
  site.wait(1s);
  auto const after = site.view().counters;
  EXPECT_EQ(after.old, before.old + 15);
  EXPECT_EQ(after.resyncs, before.resyncs) << "two posters do not make it read again and again";
  EXPECT_FALSE(site.feature().ledger().knows(ConferenceId("conf-a")));
}

TEST(Receiving, B2_a_late_post_of_an_ended_session_after_our_restart_shuts_nobody_out) {
  Running site;
  auto const old = site.bridge().writer.post();
  site.post();
  site.wait(10s);
  site.bridge().restart();
  site.bridge().start_call("call-b", "conf-b");
  site.post();
  site.start_again();
  site.wait(10s);
  EXPECT_EQ(site.post_body(old).status, 200);
  EXPECT_EQ(site.view().counters.old, 3u);
  EXPECT_EQ(site.view().session, "cms1-session-2") << "it is known which sessions are over";
  EXPECT_EQ(site.view().doubt, "");
  site.bridge().join("call-b", "leg-2", "mallory@evil.example");
  EXPECT_EQ(site.post().status, 200);
  EXPECT_EQ(site.view().counters.records, 2u);
  EXPECT_EQ(site.feature().ledger().evidence(ConferenceId("conf-b")).level,
            SecurityLevel::external);
}

/// Nobody can know which of two sessions runs when the older one was never heard of.
TEST(Receiving, B1_a_post_of_a_session_from_before_our_time_costs_a_reading_and_no_record) {
  for (bool const first : {true, false}) {
    Running site;
    auto const old = site.bridge().writer.post();
    site.bridge().restart();  // before anybody heard of it
    site.wait(10s);
    site.bridge().start_call("call-b", "conf-b");
    if (!first) site.post();
    site.wait(10s);
    auto const resyncs = site.view().counters.resyncs;
    EXPECT_EQ(site.post_body(old).status, 200);
    EXPECT_EQ(site.view().counters.resyncs, resyncs + 1);
    if (!first) site.wait(10s);
    site.bridge().join("call-b", "leg-2", "mallory@evil.example");
    EXPECT_EQ(site.post().status, 200);
    EXPECT_EQ(site.view().counters.old, 0u);
    EXPECT_EQ(site.view().session, "cms1-session-2");
    EXPECT_NE(site.feature().ledger().leg({0, LegId("leg-2")}), nullptr) << "taken at once";
    EXPECT_EQ(site.wanted("conf-b"), SecurityLevel::external);
    site.wait(10s);
    EXPECT_EQ(site.view().doubt, "");
    EXPECT_FALSE(site.feature().ledger().knows(ConferenceId("conf-a")));
    EXPECT_EQ(site.shown("call-b"), "Level 3");
    auto const before = site.view().counters;
    EXPECT_EQ(site.post_body(old).status, 200);
    EXPECT_EQ(site.view().counters.old, before.old + 3) << "now it is known to be over";
    EXPECT_EQ(site.view().counters.resyncs, before.resyncs);
  }
}

TEST(Receiving, of_a_broken_post_the_records_before_the_fault_count) {
  Running site;
  site.post();
  site.wait(10s);
  auto const resyncs = site.view().counters.resyncs;
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  auto body = site.bridge().writer.post();
  body.resize(body.find("callLegUpdate"));
  EXPECT_EQ(site.post_body(body).status, 200);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  EXPECT_EQ(site.view().counters.malformed, 1u);
  site.wait(1s);
  EXPECT_EQ(site.view().counters.resyncs, resyncs + 1);
  EXPECT_NE(site.feature().ledger().leg({0, LegId("leg-2")}), nullptr);
}

TEST(Receiving, unknown_types_and_attributes_are_counted_and_nothing_more) {
  Running site;
  site.post();
  site.wait(10s);
  auto const resyncs = site.view().counters.resyncs;
  site.bridge().writer.add("callLegYodel", R"(<callLeg id="leg-1" pitch="high"/>)");
  EXPECT_EQ(site.post().status, 200);
  site.wait(1s);
  EXPECT_EQ(site.view().counters.unknown_types, 1u);
  EXPECT_EQ(site.view().counters.resyncs, resyncs);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::secure);
}

TEST(Receiving, B3_a_store_that_fails_is_answered_503_and_all_is_stored_later) {
  Running site;
  site.post();
  site.wait(10s);
  site.daemon->database.fail_commits(Error{ErrorKind::unavailable, "disk full"});
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  EXPECT_EQ(site.post().status, 503);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external) << "levels do not wait for the store";
  EXPECT_EQ(site.post().status, 503) << "a duplicate is not stored either";
  site.daemon->database.fail_commits({});
  EXPECT_EQ(site.post().status, 200);
  EXPECT_EQ(std::ranges::count(site.report().stays, "leg-2", &StayRow::leg), 1);
}

TEST(Receiving, B3_what_was_answered_is_known_after_a_crash) {
  Running site;
  site.bridge().join("call-a", "leg-2", "mallory@evil.example");
  auto const body = site.bridge().writer.post();
  EXPECT_EQ(site.post().status, 200);
  site.start_again();
  site.wait(10s);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  EXPECT_EQ(site.post_body(body).status, 200);
  EXPECT_EQ(site.view().counters.duplicates, 5u) << "how far it was heard is kept";
  EXPECT_EQ(site.view().session, "cms1-session-1");
  auto const stays = site.report().stays;
  ASSERT_EQ(stays.size(), 2u);
  for (auto const& stay : stays) EXPECT_FALSE(stay.ended) << "they go on over a restart";
}

TEST(Receiving, posts_wait_until_it_is_known_how_far_the_bridge_was_heard) {
  Site site;
  site.bridge().start_call("call-a", "conf-a");
  EXPECT_EQ(site.post().status, 503);
  site.start();
  EXPECT_EQ(site.post().status, 200);
}

TEST(Receiving, a_large_post_is_taken_in_slices) {
  Running site;
  for (int i = 0; i < 500; ++i)
    site.bridge().join("call-a", "many-" + std::to_string(i), "bob@staff.example");
  EXPECT_EQ(site.post().status, 200);
  EXPECT_EQ(site.view().legs, 501u);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "Level 2");
}

TEST(Receiving, posts_of_one_bridge_are_taken_in_the_order_they_came) {
  Running site;
  site.post();
  for (int i = 0; i < 500; ++i)
    site.bridge().join("call-a", "many-" + std::to_string(i), "bob@staff.example");
  auto const first = site.bridge().writer.post();
  site.bridge().writer.taken();
  for (int i = 0; i < 500; ++i) site.bridge().leave("many-" + std::to_string(i));
  auto const second = site.bridge().writer.post();
  std::vector<int> answers;
  auto send = [](Site& to, std::string body, std::vector<int>& out) -> Task<void> {
    auto const received = co_await to.feature().receive(0, std::move(body));
    out.push_back(received.status);
  };
  wardroom::test::start_task(site.io, send(site, first, answers));
  wardroom::test::start_task(site.io, send(site, second, answers));
  site.wait(1s);
  EXPECT_EQ(answers, (std::vector{200, 200}));
  EXPECT_EQ(site.view().legs, 1u);
  EXPECT_EQ(site.view().counters.gaps, 0u);
}

TEST(Receiving, views_are_told_of_many_changes_once) {
  Running site;
  int told = 0;
  auto listening = site.feature().on_change([&] { ++told; });
  for (int i = 0; i < 500; ++i)
    site.bridge().join("call-a", "many-" + std::to_string(i), "bob@staff.example");
  site.post();
  EXPECT_GT(told, 0);
  EXPECT_LT(told, 30);
  listening.reset();
  told = 0;
  site.bridge().leave("leg-1");
  site.post();
  EXPECT_EQ(told, 0);
}

TEST(Receiving, posts_are_acknowledged_while_the_feature_is_off) {
  Site site;
  site.settings.policy.mode = FeatureMode::off;
  site.configure(site.settings);
  site.bridge().start_call("call-a", "conf-a");
  site.bridge().join("call-a", "leg-1", "mallory@evil.example");
  site.start();
  EXPECT_EQ(site.post().status, 200);
  site.wait(10s);
  EXPECT_EQ(site.view().counters.posts, 1u);
  EXPECT_TRUE(site.bridge().api.asked.empty());
  auto policy = site.settings.policy;
  policy.mode = FeatureMode::enforce;
  site.feature().set_policy(policy);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "Level 3") << "switched on: read";
  policy.mode = FeatureMode::off;
  site.feature().set_policy(policy);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "") << "nobody looks after it any more";
}

TEST(Receiving, observing_shows_nothing) {
  Site site;
  site.settings.policy.mode = FeatureMode::observe;
  site.configure(site.settings);
  site.bridge().start_call("call-a", "conf-a");
  site.bridge().join("call-a", "leg-1", "mallory@evil.example");
  site.start();
  site.wait(10s);
  EXPECT_EQ(site.wanted("conf-a"), SecurityLevel::external);
  EXPECT_TRUE(site.bridge().api.puts.empty());
}

TEST(Receiving, secrets_name_their_bridge_and_addresses_may_be_demanded) {
  Site site({"cms1", "cms2"});
  site.settings.bridges[1].from = {"10.1.0.0/16", "2001:db8::7"};
  site.configure(site.settings);
  EXPECT_EQ(site.feature().bridge_of("secret-of-cms2"), BridgeNo(1));
  EXPECT_FALSE(site.feature().bridge_of("secret-of-cms"));
  EXPECT_FALSE(site.feature().bridge_of(""));
  EXPECT_TRUE(site.feature().may_post(0, "192.0.2.1"));
  EXPECT_TRUE(site.feature().may_post(1, "10.1.2.3"));
  EXPECT_TRUE(site.feature().may_post(1, "::ffff:10.1.2.3"));
  EXPECT_TRUE(site.feature().may_post(1, "2001:db8::7"));
  EXPECT_FALSE(site.feature().may_post(1, "10.2.0.1"));
  EXPECT_FALSE(site.feature().may_post(1, "not an address"));
  EXPECT_EQ(site.view(1).counters.refused, 2u);
}

}  // namespace
}  // namespace wardroom::security_notices::test
