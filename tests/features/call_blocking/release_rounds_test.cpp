/// Releases that did not end their call, and calls that were only observed so far.
#include "call_blocking_site.hpp"

namespace wardroom::call_blocking {
namespace {

using std::chrono::seconds;

TEST(Releases, ask_the_platform_again_after_accepted_releases_that_ended_nothing) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kOutside);
  site.calls.releases_work = false;
  site.dials("ann", "c1", "+14085550123");
  site.clock.advance(seconds(10));
  EXPECT_EQ(site.calls.releases.size(), 3u);
  EXPECT_EQ(site.why("c1")["action"]["end"], "failed");
  auto const rejected = site.feature->counters().rejected;
  site.calls.releases_work = true;
  site.fix(ann, kOutside);
  site.clock.advance(seconds(5));
  EXPECT_EQ(site.calls.releases.size(), 4u) << "a request, not a note that one was made before";
  EXPECT_EQ(site.feature->counters().rejected, rejected + 1);
  EXPECT_EQ(site.feature->ledger().size(), 0u);
}

TEST(Releases, reach_calls_in_progress_when_a_reload_turns_observing_into_enforcing) {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  Site site(policy);
  site.start();
  auto const ann = site.person("ann");
  auto const ben = site.person("ben");
  site.fix(ann, kOutside);
  site.fix(ben, kInside);
  site.dials("ann", "a1", "+14085550123");
  site.dials("ann", "sos", "112");
  site.dials("ben", "b1", "+14085550123");
  site.settle();
  ASSERT_TRUE(site.calls.releases.empty());
  test::start_task(site.io, site.feature->set_policy(plain_policy()));
  site.settle();
  EXPECT_TRUE(site.released("ann", "a1"));
  EXPECT_FALSE(site.released("ann", "sos"));
  EXPECT_FALSE(site.released("ben", "b1"));
  auto const why = site.why("a1");
  EXPECT_EQ(why["policy"]["mode"], "enforce");
  EXPECT_EQ(why["action"]["end"], "done");
}

TEST(Reload, of_two_at_once_leaves_the_later_policy_in_force) {
  Site site;
  site.start();
  site.person("ann");
  auto slow = plain_policy();  // has somebody to look up
  slow.fences[0].name = "slow";
  slow.fences[0].who.everybody = false;
  slow.fences[0].who.emails = {"ann@acme.example"};
  seal(slow.fences[0]);
  auto quick = plain_policy();
  quick.fences[0].name = "quick";
  seal(quick.fences[0]);
  test::start_task(site.io, site.feature->set_policy(slow));
  test::start_task(site.io, site.feature->set_policy(quick));
  site.clock.advance(seconds(1));
  EXPECT_EQ(site.feature->standings().policy().fences[0].name, "quick");
}

}  // namespace
}  // namespace wardroom::call_blocking
