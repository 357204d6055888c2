// What a simulated bridge posts: batches, resending, finite queues, and every fault of it.
#include "sim/tests/cms_kit.hpp"

namespace wardroom::sim::test {
namespace {

struct CmsPostsTest : CmsKit {
  CmsPostsTest() {
    auto& b = cms.add_bridge();
    if (!b.add_receiver("http://127.0.0.1:8480/cdr/x?system_id=acano1"))
      throw std::runtime_error("no receiver");
  }
  CmsBridge& b() { return cms.bridge(0); }
  CmsReceiver& receiver() { return *b().receivers.front(); }
  void three_records() { join({.conference = "Board", .address = "ann@secure.acme.example"}); }
};

TEST_F(CmsPostsTest, the_same_records_come_again_until_200) {
  three_records();
  auto const first = b().next_post(receiver());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->uri, "http://127.0.0.1:8480/cdr/x?system_id=acano1");
  EXPECT_EQ(first->content_type, "text/xml");
  for (int status : {0, 503, 404, 204}) {
    b().answered(receiver(), status);
    EXPECT_EQ(b().next_post(receiver())->body, first->body) << status;
  }
  b().answered(receiver(), 200);
  EXPECT_FALSE(b().next_post(receiver()));
  EXPECT_EQ(receiver().delivered, 3u);
}

TEST_F(CmsPostsTest, a_full_queue_drops_the_oldest_and_tells_how_many) {
  b().faults.store = 2;
  three_records();
  auto const all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].missing, 1u);
  EXPECT_EQ(all[0].index, 1u);
  EXPECT_EQ(all[0].number, 1u) << "contiguous even when records were lost";
  EXPECT_EQ(all[1].missing, 0u);
}

TEST_F(CmsPostsTest, four_receivers_have_queues_of_their_own) {
  three_records();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(b().add_receiver("http://127.0.0.1/other"));
  EXPECT_FALSE(b().add_receiver("http://127.0.0.1/fifth"));
  join({.conference = "Board", .address = "bob@acme.example"});
  auto const late = b().next_post(*b().receivers[3]);
  ASSERT_TRUE(late);
  auto const seen = read(late->body);
  EXPECT_EQ(seen.front().number, 1u);
  EXPECT_EQ(seen.front().index, 3u) << "as the reference shows of one added later";
  EXPECT_EQ(records().size(), 5u) << "nobody's delay is another's";
}

TEST_F(CmsPostsTest, gaps_are_told_or_not) {
  b().faults.lose_records = 1;
  three_records();
  auto all = records();
  ASSERT_EQ(types(all), (std::vector<std::string>{"callLegStart", "callLegUpdate"}));
  EXPECT_EQ(all[0].missing, 1u);
  b().faults.lose_records = 2;
  b().faults.tell_missing = false;
  join({.conference = "Board", .address = "bob@acme.example"});
  ASSERT_TRUE(cms.mention(1));
  all = records();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].missing, 0u);
  EXPECT_EQ(all[0].index, 5u);
}

TEST_F(CmsPostsTest, posts_come_twice_or_their_200_is_lost) {
  for (auto* const fault : {&b().faults.duplicate_posts, &b().faults.lose_200}) {
    *fault = 1;
    three_records();
    auto const all = posts();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0], all[1]);
  }
  b().faults.duplicate_posts = 1;
  b().faults.new_record_index = true;
  three_records();
  auto const all = posts();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0], all[1]);
  EXPECT_EQ(read(all[0])[0].index, read(all[1])[0].index);
}

TEST_F(CmsPostsTest, records_come_out_of_order_before_their_call_or_without_a_beginning) {
  b().faults.late_call_start = 1;
  three_records();
  EXPECT_EQ(types(records()),
            (std::vector<std::string>{"callLegStart", "callStart", "callLegUpdate"}));
  b().faults.swap_records = 1;
  join({.conference = "Board", .address = "bob@acme.example"});
  EXPECT_EQ(types(records()), (std::vector<std::string>{"callLegUpdate", "callLegStart"}));
  b().faults.omit = "callLegStart";
  auto const carol = join({.conference = "Board", .address = "carol@acme.example"});
  b().faults.end_twice = 1;
  ASSERT_TRUE(cms.leave(carol));
  EXPECT_EQ(types(records()),
            (std::vector<std::string>{"callLegUpdate", "callLegEnd", "callLegEnd"}));
  b().faults.omit.clear();
  ASSERT_TRUE(cms.end("Board", true));
  EXPECT_EQ(types(records()), std::vector<std::string>{"callEnd"}) << "with its legs open";
}

TEST_F(CmsPostsTest, documents_are_damaged_in_every_way) {
  for (auto const* how :
       {"truncated", "two_roots", "stray_end", "doctype", "entities", "nul", "no_root", "empty"}) {
    b().faults.garble = how;
    b().faults.garble_posts = 1;
    three_records();
    auto const all = posts();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_FALSE(xml::parse(all[0])) << how << all[0];
  }
  for (auto const* how : {"bom", "crlf", "no_id"}) {
    b().faults.garble = how;
    b().faults.garble_posts = 1;
    three_records();
    auto const all = posts();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(xml::parse(all[0].substr(std::string_view(how) == "bom" ? 3 : 0))) << how;
  }
  b().faults.strangers = true;
  three_records();
  EXPECT_EQ(records().front().type, "novelty");
}

TEST_F(CmsPostsTest, an_unclustered_bridge_does_not_say_which_one_it_is) {
  three_records();
  EXPECT_NE(posts().front().find("callBridge=\"" + b().guid), std::string::npos);
  b().options.clustered = false;
  three_records();
  EXPECT_EQ(posts().front().find("callBridge"), std::string::npos);
}

TEST_F(CmsPostsTest, a_dead_bridge_posts_nothing_and_says_so_later) {
  b().faults.dead = true;
  three_records();
  EXPECT_FALSE(b().next_post(receiver()));
  EXPECT_EQ(cms.level("Board", domains), 1) << "its people go on";
  b().faults.dead = false;
  EXPECT_EQ(records().size(), 3u);
}

TEST_F(CmsPostsTest, switches_are_all_or_none_and_name_what_is_known) {
  auto const bad = set_switches(b().faults, {{"page_cap", 5}, {"duplicate_post", 1}});
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().what.find("duplicate_posts"), std::string::npos);
  EXPECT_EQ(b().faults.page_cap, 10);
  EXPECT_FALSE(set_switches(b().faults, {{"garble", "odd"}}));
  ASSERT_TRUE(set_switches(b().faults, {{"page_cap", 5}}));
  EXPECT_EQ(to_json(b().faults)["page_cap"], 5);
}

}  // namespace
}  // namespace wardroom::sim::test
