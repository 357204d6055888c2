/// Fences with hours in the whole feature: when they begin and end, calls are judged again; the
/// wall clock may jump.
#include "base/time_text.hpp"
#include "call_blocking_site.hpp"

#include <gmock/gmock.h>

namespace wardroom::call_blocking {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Schedule hours(std::string_view text) { return {{*parse_hours(text)}}; }

/// One box, within office hours.
PolicySettings office_hours(std::string_view text = "Mon..Fri 08:00-18:00 UTC") {
  auto policy = plain_policy();
  policy.fences[0].name = "office";
  policy.fences[0].schedule = hours(text);
  seal(policy.fences[0]);
  return policy;
}

/// 2026-01-05 is a Monday.
Instant monday(std::chrono::minutes of_day) {
  return std::chrono::sys_days(std::chrono::year(2026) / 1 / 5) + of_day;
}

struct FenceHours : testing::Test {
  void begin(PolicySettings policy, Instant wall) {
    site.emplace(std::move(policy));
    set_wall(wall);
    site->start();
    ada = site->person("ada");
    site->clock.advance(1s);
  }
  void set_wall(Instant wall) { site->clock.jump_wall(wall - site->clock.now()); }
  /// Calls are to be judged again within a second, and released at once.
  void a_second_passes() { site->clock.advance(1s + 100ms); }

  std::optional<Site> site;
  PersonNo ada = 0;
};

TEST_F(FenceHours, outside_its_hours_a_fence_is_as_if_it_were_not_there) {
  begin(office_hours(), monday(6h));
  site->fix(ada, kOutside);
  site->dials("ada", "c1", "+4312345678");
  site->clock.advance(1s);
  EXPECT_FALSE(site->released("ada", "c1"));
  auto const why = site->why("c1");
  EXPECT_EQ(why["reason"], "no_fence");
  EXPECT_EQ(why["outside_hours_of"], "office");
  EXPECT_THAT(std::string(why["sentence"]), HasSubstr("outside the hours of 'office'"));
  auto const person = site->ask("people why", {{"person", "ada"}});
  ASSERT_TRUE(person) << person.error().what;
  EXPECT_EQ((*person)["outside_hours_of"], "office");
  EXPECT_THAT(std::string((*person)["sentence"]), HasSubstr("outside the hours of 'office'"));
  EXPECT_EQ((*person)["fences"][0]["outside_hours"], "Mon..Fri 08:00-18:00 UTC");
}

TEST_F(FenceHours, when_they_begin_calls_are_judged_within_a_second) {
  begin(office_hours(), monday(7h));
  site->fix(ada, kOutside);
  site->dials("ada", "c1", "+4312345678");
  site->answers("ada", "c1", "+4312345678");
  set_wall(monday(8h) - 500ms);
  site->clock.advance(400ms);
  EXPECT_FALSE(site->released("ada", "c1"));
  a_second_passes();
  EXPECT_TRUE(site->released("ada", "c1"));
  auto const why = site->why("c1");
  EXPECT_EQ(why["reason"], "outside");
  EXPECT_EQ(why["event"], "hours");
}

TEST_F(FenceHours, when_they_end_new_calls_pass) {
  begin(office_hours(), monday(17h));
  site->fix(ada, kOutside);
  site->dials("ada", "c1", "+4312345678");
  site->clock.advance(1s);
  EXPECT_TRUE(site->released("ada", "c1"));
  set_wall(monday(18h));
  a_second_passes();
  site->dials("ada", "c2", "+4312345678");
  site->clock.advance(1s);
  EXPECT_FALSE(site->released("ada", "c2"));
}

TEST_F(FenceHours, the_wall_clock_may_jump_either_way) {
  begin(office_hours(), monday(12h));
  EXPECT_EQ(site->feature->standings().mask(ada), 1u);
  for (auto const& [wall, mask] : std::vector<std::pair<Instant, FenceMask>>{
           {monday(20h), 0}, {monday(9h), 1}, {monday(-20h), 0}, {monday(24h * 30 + 9h), 1}}) {
    set_wall(wall);
    a_second_passes();
    EXPECT_EQ(site->feature->standings().mask(ada), mask) << iso_text(wall);
    EXPECT_EQ(site->feature->standings().bound(ada), 1u);
  }
}

TEST_F(FenceHours, sides_are_worked_out_again_from_the_last_fix) {
  auto policy = office_hours();
  policy.fences.push_back(plain_policy().fences[0]);
  policy.fences[0].deny = true;  // nobody calls from there while the office is open
  seal(policy.fences[0]);
  begin(policy, monday(6h));
  auto& standings = site->feature->standings();
  site->fix(ada, kInside);
  EXPECT_EQ(standings.current(ada), Standing::inside);
  EXPECT_TRUE(standings.allowed(ada));
  set_wall(monday(8h));
  a_second_passes();
  EXPECT_EQ(standings.current(ada), Standing::outside);
  EXPECT_FALSE(standings.allowed(ada));
  set_wall(monday(18h));
  a_second_passes();
  EXPECT_EQ(standings.current(ada), Standing::inside);
}

TEST_F(FenceHours, whoever_the_hours_do_not_concern_keeps_what_their_fixes_said) {
  auto policy = plain_policy();
  policy.confirmations = 2;
  auto other = office_hours().fences[0];
  other.who = {.everybody = false, .emails = {"bob@acme.example"}};
  seal(other);
  policy.fences.push_back(other);
  begin(policy, monday(6h));
  auto& standings = site->feature->standings();
  site->fix(ada, kOutside);
  site->clock.advance(1min);
  site->fix(ada, kInside);  // the first of the two that it takes
  auto const before = standings.current(ada);
  set_wall(monday(9h));
  a_second_passes();
  EXPECT_EQ(standings.current(ada), before);
  site->clock.advance(1min);
  site->fix(ada, kInside);
  EXPECT_EQ(standings.current(ada), Standing::inside);
}

TEST_F(FenceHours, fence_verbs_tell_the_hours) {
  begin(office_hours("Mon..Fri 08:00-18:00 Europe/Vienna"), monday(12h));
  auto const list = site->ask("fence list");
  ASSERT_TRUE(list);
  auto const& fence = (*list)["fences"][0];
  EXPECT_EQ(fence["schedule"], Document({"Mon..Fri 08:00-18:00 Europe/Vienna"}));
  EXPECT_EQ(fence["active"], true);
  EXPECT_EQ(fence["next_change_at"], "2026-01-05T17:00:00.000Z");
  set_wall(monday(20h));
  a_second_passes();
  EXPECT_EQ((*site->ask("fence show", {{"fence", "office"}}))["next_change_at"],
            "2026-01-06T07:00:00.000Z");
}

TEST_F(FenceHours, a_tested_point_has_a_country_and_sleeping_fences_block_nobody_there) {
  begin(office_hours(), monday(20h));
  control::VerbCall call;
  call.params = {{"latitude", "42.6629"}, {"longitude", "21.1655"}, {"accuracy", "20"}};
  auto const tested =
      test::run_task(site->io, site->verbs.handlers.at("fence test")(call));  // beside the loop
  ASSERT_TRUE(tested) << tested.error().what;
  auto const& country = (*tested)["country"];
  EXPECT_EQ(country["land"], true);
  EXPECT_EQ(country["name"], "Kosovo");
  EXPECT_FALSE(country.contains("code"));
  EXPECT_GT(country["border_m"].get<double>(), 5'000);
  EXPECT_EQ((*tested)["fences"][0]["side"], "outside");
  EXPECT_EQ((*tested)["fences"][0]["active"], false);
  EXPECT_EQ((*tested)["allowed_for_all"], true);
  set_wall(monday(32h));
  a_second_passes();
  auto const awake = test::run_task(site->io, site->verbs.handlers.at("fence test")(call));
  EXPECT_EQ((*awake)["allowed_for_all"], false);
  EXPECT_FALSE((*awake)["fences"][0].contains("active"));
}

}  // namespace
}  // namespace wardroom::call_blocking
