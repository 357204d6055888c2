// The whole daemon and its event channels over real sockets: every way they break once with calls
// in flight, a second instance, a start in the middle of a call, people nobody mapped, releases
// that hang or fail.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto fences = R"(  mode: enforce
  post_interval: 2s
  timeout: 300s
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, margin: 300m, people: { all: true },
        no_fix: open, stale: closed, uncertain: open, degraded: open })";

std::string const ada = "ada@acme.example", bela = "bela@acme.example",
                  irina = "irina.sokolova@acme.example";

struct XsiFlow : testing::Test {
  Site site{fences};

  void go_live() {
    site.start_daemon();
    site.go_live();
  }
  Browser outside(std::string const& email) {
    auto browser = site.browser(email);
    EXPECT_TRUE(browser.sign_in()) << browser.last().status << browser.last().body;
    EXPECT_EQ(browser.post_location(47.4979, 19.0402, 20).status, 204);
    return browser;
  }
  void faults(json const& wish) {
    auto const answer = site.sim_post("/sim/faults", wish);
    ASSERT_EQ(answer.status / 100, 2) << answer.body;
  }
  std::string call(std::string const& from, std::string const& to = "+442079460000") {
    auto const answer = site.sim_post("/sim/calls", {{"from", from}, {"to", to}});
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    return answer.json().value("call", "");
  }
  json state(std::string const& call) const { return site.sim("/sim/calls/" + call); }
  bool live(std::string const& call) const { return state(call).value("live", false); }
  bool released(std::string const& call, std::chrono::milliseconds limit = 30s) const {
    return eventually(limit, [&] { return state(call).value("released_by", "") == "api"; });
  }
  json monitoring() const {
    return site.control("/v1/monitor/status").value("monitoring", json::object());
  }
  bool sign_is(std::string const& part, std::string const& colour,
               std::chrono::milliseconds limit = 20s) const {
    return eventually(limit, [&] {
      auto const status = site.control("/v1/status");
      for (auto const& sign : status.value("signs", json::array()))
        if (sign.value("part", "") == part) return sign.value("colour", "") == colour;
      return false;
    });
  }
  std::string xsi_user(std::string const& email) const {
    auto const people = site.sim("/sim/state")["people"];
    for (auto const& person : people)
      if (person.value("email", "") == email) return person.value("xsi_user", "");
    return {};
  }
  bool all_back() const {
    return eventually(60s, [&] { return site.channels_up(); });
  }
  std::string told() const { return monitoring().dump() + site.daemon_log(); }
};

TEST_F(XsiFlow, X1_every_way_a_channel_breaks_ends_in_the_release_of_the_calls_in_flight) {
  go_live();
  auto const far_one = outside(bela);
  auto const allowed = call(ada);
  std::vector<std::pair<std::string, json>> const breaks{
      {"RST", {{"cut_streams", "reset"}}},
      {"FIN", {{"cut_streams", "fin"}}},
      {"clean end", {{"cut_streams", "clean"}}},
      {"RST of one", {{"cut_streams", {{"how", "reset"}, {"xsp", 0}}}}},
      {"explicit delete", {{"terminate_channels", "ExplicitDelete"}}},
      {"expired", {{"terminate_channels", "Expired"}}},
      {"non-responsive", {{"terminate_channels", "NonResponsiveChannel"}}},
      {"unknown channel", {{"terminate_channels", "UnknownChannel"}}},
      {"subscription ended", {{"drop_subscriptions", true}}},
      {"cut inside an event",
       {{"stream_cut_at", 900}, {"stream_cut_how", "reset"}, {"stream_cut_count", 2}}},
      {"tokens expired, streams live on", {{"expire_tokens", true}}},
      {"tokens expired, streams cut", {{"expire_tokens", true}, {"cut_streams", "fin"}}},
  };
  for (auto const& [name, wish] : breaks) {
    SCOPED_TRACE(name);
    auto const during = call(bela);
    faults(wish);
    auto const after = call("+442079460001", bela);
    EXPECT_TRUE(released(during)) << told();
    EXPECT_TRUE(released(after)) << told();
    ASSERT_TRUE(all_back()) << told();
  }
  EXPECT_TRUE(live(allowed)) << "nobody may touch it: " << state(allowed).dump();
}

TEST_F(XsiFlow, X1_X4_with_all_xsps_refused_calls_pass_are_counted_as_unseen_and_end_on_return) {
  go_live();
  auto const far_one = outside(bela);
  auto const before = monitoring().value("blind_s", 0.0);
  auto const begun = std::chrono::steady_clock::now();
  faults({{"xsp_down", 3}});
  auto const missed = call(bela);
  EXPECT_TRUE(sign_is("call_blocking.channels", "red", 60s)) << told();
  EXPECT_TRUE(live(missed));
  faults({{"xsp_down", 0}});
  EXPECT_TRUE(released(missed)) << told();
  ASSERT_TRUE(all_back()) << told();
  auto const whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun);
  auto const blind = monitoring().value("blind_s", 0.0) - before;
  EXPECT_GT(blind, 5.0) << told();
  EXPECT_LT(blind, whole.count() + 1) << told();
  EXPECT_TRUE(sign_is("call_blocking.channels", "green")) << told();
}

// The stream says nothing more and nobody closes it: the platform misses acknowledgements, takes
// the channel away, and the next heartbeat learns of it.
TEST_F(XsiFlow, X1_a_half_open_stream_is_given_up_and_its_calls_are_released) {
  go_live();
  auto const far_one = outside(bela);
  faults({{"ack_timeout_s", 1}, {"unanswered_limit", 1}});
  faults({{"cut_streams", "silence"}});
  auto const missed = call(bela);
  EXPECT_TRUE(released(missed, 60s)) << told();
  EXPECT_TRUE(all_back()) << told();
}

TEST_F(XsiFlow, X1_heartbeats_refused_with_404_open_the_channels_anew) {
  go_live();
  auto const far_one = outside(bela);
  auto const reconnects = monitoring().value("reconnects", 0);
  faults({{"answers", json::array({{{"door", "events"},
                                    {"method", "PUT"},
                                    {"path_contains", "/heartbeat"},
                                    {"status", 404},
                                    {"count", 2}}})}});
  EXPECT_TRUE(eventually(60s, [&] { return monitoring().value("reconnects", 0) > reconnects; }))
      << told();
  EXPECT_TRUE(released(call(bela))) << told();
  EXPECT_TRUE(all_back()) << told();
}

// A copy of the whole installation, grant and all, started by mistake on another machine.
TEST_F(XsiFlow, a_second_instance_takes_the_channels_and_the_first_says_so_and_does_not_fight) {
  go_live();
  auto const opened = [&] {
    return site.sim("/sim/state")["counters"]["xsi"].value("channels_opened", 0);
  };
  ASSERT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  auto const twin = site.folder() + "/twin";
  std::filesystem::copy(site.folder() + "/state", twin);
  std::filesystem::permissions(twin, std::filesystem::perms::owner_all);
  std::ifstream in(site.folder() + "/wardroom.yaml");
  std::stringstream text;
  text << in.rdbuf();
  auto config = text.str();
  ReservedPort const port;
  auto const replace = [&config](std::string const& what, std::string const& with) {
    for (auto at = config.find(what); at != std::string::npos;
         at = config.find(what, at + with.size()))
      config.replace(at, what.size(), with);
  };
  replace("127.0.0.1:" + std::to_string(site.http_port()),
          "127.0.0.1:" + std::to_string(port.number()));
  replace(site.folder() + "/state/", twin + "/");
  replace(site.folder() + "/control.sock", twin + "/control.sock");
  std::ofstream(twin + "/wardroom.yaml") << config;
  std::filesystem::permissions(twin + "/wardroom.yaml", std::filesystem::perms::owner_read |
                                                            std::filesystem::perms::owner_write);

  site.start_daemon();
  ASSERT_TRUE(all_back()) << told();
  Process second({WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", twin + "/wardroom.yaml"},
                 twin + "/daemon.log");
  EXPECT_TRUE(eventually(60s, [&] {
    return monitoring().value("protection_down", "").find("another instance") != std::string::npos;
  })) << told();
  EXPECT_TRUE(sign_is("call_blocking.channels", "red")) << told();
  // The second one has both channels and keeps them: nobody opens any more.
  auto const quiet = [&] {
    return json::parse(
        http({.url = "http://wardroom/v1/monitor/status", .unix_socket = twin + "/control.sock"})
            .body,
        nullptr, false);
  };
  EXPECT_TRUE(eventually(60s, [&] {
    auto const status = quiet();
    return status.is_object() && status["monitoring"].value("subscribed", false) &&
           site.sim("/sim/state")["channels"].size() == 2;
  })) << quiet().dump();
  auto const now = opened();
  EXPECT_FALSE(eventually(4s, [&] { return opened() != now; })) << "they fight over the channels";
  second.signal(SIGTERM);
  EXPECT_EQ(second.wait(20s), 0);
}

TEST_F(XsiFlow, R26_a_call_that_began_while_the_daemon_was_dead_is_released_after_its_start) {
  go_live();
  auto const far_one = outside(bela);
  ASSERT_TRUE(released(call(bela))) << told();
  site.kill_daemon();
  auto const missed = call(bela);
  auto const allowed = call(ada);
  site.start_daemon();
  EXPECT_TRUE(released(missed)) << told();
  EXPECT_TRUE(live(allowed));
}

TEST_F(XsiFlow, X1_the_call_of_a_person_nobody_could_map_is_judged_all_the_same) {
  std::string closed = fences;
  site.write_config(closed.replace(closed.find("no_fix: open"), 12, "no_fix: closed"));
  faults({{"answers", json::array({{{"door", "rest"},
                                    {"method", "GET"},
                                    {"path_contains", "/people?"},
                                    {"status", 503},
                                    {"count", -1}},
                                   {{"door", "actions"},
                                    {"method", "GET"},
                                    {"path_contains", "/profile"},
                                    {"status", 503},
                                    {"count", -1}},
                                   {{"door", "actions"},
                                    {"method", "GET"},
                                    {"path_contains", "/directories"},
                                    {"status", 503},
                                    {"count", -1}}})}});
  go_live();
  EXPECT_TRUE(released(call(bela))) << told();
}

TEST_F(XsiFlow, one_release_that_hangs_delays_no_other) {
  go_live();
  auto const far_one = outside(bela);
  auto const other_one = outside(irina);
  faults(
      {{"answers", json::array({{{"door", "actions"},
                                 {"method", "DELETE"},
                                 {"path_contains", xsi_user(bela)},
                                 {"status", 503},  // so that it does not reach the platform either
                                 {"wire", "hang"},
                                 {"count", 2}}})}});
  auto const hanging = call(bela);
  ASSERT_TRUE(eventually(20s, [&] {
    return site.sim("/sim/state")["faults"]["answers"][0].value("count", 2) < 2;
  })) << told();
  auto const quick = call(irina);
  EXPECT_TRUE(released(quick)) << told();
  EXPECT_LT(state(quick).value("released_after_ms", 100'000), 3'000)
      << "shorter than the time-out of the one that hangs";
  EXPECT_TRUE(released(hanging)) << told();
}

TEST_F(XsiFlow, a_release_that_fails_for_good_is_an_alarm_everybody_can_see) {
  go_live();
  auto const far_one = outside(bela);
  faults({{"answers",
           json::array(
               {{{"door", "actions"}, {"method", "DELETE"}, {"status", 403}, {"count", -1}}})}});
  auto const stubborn = call(bela);
  EXPECT_TRUE(sign_is("call_blocking", "red")) << told();
  EXPECT_TRUE(eventually(20s, [&] {
    return site.control("/v1/calls/list").dump().find("reject_failed") != std::string::npos;
  })) << site.control("/v1/calls/list").dump();
  EXPECT_TRUE(eventually(20s, [&] {
    return site.control("/v1/audit/list").dump().find("reject_failed") != std::string::npos;
  })) << site.control("/v1/audit/list").dump();
  EXPECT_TRUE(eventually(20s, [&] {
    auto const text = http({.url = site.daemon_url() + "/metrics"}).body;
    return text.find("reject_failed") != std::string::npos;
  }));
  EXPECT_TRUE(live(stubborn));
}

}  // namespace
}  // namespace wardroom::test
