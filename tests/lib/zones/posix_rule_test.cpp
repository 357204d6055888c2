/// Rules of time zones as POSIX writes them, and files that are none.
#include "zones/posix_rule.hpp"

#include "zones/zone_file.hpp"

#include <gtest/gtest.h>

namespace wardroom::zones {
namespace {

constexpr std::int64_t k2040 = 2'208'988'800;  // 2040-01-01
constexpr std::int64_t kDay = 86'400;

TEST(PosixRule, summer_begins_and_ends_where_the_rule_says) {
  auto const rule = parse_posix_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->at(k2040).offset, 3600);
  auto const summer = rule->at(k2040 + 180 * kDay);
  EXPECT_EQ(summer.offset, 7200);
  EXPECT_EQ(summer.begin, 2'216'250'000);  // 2040-03-25 01:00
  EXPECT_EQ(summer.end, 2'234'998'800);    // 2040-10-28 01:00
  EXPECT_EQ(rule->at(summer.begin - 1).end, summer.begin);
  EXPECT_EQ(rule->at(summer.end).begin, summer.end);
}

TEST(PosixRule, summer_of_the_south_lasts_over_new_year) {
  auto const rule = parse_posix_rule("AEST-10AEDT,M10.1.0,M4.1.0/3");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->at(k2040).offset, 11 * 3600);
  EXPECT_LT(rule->at(k2040).begin, k2040);
  EXPECT_EQ(rule->at(k2040 + 180 * kDay).offset, 10 * 3600);
}

TEST(PosixRule, summer_all_year_has_no_end) {
  auto const rule = parse_posix_rule("XXX3EDT4,0/0,J365/23");
  ASSERT_TRUE(rule);
  for (int day = 0; day < 800; day += 7)
    EXPECT_EQ(rule->at(k2040 + day * kDay).offset, -4 * 3600) << day;
  EXPECT_GT(rule->at(k2040).end, k2040 + 400 * kDay);
}

TEST(PosixRule, texts_that_are_no_rule_are_refused) {
  for (auto const* text :
       {"", "CET", "-1", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x", "CET-1CEST,J0,J5", "<+03-3",
        "CET-200", "CET-1:60", "CET-1CEST,M3.5.0/,M10.5.0"})
    EXPECT_FALSE(parse_posix_rule(text)) << text;
  for (auto const* text : {"UTC0", "<+0330>-3:30", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                           "EET-2EEST,M3.4.4/50,M10.4.4/50", "EST5EDT4:30,J60,300/1:02:03"})
    EXPECT_TRUE(parse_posix_rule(text)) << text;
}

TEST(ZoneFile, bytes_that_are_no_zone_are_refused_whatever_they_are) {
  EXPECT_FALSE(read_zone(""));
  EXPECT_FALSE(read_zone("TZif2"));
  std::string all = "TZif2";
  all.resize(44 * 2 + 6, '\0');
  all.replace(44, 5, "TZif2");
  all[44 + 39] = 1;  // one type
  EXPECT_FALSE(read_zone(all + "\nUTC0")) << "the end of the last line is missing";
  EXPECT_FALSE(read_zone(all + "\nnothing\n"));
  EXPECT_TRUE(read_zone(all + "\nUTC0\n"));
  auto many = all + "\nUTC0\n";
  many[44 + 32] = 0x7F;  // two thousand million times
  EXPECT_FALSE(read_zone(many));
}

}  // namespace
}  // namespace wardroom::zones
