// The records of simulated bridges are those that the reference documents (E1 to E10).
#include "sim/tests/cms_kit.hpp"

#include <fmt/format.h>

namespace wardroom::sim::test {
namespace {

using Words = std::vector<std::string>;

struct CmsRecordsTest : CmsKit {
  CmsRecordsTest() {
    for (std::size_t i = 0; i < 3; ++i)
      if (!cms.add_bridge().add_receiver(fmt::format("http://127.0.0.1/cdr/{}", i)))
        throw std::runtime_error("no receiver");
  }
};

TEST_F(CmsRecordsTest, E1_E2_a_space_opens_and_a_room_comes_in) {
  auto const ann = join({.conference = "Project Board & Steering",
                         .name = "Board Room 1",
                         .address = "boardroom1@secure.acme.example"});
  auto const all = records();
  ASSERT_EQ(types(all), (Words{"callStart", "callLegStart", "callLegUpdate"}));
  EXPECT_EQ(all[0].tags, (Words{"name", "ownerName", "callType", "coSpace", "callCorrelator"}));
  EXPECT_EQ(all[0].values.at("name"), "Project Board & Steering");
  EXPECT_EQ(all[1].tags, (Words{"remoteParty", "localAddress", "displayName", "type", "direction",
                                "groupId", "sipCallId", "canMove", "confirmationStatus"}))
      << "a SIP leg names its call by an update only";
  EXPECT_EQ(all[2].tags, (Words{"state", "call", "deactivated", "groupId", "sipCallId",
                                "displayName", "remoteAddress", "canMove", "confirmationStatus"}));
  EXPECT_EQ(all[2].values.at("call"), all[0].id);
  EXPECT_EQ(all[2].values.at("state"), "connected");
  EXPECT_EQ(all[2].values.at("remoteAddress"), "boardroom1@secure.acme.example");
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].index, i) << "from 0 in a session";
    EXPECT_EQ(all[i].number, i + 1) << "from 1 for a receiver";
  }
  EXPECT_EQ(cms.level("Project Board & Steering", domains), 1);
  ASSERT_TRUE(cms.leave(ann));
  auto const rest = records();
  ASSERT_EQ(types(rest), (Words{"callLegEnd", "callEnd"}));
  EXPECT_EQ(rest[0].values.at("reason"), "clientInitiatedTeardown");
  EXPECT_TRUE(rest[0].values.contains("rxVideo")) << "media figures, as E7 has them";
  EXPECT_EQ(rest[1].tags, (Words{"callLegsCompleted", "callLegsMaxActive", "durationSeconds"}));
  EXPECT_EQ(rest[1].id, all[0].id);
  EXPECT_TRUE(cms.conferences().empty());
}

TEST_F(CmsRecordsTest, E3_E7_a_guest_waits_is_admitted_and_leaves) {
  join({.conference = "Board", .address = "ann@secure.acme.example"});
  records();
  auto const guest = join({.conference = "Board",
                           .name = "Ann (supplier)",
                           .address = "guest1783@meet.acme.example",
                           .via = CmsVia::guest,
                           .state = CmsState::lobby});
  auto all = records();
  ASSERT_EQ(types(all), (Words{"callLegStart", "callLegUpdate"}));
  EXPECT_EQ(all[0].tags, (Words{"remoteParty", "displayName", "guestConnection", "type", "subType",
                                "direction", "call", "groupId"}));
  EXPECT_EQ(all[0].values.at("groupId"), all[0].id);
  EXPECT_EQ(all[1].values.at("deactivated"), "true");
  EXPECT_EQ(cms.level("Board", domains), 3);
  ASSERT_TRUE(cms.admit(guest));
  all = records();
  ASSERT_EQ(types(all), Words{"callLegUpdate"});
  EXPECT_EQ(all[0].values.at("deactivated"), "false");
  ASSERT_TRUE(cms.leave(guest));
  all = records();
  ASSERT_EQ(types(all), (Words{"callLegUpdate", "callLegEnd"}));
  EXPECT_FALSE(all[0].values.contains("state")) << "as seen in the wild just before an end";
  EXPECT_TRUE(all[1].values.contains("encryptedMedia"));
  EXPECT_EQ(cms.level("Board", domains), 1);
}

TEST_F(CmsRecordsTest, E4_a_caller_in_the_IVR_is_put_through_and_the_address_corrected) {
  auto const bob = join(
      {.address = "bob@acme.example", .state = CmsState::ivr, .first_address = "4711@10.20.0.5"});
  auto all = records();
  ASSERT_EQ(types(all), Words{"callLegStart"});
  EXPECT_TRUE(all[0].values.contains("ivr"));
  EXPECT_FALSE(all[0].values.contains("call"));
  EXPECT_EQ(all[0].values.at("remoteParty"), "4711@10.20.0.5");
  ASSERT_TRUE(cms.put_through(bob, "Board"));
  all = records();
  ASSERT_EQ(types(all), (Words{"callStart", "callLegUpdate"}));
  EXPECT_EQ(all[1].values.at("call"), all[0].id);
  EXPECT_EQ(all[1].values.at("remoteAddress"), "bob@acme.example");
  EXPECT_EQ(cms.level("Board", domains), 2);
  ASSERT_TRUE(cms.put_through(bob, "Another"));
  EXPECT_EQ(types(records()), (Words{"callStart", "callLegUpdate", "callEnd"}));
}

TEST_F(CmsRecordsTest, E5_nobody_answers_an_outgoing_call) {
  join({.conference = "Board", .address = "ann@secure.acme.example"});
  records();
  auto const carol = join(
      {.conference = "Board", .address = "carol@partner.example.net", .state = CmsState::ringing});
  auto all = records();
  ASSERT_EQ(types(all), Words{"callLegStart"});
  EXPECT_EQ(all[0].values.at("direction"), "outgoing");
  EXPECT_TRUE(all[0].values.contains("call"));
  EXPECT_EQ(cms.level("Board", domains), 3) << "raised early";
  ASSERT_TRUE(cms.leave(carol, "ringingTimeout"));
  all = records();
  ASSERT_EQ(types(all), Words{"callLegEnd"});
  EXPECT_EQ(all[0].tags, (Words{"reason", "remoteTeardown", "durationSeconds"}));
}

TEST_F(CmsRecordsTest, E6_E10_recorders_and_streamers_are_nobody) {
  join({.conference = "Board", .address = "ann@secure.acme.example"});
  records();
  auto const recorder = cms.start_machine("Board", 0, false, false);
  ASSERT_TRUE(recorder);
  auto all = records();
  ASSERT_EQ(types(all), (Words{"callLegStart", "recordingStart", "callLegUpdate"}));
  EXPECT_EQ(all[0].values.at("recording"), "true");
  EXPECT_EQ(all[1].tags, (Words{"path", "recorderUrl", "call", "callLeg"}));
  EXPECT_EQ(all[1].values.at("callLeg"), all[0].id);
  auto const streamer = cms.start_machine("Board", 0, true, true);
  ASSERT_TRUE(streamer);
  all = records();
  ASSERT_EQ(types(all), (Words{"callLegStart", "streamingStart", "callLegUpdate"}));
  EXPECT_EQ(all[0].values.at("type"), "sip");
  EXPECT_FALSE(all[0].values.contains("streaming"));
  EXPECT_EQ(all[1].tags, (Words{"streamUrl", "streamerUri", "call", "callLeg"}));
  EXPECT_EQ(cms.level("Board", domains), 1);
  ASSERT_TRUE(cms.stop_machine(*recorder));
  EXPECT_EQ(types(records()), (Words{"recordingEnd", "callLegEnd"}));
  ASSERT_TRUE(cms.end("Board"));
  EXPECT_TRUE(cms.machines().empty());
}

TEST_F(CmsRecordsTest, E8_a_conference_over_three_bridges_has_a_mesh_of_links) {
  for (std::size_t i = 0; i < 3; ++i)
    join({.conference = "All hands",
          .bridge = i,
          .address = fmt::format("r{}@secure.acme.example", i)});
  std::string correlator;
  for (std::size_t i = 0; i < 3; ++i) {
    std::size_t links = 0;
    for (auto const& r : records(i)) {
      if (r.type == "callStart" && correlator.empty()) correlator = r.values.at("callCorrelator");
      if (r.type == "callStart") EXPECT_EQ(r.values.at("callCorrelator"), correlator);
      if (r.type != "callLegStart" || !r.values.contains("subType")) continue;
      ++links;
      EXPECT_EQ(r.values.at("subType"), "distributionLink");
      EXPECT_EQ(r.tags, (Words{"remoteParty", "type", "subType", "direction", "call", "groupId",
                               "sipCallId"}));
    }
    EXPECT_EQ(links, 2u) << i;
  }
  EXPECT_EQ(cms.level("All hands", domains), 1) << "links are nobody";
  join({.conference = "All hands", .bridge = 2, .address = "mallory@partner.example.net"});
  EXPECT_EQ(cms.level("All hands", domains), 3);
}

TEST_F(CmsRecordsTest, newer_bridges_do_not_tell_that_a_leg_is_a_link) {
  for (std::size_t i = 0; i < 2; ++i) cms.bridge(i).faults.link_sub_type = false;
  join({.conference = "Board", .bridge = 0, .address = "a@secure.acme.example"});
  join({.conference = "Board", .bridge = 1, .address = "b@secure.acme.example"});
  for (std::size_t i = 0; i < 2; ++i)
    for (auto const& r : records(i)) EXPECT_FALSE(r.values.contains("subType"));
}

TEST_F(CmsRecordsTest, E9_somebody_is_moved_to_another_bridge_in_both_orders) {
  for (auto const order : {CmsMoveOrder::start_first, CmsMoveOrder::end_first}) {
    auto const alice = join({.conference = "All hands", .address = "alice@secure.acme.example"});
    join({.conference = "All hands", .bridge = 1, .address = "bob@secure.acme.example"});
    auto const before = cms.people().at(alice).legs.front();
    records(0);
    records(1);
    ASSERT_TRUE(cms.move(alice, 1, order));
    auto const there = records(1), here = records(0);
    ASSERT_GE(there.size(), 2u);
    EXPECT_EQ(there[0].type, "callLegStart");
    EXPECT_EQ(there[0].tags,
              (Words{"remoteParty", "type", "direction", "call", "groupId", "sipCallId",
                     "replacesSipCallId", "movedCallLeg", "movedCallLegCallBridge"}));
    EXPECT_EQ(there[0].values.at("movedCallLeg"), before);
    EXPECT_EQ(there[0].values.at("movedCallLegCallBridge"), cms.bridge(0).guid);
    ASSERT_FALSE(here.empty());
    EXPECT_EQ(here[0].type, "callLegEnd");
    EXPECT_EQ(here[0].values.at("reason"), "callMoved");
    EXPECT_EQ(here.back().type, "callEnd") << "nobody is left there";
    EXPECT_EQ(cms.level("All hands", domains), 1);
    ASSERT_TRUE(cms.end("All hands"));
    records(0);
    records(1);
  }
}

TEST_F(CmsRecordsTest, E10_a_Lync_participant_has_two_legs_of_one_group) {
  auto const dave =
      join({.conference = "Board", .address = "dave@acme.example", .via = CmsVia::lync});
  ASSERT_TRUE(cms.share(dave));
  auto const all = records();
  ASSERT_EQ(types(all),
            (Words{"callStart", "callLegStart", "callLegUpdate", "callLegStart", "callLegUpdate"}));
  EXPECT_EQ(all[1].values.at("lyncSubType"), "audioVideo");
  EXPECT_EQ(all[3].values.at("lyncSubType"), "applicationSharing");
  EXPECT_EQ(all[1].values.at("groupId"), all[3].values.at("groupId"));
  ASSERT_TRUE(cms.leave(dave));
  EXPECT_EQ(types(records()), (Words{"callLegEnd", "callLegEnd", "callEnd"}));
}

TEST_F(CmsRecordsTest, the_same_space_again_is_another_conference) {
  ASSERT_TRUE(cms.leave(join({.conference = "Board", .address = "a@acme.example"})));
  ASSERT_TRUE(cms.leave(join({.conference = "Board", .address = "b@acme.example"})));
  std::vector<Seen> starts;
  for (auto const& r : records())
    if (r.type == "callStart") starts.push_back(r);
  ASSERT_EQ(starts.size(), 2u);
  EXPECT_EQ(starts[0].values.at("coSpace"), starts[1].values.at("coSpace"));
  EXPECT_NE(starts[0].values.at("callCorrelator"), starts[1].values.at("callCorrelator"));
}

TEST_F(CmsRecordsTest, a_restart_is_a_new_session_without_a_word_about_the_old_one) {
  join({.conference = "Board", .address = "a@acme.example"});
  join({.conference = "Board", .bridge = 1, .address = "b@partner.example"});
  auto const old = cms.bridge(0).session;
  records(1);
  cms.restart(0);
  EXPECT_TRUE(posts(0).empty()) << "what was kept is lost";
  EXPECT_NE(cms.bridge(0).session, old);
  EXPECT_EQ(types(records(1)), Words{"callLegEnd"}) << "the other end of the link notices";
  EXPECT_EQ(cms.level("Board", domains), 3);
  join({.conference = "Board", .address = "c@acme.example"});
  auto const all = records(0);
  EXPECT_EQ(all.front().index, 0u);
  EXPECT_EQ(all.front().number, 1u);
}

TEST_F(CmsRecordsTest, the_truth_follows_the_table_of_addresses) {
  CmsDomains const table{{"secure.example", ".rooms.secure.example"}, {"staff.example.com"}};
  struct Row {
    char const* address;
    int level;
  };
  for (auto const& row : {Row{"bob@staff.example.com", 2},
                          {"sip:Bob@STAFF.example.com.;transport=tls", 2},
                          {"<sips:x@a.rooms.secure.example:5061;user=phone>", 1},
                          {"x@notsecure.example", 3},
                          {"x@secure.example.evil.net", 3},
                          {"secure.example@evil.net", 3},
                          {"a@secure.example@evil.net", 3},
                          {"x@evil.net;foo=@secure.example", 3},
                          {"user;phone-context=x@staff.example.com;user=phone", 2},
                          {"4711@10.20.0.5", 3},
                          {"x@[2001:db8::1]:5060", 3},
                          {"+4930123456", 3},
                          {"+4930123456@gw.staff.example.com;user=phone", 3},
                          {"", 3}}) {
    CmsPerson person;
    person.address = row.address;
    EXPECT_EQ(true_level(person, "coSpace", table), row.level) << row.address;
    person.via = CmsVia::app;
    EXPECT_EQ(true_level(person, "coSpace", table), 3) << "a login is no endpoint";
  }
}

}  // namespace
}  // namespace wardroom::sim::test
