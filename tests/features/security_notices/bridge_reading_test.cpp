/// Bridges are read whole or not at all.
#include "features/security_notices/bridge_reading.hpp"

#include "runtime/task_group.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_conferences.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

using namespace wardroom;
using namespace wardroom::security_notices;
using conference::CallId;
using conference::LegId;
using std::chrono::milliseconds;

namespace {

struct BridgeReading : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeConferences bridge{clock};

  template <class T>
  T run(Task<T> task) {
    return test::run_task<T>(io, std::move(task));
  }
  template <class T>
  std::optional<T> run_for(BootClock::duration time, Task<T> task) {
    std::optional<T> out;
    test::start_task(io, [](Task<T> inner, std::optional<T>& to) -> Task<void> {
      to = co_await std::move(inner);
    }(std::move(task), out));
    clock.advance(time);
    return out;
  }
  void fill(int calls, int legs) {
    for (int c = 0; c < calls; ++c) {
      auto const call = "c" + std::to_string(c);
      bridge.add_call(call, "cor" + std::to_string(c));
      for (int l = 0; l < legs; ++l)
        bridge.add_leg(call, call + "-l" + std::to_string(l), "a@acme.example");
    }
  }
};

}  // namespace

TEST_F(BridgeReading, reads_a_call_with_all_that_is_known_of_its_legs) {
  bridge.add_call("c1", "cor1", "space");
  bridge.add_leg("c1", "l1", "a@acme.example").sub_type = "lync";
  bridge.parties.at(LegId("l1")).display_name = "A";
  bridge.add_leg("c1", "l2", "b@acme.example", "acano");
  auto const read = run(read_call(bridge, CallId("c1"), {}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->call.facts.type, "coSpace");
  ASSERT_EQ(read->legs.size(), 2u);
  EXPECT_EQ(read->legs[0], bridge.parties.at(LegId("l1")));
  EXPECT_EQ(read->legs[1].type, "acano");
}

TEST_F(BridgeReading, asks_no_leg_whose_type_is_known) {
  fill(1, 3);
  auto const read =
      run(read_call(bridge, CallId("c0"), [](LegId const& leg) { return leg.text() != "c0-l1"; }));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->legs.size(), 3u);
  EXPECT_EQ(bridge.times("leg"), 1u);
  EXPECT_FALSE(read->legs[0].type);
  EXPECT_EQ(read->legs[0].remote_party, "a@acme.example");
  EXPECT_EQ(read->legs[1].type, "sip");
}

TEST_F(BridgeReading, a_call_that_is_over_is_not_found) {
  auto const read = run(read_call(bridge, CallId("gone"), {}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::not_found);
}

TEST_F(BridgeReading, a_leg_that_left_meanwhile_is_left_out) {
  fill(1, 3);
  bridge.gone_when_asked.insert(LegId("c0-l1"));
  auto const read = run(read_call(bridge, CallId("c0"), {}));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->legs.size(), 2u);
  EXPECT_EQ(read->legs[1].id, LegId("c0-l2"));
}

TEST_F(BridgeReading, one_leg_that_cannot_be_asked_fails_the_whole_reading) {
  fill(3, 3);
  bridge.fails_leg.insert(LegId("c1-l2"));
  auto const one = run(read_call(bridge, CallId("c1"), {}));
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(run(read_bridge(bridge, {})));
}

TEST_F(BridgeReading, every_request_that_fails_fails_the_reading) {
  for (std::string const operation : {"calls", "call", "legs", "leg"}) {
    fill(2, 2);
    bridge.faults[operation].push_back({ErrorKind::timed_out, operation});
    auto const read = run(read_bridge(bridge, {}));
    ASSERT_FALSE(read) << operation;
    EXPECT_EQ(read.error().what, operation);
  }
}

TEST_F(BridgeReading, a_short_list_of_legs_is_asked_once_more) {
  fill(1, 3);
  bridge.short_listings = 1;
  auto const read = run(read_call(bridge, CallId("c0"), {}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->legs.size(), 3u);
  EXPECT_EQ(bridge.times("legs"), 2u);
}

TEST_F(BridgeReading, a_list_that_stays_short_is_no_answer) {
  fill(1, 3);
  bridge.short_listings = 2;
  auto const read = run(read_call(bridge, CallId("c0"), {}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::malformed);
  EXPECT_NE(read.error().what.find("2 of the 3 legs"), std::string::npos) << read.error().what;
}

TEST_F(BridgeReading, somebody_who_leaves_between_two_questions_does_not_fail_it) {
  fill(1, 3);
  bridge.on_request = [this, once = true](std::string const& operation) mutable {
    if (operation == "legs" && std::exchange(once, false)) bridge.end_leg("c0-l0");
  };
  auto const read = run(read_call(bridge, CallId("c0"), {}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->legs.size(), 2u);
}

TEST_F(BridgeReading, reads_every_call_of_a_bridge_in_the_order_of_the_list) {
  fill(20, 3);
  auto const read = run(read_bridge(bridge, {}));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 20u);
  for (auto const& one : *read) EXPECT_EQ(one.legs.size(), 3u);
  EXPECT_TRUE(std::ranges::is_sorted(*read, {}, [](auto const& one) { return one.call.facts.id; }));
}

TEST_F(BridgeReading, a_bridge_without_calls_has_an_empty_reading) {
  auto const read = run(read_bridge(bridge, {}));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->empty());
}

TEST_F(BridgeReading, a_call_that_ends_while_the_bridge_is_read_is_left_out) {
  fill(3, 2);
  bridge.on_request = [this](std::string const& operation) {
    if (operation == "legs") bridge.end_call("c1");
  };
  auto const read = run(read_bridge(bridge, {}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size(), 2u);
}

TEST_F(BridgeReading, at_most_four_requests_are_under_way) {
  bridge.delay = milliseconds(10);
  fill(10, 10);
  auto const call = run_for(std::chrono::seconds(5), read_call(bridge, CallId("c0"), {}));
  ASSERT_TRUE(call && *call);
  EXPECT_EQ(bridge.most_at_once, 4u);
  bridge.most_at_once = 0;
  auto const all = run_for(std::chrono::seconds(20), read_bridge(bridge, {}));
  ASSERT_TRUE(all && *all);
  EXPECT_EQ(bridge.most_at_once, 4u);
}

TEST_F(BridgeReading, a_reading_that_is_stopped_ends) {
  bridge.hangs = true;
  fill(4, 4);
  TaskGroup tasks(io.get_executor(), [](auto, auto why) { std::rethrow_exception(why); });
  tasks.spawn("reading", [&]() -> Task<void> {
    auto const read = co_await read_bridge(bridge, {});
    EXPECT_FALSE(read);
  });
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(tasks.running(), 1u);
  test::start_task(io, tasks.stop(clock, milliseconds(10)));
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(tasks.running(), 0u);
  EXPECT_EQ(bridge.waiting(), 0u);
}

TEST_F(BridgeReading, the_subtype_of_a_leg_proves_a_link) {
  fill(1, 2);
  for (std::string const word : {"distributionLink", "DISTRIBUTIONLINK", "lyncdistribution"}) {
    bridge.parties.at(LegId("c0-l0")).sub_type = word;
    auto const found = run(look_at_link(bridge, LegId("c0-l0")));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->is_link && found->says_so) << word;
  }
}

TEST_F(BridgeReading, a_leg_that_is_no_participant_is_a_link) {
  fill(1, 2);
  bridge.hidden_links.insert(LegId("c0-l0"));
  auto const found = run(look_at_link(bridge, LegId("c0-l0")));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_link);
  EXPECT_EQ(found->facts, bridge.parties.at(LegId("c0-l0")));
  EXPECT_FALSE(found->says_so) << "the list may lag: it is to be asked once more, later";
}

TEST_F(BridgeReading, whoever_claims_the_address_of_a_bridge_and_is_a_participant_is_no_link) {
  fill(1, 1);
  bridge.parties.at(LegId("c0-l0")).remote_party = "c0@10.2.0.1";
  auto const found = run(look_at_link(bridge, LegId("c0-l0")));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->is_link);
}

TEST_F(BridgeReading, what_proves_nothing_makes_nobody_a_link) {
  fill(1, 1);
  auto& leg = bridge.parties.at(LegId("c0-l0"));
  auto const plain = leg;
  bridge.hidden_links.insert(leg.id);
  auto const is_link = [&] {
    auto const found = run(look_at_link(bridge, LegId("c0-l0")));
    return found && found->is_link;
  };
  EXPECT_TRUE(is_link());
  leg.type = "acano";
  EXPECT_FALSE(is_link()) << "an app is never a link";
  leg = plain;
  leg.connected.reset();
  EXPECT_FALSE(is_link()) << "whoever rings may not be listed yet";
  leg = plain;
  leg.deactivated = true;
  EXPECT_FALSE(is_link()) << "nor whoever waits in the lobby";
  leg = plain;
  leg.group_id.reset();
  EXPECT_FALSE(is_link());
  leg = plain;
  leg.call.reset();
  EXPECT_FALSE(is_link());
  leg = plain;
  leg.sub_type = "avaya";
  EXPECT_FALSE(is_link());
}

TEST_F(BridgeReading, a_question_about_a_link_that_is_not_answered_is_an_error) {
  fill(1, 1);
  bridge.faults["participants"].push_back({ErrorKind::unavailable, "busy"});
  auto const failed = run(look_at_link(bridge, LegId("c0-l0")));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::unavailable);
  auto const gone = run(look_at_link(bridge, LegId("nobody")));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::not_found);
}
