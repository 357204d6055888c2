// The control API over HTTP: calls and their acts, people, load, faults of sockets.
#include "sim/tests/door.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::seconds;

struct ControlTest : DoorTest {
  json post(std::string path, json body) { return ask(Method::post, std::move(path), body); }
  json leg_of(json const& call, std::string const& email) {
    for (auto const& leg : call["legs"])
      if (leg["person"] == email) return leg;
    return nullptr;
  }
  std::string const zoe = "zoe.mueller@acme.example", bela = "bela@acme.example";
};

TEST_F(ControlTest, a_call_is_placed_answered_transferred_and_conferenced) {
  auto call = post("/sim/calls", {{"from", zoe}, {"to", bela}, {"answer_after_s", nullptr}});
  auto const path = "/sim/calls/" + call["call"].get<std::string>();
  call = post(path + "/answer", json::object());
  EXPECT_EQ(leg_of(call, bela)["state"], "Active");
  call = post(path + "/transfer",
              {{"by", bela}, {"to", "ada@acme.example"}, {"answer_after_s", nullptr}});
  EXPECT_EQ(leg_of(call, bela)["state"], "Detached");
  EXPECT_EQ(leg_of(call, "ada@acme.example")["state"], "Alerting");
  auto const second = post("/sim/calls", {{"from", zoe}, {"to", "+442079460000"}});
  call = post(path + "/conference", {{"by", zoe}, {"other", second["call"]}});
  EXPECT_EQ(leg_of(call, zoe)["in_conference"], true);
  EXPECT_TRUE(post(path + "/sing", json::object()).contains("error"));
  EXPECT_TRUE(post(path + "/park", {{"by", "nobody@acme.example"}}).contains("error"));
}

TEST_F(ControlTest, every_way_to_place_a_call_has_its_words) {
  auto const queued =
      post("/sim/calls", {{"from", "+442079460000"}, {"to", "queue"}, {"agent", zoe}});
  EXPECT_EQ(queued["legs"][0]["person"], sim->platform().org.queue().email);
  auto const dialled =
      post("/sim/calls", {{"from", zoe}, {"to", "+442079460000"}, {"click_to_dial", true}});
  EXPECT_EQ(dialled["legs"][0]["personality"], "Click-to-Dial");
  auto const both = post("/sim/calls", {{"from", "+442079460000"},
                                        {"to", zoe},
                                        {"also_ring", {bela}},
                                        {"shape", {{"type", "Unknown"}, {"omit", {"name"}}}}});
  EXPECT_EQ(both["legs"].size(), 2u);
  EXPECT_EQ(both["legs"][0]["call_type"], "Unknown");
  auto const on = post("/sim/calls", {{"from", bela}, {"to", zoe}, {"forward_to", "voicemail"}});
  EXPECT_EQ(on["legs"].size(), 1u) << "it never rings at the callee";
  EXPECT_TRUE(post("/sim/calls", {{"from", "+441"}, {"to", "+442"}}).contains("error"));
  EXPECT_TRUE(post("/sim/events", {{"person", zoe}, {"type", "CallHistoryEvent"}})["told"]);
  EXPECT_TRUE(post("/sim/events", {{"person", zoe}}).contains("error"));
}

TEST_F(ControlTest, people_are_hired_and_dismissed) {
  auto const hired = post("/sim/people", {{"email", "noa@acme.example"}, {"first_name", "Noa"}});
  EXPECT_NE(hired["xsi_user"], "");
  EXPECT_TRUE(post("/sim/people", {{"email", "noa@acme.example"}}).contains("error"));
  EXPECT_EQ(ask(Method::delete_, "/sim/people/noa@acme.example")["dismissed"], "noa@acme.example");
  EXPECT_TRUE(ask(Method::delete_, "/sim/people/nobody@acme.example").contains("error"));
}

TEST_F(ControlTest, a_load_needs_to_know_who_may_not_call) {
  EXPECT_TRUE(post("/sim/load", {{"share_blocked", 0.5}}).contains("error"));
  auto const begun =
      post("/sim/load", {{"share_blocked", 0.5}, {"blocked", {zoe}}, {"calls_per_s", 10}});
  EXPECT_TRUE(begun["running"]);
  EXPECT_FALSE(post("/sim/load", {{"stop", true}})["running"]);
  EXPECT_FALSE(ask(Method::get, "/sim/load")["running"]);
}

TEST_F(ControlTest, faults_act_once_or_until_reset) {
  EXPECT_TRUE(post("/sim/faults", {{"inject", "confetti"}}).contains("error"));
  auto const set = post("/sim/faults", {{"inject", "bom"},
                                        {"set_sequence", 41},
                                        {"displace_sets", true},
                                        {"cut_streams", {{"how", "fin"}, {"truncated", true}}},
                                        {"xsp_stall", 2},
                                        {"answers", json::array({{{"door", "actions"},
                                                                  {"for", zoe},
                                                                  {"status", 403},
                                                                  {"body", "xsi"},
                                                                  {"code", 110862}}})}});
  EXPECT_EQ(set["faults"]["xsp_stall"], 2);
  EXPECT_EQ(set["faults"]["answers"][0]["for"], zoe);
  post("/sim/dns", {{"mode", "servfail"}});
  EXPECT_EQ(post("/sim/faults", {{"reset", true}})["faults"]["xsp_stall"], 0);
  EXPECT_EQ(ask(Method::get, "/sim/dns")["mode"], "answer");
}

TEST_F(ControlTest, a_deaf_xsp_takes_connections_and_answers_when_it_hears_again) {
  post("/sim/faults", {{"xsp_deaf", 1}});
  http::ClientRequest request;
  request.url = sim->xsp_origin(0) + "/com.broadsoft.xsi-events/v2.0/channelset/x";
  request.timeout = Milliseconds(300);
  auto const none = run_task(io, client.send(request));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::timed_out);
  post("/sim/faults", {{"xsp_deaf", 0}});
  request.timeout = Milliseconds(20'000);
  auto const heard = run_task(io, client.send(request));
  ASSERT_TRUE(heard) << heard.error().what;
  EXPECT_EQ(heard->status, 401);
}

}  // namespace
}  // namespace wardroom::sim::test
