// The administrator's grant over its life, whole daemon against the simulator: the first login of a
// site nobody administers yet, renewal, an end that must be told.
#include "support/site.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;

constexpr auto closed_fence = R"(  mode: enforce
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true }, no_fix: closed })";

bool released_by_us(Site const& site, std::string const& call) {
  return eventually(
      10s, [&] { return site.sim("/sim/calls/" + call).value("released_by", "") == "api"; });
}

std::string call_out(Site const& site) {
  return site
      .sim_post("/sim/calls",
                {{"from", "bela@acme.example"}, {"to", "+442079460000"}, {"answer_after_s", 30}})
      .json()
      .value("call", "");
}

TEST(Grant, a_site_without_administrators_needs_the_code_that_ctl_login_prints) {
  Site site(closed_fence);
  site.set_admins("");
  site.write_config(closed_fence);
  site.start_daemon();
  auto stranger = site.browser("ada@acme.example");
  stranger.sign_in("/admin/login");  // ends on the page that asks for the code
  EXPECT_NE(stranger.last().body.find("wardroomctl login"), std::string::npos)
      << stranger.last().body;
  EXPECT_EQ(stranger.get("/api/v1/dashboard").status, 401);
  auto const offer = site.control_post("/v1/login", {{"browser", true}});
  ASSERT_EQ(offer.status, 200) << offer.body;
  auto const url = offer.json().value("page", "");
  ASSERT_TRUE(url.starts_with(site.daemon_url() + "/")) << url;
  ASSERT_FALSE(offer.json().value("code", "").empty());
  auto admin = site.browser("ada@acme.example");
  ASSERT_TRUE(admin.sign_in(url.substr(site.daemon_url().size())))
      << admin.last().status << admin.last().body;
  EXPECT_TRUE(eventually(10s, [&] { return site.channels_up(); })) << site.daemon_log();
  auto again = site.browser("zoe.mueller@acme.example");
  again.sign_in(url.substr(site.daemon_url().size()));
  EXPECT_EQ(again.get("/api/v1/dashboard").status, 401) << "a code is good for one login";
}

TEST(Grant, R3_somebody_the_list_does_not_name_is_refused_and_nothing_is_stored) {
  Site site(closed_fence);
  site.start_daemon();
  auto other = site.browser("zoe.mueller@acme.example");
  EXPECT_FALSE(other.sign_in("/admin/login"));
  EXPECT_EQ(other.last().status, 403);
  EXPECT_NE(site.control("/v1/status")["grants"].dump().find("missing"), std::string::npos)
      << site.control("/v1/status")["grants"].dump();
}

TEST(Grant, R4_is_renewed_before_it_ends_and_the_stream_goes_on) {
  Site site(closed_fence, {"--token-life", "8"});
  site.start_daemon();
  site.go_live();
  EXPECT_TRUE(released_by_us(site, call_out(site)));
  auto const refreshed = [&] {
    return site.sim("/sim/state")["counters"]["oauth"].value("refreshed", 0);
  };
  EXPECT_TRUE(eventually(30s, [&] { return refreshed() >= 3; })) << site.daemon_log();
  EXPECT_TRUE(released_by_us(site, call_out(site))) << "the token of the login has long ended";
  EXPECT_EQ(site.control("/v1/monitor/status")["monitoring"].value("reconnects", -1), 0);
}

TEST(Grant, R6_a_revoked_grant_is_told_with_the_remedy) {
  Site site(closed_fence, {"--token-life", "8"});
  site.start_daemon();
  site.go_live();
  ASSERT_EQ(site.sim_post("/sim/faults", {{"revoke_grants", true}}).status / 100, 2);
  EXPECT_TRUE(eventually(40s, [&] {
    return site.control("/v1/health").value("health", "") == "red";
  })) << site.control("/v1/health").dump();
  EXPECT_NE(site.control("/v1/health").dump().find("wardroomctl login"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::test
