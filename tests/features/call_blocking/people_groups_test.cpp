// Fences and enforcement by group: who is bound, what a bad reading does, and what changes of
// membership do to calls in progress.
#include "call_blocking_site.hpp"
#include "features/call_blocking/group_report.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

PolicySettings fence_for(std::vector<std::string> groups) {
  auto policy = plain_policy();
  policy.fences[0].who = {.everybody = false, .groups = std::move(groups)};
  seal(policy.fences[0]);
  return policy;
}
PolicySettings enforced_for(std::vector<std::string> groups) {
  auto policy = plain_policy();
  policy.enforce_for = {.everybody = false, .groups = std::move(groups)};
  return policy;
}

struct GroupSite : Site {
  using Site::Site;
  std::map<std::string, std::string> uuids;

  PersonNo add(std::string const& name, bool known = true) {
    if (!known) return 0;
    auto const no = person(name);
    uuids[name] = directory.everybody.back().uuid;
    return no;
  }
  void group(std::string name, std::vector<std::string> const& names) {
    test::FakeDirectory::Group out{"id-" + name, name, {}, 0};
    for (auto const& n : names) out.people.push_back(uuids.contains(n) ? uuids[n] : n);
    directory.groups.push_back(std::move(out));
  }
  /// People who are in nobody's way: members by number only.
  void crowd(int size) {
    for (int i = 0; i < size; ++i)
      directory.groups[0].people.push_back("ffffffff-0000-0000-0000-" +
                                           std::to_string(100'000'000'000 + i));
  }
  void read_again() {
    feature->read_directories_soon();
    clock.advance(seconds(2));
  }
  NamedGroup const& known(std::string const& name) { return *feature->groups().find(name); }
  std::optional<HealthSign> sign() {
    for (auto const& one : feature->health())
      if (one.part == "call_blocking.groups") return one;
    return std::nullopt;
  }
  /// Somebody outside calls; whether that call was ended.
  bool cut(std::string const& name, std::string const& call) {
    dials(name, call, "+14085550123");
    settle();
    return released(name, call);
  }
};

TEST(PeopleGroups, a_fence_for_a_group_binds_its_people_and_nobody_else) {
  GroupSite site(fence_for({"Sales"}));
  auto const ann = site.add("ann"), bob = site.add("bob");
  site.group("Sales", {"ann"});
  site.start();
  site.fix(ann, kOutside);
  site.fix(bob, kOutside);
  EXPECT_TRUE(site.cut("ann", "c1"));
  EXPECT_FALSE(site.cut("bob", "c2"));
  EXPECT_FALSE(site.sign());
}

TEST(PeopleGroups, R123_only_calls_of_the_pilot_group_are_released_all_others_observed) {
  GroupSite site(enforced_for({"Pilot"}));
  auto const ann = site.add("ann"), bob = site.add("bob"), cid = site.add("cid");
  site.group("Pilot", {"ann"});
  site.start();
  for (auto const no : {ann, bob, cid}) site.fix(no, kOutside);
  EXPECT_TRUE(site.cut("ann", "c1"));
  EXPECT_FALSE(site.cut("bob", "c2"));
  EXPECT_FALSE(site.cut("cid", "c3"));
  site.clock.advance(minutes(2));
  ASSERT_EQ(site.calls.releases.size(), 1u) << "0 mutating requests for the others";
  EXPECT_EQ(site.calls.releases[0].target, "ann@xsi");
  EXPECT_EQ(site.why("c2")["action"]["end"], "observed");
  EXPECT_EQ(site.why("c2")["policy"]["mode"], "observe");
  EXPECT_EQ(site.why("c1")["policy"]["mode"], "enforce");
  nlohmann::ordered_json status{{"features", nlohmann::ordered_json::array()}};
  site.feature->add_status(status);
  EXPECT_EQ(status["features"][0]["enforced"]["people"], 1);
}

TEST(PeopleGroups, who_enters_the_pilot_has_running_calls_released_and_who_leaves_is_observed) {
  GroupSite site(enforced_for({"Pilot"}));
  auto const ann = site.add("ann"), bob = site.add("bob");
  site.group("Pilot", {"ann"});
  site.start();
  site.fix(ann, kOutside);
  site.fix(bob, kOutside);
  EXPECT_FALSE(site.cut("bob", "c1"));
  site.directory.groups[0].people = {site.uuids["bob"]};
  site.read_again();
  EXPECT_TRUE(site.released("bob", "c1")) << "observed until now";
  EXPECT_FALSE(site.cut("ann", "c2"));
  EXPECT_TRUE(site.cut("bob", "c3"));
}

TEST(PeopleGroups, a_release_under_way_is_called_off_when_its_person_leaves_the_pilot) {
  GroupSite site(enforced_for({"Pilot"}));
  auto const ann = site.add("ann");
  site.group("Pilot", {"ann"});
  site.start();
  site.fix(ann, kOutside);
  for (int i = 0; i < 3; ++i)
    site.calls.next_errors.push_back({ErrorKind::unavailable, "no answer"});
  site.dials("ann", "c1", "+14085550123");
  site.settle();
  site.directory.groups[0].people.clear();
  site.feature->read_directories_soon();
  site.clock.advance(minutes(2));
  EXPECT_TRUE(site.calls.releases.empty()) << "the request after the first was not sent";
  EXPECT_GE(site.calls.next_errors.size(), 1u);
  EXPECT_EQ(site.why("c1")["action"]["end"], "observed");
}

TEST(PeopleGroups, who_enters_a_fence_is_judged_at_once_and_who_leaves_it_may_call) {
  GroupSite site(fence_for({"Sales"}));
  auto const ann = site.add("ann"), bob = site.add("bob");
  site.group("Sales", {"bob"});
  site.start();
  site.fix(ann, kOutside);
  site.fix(bob, kOutside);
  EXPECT_FALSE(site.cut("ann", "c1"));
  site.directory.groups[0].people = {site.uuids["ann"]};
  site.read_again();
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_FALSE(site.cut("bob", "c2"));
}

TEST(PeopleGroups, naming_by_group_and_by_address_do_not_undo_each_other) {
  auto policy = fence_for({"Sales"});
  policy.fences.push_back(policy.fences[0]);
  policy.fences[1].name = "mail";
  policy.fences[1].who = {.everybody = false, .emails = {"ann@acme.example"}};
  seal(policy.fences[1]);
  GroupSite site(policy);
  auto const ann = site.add("ann");
  site.group("Sales", {"ann"});
  site.start();
  auto& standings = site.feature->standings();
  EXPECT_EQ(standings.mask(ann), 3u);
  site.feature->person_changed(ann, {"ann.lee@acme.example"});
  EXPECT_EQ(standings.mask(ann), 1u) << "still in the group";
  site.feature->person_changed(ann, {"ann@acme.example"});
  site.directory.groups[0].people.clear();
  site.read_again();
  EXPECT_EQ(standings.mask(ann), 2u) << "still at that address";
}

TEST(PeopleGroups, the_known_membership_outlives_a_restart_without_webex) {
  test::FakeDisk disk;
  std::string ann_uuid;
  {
    GroupSite site(fence_for({"Sales"}));
    site.add("ann");
    site.group("Sales", {"ann", "ffffffff-0000-0000-0000-000000000001"});
    site.start();
    site.settle();
    EXPECT_EQ(site.known("Sales").strangers.size(), 1u);
    ann_uuid = site.uuids["ann"];
    disk = site.database.disk();
  }
  GroupSite site(fence_for({"Sales"}), disk);
  auto const ann = site.roster.find(people::RosterKey::of_uuid(ann_uuid));
  ASSERT_NE(ann, 0u);
  site.directory.fails = site.directory.group_fails =
      Error{ErrorKind::unavailable, "Webex cannot be reached"};
  site.directory.groups.push_back({"id", "Sales", {}, 0});
  site.start();
  EXPECT_EQ(site.known("Sales").people(), 2u);
  EXPECT_EQ(site.feature->standings().mask(ann), 1u);
  auto const sign = site.sign();
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->colour, HealthColour::yellow);
}

TEST(PeopleGroups, a_reading_that_breaks_off_or_moves_changes_nothing) {
  GroupSite site(fence_for({"Sales"}));
  auto const ann = site.add("ann");
  site.group("Sales", {"ann"});
  site.crowd(250);
  site.start();
  ASSERT_EQ(site.known("Sales").people(), 251u);
  site.directory.groups[0].people.erase(site.directory.groups[0].people.begin());
  for (auto const& error :
       {Error{ErrorKind::throttled, "429"}, Error{ErrorKind::malformed, "cut"}}) {
    site.directory.group_fails = error;
    site.read_again();
    EXPECT_EQ(site.feature->standings().mask(ann), 1u) << error.what;
    EXPECT_EQ(site.sign()->colour, HealthColour::yellow);
  }
  site.directory.group_fails.reset();
  site.directory.lost_page = true;
  site.read_again();
  EXPECT_EQ(site.feature->standings().mask(ann), 1u) << "a page came twice, another one never";
  EXPECT_TRUE(site.sign());
  site.directory.lost_page = false;
  site.clock.advance(minutes(16));  // tried again by itself
  EXPECT_EQ(site.feature->standings().mask(ann), 0u);
  EXPECT_FALSE(site.sign());
}

TEST(PeopleGroups, more_than_half_gone_is_believed_only_the_second_time) {
  GroupSite site(fence_for({"Sales"}));
  auto const ann = site.add("ann");
  site.group("Sales", {"ann"});
  site.crowd(11);
  site.start();
  auto const full = site.directory.groups[0].people;
  site.directory.groups[0].people.clear();
  site.read_again();
  EXPECT_EQ(site.feature->standings().mask(ann), 1u);
  ASSERT_TRUE(site.sign());
  EXPECT_NE(site.sign()->sentence.find("0 people instead of 12"), std::string::npos);
  site.directory.groups[0].people = full;
  site.read_again();
  EXPECT_FALSE(site.sign()) << "it was a mistake";
  site.directory.groups[0].people.clear();
  site.read_again();
  EXPECT_EQ(site.feature->standings().mask(ann), 1u) << "the count begins anew";
  site.clock.advance(minutes(6));
  EXPECT_EQ(site.feature->standings().mask(ann), 0u);
  EXPECT_EQ(site.known("Sales").people(), 0u);
  EXPECT_FALSE(doubtful(10, 0)) << "small groups change quickly";
  EXPECT_FALSE(doubtful(12, 6));
  EXPECT_TRUE(doubtful(12, 5));
}

TEST(PeopleGroups, one_never_read_binds_nobody_and_says_so_in_red) {
  GroupSite site(fence_for({"Sales"}));
  auto const ann = site.add("ann");
  site.start();
  site.fix(ann, kOutside);
  EXPECT_FALSE(site.cut("ann", "c1"));
  auto sign = site.sign();
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->colour, HealthColour::red);
  EXPECT_NE(sign->sentence.find("vienna binds nobody by it yet"), std::string::npos)
      << sign->sentence;
  EXPECT_NE(sign->remedy.find("Create it in Control Hub or use its id"), std::string::npos);
  site.group("Sales", {"ann"});
  site.group("Sales", {});
  site.read_again();
  EXPECT_NE(site.sign()->remedy.find("Rename"), std::string::npos);
  site.directory.groups.pop_back();
  site.clock.advance(minutes(5));
  EXPECT_FALSE(site.sign());
  EXPECT_TRUE(site.released("ann", "c1")) << "bound from now on, and outside";
  site.directory.groups[0].name = "Sales EMEA";
  site.read_again();
  sign = site.sign();
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->colour, HealthColour::yellow) << "renamed: its people stay bound";
  EXPECT_NE(sign->remedy.find("its new name or its id, id-Sales"), std::string::npos);
  EXPECT_EQ(site.feature->standings().mask(ann), 1u);
}

TEST(PeopleGroups, a_member_nobody_knows_yet_is_bound_when_they_become_known) {
  GroupSite site(fence_for({"Sales"}));
  site.add("ann");
  site.group("Sales", {"ann", "00000000-0000-0000-0000-000000000002"});
  site.start();
  EXPECT_EQ(site.known("Sales").strangers.size(), 1u);
  auto const bob = site.add("bob");
  ASSERT_EQ(site.uuids["bob"], "00000000-0000-0000-0000-000000000002");
  site.clock.advance(seconds(2));
  EXPECT_EQ(site.known("Sales").strangers.size(), 0u);
  EXPECT_EQ(site.feature->standings().mask(bob), 1u);
}

/// Somebody becomes known between the page that names them and the end of the listing.
struct MovingDirectory final : Directory {
  std::function<void()> meanwhile;
  Task<Result<void>> people(std::function<void(std::vector<Person>)>) override {
    co_return Result<void>{};
  }
  Task<Result<Person>> person(PersonId) override {
    co_return failure(ErrorKind::not_found, "nobody");
  }
  Task<Result<Person>> person_by_email(std::string) override {
    co_return failure(ErrorKind::not_found, "nobody");
  }
  Task<Result<DirectoryGroup>> group(std::string, std::function<void(GroupPage)> page) override {
    page({{"00000000-0000-0000-0000-000000000001"}, 0});
    meanwhile();
    co_return DirectoryGroup{"id-Sales", "Sales"};
  }
};

TEST(PeopleGroups, a_member_who_becomes_known_while_the_group_is_read_is_not_forgotten) {
  GroupSite site;
  site.start();
  people::Roster roster;
  roster.grow_to(7);
  MovingDirectory directory;
  PeopleGroups groups(
      {site.io.get_executor(), site.dice, directory, site.database, roster, site.clock},
      std::chrono::hours(6), {.changed = [](auto const&, auto const&) {}});
  directory.meanwhile = [&] {
    roster.bind(people::RosterKey::of_uuid("00000000-0000-0000-0000-000000000001"), 7);
    groups.people_learned();
  };
  TaskGroup tasks(site.io.get_executor(), {});
  tasks.spawn("groups", [&] { return groups.run(); });
  test::run_task(site.io, groups.want({"Sales"}));
  site.clock.advance(minutes(11));
  auto const sales = groups.find("Sales");
  EXPECT_TRUE(sales->members->holds(7));
  EXPECT_EQ(sales->strangers.size(), 0u);
  test::start_task(site.io, tasks.stop(site.clock, seconds(0)));
  for (int i = 0; i < 5; ++i) site.clock.advance(std::chrono::milliseconds(20));
}

TEST(PeopleGroups, are_read_soon_after_a_reload_that_names_new_ones_and_with_the_directory) {
  GroupSite site;
  auto const ann = site.add("ann");
  site.group("Sales", {"ann"});
  site.start();
  EXPECT_EQ(site.directory.group_readings, 0u);
  test::run_task(site.io, site.feature->set_policy(fence_for({"Sales"})));
  site.settle();
  EXPECT_EQ(site.directory.group_readings, 1u);
  EXPECT_EQ(site.feature->standings().mask(ann), 1u);
  site.directory.groups[0].people.clear();
  site.clock.advance(std::chrono::hours(6));
  EXPECT_EQ(site.feature->standings().mask(ann), 0u);
  test::run_task(site.io, site.feature->set_policy(plain_policy()));
  site.settle();
  EXPECT_TRUE(site.feature->groups().groups().empty());
  EXPECT_EQ(site.database.sql().one("SELECT count(*) FROM people_group")->integer(0), 0);
}

TEST(PeopleGroups, people_show_and_fence_list_tell_whom_a_rule_names_and_why) {
  auto policy = fence_for({"Sales"});
  policy.fences[0].who.emails = {"bob@acme.example"};
  seal(policy.fences[0]);
  policy.enforce_for = {.everybody = false, .groups = {"Pilot"}};
  GroupSite site(policy);
  site.add("ann");
  site.add("bob");
  site.group("Sales", {"ann"});
  site.group("Pilot", {"bob"});
  site.start();
  auto const ann = site.ask("people show", {{"person", "ann"}}).value();
  EXPECT_EQ(ann["groups"].dump(), R"(["Sales"])");
  EXPECT_EQ(ann["enforced"], false);
  EXPECT_EQ(ann["fences"].dump(), R"([{"name":"vienna","because":["group Sales"]}])");
  auto const bob = site.ask("people show", {{"person", "bob"}}).value();
  EXPECT_EQ(bob["enforced"], true);
  EXPECT_EQ(bob["fences"].dump(), R"([{"name":"vienna","because":["mail bob@acme.example"]}])");
  auto const fences = site.ask("fence list").value();
  EXPECT_EQ(fences["fences"][0]["people"].dump(), R"(["bob@acme.example"])");
  EXPECT_EQ(fences["fences"][0]["groups"].dump(), R"(["Sales"])");
}

TEST(PeopleGroups, groups_within_a_group_are_told_to_doctor_and_not_followed) {
  GroupSite site(fence_for({"Sales"}));
  site.add("ann");
  site.group("Sales", {"ann"});
  site.directory.groups[0].others = 2;
  site.start();
  auto const findings =
      findings_about_groups(site.feature->groups().groups(), site.feature->standings().policy());
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].result, CheckResult::warning);
  EXPECT_NE(findings[0].sentence.find("2 of its members are groups or machines"), std::string::npos)
      << findings[0].sentence;
  EXPECT_EQ(groups_json(site.feature->groups().groups())[0]["no_people"], 2);
}

TEST(PeopleGroups, twenty_thousand_members_are_some_commits_and_come_a_few_at_a_time) {
  GroupSite site(fence_for({"Sales"}));
  site.add("ann");
  site.group("Sales", {});
  site.crowd(20'000);
  auto const& uuids = site.directory.groups[0].people;
  site.roster.grow_to(20'001);
  for (PersonNo no = 2; no <= 20'001; ++no)
    site.roster.bind(people::RosterKey::of_uuid(uuids[no - 2]), no);
  auto const commits = site.database.health().commits;
  site.runner.spawn("call_blocking", [&] { return site.feature->run(); });
  std::size_t most = 0, members = 0;
  for (int i = 0; i < 10'000 && members < 20'000; ++i) {
    if (site.io.poll_one() == 0) site.clock.advance(std::chrono::milliseconds(1));
    auto const group = site.feature->groups().find("Sales");
    auto const now = group ? group->members->count() : 0;
    most = std::max(most, now - members);
    members = now;
  }
  EXPECT_EQ(members, 20'000u);
  EXPECT_LE(most, 1'000u);
  site.settle();
  EXPECT_LE(site.database.health().commits - commits, 40u);
  EXPECT_EQ(site.feature->standings().mask(20'001), 1u);
  EXPECT_EQ(site.database.sql().one("SELECT count(*) FROM group_member")->integer(0), 20'000);
}

/// Three hundred people with a call each, every tenth of them outside.
struct BusySite : GroupSite {
  explicit BusySite(PolicySettings policy) : GroupSite(std::move(policy)) {
    std::vector<PersonNo> numbers;
    for (int i = 0; i < 300; ++i) numbers.push_back(add("p" + std::to_string(i)));
    start();
    for (int i = 0; i < 300; ++i) {
      fix(numbers[std::size_t(i)], i % 10 == 9 ? kOutside : kInside);
      dials("p" + std::to_string(i), "c" + std::to_string(i), "+14085550123");
    }
    settle();
  }
};
PolicySettings watching() {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  return policy;
}

TEST(Reload, judges_a_few_calls_at_a_time_and_those_first_that_are_to_end) {
  BusySite site(watching());
  ASSERT_TRUE(site.calls.releases.empty());
  auto const before = site.feature->counters().decided;
  site.tasks.spawn("reload", [&] { return site.feature->set_policy(plain_policy()); });
  std::uint64_t most = 0, when_ended = 0;
  for (auto decided = before; site.feature->counters().decided < before + 300;) {
    ASSERT_GT(site.io.poll_one(), 0u) << "it stopped half way";
    auto const now = site.feature->counters().decided;
    most = std::max(most, now - decided);
    decided = now;
    if (when_ended == 0 && site.calls.releases.size() == 30) when_ended = now - before;
  }
  EXPECT_LE(most, 16u);
  EXPECT_GT(when_ended, 0u);
  EXPECT_LT(when_ended, 100u) << "270 calls that go on were waiting";
}

TEST(Reload, of_two_at_once_the_later_one_wins_and_the_first_ends_no_call) {
  BusySite site(watching());
  auto everybody = plain_policy();
  everybody.fences[0].deny = true;  // nobody inside might call
  seal(everybody.fences[0]);
  everybody.fences.push_back(everybody.fences[0]);
  everybody.fences[1].name = "looked up";  // takes the first one a while
  everybody.fences[1].who = {.everybody = false, .emails = {"p1@acme.example"}};
  seal(everybody.fences[1]);
  boost::asio::post(site.io, [&] {
    site.tasks.spawn("first", [&] { return site.feature->set_policy(everybody); });
    site.tasks.spawn("second", [&] { return site.feature->set_policy(plain_policy()); });
  });
  site.settle();
  EXPECT_EQ(site.calls.releases.size(), 30u);
  EXPECT_FALSE(site.feature->standings().policy().fences[0].deny);
}

}  // namespace
}  // namespace wardroom::call_blocking
