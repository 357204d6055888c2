// Who is taken for whom, and who is not: the plan made with everybody in view.
#include "people/person_join.hpp"

#include "support/seed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace wardroom::people {
namespace {

JoinRow person(PersonNo no, std::string uuid, std::vector<std::string> emails,
               std::string phone = "", std::string extension = "") {
  JoinRow row;
  row.no = no;
  row.uuid = std::move(uuid);
  row.emails = std::move(emails);
  row.phone = std::move(phone);
  row.work_extension = std::move(extension);
  return row;
}
JoinRow user(PersonNo no, std::string xsi, std::string email, std::string number = "",
             std::string extension = "") {
  JoinRow row;
  row.no = no;
  row.xsi = std::move(xsi);
  row.calling_email = std::move(email);
  row.number = std::move(number);
  row.extension = std::move(extension);
  return row;
}
JoinRow both(JoinRow p, JoinRow const& u) {
  p.xsi = u.xsi;
  p.calling_email = u.calling_email;
  p.external_id = u.external_id;
  p.number = u.number;
  p.extension = u.extension;
  return p;
}
Seen everybody() {
  return {.person = [](PersonNo) { return true; }, .user = [](PersonNo) { return true; }};
}
Seen all_but(std::set<PersonNo> people, std::set<PersonNo> users = {}) {
  return {.person = [people](PersonNo no) { return !people.contains(no); },
          .user = [users](PersonNo no) { return !users.contains(no); }};
}
using Move = JoinPlan::Move;

TEST(PlanJoin, joins_by_any_address) {
  auto const plan =
      plan_join({person(1, "u1", {"ada@a", "ada.l@a"}), user(2, "x2", "ada.l@a")}, everybody());
  EXPECT_EQ(plan.moves, (std::vector<Move>{{2, "x2", 1, "", 0}}));
  EXPECT_EQ(plan.mapped, 1u);
  EXPECT_TRUE(plan.marks.empty());
}

TEST(PlanJoin, has_nothing_to_do_for_what_is_joined_well) {
  auto const plan = plan_join({both(person(1, "u1", {"ada@a"}), user(0, "x1", "ada@a")),
                               person(2, "u2", {"bob@a"}), user(3, "x3", "lobby@a")},
                              everybody());
  EXPECT_TRUE(plan.empty());
  EXPECT_EQ(plan.mapped, 1u);
}

TEST(PlanJoin, takes_nobody_when_two_people_have_the_address) {
  auto const plan = plan_join({both(person(1, "u1", {"ada@a"}), user(0, "x1", "ada@a")),
                               person(2, "u2", {"bob@a", "ada@a"})},
                              everybody());
  ASSERT_EQ(plan.moves.size(), 1u);
  EXPECT_EQ(plan.moves[0].to, 0u) << "a row of its own";
  EXPECT_FALSE(plan.moves[0].conflict.empty());
  ASSERT_EQ(plan.marks.size(), 2u) << "both people show it";
  EXPECT_EQ(plan.conflicts, 1u);
}

TEST(PlanJoin, takes_the_one_of_two_whose_number_confirms_it) {
  auto const ada = person(1, "u1", {"ada@a"}, "+4315550100"),
             bob = person(2, "u2", {"bob@a", "ada@a"}, "+4315550101");
  auto const plan = plan_join({ada, bob, user(3, "x3", "ada@a", "15550101")}, everybody());
  EXPECT_EQ(plan.moves, (std::vector<Move>{{3, "x3", 2, "", 0}}));
}

TEST(PlanJoin, never_joins_by_a_number_alone) {
  auto const plan =
      plan_join({person(1, "u1", {"ada@a"}, "+4315550100", "42"),
                 user(2, "x2", "other@a", "15550100", "42"), user(3, "x3", "", "15550100", "42")},
                everybody());
  EXPECT_TRUE(plan.empty());
}

TEST(PlanJoin, leaves_the_newcomer_out_when_two_users_have_one_address) {
  auto const plan =
      plan_join({both(person(1, "u1", {"ada@a"}), user(0, "x1", "ada@a")), user(2, "x2", "ada@a")},
                everybody());
  EXPECT_TRUE(plan.moves.empty());
  ASSERT_EQ(plan.marks.size(), 1u);
  EXPECT_EQ(plan.marks[0].no, 2u);
  EXPECT_FALSE(plan.marks[0].conflict.empty());
}

TEST(PlanJoin, takes_neither_of_two_new_users_with_one_address) {
  auto const plan = plan_join(
      {person(1, "u1", {"ada@a"}), user(2, "x2", "ada@a"), user(3, "x3", "ada@a")}, everybody());
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_EQ(plan.marks.size(), 3u);
  EXPECT_EQ(plan.conflicts, 2u);
}

TEST(PlanJoin, a_new_platform_id_takes_over_when_the_old_one_is_in_no_listing) {
  auto const plan = plan_join(
      {both(person(1, "u1", {"ada@a"}), user(0, "old", "ada@a")), user(2, "new", "ada@a")},
      all_but({}, {1}));
  EXPECT_EQ(plan.moves, (std::vector<Move>{{1, "old", 0, "", 1}, {2, "new", 1, "", 0}}));
  EXPECT_EQ(plan.conflicts, 0u);
}

TEST(PlanJoin, a_user_follows_its_address_to_another_person) {
  auto const plan = plan_join(
      {both(person(1, "u1", {"ada.new@a"}), user(0, "x1", "desk@a")), person(2, "u2", {"desk@a"})},
      everybody());
  EXPECT_EQ(plan.moves, (std::vector<Move>{{1, "x1", 2, "", 0}}));
}

TEST(PlanJoin, two_people_may_change_desks) {
  auto const plan = plan_join({both(person(1, "u1", {"ada@a"}), user(0, "x1", "bob@a")),
                               both(person(2, "u2", {"bob@a"}), user(0, "x2", "ada@a"))},
                              everybody());
  EXPECT_EQ(plan.moves, (std::vector<Move>{{1, "x1", 2, "", 0}, {2, "x2", 1, "", 0}}));
}

TEST(PlanJoin, keeps_a_join_when_only_the_person_was_renamed) {
  auto const plan =
      plan_join({both(person(1, "u1", {"ada.married@a"}), user(0, "x1", "ada@a"))}, everybody());
  EXPECT_TRUE(plan.empty());
}

TEST(PlanJoin, believes_an_external_id_more_than_an_address) {
  auto named = user(3, "x3", "ada@a");
  named.external_id = "u2";
  auto const plan =
      plan_join({person(1, "u1", {"ada@a"}), person(2, "u2", {"bob@a"}), named}, everybody());
  EXPECT_EQ(plan.moves, (std::vector<Move>{{3, "x3", 2, "", 0}}));
  named.external_id = "something else of the platform";
  auto const other =
      plan_join({person(1, "u1", {"ada@a"}), person(2, "u2", {"bob@a"}), named}, everybody());
  EXPECT_EQ(other.moves, (std::vector<Move>{{3, "x3", 1, "", 0}}));
}

TEST(PlanJoin, somebody_absent_once_keeps_everything_and_twice_loses_the_join) {
  auto ada = both(person(1, "u1", {"ada@a"}), user(0, "x1", "ada@a"));
  auto once = plan_join({ada}, all_but({1}));
  EXPECT_TRUE(once.moves.empty());
  ASSERT_EQ(once.marks.size(), 1u);
  EXPECT_EQ(once.marks[0].missed_person, 1);
  ada.missed_person = 1;
  auto const twice = plan_join({ada}, all_but({1}));
  EXPECT_EQ(twice.moves, (std::vector<Move>{{1, "x1", 0, "", 0}}));
  EXPECT_EQ(twice.gone_people, 1u);
  auto const back = plan_join({ada}, everybody());
  EXPECT_TRUE(back.moves.empty());
  EXPECT_EQ(back.marks.at(0).missed_person, 0);
}

TEST(PlanJoin, a_user_absent_twice_is_gone) {
  auto ada = both(person(1, "u1", {"ada@a"}), user(0, "x1", "ada@a"));
  EXPECT_TRUE(plan_join({ada}, all_but({}, {1})).gone_users.empty());
  ada.missed_user = 1;
  EXPECT_EQ(plan_join({ada}, all_but({}, {1})).gone_users, std::vector<PersonNo>{1});
}

TEST(PlanJoin, absence_says_nothing_when_the_listings_moved) {
  auto ada = both(person(1, "u1", {"ada@a"}), user(0, "x1", "ada@a"));
  ada.missed_user = ada.missed_person = 1;
  auto seen = all_but({1}, {1});
  seen.absence_counts = false;
  EXPECT_TRUE(plan_join({ada}, seen).empty());
}

/// What a plan leaves behind, as the store would.
std::vector<JoinRow> carried_out(std::vector<JoinRow> rows, JoinPlan const& plan) {
  std::map<PersonNo, JoinRow> by_no;
  PersonNo highest = 0;
  for (auto& row : rows) {
    highest = std::max(highest, row.no);
    by_no[row.no] = row;
  }
  auto const take = [&](PersonNo no) {
    auto& row = by_no.at(no);
    auto out = user(0, row.xsi, row.calling_email, row.number, row.extension);
    out.external_id = row.external_id;
    row.xsi = row.calling_email = row.external_id = row.number = row.extension = "";
    row.missed_user = 0;
    return out;
  };
  for (auto const no : plan.gone_users) take(no);
  std::vector<std::pair<Move, JoinRow>> halves;
  for (auto const& move : plan.moves) halves.emplace_back(move, take(move.from));
  for (auto& [move, half] : halves) {
    half.no = move.to == 0 ? ++highest : move.to;
    EXPECT_TRUE(move.to == 0 || by_no.at(move.to).xsi.empty()) << "two users in one row";
    auto row = move.to == 0 ? half : both(by_no.at(move.to), half);
    row.missed_user = move.missed;
    row.conflict = move.conflict;
    by_no[half.no] = row;
  }
  for (auto const& mark : plan.marks) {
    by_no.at(mark.no).conflict = mark.conflict;
    by_no.at(mark.no).missed_person = mark.missed_person;
    if (mark.missed_user) by_no.at(mark.no).missed_user = *mark.missed_user;
  }
  std::vector<JoinRow> out;
  for (auto& [no, row] : by_no)
    if (!row.uuid.empty() || !row.xsi.empty()) out.push_back(row);
  return out;
}

TEST(PlanJoin, a_user_with_the_address_comes_before_one_that_was_only_kept) {
  auto const plan = plan_join(
      {both(person(1, "u1", {"ada.new@a"}), user(0, "x1", "ada@a")), user(2, "x2", "ada.new@a")},
      everybody());
  EXPECT_EQ(plan.moves, (std::vector<Move>{{1, "x1", 0, "", 0}, {2, "x2", 1, "", 0}}));
  EXPECT_EQ(plan.conflicts, 0u);
}

std::string told(std::vector<JoinRow> const& rows) {
  std::string out;
  for (auto const& row : rows)
    out += fmt::format("  {} {}[{}] {} user {} {} {} id '{}' missed {} {}\n", row.no, row.uuid,
                       fmt::join(row.emails, " "), row.phone, row.xsi, row.calling_email,
                       row.number, row.external_id, row.missed_person, row.missed_user);
  return out;
}

TEST(PlanJoin, of_random_organisations_joins_nobody_by_a_shared_address_and_comes_to_rest) {
  auto const seed = test::seed();
  test::Dice dice;
  auto const pick = [&](std::uint64_t n) { return static_cast<int>(dice.below(n)); };
  auto const runs = test::count(2'000);
  for (std::size_t run = 0; run < runs; ++run) {
    std::vector<JoinRow> rows;
    for (int i = 1 + pick(6); i > 0; --i) {
      auto row = person(static_cast<PersonNo>(rows.size() + 1), "u" + std::to_string(i),
                        {"m" + std::to_string(pick(5)), "m" + std::to_string(pick(5))},
                        pick(2) ? "+1" + std::to_string(pick(3)) : "");
      if (pick(2)) row = both(row, user(0, "x" + std::to_string(i), "m" + std::to_string(pick(6))));
      row.missed_person = pick(2);
      rows.push_back(row);
    }
    for (int i = pick(6); i > 0; --i) {
      auto row = user(static_cast<PersonNo>(rows.size() + 1), "y" + std::to_string(i),
                      "m" + std::to_string(pick(6)), "+1" + std::to_string(pick(3)));
      if (pick(5) == 0) row.external_id = "u" + std::to_string(pick(4));
      rows.push_back(row);
    }
    auto const seen = everybody();
    auto const after = carried_out(rows, plan_join(rows, seen));
    for (auto const& row : after) {
      if (row.uuid.empty() || row.xsi.empty() || row.external_id == row.uuid) continue;
      auto const claim = [&](JoinRow const& other) {
        return !other.uuid.empty() && std::ranges::count(other.emails, row.calling_email) > 0;
      };
      if (std::ranges::count_if(after, claim) < 2) continue;
      EXPECT_TRUE(claim(row) && confirms({row.phone, row.work_extension},
                                         {row.country_code, row.number, row.extension}))
          << "seed " << seed << " run " << run;
    }
    auto const again = plan_join(after, seen);
    ASSERT_TRUE(again.moves.empty()) << "seed " << seed << " run " << run;
    for (auto const& mark : again.marks) {
      auto const& row = *std::ranges::find(after, mark.no, &JoinRow::no);
      ADD_FAILURE() << "seed " << seed << " run " << run << ": " << mark.no << " said '"
                    << row.conflict << "' and says '" << mark.conflict << "'\n"
                    << told(rows) << "then\n"
                    << told(after);
    }
    ASSERT_FALSE(HasFailure());
  }
}

TEST(Numbers, confirm_each_other_only_when_they_are_the_same) {
  EXPECT_TRUE(confirms({"+14085550142", ""}, {"1", "4085550142", ""}));
  EXPECT_TRUE(confirms({"+14085550142", ""}, {"", "4085550142", ""}));
  EXPECT_FALSE(confirms({"+14085550142", "42"}, {"1", "4085550143", "42"}));
  EXPECT_FALSE(confirms({"+14085550142", ""}, {"", "0142", ""})) << "too short to prove anything";
  EXPECT_TRUE(confirms({"", "42"}, {"1", "4085550143", "42"}));
  EXPECT_FALSE(confirms({"", ""}, {"", "", ""}));
}

}  // namespace
}  // namespace wardroom::people
