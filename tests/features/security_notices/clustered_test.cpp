// One conference on several bridges, and people who move between calls.
#include "notices_site.hpp"

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

/// Two bridges of a cluster with one conference.
struct Cluster : Site {
  Cluster() : Site({"cms1", "cms2"}) {
    for (std::size_t no : {0u, 1u}) {
      auto& api = bridge(no).api;
      api.state.clustered = true;
      api.cluster_bridges = {{"id-1", "cms1", "https://10.1.0.1:445", "cms1.acme.example"},
                             {"id-2", "cms2", "https://10.2.0.1:445", "cms2.acme.example"}};
    }
  }
  void instance(std::size_t no, std::string const& call) {
    bridge(no).start_call(call, "conf", "space");
    std::uint64_t all = 0;
    for (auto const& world : worlds)
      for (auto const& [id, it] : world->api.running)
        all += it.facts.correlator == Correlator("conf") ? 1 : 0;
    for (auto const& world : worlds)
      for (auto& [id, it] : world->api.running)
        if (it.facts.correlator == Correlator("conf")) it.other_bridges = all - 1;
  }
};

TEST(Clustered, every_instance_shows_the_level_of_the_least_trusted_of_all) {
  Cluster site;
  site.instance(0, "call-1");
  site.bridge(0).join("call-1", "leg-1", "ann@secure.example");
  site.start();
  site.post(0);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 1");
  site.instance(1, "call-2");
  site.post(1);
  site.wait(20s);
  EXPECT_EQ(site.shown("call-2", 1), "Level 1") << "a new instance shows what the others do";
  site.bridge(1).join("call-2", "leg-2", "mallory@evil.example");
  site.post(1);
  site.wait(1s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 3");
  EXPECT_EQ(site.shown("call-2", 1), "Level 3");
  site.bridge(1).leave("leg-2");
  site.post(1);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 1");
  EXPECT_EQ(site.shown("call-2", 1), "Level 1");
}

TEST(Clustered, an_instance_that_only_its_number_tells_of_is_found) {
  Cluster site;
  site.instance(0, "call-1");
  site.bridge(0).join("call-1", "leg-1", "ann@secure.example");
  site.start();
  site.post(0);
  site.wait(20s);
  ASSERT_EQ(site.shown("call-1", 0), "Level 1");
  site.instance(1, "call-2");  // and none of its records comes
  site.bridge(1).join("call-2", "leg-2", "mallory@evil.example");
  site.bridge(0).join("call-1", "leg-3", "bob@staff.example");
  site.post(0);
  site.bridge(0).leave("leg-3");
  site.post(0);
  site.wait(20s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 3");
  EXPECT_EQ(site.shown("call-2", 1), "Level 3");
}

TEST(Clustered, an_instance_without_any_record_is_found_by_the_check) {
  Cluster site;
  site.instance(0, "call-1");
  site.bridge(0).join("call-1", "leg-1", "ann@secure.example");
  site.start();
  site.post(0);
  site.wait(20s);
  site.instance(1, "call-2");
  site.bridge(1).join("call-2", "leg-2", "mallory@evil.example");
  site.bridge(1).api.state.next_record.reset();  // no number tells of it
  site.wait(80s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 3");
  EXPECT_EQ(site.shown("call-2", 1), "Level 3");
}

TEST(Clustered, a_bridge_without_an_answer_keeps_the_level_of_its_conferences_alone) {
  Cluster site;
  site.instance(0, "call-1");
  site.instance(1, "call-2");
  site.bridge(0).join("call-1", "leg-1", "ann@secure.example");
  site.bridge(1).join("call-2", "leg-2", "mallory@evil.example");
  site.bridge(0).start_call("call-o", "other");
  site.bridge(0).join("call-o", "leg-o", "ann@secure.example");
  site.bridge(0).join("call-o", "leg-p", "mallory@evil.example");
  site.start();
  site.post(0);
  site.post(1);
  site.wait(20s);
  site.bridge(1).api.down = Error{ErrorKind::timed_out, "no answer for 10 s"};
  site.bridge(0).leave("leg-p");
  site.post(0);
  site.bridge(1).leave("leg-2");
  site.post(1);
  site.wait(2min);
  EXPECT_EQ(site.shown("call-1", 0), "Level 3") << "half of it cannot be read";
  EXPECT_EQ(site.shown("call-o", 0), "Level 1") << "all of it can";
  site.bridge(1).api.down.reset();
  site.wait(2min);
  EXPECT_EQ(site.shown("call-1", 0), "Level 1");
}

TEST(Clustered, links_between_bridges_do_not_count) {
  Cluster site;
  site.instance(0, "call-1");
  site.bridge(0).join("call-1", "leg-1", "ann@secure.example");
  auto& told = site.bridge(0).api.add_leg("call-1", "link-1", "call-2@cms2.acme.example");
  told.sub_type = "distributionLink";
  site.bridge(0).writer.leg_start(told);
  site.bridge(0).tell("link-1");
  site.bridge(0).join("call-1", "link-2", "10.2.0.1");
  site.bridge(0).api.hidden_links.insert(LegId("link-2"));
  site.start();
  site.post(0);
  site.wait(20s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 1");
  site.bridge(0).join("call-1", "liar", "x@cms2.acme.example");
  site.post(0);
  site.wait(20s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 3") << "anybody can claim an address of a bridge";
}

/// The same person on the other bridge; which record comes first is up to the network.
void move_to_the_other_bridge(bool end_first) {
  Cluster site;
  site.instance(0, "call-1");
  site.instance(1, "call-2");
  site.bridge(0).join("call-1", "leg-1", "ann@secure.example");
  site.bridge(0).join("call-1", "leg-2", "bob@staff.example");
  site.start();
  site.post(0);
  site.post(1);
  site.wait(20s);
  ASSERT_EQ(site.shown("call-1", 0), "Level 2");
  site.bridge(1).join("call-2", "leg-3", "bob@staff.example");
  site.bridge(0).api.end_leg("leg-2");
  site.bridge(0).writer.leg_end("leg-2", "callMoved");
  site.bridge(0).api.state.next_record = site.bridge(0).writer.next_index();
  for (std::size_t no : {end_first ? 0u : 1u, end_first ? 1u : 0u}) {
    site.post(no);
    site.wait(500ms);
    EXPECT_EQ(site.wanted("conf"), SecurityLevel::internal);
  }
  site.wait(20s);
  EXPECT_EQ(site.wanted("conf"), SecurityLevel::internal);
  EXPECT_EQ(site.shown("call-2", 1), "Level 2");
}
TEST(Moves, to_another_bridge_with_the_end_first) { move_to_the_other_bridge(true); }
TEST(Moves, to_another_bridge_with_the_beginning_first) { move_to_the_other_bridge(false); }

TEST(Moves, out_of_the_entrance_menu_into_a_call) {
  Site site;
  site.bridge().start_call("call-a", "conf-a");
  site.bridge().join("call-a", "leg-1", "ann@secure.example");
  site.start();
  site.post();
  site.wait(10s);
  conference::LegFacts caller;
  caller.id = LegId("leg-2");
  caller.in_ivr = true;
  caller.remote_party = "4711@10.20.0.5";
  caller.type = "sip";
  caller.direction = "incoming";
  caller.group_id = "group-2";
  site.bridge().api.parties[caller.id] = caller;
  site.bridge().writer.leg_start(caller);
  site.post();
  site.wait(5s);
  EXPECT_EQ(site.shown("call-a"), "Level 1") << "in no call yet";
  site.bridge().api.parties[caller.id].connected = true;
  site.bridge().api.parties[caller.id].remote_address = "bob@staff.example";
  site.bridge().move("leg-2", "call-a");
  site.post();
  site.wait(1s);
  EXPECT_EQ(site.shown("call-a"), "Level 2");
}

TEST(Moves, who_waits_in_the_lobby_counts) {
  Site site;
  site.bridge().start_call("call-a", "conf-a");
  site.bridge().join("call-a", "leg-1", "ann@secure.example");
  site.start();
  site.post();
  site.wait(10s);
  auto& guest = site.bridge().api.add_leg("call-a", "leg-2", "guest1@meet.example", "acano");
  guest.deactivated = true;
  site.bridge().writer.leg_start(guest);
  site.bridge().tell("leg-2");
  site.post();
  site.wait(1s);
  EXPECT_EQ(site.shown("call-a"), "Level 3");
  site.bridge().leave("leg-2");
  site.post();
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "Level 1");
}

TEST(Moves, from_call_to_call_ends_one_stay_and_begins_another) {
  Site site;
  site.bridge().start_call("call-a", "conf-a");
  site.bridge().start_call("call-b", "conf-b");
  site.bridge().join("call-a", "leg-1", "mallory@evil.example");
  site.bridge().join("call-b", "leg-2", "ann@secure.example");
  site.start();
  site.post();
  site.wait(10s);
  ASSERT_EQ(site.shown("call-b"), "Level 1");
  site.bridge().move("leg-1", "call-b");
  site.post();
  site.wait(10s);
  EXPECT_EQ(site.shown("call-a"), "");
  EXPECT_EQ(site.shown("call-b"), "Level 3");
  std::vector<StayRow> hers;
  for (auto const& stay : site.report().stays)
    if (stay.leg == "leg-1") hers.push_back(stay);
  ASSERT_EQ(hers.size(), 2u);
  std::ranges::sort(hers, {}, &StayRow::began);
  EXPECT_EQ(hers[0].conference, "conf-a");
  EXPECT_TRUE(hers[0].ended);
  EXPECT_EQ(hers[1].conference, "conf-b");
  EXPECT_FALSE(hers[1].ended);
}

}  // namespace
}  // namespace wardroom::security_notices::test
