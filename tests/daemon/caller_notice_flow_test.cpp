// R133 over real sockets: a blocked person gets one message an episode, as the simulator counts.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto fences = R"(  mode: enforce
  post_interval: 2s
  timeout: 300s
  caller_notice: { again_after: 2s, text: "Help desk: 4444" }
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, margin: 300m, people: { all: true },
        no_fix: open, stale: closed, uncertain: open, degraded: open })";
constexpr auto bela = "bela@acme.example";

struct CallerNoticeFlow : testing::Test {
  Site site{fences};
  std::unique_ptr<Browser> browser;

  void begin() {
    site.start_daemon();
    site.go_live();
    browser = std::make_unique<Browser>(site.browser(bela));
    ASSERT_TRUE(browser->sign_in()) << browser->last().body;
  }
  void go(double latitude, double longitude, std::string const& calls) {
    EXPECT_TRUE(eventually(20s, [&] {
      auto const answer = browser->post_location(latitude, longitude, 20);
      return answer.status == 204 && answer.headers.at("wardroom-calls") == calls;
    }));
  }
  void go_out() { go(47.4979, 19.0402, "blocked"); }
  void come_back() { go(48.2082, 16.3738, "allowed"); }
  /// Until the platform says that we ended it.
  void blocked_call() {
    auto const call =
        site.sim_post("/sim/calls",
                      {{"from", bela}, {"to", "+442079460000"}, {"answer_after_s", 30}})
            .json()
            .value("call", "");
    EXPECT_TRUE(eventually(20s, [&] {
      return site.sim("/sim/calls/" + call).value("released_by", "") == "api";
    })) << site.daemon_log();
  }
  json messages() { return site.sim(std::string("/sim/messages?to=") + bela); }
  bool told(int times) {
    return eventually(20s, [&] { return messages().value("count", 0) >= times; });
  }
  json notice() {
    return site.control(std::string("/v1/people/show?person=") + bela).value("notice", json());
  }
  json me() { return browser->get("/api/v1/me").json(); }
};

TEST_F(CallerNoticeFlow, R133_two_ended_calls_are_one_message_and_the_next_episode_is_another) {
  begin();
  go_out();
  blocked_call();
  blocked_call();
  ASSERT_TRUE(told(1)) << site.daemon_log();
  EXPECT_TRUE(eventually(10s, [&] { return notice().value("told", "") == "sent"; }))
      << notice().dump();
  auto const first = messages();
  EXPECT_EQ(first["count"], 1) << first.dump();
  auto const text = first["messages"][0].value("text", "");
  for (std::string const words :
       {"outside the permitted area", "'vienna'", "/me", "Emergency", "Help desk: 4444"})
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  EXPECT_EQ(text.find("47.4"), std::string::npos) << "no coordinates";
  auto const page = me();
  EXPECT_EQ(page["blocked_call"].value("reason", ""), "outside") << page.dump();
  EXPECT_TRUE(page["blocked_call"].contains("told_at"));
  come_back();
  EXPECT_TRUE(eventually(20s, [&] { return notice().is_null(); })) << "the episode ends";
  EXPECT_FALSE(me().contains("blocked_call"));
  go_out();
  blocked_call();
  EXPECT_TRUE(told(2)) << site.daemon_log();
  EXPECT_EQ(messages()["count"], 2);
}

TEST_F(CallerNoticeFlow, R133_a_killed_daemon_tells_nobody_again) {
  begin();
  go_out();
  blocked_call();
  ASSERT_TRUE(told(1));
  site.kill_daemon();
  site.start_daemon();
  ASSERT_TRUE(eventually(20s, [&] { return site.channels_up(); })) << site.daemon_log();
  blocked_call();
  EXPECT_TRUE(eventually(10s, [&] { return !notice().is_null(); }));
  EXPECT_EQ(messages()["count"], 1) << messages().dump();
}

TEST_F(CallerNoticeFlow, an_answer_that_is_lost_on_the_way_brings_no_second_message) {
  begin();
  site.sim_post("/sim/faults", {{"answers", json::array({{{"door", "rest"},
                                                          {"method", "POST"},
                                                          {"path_contains", "/messages"},
                                                          {"wire", "lost"},
                                                          {"count", 1}}})}});
  go_out();
  blocked_call();
  EXPECT_TRUE(eventually(20s, [&] {
    return notice().value("told", "") == "uncertain" &&
           notice().value("detail", "") != "being sent";
  })) << notice().dump();
  blocked_call();
  EXPECT_EQ(messages()["count"], 1) << messages().dump();
}

TEST_F(CallerNoticeFlow, a_service_that_refuses_is_told_of_in_the_journal) {
  begin();
  site.sim_post("/sim/faults", {{"answers", json::array({{{"door", "rest"},
                                                          {"method", "POST"},
                                                          {"path_contains", "/messages"},
                                                          {"status", 403},
                                                          {"count", 1}}})}});
  go_out();
  blocked_call();
  EXPECT_TRUE(eventually(20s, [&] { return notice().value("told", "") == "failed"; }))
      << notice().dump() << site.daemon_log();
  EXPECT_NE(notice().value("detail", "").find("403"), std::string::npos);
  EXPECT_EQ(messages()["count"], 0);
}

}  // namespace
}  // namespace wardroom::test
