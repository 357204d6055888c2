/// When a level rises and when it may fall.
#include "features/security_notices/notice.hpp"

#include "support/random_runs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace wardroom;
using namespace wardroom::security_notices;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr auto secure = SecurityLevel::secure;
constexpr auto internal = SecurityLevel::internal;
constexpr auto external = SecurityLevel::external;
constexpr auto none = SecurityLevel::none;

Evidence evidence(SecurityLevel level, Tick heard, std::string doubt = {}) {
  return {.level = level, .doubt = std::move(doubt), .heard = heard};
}
Uptime at(BootClock::duration d) { return Uptime(std::chrono::hours(1)) + d; }

}  // namespace

TEST(Notice, rises_at_once_with_the_evidence) {
  Notice notice;
  EXPECT_EQ(notice.wanted(), none);
  EXPECT_FALSE(notice.since());
  EXPECT_TRUE(notice.hear(evidence(secure, 1), at(seconds(0))));
  EXPECT_TRUE(notice.hear(evidence(external, 2), at(milliseconds(1))));
  EXPECT_EQ(notice.wanted(), external);
  EXPECT_EQ(notice.since(), at(milliseconds(1)));
  EXPECT_FALSE(notice.hear(evidence(external, 3), at(seconds(9))));
}

TEST(Notice, doubt_is_the_highest_level) {
  Notice notice;
  EXPECT_TRUE(notice.hear(evidence(secure, 1, "records were lost"), at(seconds(0))));
  EXPECT_EQ(notice.wanted(), external);
  EXPECT_EQ(notice.evident(), external);
  EXPECT_EQ(notice.known(), secure);
}

TEST(Notice, never_falls_by_records_or_by_time_alone) {
  Notice notice;
  notice.hear(evidence(external, 1), at(seconds(0)));
  EXPECT_FALSE(notice.hear(evidence(secure, 2), at(seconds(1))));
  EXPECT_FALSE(notice.hear(evidence(secure, 2), at(std::chrono::hours(100))));
  EXPECT_EQ(notice.wanted(), external);
}

TEST(Notice, asks_for_a_reading_two_seconds_after_the_last_record) {
  Notice notice;
  notice.hear(evidence(external, 1), at(seconds(0)));
  EXPECT_FALSE(notice.read_at());
  notice.hear(evidence(secure, 2), at(seconds(1)));
  EXPECT_EQ(notice.read_at(), at(seconds(3)));
  notice.hear(evidence(secure, 3), at(seconds(2)));
  EXPECT_EQ(notice.read_at(), at(seconds(4)));
  notice.hear(evidence(external, 4), at(seconds(3)));
  EXPECT_FALSE(notice.read_at());
}

TEST(Notice, falls_by_a_reading_begun_after_the_last_record_and_calm) {
  Notice notice;
  notice.hear(evidence(external, 1), at(seconds(0)));
  notice.hear(evidence(secure, 5), at(seconds(1)));
  EXPECT_FALSE(notice.prove(4, evidence(secure, 5), at(seconds(3)))) << "begun before the record";
  EXPECT_FALSE(notice.prove(5, evidence(secure, 5), at(milliseconds(2999)))) << "no calm yet";
  EXPECT_TRUE(notice.prove(5, evidence(secure, 5), at(seconds(3))));
  EXPECT_EQ(notice.wanted(), secure);
  EXPECT_EQ(notice.since(), at(seconds(3)));
  EXPECT_FALSE(notice.prove(9, evidence(secure, 5), at(seconds(9)))) << "nothing left to lower";
}

TEST(Notice, a_record_that_came_during_the_reading_postpones_it) {
  Notice notice;
  notice.hear(evidence(external, 1), at(seconds(0)));
  notice.hear(evidence(secure, 2), at(seconds(0)));
  EXPECT_FALSE(notice.prove(2, evidence(secure, 3), at(seconds(5))));
  EXPECT_EQ(notice.read_at(), at(seconds(7)));
  EXPECT_TRUE(notice.prove(3, evidence(secure, 3), at(seconds(7))));
}

TEST(Notice, a_reading_that_finds_somebody_new_raises) {
  Notice notice;
  notice.hear(evidence(internal, 1), at(seconds(0)));
  notice.hear(evidence(secure, 1), at(seconds(0)));
  EXPECT_FALSE(notice.prove(9, evidence(external, 1), at(seconds(5))));
  EXPECT_EQ(notice.wanted(), external);
}

TEST(Notice, does_not_fall_while_anything_is_in_doubt_but_asks_for_a_reading) {
  Notice notice;
  notice.hear(evidence(secure, 1, "cms2 is not known"), at(seconds(0)));
  EXPECT_EQ(notice.read_at(), at(seconds(2)));
  EXPECT_FALSE(notice.prove(1, evidence(secure, 1, "cms2 is not known"), at(seconds(5))));
  EXPECT_EQ(notice.wanted(), external);
  EXPECT_TRUE(notice.prove(1, evidence(secure, 1), at(seconds(5))));
}

TEST(Notice, conferences_that_turn_out_to_be_one_keep_the_higher_level) {
  Notice one, other;
  one.hear(evidence(secure, 7), at(seconds(1)));
  other.hear(evidence(external, 3), at(seconds(4)));
  one.join(other, at(seconds(5)));
  EXPECT_EQ(one.wanted(), external);
  one.hear(evidence(secure, 7), at(seconds(5)));
  EXPECT_EQ(one.read_at(), at(seconds(6)));
  EXPECT_FALSE(one.prove(6, evidence(secure, 7), at(seconds(9))));
  EXPECT_TRUE(one.prove(7, evidence(secure, 7), at(seconds(9))));
}

namespace {

/// The rule again, by looking through everything that ever happened.
struct NaiveNotice {
  struct Heard {
    Tick tick;
    Uptime when;
  };
  std::vector<Heard> all;
  SecurityLevel wanted = none;
  void hear(Evidence const& it, Uptime now) {
    bool const is_new =
        std::ranges::all_of(all, [&](auto const& one) { return one.tick < it.heard; });
    if (is_new && it.heard > 0) all.push_back({it.heard, now});
    auto const says = it.doubt.empty() ? it.level : external;
    if (says > wanted) wanted = says;
  }
  bool prove(Tick begun, Evidence const& it, Uptime now) {
    hear(it, now);
    auto const says = it.doubt.empty() ? it.level : external;
    bool const calm_and_older = std::ranges::all_of(
        all, [&](auto const& one) { return one.tick <= begun && now - one.when >= seconds(2); });
    if (!calm_and_older || says >= wanted) return false;
    wanted = says;
    return true;
  }
};

}  // namespace

TEST(Notice, B1_is_the_rule_in_every_order_of_records_readings_and_time) {
  wardroom::test::Dice dice(wardroom::test::random_seed());
  auto const runs = wardroom::test::random_count(2'000);
  std::size_t falls = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    Notice notice;
    NaiveNotice naive;
    Tick tick = 1;
    auto now = at(seconds(0));
    auto last = evidence(none, 0);
    std::vector<Tick> begun{tick};
    for (int step = 0; step < 60; ++step) {
      now += milliseconds(dice.below(900));
      auto const what = dice.below(8);
      if (what < 2) {  // a record
        last = evidence(SecurityLevel(dice.below(4)), ++tick, dice.one_in(6) ? "doubt" : "");
      } else if (what == 2) {  // an answer changes what is known, but is no record
        last.level = SecurityLevel(dice.below(4));
        if (dice.one_in(2)) last.doubt.clear();
      } else if (what < 5) {
        begun.push_back(tick);
      } else if (what == 5) {
        now += seconds(dice.below(4));
      } else {
        auto const which = dice.one_in(2) ? begun.back() : begun[dice.below(begun.size())];
        bool const fell = naive.prove(which, last, now);
        ASSERT_EQ(notice.prove(which, last, now), fell);
        falls += fell;
      }
      auto const before = notice.wanted();
      naive.hear(last, now);
      ASSERT_EQ(notice.hear(last, now), naive.wanted > before);
      ASSERT_EQ(notice.wanted(), naive.wanted);
      ASSERT_GE(notice.wanted(), last.doubt.empty() ? last.level : external);
      ASSERT_EQ(notice.read_at().has_value(), last.level < notice.wanted());
    }
  }
  EXPECT_GT(falls, runs / 4);
}
