// The plan, word by word of its meaning: who is added, who goes, who stays all the same and why.
#include "features/space_sync/membership_plan.hpp"

#include "features/space_sync/plan_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::space_sync::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t anna = 1, ben = 2, cleo = 3, dora = 4, emil = 5, daemon = 99;

/// Anna, Ben and the daemon's account are in the directory and the space; Cleo only in the
/// directory, Dora a contractor in both, Emil only in the space.
class MembershipPlanTest : public ::testing::Test {
 protected:
  MembershipPlanTest() {
    job.name = "all-hands";
    job.rules.include = {{RuleKind::domain, {"acme.example"}}};
    job.rules.exclude = {{RuleKind::department_contains, {"Contractor"}}, {RuleKind::inactive, {}}};
    job.hold_above = {.count = 1000, .percent = 100};
    people = {told(anna, "Anna"), told(ben, "Ben"), told(cleo, "Cleo"), told(dora, "Dora"),
              told(daemon, "Daemon")};
    people[3].department = "Contractors EMEA";
    members = {member(anna, "Anna"), member(ben, "Ben"), member(dora, "Dora"), member(emil, "Emil"),
               member(daemon, "Daemon")};
  }

  static Told told(std::uint64_t n, std::string const& name) {
    return {.id = id_of(n), .name = name, .emails = {name + "@acme.example"}};
  }
  static Member member(std::uint64_t n, std::string const& name) {
    return {.id = id_of(n), .name = name, .email = name + "@acme.example"};
  }
  Told& person(std::uint64_t n) { return *std::ranges::find(people, id_of(n), &Told::id); }
  Member& in_space(std::uint64_t n) { return *std::ranges::find(members, id_of(n), &Member::id); }
  void leave(std::uint64_t n) {
    std::erase_if(members, [&](Member const& one) { return one.id == id_of(n); });
  }
  void fire(std::uint64_t n) {
    std::erase_if(people, [&](Told const& one) { return one.id == id_of(n); });
  }

  MembershipPlan plan() const { return plan_of(people, members, job, memory, id_of(daemon), org); }
  /// "+Cleo (include …)" and "-Emil (not in the directory)".
  static std::vector<std::string> words(MembershipPlan const& plan) {
    std::vector<std::string> out;
    for (auto const& change : plan.changes)
      out.push_back((change.act == Act::add ? "+" : "-") + change.name + " (" + change.why + ")");
    return out;
  }
  static std::vector<std::string> spared(MembershipPlan const& plan) {
    std::vector<std::string> out;
    for (auto const& one : plan.spared)
      out.push_back(one.name + ": " + std::string(name(one.why)) + " (" + one.rule + ")");
    return out;
  }
  /// What becomes of one of them: "removed", "stays", or why they are spared.
  std::string fate(std::uint64_t n) const {
    auto const made = plan();
    for (auto const& change : made.changes)
      if (change.person == id_of(n)) return change.act == Act::add ? "added" : "removed";
    for (auto const& one : made.spared)
      if (one.person == id_of(n)) return std::string(name(one.why));
    return "nothing";
  }

  std::vector<Told> people;
  std::vector<Member> members;
  JobSettings job;
  PlanMemory memory;
  Uuid org = our_org;
};

TEST_F(MembershipPlanTest, adds_come_first_then_removals_and_each_says_why) {
  auto const made = plan();
  EXPECT_THAT(words(made), ElementsAre("+Cleo (include domain: acme.example)",
                                       "-Dora (exclude department_contains: Contractor)",
                                       "-Emil (not in the directory)"));
  EXPECT_EQ(made.changes[0].target, api_id_of(id_of(cleo)));
  EXPECT_EQ(made.changes[1].target, membership_of(id_of(dora)));
  EXPECT_EQ(made.changes[2].email, "Emil@acme.example");
  EXPECT_THAT(made.spared, IsEmpty());
  EXPECT_EQ(made.hold, "");
}

TEST_F(MembershipPlanTest, changes_are_in_the_order_of_names_then_ids) {
  people = {told(anna, "Zoe"), told(ben, "Ada"), told(cleo, "Ada"), told(daemon, "Daemon")};
  members = {member(daemon, "Daemon"), member(dora, "Yves"), member(emil, "Berta")};
  auto const made = plan();
  EXPECT_EQ(made.changes[0].person, std::min(id_of(ben), id_of(cleo)));
  EXPECT_EQ(made.changes[1].person, std::max(id_of(ben), id_of(cleo)));
  EXPECT_THAT(
      std::vector(made.changes.begin() + 2, made.changes.end()),
      ElementsAre(::testing::Field(&Change::name, "Zoe"), ::testing::Field(&Change::name, "Berta"),
                  ::testing::Field(&Change::name, "Yves")));
}

TEST_F(MembershipPlanTest, counts_say_what_was_read_and_what_follows) {
  in_space(emil).moderator = true;
  auto const counts = plan().counts;
  EXPECT_EQ(counts.people, 5u);
  EXPECT_EQ(counts.members, 5u);
  EXPECT_EQ(counts.belong, 4u);
  EXPECT_EQ(counts.undecided, 0u);
  EXPECT_EQ(counts.unprotected, 3u);  // all but the moderator and the daemon's account
  EXPECT_EQ(counts.add, 1u);
  EXPECT_EQ(counts.remove, 1u);
  EXPECT_EQ(counts.spared, (std::map<Spared, std::size_t>{{Spared::moderator, 1}}));
  EXPECT_EQ(counts.out_by_rule,
            (std::map<std::string, std::size_t>{{"exclude department_contains: Contractor", 1}}));
}

TEST_F(MembershipPlanTest, names_come_from_the_directory_else_from_the_membership) {
  person(dora).name = "Dora of the directory";
  in_space(dora).name = "Dora of the space";
  auto made = plan();
  EXPECT_EQ(made.changes[1].name, "Dora of the directory");
  EXPECT_EQ(made.changes[2].name, "Emil");
  person(dora).name = "";
  made = plan();
  EXPECT_EQ(made.changes[1].name, "Dora of the space");
}

TEST_F(MembershipPlanTest, whoever_belongs_and_is_a_member_is_let_be) {
  EXPECT_EQ(fate(anna), "nothing");
  in_space(anna).moderator = true;
  EXPECT_EQ(fate(anna), "nothing");
}

// --- who is never removed ------------------------------------------------------------------------

TEST_F(MembershipPlanTest, S1_ones_own_account_stays_although_no_rule_wants_it) {
  person(daemon).department = "Contractors";
  EXPECT_EQ(fate(daemon), "self");
  fire(daemon);
  EXPECT_EQ(fate(daemon), "self");
}

TEST_F(MembershipPlanTest, S1_moderators_stay_unless_the_job_gives_them_up) {
  in_space(dora).moderator = in_space(emil).moderator = true;
  EXPECT_EQ(fate(dora), "moderator");
  EXPECT_EQ(fate(emil), "moderator");
  job.protect.moderators = false;
  EXPECT_EQ(fate(dora), "removed");
  EXPECT_EQ(fate(emil), "removed");
}

TEST_F(MembershipPlanTest, S1_bots_are_known_by_address_where_the_directory_has_none) {
  for (auto const* address : {"helper@webex.bot", "Helper@WEBEX.BOT", "old@sparkbot.io"}) {
    in_space(emil).email = address;
    EXPECT_EQ(fate(emil), "bot") << address;
  }
  for (auto const* address : {"emil@webex.bot.example", "webex.bot", "emil@notwebex.bot"}) {
    in_space(emil).email = address;
    EXPECT_EQ(fate(emil), "removed") << address;
  }
}

TEST_F(MembershipPlanTest, S1_bots_stay_unless_the_job_gives_them_up) {
  in_space(emil).email = "helper@webex.bot";
  person(dora).type = AccountType::bot;
  EXPECT_EQ(fate(dora), "bot");
  job.protect.bots = false;
  EXPECT_EQ(fate(emil), "removed");
  EXPECT_EQ(fate(dora), "removed");
}

TEST_F(MembershipPlanTest, S1_monitors_and_guests_stay_always) {
  job.protect = {.moderators = false, .bots = false, .people = {}};
  in_space(emil).monitor = true;
  EXPECT_EQ(fate(emil), "bot");
  person(dora).type = AccountType::app_user;
  EXPECT_EQ(fate(dora), "guest");
}

TEST_F(MembershipPlanTest, S1_other_organisations_people_stay) {
  in_space(emil).org = in_space(dora).org = foreign_org;
  EXPECT_EQ(fate(emil), "other_org");
  EXPECT_EQ(fate(dora), "other_org");
}

TEST_F(MembershipPlanTest, S1_listed_people_stay_by_any_of_their_addresses_in_any_case) {
  person(dora).emails = {"dora@acme.example", "Second@Acme.example", "third@acme.example"};
  in_space(dora).email = "fourth@acme.example";
  for (auto const* address :
       {"dora@acme.example", "second@acme.example", "third@acme.example", "fourth@acme.example"}) {
    job.protect.people = {"nobody@acme.example", address};
    EXPECT_EQ(fate(dora), "listed") << address;
  }
  job.protect.people = {"emil@acme.example"};
  EXPECT_EQ(fate(dora), "removed");
  EXPECT_EQ(fate(emil), "listed");
}

// --- doubt removes nobody ------------------------------------------------------------------------

TEST_F(MembershipPlanTest, S1_a_damaged_entry_decides_nothing) {
  person(dora).whole = false;
  EXPECT_EQ(fate(dora), "unknown");
  in_space(emil).whole = false;
  EXPECT_EQ(fate(emil), "unknown");
  person(cleo).whole = false;
  EXPECT_EQ(fate(cleo), "nothing");
  EXPECT_EQ(plan().counts.undecided, 2u);
}

TEST_F(MembershipPlanTest, S1_what_is_not_told_is_not_a_no) {
  person(anna).login_enabled.reset();
  person(cleo).login_enabled.reset();
  auto const made = plan();
  EXPECT_THAT(spared(made), ElementsAre("Anna: unknown (exclude inactive)"));
  EXPECT_EQ(fate(cleo), "nothing");
  // What else puts them out does so without it.
  person(dora).login_enabled.reset();
  EXPECT_EQ(fate(dora), "removed");
}

TEST_F(MembershipPlanTest, S1_nobody_goes_whose_organisation_type_or_address_is_unknown) {
  in_space(emil).org = {};
  EXPECT_EQ(fate(emil), "unknown");
  person(dora).type = AccountType::unknown;
  EXPECT_EQ(fate(dora), "unknown");
  in_space(emil) = member(emil, "Emil");
  in_space(emil).email.clear();
  EXPECT_EQ(fate(emil), "unknown");
}

TEST_F(MembershipPlanTest, S1_nobody_goes_while_our_own_organisation_is_unknown) {
  org = {};
  auto const made = plan();
  EXPECT_THAT(words(made), ElementsAre("+Cleo (include domain: acme.example)"));
  EXPECT_THAT(spared(made), ElementsAre("Dora: unknown (exclude department_contains: Contractor)",
                                        "Emil: unknown (not in the directory)"));
}

TEST_F(MembershipPlanTest, S1_ids_that_did_not_come_meet_nobody) {
  people.push_back({.id = {}, .name = "No id", .emails = {"no@acme.example"}});
  members.push_back({.id = {}, .name = "No id either", .email = "neither@acme.example"});
  auto const made = plan();
  EXPECT_EQ(words(made).size(), 3u);
  EXPECT_EQ(made.counts.spared.at(Spared::unknown), 1u);
}

TEST_F(MembershipPlanTest, S1_two_verdicts_on_one_person_are_none) {
  auto other = person(anna);
  other.department = "Contractor";
  people.push_back(other);
  EXPECT_EQ(fate(anna), "unknown");
}

// --- who left by themselves ----------------------------------------------------------------------

TEST_F(MembershipPlanTest, whoever_left_by_themselves_is_remembered_and_not_added_again) {
  memory.members_before = {id_of(anna), id_of(ben)};
  std::ranges::sort(memory.members_before);
  leave(ben);
  auto const made = plan();
  EXPECT_THAT(made.left_now, ElementsAre(id_of(ben)));
  EXPECT_THAT(spared(made), ElementsAre("Ben: left (include domain: acme.example)"));
  EXPECT_EQ(fate(ben), "left");
}

TEST_F(MembershipPlanTest, whoever_left_stays_away_in_later_runs_too) {
  memory.left = {id_of(ben)};
  leave(ben);
  auto const made = plan();
  EXPECT_THAT(made.left_now, IsEmpty());
  EXPECT_EQ(fate(ben), "left");
}

TEST_F(MembershipPlanTest, whom_we_removed_did_not_leave) {
  memory.members_before = {id_of(ben)};
  memory.removed = {id_of(ben)};
  leave(ben);
  EXPECT_EQ(fate(ben), "added");
  EXPECT_THAT(plan().left_now, IsEmpty());
}

TEST_F(MembershipPlanTest, whoever_does_not_belong_any_more_did_not_leave) {
  memory.members_before = {id_of(dora)};
  leave(dora);
  EXPECT_EQ(fate(dora), "nothing");
  EXPECT_THAT(plan().left_now, IsEmpty());
}

TEST_F(MembershipPlanTest, whoever_left_is_added_again_when_it_is_asked_for) {
  memory = {.left = {id_of(cleo)}, .members_before = {id_of(ben)}, .add_left_again = true};
  leave(ben);
  EXPECT_EQ(fate(ben), "added");
  EXPECT_EQ(fate(cleo), "added");
  EXPECT_THAT(plan().left_now, IsEmpty());
}

TEST_F(MembershipPlanTest, whoever_came_back_by_themselves_is_to_be_forgotten) {
  memory.left = {id_of(anna), id_of(emil), id_of(cleo)};
  auto expected = std::vector{id_of(anna), id_of(emil)};
  std::ranges::sort(expected);
  EXPECT_EQ(plan().back, expected);
  EXPECT_EQ(fate(anna), "nothing");
}

TEST_F(MembershipPlanTest, the_next_memory_is_of_members_who_belong) {
  auto expected = std::vector{id_of(anna), id_of(ben), id_of(daemon)};
  std::ranges::sort(expected);
  EXPECT_EQ(belonging_members(directory_of(job.rules, people), members_of(members)), expected);
}

// --- digest, long lists --------------------------------------------------------------------------

TEST_F(MembershipPlanTest, the_digest_is_the_same_in_any_order_and_another_for_other_facts) {
  auto const before = plan().digest;
  EXPECT_EQ(before.size(), 12u);
  std::ranges::reverse(people);
  std::ranges::reverse(members);
  EXPECT_EQ(plan().digest, before);
  person(cleo).department = "Contractor";
  auto const without = plan().digest;
  EXPECT_NE(without, before);
  person(cleo).department = "";
  leave(emil);
  EXPECT_NE(plan().digest, before);
  EXPECT_NE(plan().digest, without);
}

TEST_F(MembershipPlanTest, very_many_spared_people_are_counted_and_the_first_are_listed) {
  for (std::uint64_t n = 1000; n < 1000 + most_spared + 50; ++n) {
    members.push_back(member(n, "Guest"));
    members.back().org = foreign_org;
  }
  auto const made = plan();
  EXPECT_EQ(made.spared.size(), most_spared);
  EXPECT_EQ(made.counts.spared.at(Spared::other_org), most_spared + 50);
}

TEST(SparedNames, each_reason_has_its_own_word) {
  std::set<std::string_view> words;
  for (auto const why : all_spared) words.insert(name(why));
  EXPECT_EQ(words.size(), all_spared.size());
}

}  // namespace
}  // namespace wardroom::space_sync::test
