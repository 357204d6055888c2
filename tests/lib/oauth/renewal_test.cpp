// When a grant is renewed: half its life, whatever the wall clock does.
#include "oauth/renewal.hpp"

#include <gtest/gtest.h>

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;

Instant const noon = from_unix_ms(1'795'255'200'000);
Uptime const boot{1h};

Grant grant(Milliseconds life) {
  Grant g;
  g.identity = "admin";
  g.issued_at = noon;
  g.access_expires_at = noon + life;
  return g;
}

TEST(Renewal, starts_at_half_the_life_give_or_take_five_percent) {
  for (double dice : {0.0, 0.25, 0.5, 0.999}) {
    auto const lease = lease_of(grant(14 * 24h), noon, boot, dice);
    EXPECT_EQ(lease.ends, boot + 14 * 24h);
    EXPECT_GE(lease.renew_at, boot + Milliseconds(14 * 24h) * 45 / 100);
    EXPECT_LE(lease.renew_at, boot + Milliseconds(14 * 24h) * 55 / 100);
  }
  EXPECT_NE(lease_of(grant(1h), noon, boot, 0).renew_at,
            lease_of(grant(1h), noon, boot, 0.9).renew_at);
}

TEST(Renewal, goes_from_fresh_to_due_to_expired) {
  auto const g = grant(100s);
  auto const lease = lease_of(g, noon, boot, 0.5);
  EXPECT_EQ(need(g, lease, boot), Need::fresh);
  EXPECT_EQ(need(g, lease, lease.renew_at), Need::due);
  EXPECT_EQ(need(g, lease, lease.ends - 1ns), Need::due);
  EXPECT_EQ(need(g, lease, lease.ends), Need::expired);
}

TEST(Renewal, uses_a_refresh_token_before_it_ends_however_long_the_access_token_lives) {
  auto g = grant(365 * 24h);
  g.refresh_expires_at = noon + 90 * 24h;
  EXPECT_LE(lease_of(g, noon, boot, 0.99).renew_at, boot + 45 * 24h);
  // Nearer and nearer to an end that does not move: hourly at most.
  g.refresh_expires_at = noon + 90min;
  EXPECT_GE(lease_of(g, noon, boot, 0).renew_at, boot + 54min);
  // Ended by the server's own words, or of unknown life: no hurry, but not for ever either.
  for (auto const end : {std::optional(noon - 1h), std::optional<Instant>()}) {
    g.refresh_expires_at = end;
    auto const lease = lease_of(g, noon, boot, 0.5);
    EXPECT_GE(lease.renew_at, boot + 27 * 24h);
    EXPECT_LE(lease.renew_at, boot + 30 * 24h);
  }
}

TEST(Renewal, of_a_token_that_came_again_waits_in_steps_of_its_life) {
  auto const life = 100h;
  auto const g = grant(life);
  for (auto const passed : {50h, 75h, 90h, 94h}) {
    auto const lease = lease_of_unchanged(g, noon + passed, boot, 0.5);
    EXPECT_EQ(lease.ends, boot + (life - passed));
    EXPECT_GE(lease.renew_at, boot + 5h) << passed.count();
    EXPECT_LE(lease.renew_at, lease.ends) << passed.count();
  }
  auto const last = lease_of_unchanged(g, noon + 97h, boot, 0.5);
  EXPECT_EQ(last.renew_at, last.ends);
  EXPECT_EQ(lease_of_unchanged(g, noon + 200h, boot, 0.5).renew_at, boot);
}

TEST(Renewal, T2_no_clock_retires_a_grant) {
  using std::chrono::years;
  for (auto jump : {Milliseconds(-1h), Milliseconds(1h), Milliseconds(years(-1)),
                    Milliseconds(years(1)), Milliseconds(years(30))}) {
    auto const g = grant(14 * 24h);
    auto const lease = lease_of(g, noon + jump, boot, 0.5);
    EXPECT_NE(need(g, lease, boot), Need::login);
    EXPECT_GE(lease.ends, boot);
    EXPECT_LE(lease.ends, boot + 14 * 24h) << "a clock that went back must not lengthen the life";
  }
  auto retired = grant(1h);
  retired.retired = "the server said so";
  EXPECT_EQ(need(retired, lease_of(retired, noon, boot, 0.5), boot), Need::login);
}

TEST(Renewal, pauses_a_minute_or_a_quarter_of_a_short_life) {
  EXPECT_EQ(least_pause(14 * 24h), 60s);
  EXPECT_EQ(least_pause(30s), 7500ms);
  EXPECT_EQ(least_pause(0s), 1s);
}

TEST(Renewal, warns_at_14_7_and_1_days) {
  auto g = grant(1h);
  EXPECT_EQ(warning_level(g, noon), std::nullopt);
  g.refresh_expires_at = noon + 90 * 24h;
  EXPECT_EQ(warning_level(g, noon), std::nullopt);
  EXPECT_EQ(warning_level(g, noon + 76 * 24h), 14);
  EXPECT_EQ(warning_level(g, noon + 83 * 24h), 7);
  EXPECT_EQ(warning_level(g, noon + 89 * 24h), 1);
  EXPECT_EQ(warning_level(g, noon + 90 * 24h), 0);
}

TEST(Renewal, counts_whole_days_that_are_left) {
  auto g = grant(1h);
  EXPECT_EQ(refresh_days_left(g, noon), std::nullopt);
  g.refresh_expires_at = noon + 36h;
  EXPECT_EQ(refresh_days_left(g, noon), 1);
  EXPECT_EQ(refresh_days_left(g, noon + 13h), 0);
  EXPECT_EQ(refresh_days_left(g, noon + 1000 * 24h), 0);
}

TEST(Scopes, of_messaging_are_held_by_spark_all_and_no_others) {
  EXPECT_TRUE(
      missing_scopes({"spark:people_read", "spark:memberships_write", "spark:kms"}, {"spark:all"})
          .empty());
  std::vector<std::string> const others{"spark-admin:people_read", "spark:calls_write", "spark:xsi",
                                        "meeting:schedules_read"};
  EXPECT_EQ(missing_scopes(others, {"spark:all"}), others);
}

TEST(Identities, have_names_for_their_kinds) {
  for (auto const* word : {"integration", "service_app", "guest_issuer"}) {
    auto const kind = parse_identity_kind(word);
    ASSERT_TRUE(kind) << word;
    EXPECT_EQ(name(*kind), word);
  }
  EXPECT_FALSE(parse_identity_kind("bot"));
}

TEST(Scopes, that_are_missing_are_named_in_order) {
  EXPECT_EQ(split_scopes("  a b  c "), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(missing_scopes({"c", "a", "d"}, {"a", "b"}), (std::vector<std::string>{"c", "d"}));
}

}  // namespace
}  // namespace wardroom::oauth
