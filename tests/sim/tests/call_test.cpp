// Calls: two halves, their events, how they end. Source: xsi.md 5.5, 6.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;

struct CallSimTest : Neighbour {
  CallSimTest() {
    sim.calls.set_sink([this](CallNotice const& n) {
      notices.push_back(n.target.email.substr(0, n.target.email.find('@')) + " " +
                        std::string(n.type));
    });
  }
  std::vector<std::string> notices;
};

TEST_F(CallSimTest, an_outgoing_call_has_the_six_events_of_a_desk_phone) {
  auto const& call = place("zoe.mueller@acme.example", "+442079460000", 2);
  clock.advance(seconds(3));
  EXPECT_TRUE(sim.calls.hang_up(call.id, "caller"));
  EXPECT_EQ(notices, (std::vector<std::string>{
                         "zoe.mueller HookStatusEvent", "zoe.mueller CallOriginatedEvent",
                         "zoe.mueller CallUpdatedEvent", "zoe.mueller CallAnsweredEvent",
                         "zoe.mueller CallReleasedEvent", "zoe.mueller HookStatusEvent"}));
  EXPECT_EQ(call.legs.size(), 1u);
  EXPECT_EQ(call.legs[0].type, "Network");
}

TEST_F(CallSimTest, an_internal_call_has_two_halves_with_one_tracking_id) {
  auto const& call = place("juergen.gross@acme.example", "2003", 1);
  clock.advance(seconds(2));
  ASSERT_EQ(call.legs.size(), 2u);
  EXPECT_NE(call.legs[0].id, call.legs[1].id);
  EXPECT_TRUE(call.legs[0].originator);
  EXPECT_EQ(call.legs[1].owner->email, "lukasz.zolc@acme.example");
  EXPECT_EQ(call.legs[0].type, "Group");
  EXPECT_EQ(call.legs[1].state, LegState::active);
  EXPECT_EQ(std::count(notices.begin(), notices.end(), "lukasz.zolc CallReceivedEvent"), 1);
  EXPECT_EQ(sim.calls.halves_of(*call.legs[1].owner).size(), 1u);
  auto const& far = place("renee.oconnor@acme.example", "zoe.mueller@acme.example");
  EXPECT_EQ(far.legs[0].type, "Enterprise");
}

TEST_F(CallSimTest, a_release_ends_both_halves_and_only_this_call) {
  auto const& one = place("umit.ozdemir@acme.example", "zoe.mueller@acme.example", std::nullopt);
  auto const& two = place("umit.ozdemir@acme.example", "+442079460000", std::nullopt);
  clock.advance(milliseconds(100));
  EXPECT_TRUE(sim.calls.release(*one.legs[0].owner, one.legs[0].id, false));
  EXPECT_FALSE(one.ended) << "the event follows a moment later";
  clock.advance(milliseconds(sim.faults.release_delay_ms));
  ASSERT_TRUE(one.ended);
  EXPECT_EQ(one.released_by, "api");
  EXPECT_EQ(one.released_leg, one.legs[0].id);
  EXPECT_TRUE(one.legs[0].local_release);
  EXPECT_FALSE(one.legs[1].local_release);
  EXPECT_FALSE(two.ended);
  EXPECT_FALSE(sim.calls.release(*one.legs[0].owner, one.legs[0].id, false)) << "gone";
  EXPECT_EQ(std::count(notices.begin(), notices.end(), "zoe.mueller CallReleasedEvent"), 1);
}

TEST_F(CallSimTest, nobody_answers_after_the_release) {
  auto const& call = place("zoe.mueller@acme.example", "+442079460000", 5);
  clock.advance(seconds(1));
  sim.calls.release(*call.legs[0].owner, call.legs[0].id, false);
  clock.advance(seconds(10));
  EXPECT_FALSE(call.answered);
  EXPECT_EQ(*call.released_after_ms, 1000 + sim.faults.release_delay_ms);
}

TEST_F(CallSimTest, emergency_numbers_are_known_with_and_without_the_outside_line) {
  for (auto number : {"112", "911", "9-911", "0112", "144", "0-133"}) {
    auto const& call = place("zoe.mueller@acme.example", number);
    EXPECT_TRUE(call.emergency) << number;
    EXPECT_EQ(call.legs[0].type, "Emergency") << number;
  }
  for (auto number : {"1125555", "99911", "+43112", "2000"})
    EXPECT_FALSE(place("zoe.mueller@acme.example", number).emergency) << number;
  EXPECT_FALSE(place("renee.oconnor@acme.example", "144").emergency)
      << "no emergency number of the US";
}

TEST_F(CallSimTest, a_touched_emergency_call_is_a_violation_even_when_labelled_otherwise) {
  sim.faults.emergency_label = "none";
  auto const& call = place("umit.ozdemir@acme.example", "112");
  EXPECT_EQ(call.legs[0].type, "Network");
  sim.calls.release(*call.legs[0].owner, call.legs[0].id, false);
  EXPECT_EQ(sim.calls.counters()["emergency_violations"], 1);
  ASSERT_EQ(sim.calls.violations().size(), 1u);
  EXPECT_EQ(sim.calls.violations()[0]["person"], "umit.ozdemir@acme.example");
}

TEST_F(CallSimTest, hold_and_retrieve_show_on_both_halves) {
  auto const& call = place("juergen.gross@acme.example", "lukasz.zolc@acme.example", 1);
  EXPECT_FALSE(sim.calls.hold(call.id, "juergen.gross@acme.example")) << "not answered yet";
  clock.advance(seconds(2));
  EXPECT_TRUE(sim.calls.hold(call.id, "juergen.gross@acme.example"));
  EXPECT_EQ(name(call.legs[0].state), "Held");
  EXPECT_EQ(name(call.legs[1].state), "Remote Held");
  EXPECT_TRUE(sim.calls.retrieve(call.id, "juergen.gross@acme.example"));
  EXPECT_EQ(call.legs[1].state, LegState::active);
}

TEST_F(CallSimTest, impossible_calls_are_refused_with_a_sentence) {
  for (auto const& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"+431", "+432"},
                                                        {"nobody@acme.example", "112"},
                                                        {"zoe.mueller@acme.example", ""},
                                                        {"zoe.mueller@acme.example", "2001"}}) {
    auto const placed = sim.calls.place({from, to});
    ASSERT_FALSE(placed) << from << " " << to;
    EXPECT_FALSE(placed.error().what.empty());
  }
}

TEST_F(CallSimTest, old_calls_are_forgotten_and_live_ones_never) {
  auto const& kept = place("zoe.mueller@acme.example", "+442079460000", std::nullopt);
  auto const id = kept.id;
  for (int i = 0; i < 2500; ++i)
    sim.calls.hang_up(place("bela@acme.example", "+442079460000").id, "caller");
  EXPECT_NE(sim.calls.find(id), nullptr);
  EXPECT_EQ(sim.calls.find("call-2"), nullptr);
  EXPECT_EQ(sim.calls.live(), 1u);
}

}  // namespace
}  // namespace wardroom::sim::test
