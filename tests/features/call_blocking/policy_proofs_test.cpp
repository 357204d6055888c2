/// The promises about policies through the whole feature: what each policy does in each trouble to
/// new and to running calls, that nothing is sent where only observing was asked for, and that
/// leaving counts at once.
#include "platform_model.hpp"

#include <array>

namespace wardroom::call_blocking {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

enum class Trouble : std::uint8_t { no_fix, stale, uncertain, degraded_no_fix, degraded_stale };
constexpr std::array kTroubles{Trouble::no_fix, Trouble::stale, Trouble::uncertain,
                               Trouble::degraded_no_fix, Trouble::degraded_stale};
constexpr std::array<std::string_view, 5> kTroubleNames{"no_fix", "stale", "uncertain",
                                                        "degraded, no fix", "degraded, stale"};

Policy& rule_of(Policies& policies, Trouble trouble) {
  switch (trouble) {
    case Trouble::no_fix:
      return policies.no_fix;
    case Trouble::stale:
      return policies.stale;
    case Trouble::uncertain:
      return policies.uncertain;
    default:
      return policies.degraded;
  }
}

/// One person in one trouble under one rule, all other rules saying the contrary.
struct Case {
  Site site;
  Trouble trouble;
  PersonNo ann = 0;

  static PolicySettings policy(Trouble trouble, std::string_view rule, EndRunning end) {
    auto out = plain_policy();
    out.end_running = end;
    auto& p = out.fences[0].policies;
    auto const contrary = *parse_policy(rule == "open" ? "closed" : "open");
    for (auto* other : {&p.no_fix, &p.stale, &p.uncertain, &p.degraded, &p.suspicious})
      *other = contrary;
    rule_of(p, trouble) = *parse_policy(rule);
    seal(out.fences[0]);
    return out;
  }
  Case(Trouble what, std::string_view rule, EndRunning end)
      : site(policy(what, rule, end)), trouble(what) {
    site.start();
    ann = site.person("ann");
  }

  /// Time passes, and the trouble lasts.
  void pass(seconds time) {
    for (auto left = time; left > seconds(0); left -= seconds(1)) {
      if (degraded()) site.journal.append("test", 0, "", "{}");
      if (trouble == Trouble::uncertain && left.count() % 20 == 0) site.fix(ann, kInside, 6000);
      site.clock.advance(seconds(1));
    }
  }
  bool degraded() const { return trouble >= Trouble::degraded_no_fix; }
  /// The trouble begins; what it measures from then on is nearly zero.
  void begin() {
    auto const timeout = std::chrono::duration_cast<seconds>(plain_policy().timeout);
    if (trouble == Trouble::stale || trouble == Trouble::degraded_stale) {
      site.fix(ann, kInside);
      site.clock.advance(timeout + seconds(1));
    } else if (trouble == Trouble::uncertain) {
      site.fix(ann, kInside, 6000);  // which says nothing of where she is
    }
    if (degraded()) site.database.fail_commits(Error{ErrorKind::unavailable, "disk I/O error"});
    pass(seconds(2));
  }
};

TEST(PolicyProofs, R119_each_policy_in_each_trouble_decides_over_new_calls) {
  for (auto const trouble : kTroubles)
    for (std::string_view const rule : {"open", "closed", "grace(1m)"}) {
      SCOPED_TRACE(std::string(kTroubleNames[static_cast<std::size_t>(trouble)]) + " " +
                   std::string(rule));
      Case it(trouble, rule, EndRunning::outside);
      it.begin();
      it.site.dials("ann", "c1", "+14085550123");
      it.site.dials("ann", "sos", "144");
      it.pass(seconds(2));
      EXPECT_EQ(it.site.released("ann", "c1"), rule == "closed");
      it.pass(seconds(50));
      EXPECT_EQ(it.site.released("ann", "c1"), rule == "closed") << "too early";
      it.pass(seconds(20));
      EXPECT_EQ(it.site.released("ann", "c1"), rule != "open") << "after the grace";
      EXPECT_FALSE(it.site.released("ann", "sos"));
    }
}

TEST(PolicyProofs, R119_calls_that_run_are_ended_only_as_end_running_calls_says) {
  for (auto const end : {EndRunning::never, EndRunning::outside, EndRunning::always})
    for (auto const trouble : {Trouble::stale, Trouble::uncertain, Trouble::degraded_stale}) {
      SCOPED_TRACE(std::string(kTroubleNames[static_cast<std::size_t>(trouble)]) + " " +
                   std::string(name(end)));
      Case it(trouble, "closed", end);
      it.site.fix(it.ann, kInside);
      it.site.dials("ann", "c1", "+14085550123");
      it.site.answers("ann", "c1", "+14085550123");
      it.pass(seconds(2));
      ASSERT_FALSE(it.site.released("ann", "c1"));
      it.begin();
      it.pass(seconds(5));
      EXPECT_EQ(it.site.released("ann", "c1"), end == EndRunning::always);
      // A new one is another matter, and so is going away.
      it.site.dials("ann", "c2", "+14085550123");
      it.pass(seconds(2));
      EXPECT_TRUE(it.site.released("ann", "c2"));
      it.site.clock.advance(minutes(15));
      it.site.fix(it.ann, kOutside);
      it.site.clock.advance(seconds(2));
      EXPECT_EQ(it.site.released("ann", "c1"), end != EndRunning::never) << "2 s after the post";
    }
}

TEST(PolicyProofs, R37_a_running_call_ends_on_the_very_post_from_outside) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside);
  site.dials("ann", "c1", "+14085550123");
  site.answers("ann", "c1", "+14085550123");
  site.clock.advance(minutes(4));
  auto const posted = site.clock.uptime();
  site.fix(ann, {47.98, 16.5}, 50);  // two kilometres beyond the border
  site.clock.advance(seconds(2));
  ASSERT_TRUE(site.released("ann", "c1"));
  EXPECT_EQ(site.calls.releases.back().at, posted) << "no wait, no second post";
  EXPECT_EQ(site.why("c1")["reason"], "outside");
}

TEST(PolicyProofs, R120_a_walk_within_the_margin_ends_the_call_at_the_second_fix_beyond) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, {48.0007, 16.5}, 60);
  site.dials("ann", "c1", "+14085550123");
  site.answers("ann", "c1", "+14085550123");
  for (double latitude : {48.0003, 47.9999}) {  // on foot: 44 m in half a minute
    site.clock.advance(seconds(30));
    site.fix(ann, {latitude, 16.5}, 60);
    site.settle();
    EXPECT_FALSE(site.released("ann", "c1")) << latitude;
  }
  site.clock.advance(seconds(30));
  site.fix(ann, {47.9995, 16.5}, 60);
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
}

/// A random busy hour, with repeated, delayed and lost events: how many requests reached the
/// platform.
std::size_t requests_of_an_hour(std::uint64_t salt, PolicySettings policy, bool with_reloads) {
  test::Dice dice(salt);
  std::vector<std::string> const people{"ann", "ben", "cleo", "dora", "emil"};
  Site site(policy);
  site.start();
  std::map<std::string, PersonNo> numbers;
  for (auto const& who : people) numbers[who] = site.person(who);
  EXPECT_TRUE(site.ask("block", {{"person", "cleo"}, {"reason", "stolen"}}));
  PlatformModel platform(dice, people);
  platform.attach(site, numbers);
  platform.set_troubles({.lose = 8});
  auto const until = site.clock.uptime() + hours(1);
  std::size_t steps = 0;
  while (site.clock.uptime() < until) {
    platform.step();
    if (++steps % 40 == 0) platform.tell_places();
    if (platform.lost_something() && dice.one_in(4)) {
      platform.forget_losses();
      site.feature->on_resync_needed("gap");
    }
    if (with_reloads && dice.one_in(50))
      test::start_task(site.io, site.feature->set_policy(policy));
    site.clock.advance(seconds(1));
  }
  platform.end_everything();
  site.clock.advance(seconds(5));
  auto const& counted = site.feature->counters();
  std::cout << "[   R123   ] " << steps << " steps, " << counted.decided << " decisions, "
            << counted.observed << " releases only observed, " << platform.requests()
            << " requests\n";
  EXPECT_GT(counted.observed, 20u) << "the hour was not busy enough to prove anything";
  EXPECT_EQ(counted.rejected, 0u);
  EXPECT_TRUE(site.calls.releases.empty());
  return platform.requests();
}

TEST(PolicyProofs, R123_observing_sends_no_request_in_a_busy_hour) {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  EXPECT_EQ(requests_of_an_hour(60, policy, true), 0u);
}

TEST(PolicyProofs, R123_enforcing_for_people_who_do_not_call_sends_no_request_in_a_busy_hour) {
  auto policy = plain_policy();
  policy.enforce_for.everybody = false;
  policy.enforce_for.emails = {"pilot@acme.example"};
  EXPECT_EQ(requests_of_an_hour(61, policy, true), 0u);
}

TEST(PolicyProofs, R123_staged_enforcement_reaches_exactly_who_is_named) {
  auto policy = plain_policy();
  policy.enforce_for.everybody = false;
  policy.enforce_for.emails = {"ann@acme.example"};
  Site site(policy);
  site.start();
  for (auto const* who : {"ann", "ben"}) site.fix(site.person(who), kOutside);
  site.dials("ann", "a1", "+14085550123");
  site.dials("ben", "b1", "+14085550123");
  site.dials("ghost", "g1", "+14085550123");
  site.clock.advance(seconds(5));
  EXPECT_TRUE(site.released("ann", "a1"));
  EXPECT_FALSE(site.released("ben", "b1"));
  EXPECT_FALSE(site.released("ghost", "g1")) << "somebody unknown is not named";
  EXPECT_EQ(site.why("b1")["policy"]["mode"], "observe");
  EXPECT_EQ(site.why("b1")["reason"], "outside");
  // The stage grows while the call runs; the next event or position of its person ends it.
  policy.enforce_for.emails.push_back("ben@acme.example");
  test::start_task(site.io, site.feature->set_policy(policy));
  site.clock.advance(seconds(2));
  EXPECT_TRUE(site.released("ben", "b1"));
}

TEST(PolicyProofs, R123_an_operator_cannot_block_through_the_back_door_of_observing) {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  Site site(policy);
  site.start();
  site.fix(site.person("ann"), kInside);
  site.dials("ann", "c1", "+14085550123");
  ASSERT_TRUE(site.ask("block", {{"person", "ann"}, {"reason", "stolen"}}));
  site.clock.advance(seconds(5));
  EXPECT_TRUE(site.calls.releases.empty()) << "observing sends nothing, not even for a block";
  EXPECT_EQ(site.why("c1")["reason"], "blocked_by_override");
}

TEST(PolicyProofs, R125_the_wall_clock_moves_no_end_of_an_override) {
  for (auto const jump : {hours(5), hours(-5), hours(24 * 365)}) {
    Site site;
    site.start();
    site.fix(site.person("ann"), kOutside);
    ASSERT_TRUE(site.ask("allow", {{"person", "ann"}, {"reason", "on a trip"}, {"for", "2h"}}));
    site.clock.advance(minutes(30));
    site.clock.jump_wall(jump);
    site.clock.advance(minutes(89));
    EXPECT_EQ(site.feature->overrides().size(), 1u) << jump.count() << " h: too early";
    site.clock.advance(minutes(2));
    EXPECT_EQ(site.feature->overrides().size(), 0u) << jump.count() << " h: too late";
  }
}

TEST(PolicyProofs, a_running_call_keeps_its_right_to_go_on_over_a_restart) {
  test::FakeDisk disk;
  Instant now;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    site.fix(site.person("ann"), kInside);
    site.dials("ann", "c1", "+14085550123");
    site.answers("ann", "c1", "+14085550123");
    site.clock.advance(seconds(30));
    ASSERT_FALSE(site.released("ann", "c1"));
    now = site.clock.now();
    site.stop();
  }
  // Down for ten minutes: the position has gone stale, which ends no call that was let through.
  Site site(plain_policy(), disk);
  site.clock.advance(minutes(10) +
                     std::chrono::duration_cast<Milliseconds>(now - site.clock.now()));
  auto leg = site.leg("c1", "+14085550123", Personality::originator, CallState::active);
  leg.answered = now;
  site.calls.put("ann@xsi", leg);
  site.start();
  site.clock.advance(seconds(1));
  site.feature->on_resync_needed("start");
  site.clock.advance(seconds(5));
  EXPECT_FALSE(site.released("ann", "c1"));
  site.dials("ann", "c2", "+14085550123");
  site.clock.advance(seconds(5));
  EXPECT_TRUE(site.released("ann", "c2")) << "the position is stale";
}

}  // namespace
}  // namespace wardroom::call_blocking
