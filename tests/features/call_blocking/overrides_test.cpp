/// What operators decide about single people, whatever their place.
#include "call_blocking_site.hpp"

#include <gmock/gmock.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

using Params = std::map<std::string, std::string>;

TEST(Overrides, a_block_ends_running_calls_and_never_an_emergency) {
  Site site;
  site.start();
  site.fix(site.person("ann"), kInside);
  site.dials("ann", "c1", "+14085550123");
  site.dials("ann", "c2", "112");
  site.settle();
  ASSERT_FALSE(site.released("ann", "c1"));
  auto const set = site.ask("block", {{"person", "ann"}, {"reason", "phone reported stolen"}});
  ASSERT_TRUE(set) << set.error().what;
  EXPECT_EQ((*set)["kind"], "block");
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_FALSE(site.released("ann", "c2"));
  EXPECT_EQ(site.why("c1")["reason"], "blocked_by_override");
}

TEST(Overrides, allow_and_exempt_let_calls_of_people_outside_through_and_say_who_decided_so) {
  Site site;
  site.start();
  site.fix(site.person("ann"), kOutside);
  site.fix(site.person("ben"), kOutside);
  ASSERT_TRUE(site.ask("allow", {{"person", "ann"}, {"reason", "on a trip"}, {"for", "2h"}}));
  ASSERT_TRUE(site.ask("exempt", {{"person", "ben"}, {"reason", "works council"}}));
  site.dials("ann", "c1", "+14085550123");
  site.dials("ben", "c2", "+14085550123");
  site.settle();
  EXPECT_TRUE(site.calls.releases.empty());
  EXPECT_EQ(site.why("c1")["reason"], "allowed_by_override");
  EXPECT_EQ(site.why("c2")["reason"], "exempt");
  auto const why = site.ask("people why", {{"person", "ann"}});
  EXPECT_EQ((*why)["override"]["reason"], "on a trip");
  EXPECT_EQ((*why)["allowed"], true);
  EXPECT_EQ((*site.ask("override list"))["overrides"].size(), 2u);
}

TEST(Overrides, R125_end_by_themselves_also_over_a_restart_and_a_clock_that_went_back) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    site.person("ann");
    site.person("ben");
    ASSERT_TRUE(site.ask("allow", {{"person", "ann"}, {"reason", "on a trip"}, {"for", "2h"}}));
    ASSERT_TRUE(site.ask("block", {{"person", "ben"}, {"reason", "stolen"}, {"for", "1h"}}));
    site.clock.advance(minutes(90));
    EXPECT_EQ(site.feature->overrides().size(), 1u) << "the hour is over";
    site.stop();
  }
  {
    // The clock of the machine lost its battery: it says the moment of before again.
    Site site(plain_policy(), disk);
    site.start();
    site.settle();
    ASSERT_EQ(site.feature->overrides().size(), 1u);
    site.clock.advance(hours(2) - minutes(1));
    EXPECT_EQ(site.feature->overrides().size(), 1u);
    site.clock.advance(minutes(2));
    EXPECT_EQ(site.feature->overrides().size(), 0u) << "never longer than it was meant to";
    site.stop();
  }
  Site site(plain_policy(), disk);
  site.start();
  site.settle();
  EXPECT_EQ(site.feature->overrides().size(), 0u);
}

TEST(Overrides, the_end_of_an_allowance_judges_the_running_call) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  ASSERT_TRUE(site.ask("allow", {{"person", "ann"}, {"reason", "on a trip"}, {"for", "10s"}}));
  site.fix(ann, kOutside);
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(seconds(9));
  EXPECT_FALSE(site.released("ann", "c1"));
  site.clock.advance(seconds(2));
  EXPECT_TRUE(site.released("ann", "c1"));
}

TEST(Overrides, replace_one_another_and_are_removed_with_the_record_of_what_was) {
  Site site;
  site.start();
  site.person("ann");
  ASSERT_TRUE(site.ask("allow", {{"person", "ann"}, {"reason", "first"}, {"for", "10s"}}));
  auto const second = site.ask("block", {{"person", "ann"}, {"reason", "second"}});
  EXPECT_EQ((*second)["replaced"]["reason"], "first");
  site.clock.advance(minutes(1));
  ASSERT_EQ(site.feature->overrides().size(), 1u) << "the first one's end is not the second's";
  auto const gone = site.ask("override remove", {{"person", "ann"}});
  ASSERT_TRUE(gone) << gone.error().what;
  EXPECT_EQ((*gone)["removed"]["reason"], "second");
  auto const again = site.ask("override remove", {{"person", "ann"}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::not_found);
  auto const lines = test::run_task(site.io, site.journal.read_latest({.kinds = {"override"}}, 10));
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->size(), 3u);
  for (auto const& line : *lines)
    EXPECT_EQ(line.body.find("second"), std::string::npos) << "a reason can be erased";
}

TEST(Overrides, want_a_reason_and_a_time_that_makes_sense) {
  Site site;
  site.start();
  site.person("ann");
  for (auto const& [params, words] : std::vector<std::pair<Params, std::string>>{
           {{{"person", "ann"}, {"reason", "  "}}, "needs a reason"},
           {{{"person", "ann"}, {"reason", std::string(501, 'x')}}, "longer than 500"},
           {{{"person", "ann"}, {"reason", "r"}, {"for", "soon"}}, "is no duration"},
           {{{"person", "ann"}, {"reason", "r"}, {"for", "0s"}}, "is no duration"},
           {{{"person", "ann"}, {"reason", "r"}, {"for", "4000d"}}, "more than a year"},
           {{{"person", "nobody-of-that-name"}, {"reason", "r"}}, "nobody-of-that-name"}}) {
    auto const answer = site.ask("block", params);
    ASSERT_FALSE(answer) << words;
    EXPECT_THAT(answer.error().what, HasSubstr(words));
  }
  EXPECT_EQ(site.feature->overrides().size(), 0u);
}

}  // namespace
}  // namespace wardroom::call_blocking
