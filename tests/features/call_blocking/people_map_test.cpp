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
  policy.fences[0].who.everybody = false;
  policy.fences[0].who.emails = {"ann.lee@acme.example"};
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

/// Somebody the platform knows and no listing shows: profile and address find them.
CallingUser hire(Site& site, std::string const& name) {
  CallingUser u{XsiUserId(name + "@xsi"), name + "@acme.example", "", "", "", name, ""};
  site.calling.hidden.push_back(u);
  return u;
}
Person in_webex(std::string const& name) {
  Person p;
  p.uuid = "99999999-0000-0000-0000-" + (name + "xxxxxxxxxxxx").substr(0, 12);
  p.id = PersonId("id-" + name);
  p.display_name = name;
  p.emails = {name + "@acme.example"};
  return p;
}

TEST(PeopleMap, a_new_hire_is_judged_by_their_position_from_the_first_call) {
  Site site;
  site.start();
  hire(site, "ida");
  hire(site, "olaf");
  PersonNo numbers[2];
  for (int i = 0; auto const* name : {"ida", "olaf"})
    numbers[i++] =
        test::run_task(site.io, site.people.upsert(std::vector{in_webex(name)}))->front();
  site.fix(numbers[0], kInside);
  site.fix(numbers[1], kOutside);
  site.dials("ida", "c1", "+14085550123");
  site.dials("olaf", "c2", "+14085550123");
  site.settle();
  EXPECT_FALSE(site.released("ida", "c1")) << "closed to those without a position, and ida has one";
  EXPECT_TRUE(site.released("olaf", "c2"));
  EXPECT_EQ(site.why("c1")["reason"], "inside");
}

TEST(PeopleMap, asks_webex_for_the_person_of_an_address_that_is_unknown_here) {
  auto policy = plain_policy();
  policy.fences[0].who.everybody = false;
  policy.fences[0].who.emails = {"ida@acme.example"};
  seal(policy.fences[0]);
  Site site(policy);
  site.start();
  hire(site, "ida");
  site.directory.hidden.push_back(in_webex("ida"));
  site.dials("ida", "c1", "+14085550123");
  site.settle();
  EXPECT_EQ(site.directory.asked_for, std::vector<std::string>{"ida@acme.example"});
  EXPECT_TRUE(site.released("ida", "c1")) << "the fence names her, and she has no position";
  auto const shown = site.ask("people show", {{"person", "ida"}});
  ASSERT_TRUE(shown);
  EXPECT_EQ((*shown)["mapping"], "mapped");
}

TEST(PeopleMap, X1_a_call_answered_before_its_person_was_known_is_none_that_was_let_through) {
  auto policy = plain_policy();
  policy.fences[0].who.everybody = false;
  policy.fences[0].who.emails = {"ida@acme.example"};
  seal(policy.fences[0]);
  Site site(policy);
  site.start();
  hire(site, "ida");
  site.directory.hidden.push_back(in_webex("ida"));
  site.calling.answer_time = milliseconds(400);
  site.dials("ida", "c1", "+14085550123");
  site.settle();
  site.answers("ida", "c1", "+14085550123");
  site.clock.advance(seconds(1));
  EXPECT_TRUE(site.released("ida", "c1")) << "the fence names her, and she has no position";
}

TEST(PeopleMap, X1_asks_for_the_calls_of_somebody_the_directories_did_not_show_before) {
  Site site;
  site.start();
  auto const ida = in_webex("ida");
  site.directory.everybody.push_back(ida);
  site.calling.everybody.push_back(
      {XsiUserId("ida@xsi"), ida.emails[0], "", "", "", "ida", ida.uuid});
  site.calls.calls["ida@xsi"] = {site.leg("c1", "+14085550123")};  // no event told of it
  site.clock.advance(std::chrono::hours(7));
  EXPECT_TRUE(site.released("ida", "c1")) << "she has no position";
}

TEST(PeopleMap, reads_the_directories_soon_after_a_stranger_and_not_again_for_ten_minutes) {
  Site site;
  site.person("ann");
  site.start();
  ASSERT_EQ(site.directory.listings, 1u);
  site.clock.advance(std::chrono::minutes(11));
  hire(site, "ida");
  site.dials("ida", "c1", "+14085550123");
  site.clock.advance(seconds(5));
  EXPECT_EQ(site.directory.listings, 2u);
  hire(site, "olaf");
  site.dials("olaf", "c2", "+14085550123");
  site.clock.advance(std::chrono::minutes(9));
  EXPECT_EQ(site.directory.listings, 2u);
  site.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(site.directory.listings, 3u);
}

TEST(PeopleMap, eight_slow_answers_do_not_hold_up_a_ninth_caller) {
  Site site;
  site.start();
  auto const nina = test::run_task(site.io, site.people.upsert(std::vector{in_webex("nina")}));
  hire(site, "nina");
  site.fix(nina->front(), kInside);
  for (int i = 0; i < 8; ++i) {
    auto const name = "slow" + std::to_string(i);
    hire(site, name);
    site.calling.slow[name + "@xsi"] = seconds(9);
    site.dials(name, "s" + std::to_string(i), "+14085550123");
  }
  site.clock.advance(milliseconds(100));
  site.dials("nina", "n1", "+14085550123");
  site.clock.advance(milliseconds(650));
  EXPECT_FALSE(site.released("nina", "n1"));
  EXPECT_EQ(site.why("n1")["reason"], "inside") << "found while the slow ones are still waited for";
  EXPECT_TRUE(site.released("slow0", "s0")) << "700 ms, then the configured default";
}

TEST(PeopleMap, a_storm_of_unknown_ids_is_looked_up_a_few_at_once_and_remembered_within_bounds) {
  Site site;
  site.start();
  site.calling.answer_time = milliseconds(200);
  auto& map = site.feature->people_map();
  boost::asio::post(site.io, [&] {
    for (int i = 0; i < 30'000; ++i) map.ask(XsiUserId("q" + std::to_string(i) + "@xsi"));
  });
  site.clock.advance(milliseconds(100));
  EXPECT_EQ(map.lookups().running(), 8u);
  EXPECT_LE(map.lookups().waiting(), 2'000u);
  EXPECT_GT(map.lookups().counters().dropped, 0u);
  site.clock.advance(seconds(120));
  EXPECT_EQ(map.lookups().running(), 0u);
  EXPECT_LE(map.lookups().remembered(), 2'100u);
  EXPECT_EQ(map.answer(XsiUserId("q29999@xsi")), PeopleMap::Answer::nobody);
}

TEST(PeopleMap, a_reading_that_fails_is_tried_again_after_one_to_fifteen_minutes) {
  Site site;
  site.person("ann");
  site.directory.fails = Error{ErrorKind::unavailable, "the service is away"};
  site.start();
  EXPECT_FALSE(site.feature->people_map().trouble().empty());
  std::vector<double> waits;
  for (int i = 0; i < 7; ++i) {
    auto const before = site.directory.listings;
    double waited = 0;
    for (; site.directory.listings == before && waited < 3'600; waited += 5)
      site.clock.advance(seconds(5));
    waits.push_back(waited);
  }
  EXPECT_GE(waits[0], 60);
  EXPECT_LE(waits[0], 75);
  EXPECT_GE(waits[1], 115);
  EXPECT_GE(waits[6], 15 * 60 - 5);
  EXPECT_LE(waits[6], 17 * 60);
  site.directory.fails.reset();
  site.clock.advance(std::chrono::minutes(17));
  EXPECT_TRUE(site.feature->people_map().trouble().empty());
  auto const before = site.directory.listings;
  site.clock.advance(std::chrono::hours(5));
  EXPECT_EQ(site.directory.listings, before);
  site.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(site.directory.listings, before + 1);
}

TEST(PeopleMap, half_a_reading_takes_nothing_away) {
  Site site;
  auto const ann = site.person("ann");
  site.person("bob");
  site.start();
  site.calling.fails = Error{ErrorKind::unavailable, "the platform is away"};
  site.calling.everybody.clear();
  for (int i = 0; i < 3; ++i) site.clock.advance(std::chrono::hours(7));
  EXPECT_EQ(site.roster.find(people::RosterKey::of_xsi("ann@xsi")), ann);
  auto const record = test::run_task(site.io, site.people.person(ann));
  EXPECT_EQ(record->missed_user, 0);
  site.calling.fails.reset();  // now it says that it has nobody
  site.clock.advance(std::chrono::minutes(20));
  EXPECT_EQ(site.roster.find(people::RosterKey::of_xsi("ann@xsi")), ann) << "never after one";
  site.clock.advance(std::chrono::hours(7));
  EXPECT_EQ(site.roster.find(people::RosterKey::of_xsi("ann@xsi")), 0u) << "after two";
}

TEST(PeopleMap, what_was_known_before_a_restart_counts_from_the_first_event) {
  test::FakeDisk disk;
  {
    Site before;
    before.person("ann");
    before.start();
    disk = before.database.disk();
  }
  Site site(plain_policy(), disk);
  site.directory.fails = Error{ErrorKind::unavailable, "the service is away"};
  site.start();
  auto const ann = site.roster.find(people::RosterKey::of_xsi("ann@xsi"));
  ASSERT_NE(ann, 0u);
  site.fix(ann, kInside);
  site.dials("ann", "c1", "+14085550123");
  site.settle();
  EXPECT_FALSE(site.released("ann", "c1"));
  EXPECT_TRUE(site.calling.looked_up.empty());
}

TEST(PeopleMap, a_call_in_progress_is_judged_by_whoever_its_user_belongs_to_now) {
  Site site;
  auto const ann = site.person("ann");
  auto const bob = site.person("bob");
  site.start();
  site.fix(ann, kInside);
  site.fix(bob, kOutside);
  site.dials("ann", "c1", "+14085550123");
  site.settle();
  ASSERT_FALSE(site.released("ann", "c1"));
  // The desk is bob's now, and his own user is gone.
  site.calling.everybody.pop_back();
  site.calling.everybody[0].email = "bob@acme.example";
  site.calling.everybody[0].person_uuid.clear();
  for (int i = 0; i < 3; ++i) site.clock.advance(std::chrono::hours(7));
  EXPECT_EQ(site.roster.find(people::RosterKey::of_xsi("ann@xsi")), bob);
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_EQ(site.roster.row(ann).live_calls, 0);
}

TEST(PeopleMap, readings_never_overlap_and_tell_how_far_they_are) {
  Site site;
  site.person("ann");
  site.calling.listing_time = seconds(60);
  site.start();
  auto& map = site.feature->people_map();
  EXPECT_EQ(map.progress().state, DirectoryProgress::State::users);
  EXPECT_EQ(map.progress().people, 1u);
  for (int i = 0; i < 5; ++i) map.refresh_soon();
  site.clock.advance(seconds(30));
  EXPECT_EQ(site.directory.listings, 1u);
  auto const listed = site.ask("people list");
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)["directory"]["reading"]["people"], 1);
  site.clock.advance(seconds(40));
  EXPECT_EQ(site.directory.listings, 2u) << "what was asked for meanwhile is done once, afterwards";
  site.clock.advance(seconds(120));
  EXPECT_EQ(site.directory.listings, 2u);
  EXPECT_EQ(map.progress().state, DirectoryProgress::State::idle);
  ASSERT_TRUE(map.progress().last);
  EXPECT_EQ(map.progress().counts.mapped, 1u);
}

TEST(PeopleMap, an_id_by_which_the_platform_also_calls_somebody_is_theirs) {
  Site site;
  auto const ann = site.person("ann");
  site.start();
  site.fix(ann, kInside);
  auto& users = site.calling;
  auto alias = users.everybody[0];
  struct Aliased final : CallingDirectory {
    CallingUser who;
    Task<Result<void>> users(std::string, std::function<void(std::vector<CallingUser>)>) override {
      co_return Result<void>{};
    }
    Task<Result<CallingUser>> user(std::string) override { co_return who; }
  } aliased;
  aliased.who = alias;
  std::vector<PersonNo> found;
  PeopleLookups lookups({site.directory, aliased, site.people, site.roster, site.clock, site.tasks},
                        {.found = [&](auto const&, PersonNo no) { found.push_back(no); },
                         .learned = [](auto const&) {},
                         .stranger = [] { ADD_FAILURE(); }});
  boost::asio::post(site.io, [&] { lookups.ask(XsiUserId("second-line@xsi")); });
  site.settle();
  EXPECT_EQ(found, std::vector<PersonNo>{ann});
  EXPECT_EQ(site.roster.find(people::RosterKey::of_xsi("second-line@xsi")), ann);
  EXPECT_EQ(site.roster.find(people::RosterKey::of_xsi("ann@xsi")), ann);
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
