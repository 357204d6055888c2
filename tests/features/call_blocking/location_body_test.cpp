/// Bodies of location posts: what is taken, what is refused with which status.
#include "features/call_blocking/location_body.hpp"

#include "features/call_blocking/post_rate.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

TEST(LocationBody, takes_whole_and_broken_numbers_and_ignores_what_it_does_not_know) {
  auto const post = parse_location(
      R"({"latitude": 48.2, "longitude": -16, "accuracy": 0, "timestamp": 1, "heading": null, "x": {"latitude": 1}})");
  ASSERT_TRUE(post);
  EXPECT_EQ(post->where, (GeoPoint{48.2, -16}));
  EXPECT_EQ(post->accuracy, Meters{0});
  EXPECT_EQ(post->taken, from_unix_ms(1));
  EXPECT_TRUE(parse_location(R"({"latitude":-90,"longitude":180,"accuracy":1e3})"));
}

TEST(LocationBody, takes_the_browsers_own_time_when_it_is_there) {
  auto const without = parse_location(R"({"latitude":1,"longitude":1,"accuracy":1})");
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->taken);
  auto const broken =
      parse_location(R"({"latitude":1,"longitude":1,"accuracy":1,"timestamp":1793369312345.678})");
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->taken, from_unix_ms(1'793'369'312'345));
}

TEST(LocationBody, refuses_with_400_what_is_not_json_and_with_422_what_is_impossible) {
  struct Row {
    std::string_view body;
    int status;
  };
  for (auto const& row :
       {Row{"", 400},
        Row{"{", 400},
        Row{"latitude=1", 400},
        Row{R"({"latitude":NaN,"longitude":1,"accuracy":1})", 400},
        Row{R"({"latitude":1e999,"longitude":1,"accuracy":1})", 400},
        Row{R"({"latitude":1,"latitude":2,"longitude":1,"accuracy":1})", 400},
        Row{"[1,2,3]", 422},
        Row{"null", 422},
        Row{"{}", 422},
        Row{R"({"latitude":1,"longitude":1})", 422},
        Row{R"({"latitude":"1","longitude":1,"accuracy":1})", 422},
        Row{R"({"latitude":true,"longitude":1,"accuracy":1})", 422},
        Row{R"({"latitude":null,"longitude":1,"accuracy":1})", 422},
        Row{R"({"latitude":90.0001,"longitude":1,"accuracy":1})", 422},
        Row{R"({"latitude":1,"longitude":-180.1,"accuracy":1})", 422},
        Row{R"({"latitude":1,"longitude":1,"accuracy":-0.1})", 422},
        Row{R"({"latitude":1,"longitude":1,"accuracy":1e300})", 422},
        Row{R"({"latitude":1,"longitude":1,"accuracy":1,"timestamp":"2026"})", 422},
        Row{R"({"latitude":1,"longitude":1,"accuracy":1,"timestamp":-1})", 422},
        Row{R"({"latitude":1,"longitude":1,"accuracy":1,"timestamp":1e30})", 422},
        Row{R"({"latitude":1,"longitude":1,"accuracy":1,"timestamp":1,"timestamp":1})", 400}}) {
    auto const post = parse_location(row.body);
    ASSERT_FALSE(post) << row.body;
    EXPECT_EQ(post.error().status, row.status) << row.body;
    EXPECT_FALSE(post.error().message.empty());
  }
  EXPECT_FALSE(parse_location(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(parse_location(std::string(kLocationBodyLimit + 1, ' ')));
}

TEST(PostRate, R40_allows_each_session_a_burst_and_then_ten_a_second) {
  PostRate rate(7);
  Uptime now{std::chrono::hours(1)};
  int taken = 0;
  while (rate.take(1, 1, now).count() == 0) ++taken;
  EXPECT_EQ(taken, 50);
  EXPECT_EQ(rate.take(2, 2, now).count(), 0);
  now += std::chrono::milliseconds(100);
  EXPECT_EQ(rate.take(1, 1, now).count(), 0);
  EXPECT_GT(rate.take(1, 1, now).count(), 0);
  now += std::chrono::hours(24 * 60);  // a counter of milliseconds has wrapped
  EXPECT_EQ(rate.take(1, 1, now).count(), 0);
}

TEST(PostRate, R40_allows_all_sessions_of_a_person_together_a_burst_and_then_25_a_second) {
  PostRate rate(7);
  Uptime now{std::chrono::hours(1)};
  int taken = 0;
  for (std::uint64_t session = 1; session <= 100; ++session)
    for (int i = 0; i < 10; ++i) taken += rate.take(session, 1, now).count() == 0;
  EXPECT_EQ(taken, 150);
  EXPECT_EQ(rate.take(1000, 2, now).count(), 0);
  now += std::chrono::seconds(1);
  taken = 0;
  for (std::uint64_t session = 2001; session <= 2100; ++session)
    taken += rate.take(session, 1, now).count() == 0;
  EXPECT_EQ(taken, 25);
}

}  // namespace
}  // namespace wardroom::call_blocking
