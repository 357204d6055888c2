// What keeps a plan from being carried out, and the sentences for it.
#include "features/space_sync/plan_hold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::space_sync {
namespace {

using ::testing::HasSubstr;

JobSettings const job = [] {
  JobSettings out;
  out.name = "all-hands";
  return out;
}();

PlanCounts counts_of(std::size_t people, std::size_t members, std::size_t belong,
                     std::size_t remove, std::size_t unprotected) {
  PlanCounts out;
  out.people = people;
  out.members = members;
  out.belong = belong;
  out.remove = remove;
  out.unprotected = unprotected;
  return out;
}

TEST(PlanHold, S3_more_than_five_and_more_than_two_percent_are_too_many) {
  struct Row {
    std::size_t removals, unprotected;
    bool held;
  };
  for (auto const& [removals, unprotected, held] : std::vector<Row>{{0, 0, false},
                                                                    {5, 5, false},
                                                                    {5, 0, false},
                                                                    {6, 6, true},
                                                                    {6, 300, false},
                                                                    {6, 299, true},
                                                                    {7, 300, true},
                                                                    {20, 1000, false},
                                                                    {21, 1000, true},
                                                                    {20, 999, true},
                                                                    {2000, 100'000, false},
                                                                    {2001, 100'000, true}})
    EXPECT_EQ(too_many({}, removals, unprotected), held) << removals << " of " << unprotected;
}

TEST(PlanHold, S3_limits_of_nothing_hold_every_removal) {
  EXPECT_TRUE(too_many({.count = 0, .percent = 0}, 1, 1'000'000));
  EXPECT_FALSE(too_many({.count = 0, .percent = 0}, 0, 1'000'000));
  EXPECT_FALSE(too_many({.count = 0, .percent = 100}, 10, 10));
}

TEST(PlanHold, S3_the_sentence_has_the_figures_and_the_way_out) {
  EXPECT_EQ(hold_of(job, counts_of(1000, 300, 240, 60, 240), {}),
            "Held, nothing was changed: 60 removals are more than 5 and more than 2 % of the 240 "
            "unprotected members.");
}

TEST(PlanHold, an_ordinary_plan_goes_on) {
  PlanMemory memory;
  memory.people_before = 1000;
  memory.member_count_before = 300;
  EXPECT_EQ(hold_of(job, counts_of(1000, 300, 240, 5, 240), memory), "");
  EXPECT_EQ(hold_of(job, counts_of(2000, 600, 240, 5, 240), memory), "");
}

TEST(PlanHold, S3_a_directory_smaller_by_more_than_a_tenth_is_not_believed) {
  PlanMemory memory;
  memory.people_before = 1000;
  EXPECT_EQ(hold_of(job, counts_of(900, 300, 240, 0, 240), memory), "");
  EXPECT_THAT(hold_of(job, counts_of(899, 300, 240, 3, 240), memory),
              HasSubstr("the directory has 899 people, 10.1 % fewer than the 1000 of the last good "
                        "run (10 % is the limit)"));
}

TEST(PlanHold, S3_a_list_of_members_smaller_by_more_than_a_tenth_is_not_believed) {
  PlanMemory memory;
  memory.member_count_before = 100;
  EXPECT_EQ(hold_of(job, counts_of(900, 90, 90, 0, 90), memory), "");
  EXPECT_THAT(
      hold_of(job, counts_of(900, 50, 50, 0, 50), memory),
      HasSubstr("the space has 50 members, 50.0 % fewer than the 100 of the last good run"));
}

TEST(PlanHold, S3_the_limit_of_shrinking_is_the_jobs) {
  PlanMemory memory;
  memory.people_before = 1000;
  auto loose = job;
  loose.shrink_percent = 50;
  EXPECT_EQ(hold_of(loose, counts_of(500, 300, 240, 0, 240), memory), "");
  EXPECT_NE(hold_of(loose, counts_of(499, 300, 240, 0, 240), memory), "");
}

TEST(PlanHold, S3_an_empty_directory_holds_even_the_first_run) {
  EXPECT_THAT(hold_of(job, counts_of(0, 3, 0, 2, 2), {}),
              HasSubstr("the directory came back empty"));
}

TEST(PlanHold, S3_rules_that_want_nobody_empty_no_space) {
  EXPECT_THAT(hold_of(job, counts_of(1000, 4, 0, 3, 3), {}),
              HasSubstr("by its rules none of 1000 people belongs into the space"));
  PlanMemory memory;
  memory.members_before = {Uuid{}};
  EXPECT_NE(hold_of(job, counts_of(1000, 4, 0, 0, 3), memory), "");
  EXPECT_EQ(hold_of(job, counts_of(1000, 4, 0, 0, 3), {}), "");
}

TEST(PlanHold, every_reason_is_named) {
  PlanMemory memory;
  memory.people_before = 1000;
  memory.member_count_before = 300;
  auto const hold = hold_of(job, counts_of(100, 100, 10, 90, 100), memory);
  EXPECT_THAT(hold, HasSubstr("the directory has 100 people"));
  EXPECT_THAT(hold, HasSubstr("the space has 100 members"));
  EXPECT_THAT(hold, HasSubstr("90 removals are more than 5"));
}

}  // namespace
}  // namespace wardroom::space_sync
