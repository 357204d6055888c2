// What is different between the plan that was shown and the one of now.
#include "features/space_sync/plan_diff.hpp"

#include "features/space_sync/plan_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::space_sync::test {
namespace {

Change add(std::uint64_t n) { return {Act::add, id_of(n), "target", "Somebody", "", "a rule"}; }
Change removal(std::uint64_t n) {
  return {Act::remove, id_of(n), "target", "Somebody", "", "a rule"};
}

TEST(PlanDiffTest, the_same_changes_in_another_order_and_for_other_reasons_are_the_same) {
  std::vector const shown{add(1), add(2), removal(3)};
  auto other = std::vector{removal(3), add(2), add(1)};
  other[0].why = "another rule";
  other[0].target = "their newer membership";
  auto const diff = diff_of_plans(shown, other);
  EXPECT_TRUE(diff.empty());
  EXPECT_EQ(diff.text(), "");
}

TEST(PlanDiffTest, what_is_new_and_what_is_gone_is_counted_and_named_removals_first) {
  auto const diff = diff_of_plans(std::vector{add(1), removal(3), removal(4)},
                                  std::vector{add(2), removal(3), removal(5), removal(6)});
  EXPECT_EQ(diff.new_adds, 1u);
  EXPECT_EQ(diff.new_removals, 2u);
  EXPECT_EQ(diff.gone_adds, 1u);
  EXPECT_EQ(diff.gone_removals, 1u);
  ASSERT_EQ(diff.first.size(), 5u);
  EXPECT_EQ(diff.first[0].change.act, Act::remove);
  EXPECT_TRUE(diff.first[0].is_new);
  EXPECT_EQ(diff.first[4].change.person, id_of(1));
  EXPECT_FALSE(diff.first[4].is_new);
  EXPECT_EQ(diff.text(),
            "2 removals are new, 1 add is new, 1 removal is not needed any more, 1 add is not "
            "needed any more");
}

TEST(PlanDiffTest, somebody_who_was_to_be_added_and_is_now_to_go_differs_twice) {
  auto const diff = diff_of_plans(std::vector{add(1)}, std::vector{removal(1)});
  EXPECT_EQ(diff.new_removals, 1u);
  EXPECT_EQ(diff.gone_adds, 1u);
}

TEST(PlanDiffTest, a_long_list_is_cut_and_counted) {
  std::vector<Change> now;
  for (std::uint64_t n = 0; n < 1000; ++n) now.push_back(removal(n));
  auto const diff = diff_of_plans({}, now);
  EXPECT_EQ(diff.first.size(), most_differences);
  EXPECT_EQ(diff.new_removals, 1000u);
}

}  // namespace
}  // namespace wardroom::space_sync::test
