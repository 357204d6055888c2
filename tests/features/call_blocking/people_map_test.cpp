/// Learning who is who: each unknown target asked after once, and all addresses of a person kept.
#include "call_blocking_site.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(PeopleMap, asks_after_each_target_once_when_the_platform_answers_at_once) {
  Site site;
  site.start();
  // On the loop, as events come: the look-ups begin and end before ask() has returned.
  boost::asio::post(site.io, [&] {
    site.rings("queue", "c1", "+14085550123");
    site.rings("attendant", "c2", "+14085550123");
  });
  site.clock.advance(seconds(1));
  EXPECT_EQ(site.calling.looked_up, (std::vector<std::string>{"queue@xsi", "attendant@xsi"}));
}

TEST(PeopleMap, keeps_a_fence_that_names_a_second_address_of_somebody) {
  auto policy = plain_policy();
  policy.fences[0].everybody = false;
  policy.fences[0].people = {"ann.lee@acme.example"};
  seal(policy.fences[0]);
  Site site(policy);
  auto const ann = site.person("ann");
  site.directory.everybody[0].emails.emplace_back("Ann.Lee@acme.example");
  site.start();  // reads the directory, then the platform's, which knows the first address only
  site.clock.advance(seconds(1));
  site.fix(ann, kOutside);
  site.dials("ann", "c1", "+14085550123");
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
}

TEST(CallSurvey, asks_for_the_calls_of_two_people_at_once) {
  Site site;
  std::vector<std::string> listed;
  TaskGroup tasks(site.io.get_executor(), [](auto, auto) { ADD_FAILURE(); });
  struct Slow final : CallControl {
    explicit Slow(Clock& c) : clock(c) {}
    Task<Result<ReleaseOutcome>> release(XsiUserId, CallLeg) override {
      co_return ReleaseOutcome::released;
    }
    Task<Result<std::vector<CallLeg>>> live_calls(XsiUserId) override {
      co_await clock.sleep_for(seconds(1));
      co_return std::vector<CallLeg>{};
    }
    Clock& clock;
  } slow(site.clock);
  CallSurvey survey(slow, site.clock, tasks, [&](auto const& target, auto const&, Uptime) {
    listed.push_back(target.text());
  });
  boost::asio::post(
      site.io, [&] { survey.ask({XsiUserId("a"), XsiUserId("b")}, CallSurvey::Tier::blocked); });
  site.clock.advance(milliseconds(1'100));
  EXPECT_EQ(listed.size(), 2u);
  EXPECT_FALSE(survey.running());
}

}  // namespace
}  // namespace wardroom::call_blocking
