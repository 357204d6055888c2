// GET /api/v1/me: what a person is told about themselves, beside the standing.
#include "features/call_blocking/own_page.hpp"

#include "call_blocking_site.hpp"

#include <gmock/gmock.h>

namespace wardroom::call_blocking {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;
using testing::HasSubstr;

ordered_json page(Site& site, PersonNo person) {
  std::optional<http::Response> answer;
  auto work = [](Site& s, PersonNo no, std::optional<http::Response>& out) -> Task<void> {
    out = co_await own_page(*s.feature, no);
  };
  test::start_task(site.io, work(site, person, answer));
  for (int i = 0; i < 100 && !answer; ++i) site.clock.advance(10ms);
  EXPECT_TRUE(answer);
  return answer ? ordered_json::parse(answer->body) : ordered_json();
}

TEST(OwnPage, tells_the_call_that_was_ended_and_why_until_the_episode_is_over) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  EXPECT_FALSE(page(site, ann).contains("blocked_call"));
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(3s);
  auto const blocked = page(site, ann);
  EXPECT_EQ(blocked["blocked_call"]["reason"], "outside");
  EXPECT_EQ(blocked["blocked_call"]["at"].get<std::string>().substr(0, 16), "2026-11-21T10:00");
  EXPECT_EQ(blocked["mode"], "enforce");
  EXPECT_EQ(blocked["allowed"], false);
  for (int i = 0; i < 60; ++i) {
    site.clock.advance(10s);
    site.fix(ann, kInside);
  }
  EXPECT_FALSE(page(site, ann).contains("blocked_call"));
}

TEST(OwnPage, says_that_the_rules_are_only_tried_out_on_whom_they_are_not_enforced_for) {
  auto policy = plain_policy();
  policy.enforce_for = {.everybody = false, .emails = {"bob@acme.example"}, .groups = {}};
  Site site(policy);
  site.start();
  auto const ann = site.person("ann"), bob = site.person("bob");
  site.fix(ann, kOutside);
  site.fix(bob, kOutside);
  auto const tried = page(site, ann);
  EXPECT_EQ(tried["mode"], "observe");
  EXPECT_EQ(tried["allowed"], true);
  EXPECT_THAT(tried["words"].get<std::string>(), HasSubstr("only being tried out"));
  EXPECT_EQ(page(site, bob)["allowed"], false);
}

TEST(OwnPage, tells_what_looks_odd_about_a_position) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside, 20);
  EXPECT_FALSE(page(site, ann).contains("hints"));
  site.clock.advance(30s);
  site.fix(ann, kInside, 0.5);
  EXPECT_EQ(page(site, ann)["hints"], ordered_json::array({"too_exact"}));
}

TEST(OwnPage, tells_which_areas_are_out_of_their_hours_and_until_when) {
  auto policy = plain_policy();
  policy.fences[0].schedule.hours = {*parse_hours("Mon..Fri 08:00-18:00 UTC")};
  seal(policy.fences[0]);
  Site site(policy);  // it is a Saturday
  site.start();
  auto const ann = site.person("ann");
  auto const told = page(site, ann);
  EXPECT_TRUE(told["fences"].empty());
  ASSERT_EQ(told["resting"].size(), 1u);
  EXPECT_EQ(told["resting"][0]["name"], "vienna");
  EXPECT_EQ(told["resting"][0]["from"], "2026-11-23T08:00:00.000Z");
  EXPECT_EQ(told["allowed"], true);
}

}  // namespace
}  // namespace wardroom::call_blocking
