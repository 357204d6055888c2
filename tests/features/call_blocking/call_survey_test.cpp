/// Asking the platform whose calls run: order, rate, rounds that follow each other, answers that
/// hang; and what a resync makes of it with ten thousand people.
#include "call_blocking_site.hpp"

#include <algorithm>
#include <set>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Tier = CallSurvey::Tier;

std::vector<XsiUserId> named(std::string const& prefix, int count) {
  std::vector<XsiUserId> out;
  for (int i = 0; i < count; ++i) out.emplace_back(prefix + std::to_string(i));
  return out;
}

struct Bench {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(),
                  [](std::string_view task, std::exception_ptr) { ADD_FAILURE() << task; }};
  test::FakeCallControl calls{clock};
  std::vector<std::string> listed;
  CallSurvey survey{calls, clock, tasks, [this](auto const& target, auto const&, Uptime) {
                      listed.push_back(target.text());
                    }};
  ~Bench() {
    survey.stop();
    test::start_task(io, tasks.stop(clock, milliseconds(10)));
    clock.advance(seconds(1));
  }
  std::size_t times(std::string const& who) const {
    return static_cast<std::size_t>(std::ranges::count(calls.listed, who));
  }
};

TEST(CallSurvey, asks_the_most_urgent_first_and_everybody_within_the_rate) {
  Bench b;
  b.survey.ask(named("other", 400), Tier::others);
  b.survey.ask(named("outside", 20), Tier::outside);
  b.survey.ask(named("blocked", 20), Tier::blocked);
  b.clock.advance(seconds(1));
  // Twenty others went at once, when nobody else was there.
  std::vector<std::string> const early(b.calls.listed.begin(), b.calls.listed.begin() + 55);
  EXPECT_EQ(std::ranges::count_if(early, [](auto& w) { return w.starts_with("blocked"); }), 20);
  EXPECT_LE(b.calls.listed.size(), 62u);
  EXPECT_TRUE(b.survey.running());
  EXPECT_EQ(b.survey.waiting() + b.calls.listed.size(), 440u);
  b.clock.advance(seconds(10));
  EXPECT_EQ(b.listed.size(), 440u);
  EXPECT_FALSE(b.survey.running());
  EXPECT_EQ(std::set<std::string>(b.listed.begin(), b.listed.end()).size(), 440u);
}

TEST(CallSurvey, rounds_that_follow_each_other_starve_nobody) {
  Bench b;
  for (int round = 0; round < 60; ++round) {
    b.survey.ask(named("blocked", 5), Tier::blocked);
    b.survey.ask(named("outside", 60), Tier::outside);
    b.survey.ask(named("other", 300), Tier::others);
    b.clock.advance(seconds(1));
  }
  std::set<std::string> const seen(b.calls.listed.begin(), b.calls.listed.end());
  EXPECT_EQ(seen.size(), 365u) << "those at the end have their turn too";
  for (auto const& who : named("blocked", 5))
    EXPECT_GE(b.times(who.text()), 55u) << "and the urgent ones theirs, every round";
  EXPECT_LE(b.survey.waiting(), 365u) << "nobody waits twice";
  EXPECT_LE(b.calls.listed.size(), 60u * 40 + 20);
}

TEST(CallSurvey, nobody_waits_for_answers_that_hang) {
  Bench b;
  b.calls.on_list = [&](XsiUserId who) -> Task<Result<std::vector<CallLeg>>> {
    if (who.text().starts_with("stuck")) {
      co_await b.clock.sleep_for(seconds(10));
      co_return failure(ErrorKind::timed_out, "no answer within 10000 ms");
    }
    co_return std::vector<CallLeg>{};
  };
  b.survey.ask(named("stuck", 40), Tier::blocked);
  b.survey.ask(named("fine", 40), Tier::blocked);
  b.clock.advance(seconds(2));
  EXPECT_EQ(b.listed.size(), 40u);
  b.clock.advance(seconds(90));
  EXPECT_GE(b.survey.failed(), 40u * 5);
  b.calls.on_list = {};
  b.clock.advance(seconds(41));
  EXPECT_EQ(b.listed.size(), 80u) << "however long it took";
  EXPECT_FALSE(b.survey.running());
}

TEST(CallSurvey, who_cannot_be_asked_for_long_waits_once_and_is_forgotten_on_demand) {
  Bench b;
  b.calls.on_list = [&](XsiUserId) -> Task<Result<std::vector<CallLeg>>> {
    co_return failure(ErrorKind::unavailable, "answered 503");
  };
  for (int i = 0; i < 100; ++i) {
    b.survey.ask(named("a", 1), Tier::blocked);
    b.clock.advance(seconds(2));
  }
  auto const before = b.survey.failed();
  b.clock.advance(seconds(300));
  EXPECT_LE(b.survey.failed(), before + 5 + 10) << "the last round's few tries, then every 30 s";
  b.survey.forget();
  auto const then = b.survey.failed();
  b.clock.advance(seconds(300));
  EXPECT_EQ(b.survey.failed(), then);
  EXPECT_FALSE(b.survey.running());
}

TEST(CallSurvey, asks_again_whoever_is_being_asked_when_the_next_round_begins) {
  Bench b;
  b.calls.on_list = [&](XsiUserId) -> Task<Result<std::vector<CallLeg>>> {
    co_await b.clock.sleep_for(seconds(1));
    co_return std::vector<CallLeg>{};
  };
  b.survey.ask(named("a", 1), Tier::blocked);
  b.clock.advance(milliseconds(500));
  b.survey.ask(named("a", 1), Tier::blocked);  // what is under way may be older than the gap
  b.clock.advance(seconds(3));
  EXPECT_EQ(b.times("a0"), 2u);
}

TEST(CallSurvey, takes_a_no_that_is_said_five_times_and_no_such_user_for_no_calls) {
  Bench b;
  b.calls.on_list = [&](XsiUserId who) -> Task<Result<std::vector<CallLeg>>> {
    co_return failure(who.text() == "gone0" ? ErrorKind::not_found : ErrorKind::denied, "no");
  };
  b.survey.ask(named("gone", 1), Tier::blocked);
  b.survey.ask(named("denied", 1), Tier::blocked);
  b.clock.advance(seconds(100));
  EXPECT_EQ(b.listed, (std::vector<std::string>{"gone0"}));
  EXPECT_EQ(b.times("gone0"), 1u);
  EXPECT_EQ(b.times("denied0"), 5u);
}

TEST(CallSurvey, X2_a_no_that_passes_does_not_hide_an_emergency_call) {
  for (auto const no : {ErrorKind::denied, ErrorKind::conflict, ErrorKind::malformed}) {
    Bench b;
    int answers = 0;
    b.calls.on_list = [&](XsiUserId) -> Task<Result<std::vector<CallLeg>>> {
      if (answers++ == 0) co_return failure(no, "error code 4500");
      co_return std::vector<CallLeg>{};
    };
    b.survey.ask(named("denied", 1), Tier::blocked);
    b.clock.advance(seconds(2));
    EXPECT_EQ(b.listed, (std::vector<std::string>{"denied0"})) << name(no);
  }
}

TEST(CallSurvey, X1_waits_for_no_renewal_that_another_may_overtake_and_never_for_long) {
  struct {
    ErrorKind kind;
    seconds asked, most;
  } const cases[] = {{ErrorKind::unauthorized, seconds(703), seconds(2)},
                     {ErrorKind::throttled, seconds(20), seconds(20)},
                     {ErrorKind::throttled, seconds(703), seconds(30)}};
  for (auto const& c : cases) {
    Bench b;
    b.calls.on_list = [&](XsiUserId) -> Task<Result<std::vector<CallLeg>>> {
      if (b.times("who0") == 1)
        co_return std::unexpected(Error{c.kind, "wait", milliseconds(c.asked)});
      co_return std::vector<CallLeg>{};
    };
    b.survey.ask(named("who", 1), Tier::blocked);
    b.clock.advance(c.most - milliseconds(500));
    if (c.kind == ErrorKind::throttled) EXPECT_EQ(b.times("who0"), 1u) << c.asked.count();
    b.clock.advance(seconds(1));
    EXPECT_EQ(b.times("who0"), 2u) << c.asked.count();
  }
}

/// So many people without any position, of whom nobody may call.
void crowd(Site& site, int count) {
  std::vector<Person> people;
  std::vector<CallingUser> users;
  for (int i = 0; i < count; ++i) {
    auto const name = "crowd" + std::to_string(i);
    Person p;
    p.uuid = "10000000-0000-0000-0000-" + std::to_string(100'000'000'000 + i);
    p.id = PersonId("id-" + name);
    p.display_name = name;
    p.emails = {name + "@acme.example"};
    p.country = "AT";
    CallingUser user;
    user.id = XsiUserId(name + "@xsi");
    user.email = p.emails[0];
    user.person_uuid = p.uuid;
    users.push_back(std::move(user));
    people.push_back(std::move(p));
    if (people.size() < 250 && i + 1 < count) continue;
    ASSERT_TRUE(test::run_task(site.io, site.people.upsert(std::exchange(people, {}))));
    ASSERT_TRUE(test::run_task(site.io, site.people.upsert(std::exchange(users, {}))));
  }
}

TEST(Resync, X1_with_ten_thousand_people_who_may_not_call_the_first_release_comes_at_once) {
  Site site;
  site.start();
  std::vector<std::string> const known{"ann", "ben", "cleo"}, outside{"dora", "emil", "fred"};
  for (auto const& name : known) site.fix(site.person(name), kOutside);
  for (auto const& name : outside) site.fix(site.person(name), kOutside);
  crowd(site, 10'000);
  for (auto const& name : known) {
    site.feature->standings().set_override(
        site.roster.find(people::RosterKey::of_xsi(name + "@xsi")), Override::allow);
    site.dials(name, "k-" + name, "+14085550123");
  }
  // While we were blind they lost their permission, others began to call, and one of the crowd too.
  for (auto const& name : known)
    site.feature->standings().set_override(
        site.roster.find(people::RosterKey::of_xsi(name + "@xsi")), Override::none);
  for (auto const& name : outside)
    site.calls.put(name + "@xsi", site.leg("o-" + name, "+14085550123"));
  site.calls.put("crowd9999@xsi", site.leg("last", "+14085550123"));
  auto const back = site.clock.uptime();
  site.feature->on_resync_needed("every channel was down");
  site.clock.advance(seconds(5));
  for (auto const& name : known) EXPECT_TRUE(site.released(name, "k-" + name));
  for (auto const& name : outside) EXPECT_TRUE(site.released(name, "o-" + name));
  for (auto const& release : site.calls.releases) EXPECT_LE(release.at - back, seconds(1));
  EXPECT_LE(site.calls.listed.size(), 5u * 40 + 30);
  EXPECT_GT(site.feature->survey().waiting(), 9'000u);
  // A second gap while the first round runs begins with the urgent ones, and loses nobody.
  site.calls.put("ann@xsi", site.leg("again", "+14085550123"));
  site.feature->on_resync_needed("once more");
  site.clock.advance(seconds(1));
  EXPECT_TRUE(site.released("ann", "again"));
  site.clock.advance(seconds(300));
  EXPECT_TRUE(site.released("crowd9999", "last"));
  EXPECT_FALSE(site.feature->survey().running());
}

}  // namespace
}  // namespace wardroom::call_blocking
