// How many logins one address may begin.
#include "login_site.hpp"

namespace wardroom::front {
namespace {

Uptime at(std::chrono::milliseconds since) { return Uptime(std::chrono::hours(1) + since); }

TEST(LoginThrottle, lets_twenty_begin_in_ten_minutes_and_says_when_to_come_again) {
  LoginThrottle throttle;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(throttle.refuse("192.0.2.7", at(std::chrono::seconds(i)))) << i;
  EXPECT_EQ(throttle.refuse("192.0.2.7", at(60s)), 540s);
  EXPECT_EQ(throttle.refuse("192.0.2.7", at(599s + 999ms)), 1s);
  EXPECT_FALSE(throttle.refuse("192.0.2.8", at(60s))) << "another address";
  EXPECT_FALSE(throttle.refuse("192.0.2.7", at(600s))) << "the first start is ten minutes old";
  EXPECT_TRUE(throttle.refuse("192.0.2.7", at(600s)));
}

TEST(LoginThrottle, counts_ipv6_by_64_and_mapped_ipv4_as_ipv4) {
  EXPECT_EQ(LoginThrottle::bucket_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(LoginThrottle::bucket_of("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
  EXPECT_NE(LoginThrottle::bucket_of("2001:db8:1:3::1"), "2001:db8:1:2::/64");
  EXPECT_EQ(LoginThrottle::bucket_of("::ffff:192.0.2.7"), "192.0.2.7");
  for (auto const* free : {"127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1", "", "unix", "x.y"})
    EXPECT_EQ(LoginThrottle::bucket_of(free), "") << free;
}

TEST(LoginThrottle, gives_back_the_start_of_a_login_that_succeeded) {
  LoginThrottle throttle;
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(throttle.refuse("192.0.2.7", at(std::chrono::seconds(i)))) << i;
    throttle.forgive("192.0.2.7");
  }
  throttle.forgive("192.0.2.9");
  EXPECT_EQ(throttle.buckets(), 0u);
}

TEST(LoginThrottle, forgets_addresses_that_stay_away_and_stays_small_in_a_flood) {
  LoginThrottle throttle;
  auto const address = [](int i) {
    return fmt::format("10.{}.{}.{}", i >> 16, (i >> 8) & 255, i & 255);
  };
  for (int i = 0; i < 60'000; ++i) throttle.refuse(address(i), at(std::chrono::milliseconds(i)));
  EXPECT_LE(throttle.buckets(), 50'000u);
  throttle.refuse("192.0.2.7", at(std::chrono::hours(1)));
  EXPECT_EQ(throttle.buckets(), 1u);
}

TEST(Login, from_an_address_that_begins_too_many_is_told_to_wait) {
  LoginSite site;
  site.remote = "192.0.2.7";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(site.get("/user/login").status, 303) << i;
  auto const page = site.get("/admin/login");
  EXPECT_EQ(page.status, 429);
  EXPECT_EQ(page.headers.get("Retry-After"), "600");
  EXPECT_NE(page.body.find("Too many logins"), std::string::npos);
  site.remote = "192.0.2.8";
  EXPECT_EQ(site.get("/admin/login").status, 303);
  site.remote = "192.0.2.7";
  site.clock.advance(10min);
  EXPECT_EQ(site.log_in("/user/login").status, 303);
}

TEST(Login, that_succeeds_does_not_count_against_an_office_behind_one_address) {
  LoginSite site;
  site.remote = "2001:db8:1:2::1";
  for (int i = 0; i < 50; ++i) ASSERT_EQ(site.log_in("/user/login").status, 303) << i;
}

}  // namespace
}  // namespace wardroom::front
