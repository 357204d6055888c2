// What is told of a sign, and when: tables of moments.
#include "alerts/alert_book.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;

struct Book {
  explicit Book(std::vector<OpenFact> open = {}) : book({}, open, wall, up) {}

  /// Looks every 5 s for so long, and tells what was told as "moment notice colour".
  std::string watch(std::vector<HealthSign> signs, Milliseconds time) {
    std::string out;
    for (Milliseconds passed{0}; passed < time; passed += 5s) {
      for (auto const& event : book.fold(signs, wall, up)) {
        if (!out.empty()) out += "; ";
        out += std::to_string((up - begun) / 1s) + " " + std::string(name(event.notice)) + " " +
               event.sign.part + " " + std::string(name(event.sign.colour));
        last = event;
      }
      wall += 5s;
      up += 5s;
    }
    return out;
  }

  Instant wall = from_unix_ms(1'795'320'000'000);
  Uptime up{1h};
  Uptime const begun = up;
  AlertBook book;
  AlertEvent last;
};

HealthSign sign(HealthColour colour, std::string part = "store", std::string key = "") {
  return {std::move(part), colour, "It is so.", "Mend it.", std::move(key)};
}
auto const green = HealthColour::green;
auto const yellow = HealthColour::yellow;
auto const red = HealthColour::red;

TEST(AlertBook, a_sign_that_stays_bad_is_told_once_after_its_hold_and_cleared_once) {
  Book book;
  EXPECT_EQ(book.watch({sign(yellow)}, 1h), "60 raised store yellow");
  EXPECT_EQ(book.watch({sign(green)}, 1h), "3660 cleared store yellow");
  EXPECT_EQ(book.watch({sign(green)}, 48h), "");
}

TEST(AlertBook, a_short_trouble_is_not_told) {
  Book book;
  EXPECT_EQ(book.watch({sign(red)}, 55s), "");
  EXPECT_EQ(book.watch({sign(green)}, 1h), "");
}

TEST(AlertBook, a_short_relief_neither_clears_nor_raises_again) {
  Book book;
  book.watch({sign(red)}, 2min);
  EXPECT_EQ(book.watch({sign(green)}, 55s), "");
  EXPECT_EQ(book.watch({sign(red)}, 1h), "");
}

TEST(AlertBook, worse_is_told_and_better_too_each_after_its_hold) {
  Book book;
  EXPECT_EQ(book.watch({sign(yellow)}, 2min), "60 raised store yellow");
  EXPECT_EQ(book.watch({sign(red)}, 2min), "180 escalated store red");
  EXPECT_EQ(book.watch({sign(yellow)}, 2min), "300 eased store yellow");
  EXPECT_EQ(book.watch({sign(green)}, 2min), "420 cleared store yellow");
}

TEST(AlertBook, red_that_protects_is_told_after_ten_seconds_but_not_just_after_the_start) {
  for (auto const* part : {"call_blocking.channels", "login.admin"}) {
    Book book;
    EXPECT_EQ(book.watch({sign(red, part)}, 55s), "") << part;
    Book later;
    later.watch({sign(green, part)}, 2min);
    EXPECT_EQ(later.watch({sign(red, part)}, 1min), "130 raised " + std::string(part) + " red");
    Book mild;
    mild.watch({sign(green, part)}, 2min);
    EXPECT_EQ(mild.watch({sign(yellow, part)}, 2min),
              "180 raised " + std::string(part) + " yellow");
  }
}

TEST(AlertBook, days_that_run_on_are_told_when_their_level_changes_only) {
  Book book;
  auto days = [](std::string key, std::string sentence) {
    return std::vector<HealthSign>{
        {"login.admin", yellow, std::move(sentence), "Log in.", std::move(key)}};
  };
  EXPECT_EQ(book.watch(days("14d", "ends in 14 d"), 2min), "60 raised login.admin yellow");
  EXPECT_EQ(book.watch(days("14d", "ends in 13 d"), 2min), "");
  EXPECT_EQ(book.watch(days("7d", "ends in 7 d"), 2min), "300 changed login.admin yellow");
  EXPECT_EQ(book.last.sign.sentence, "ends in 7 d");
}

TEST(AlertBook, a_red_alert_is_recalled_every_day_and_a_yellow_one_is_not) {
  Book book;
  EXPECT_EQ(book.watch({sign(red), sign(yellow, "http")}, 49h),
            "60 raised http yellow; 60 raised store red; 86460 reminder store red; "
            "172860 reminder store red");
}

TEST(AlertBook, what_comes_and_goes_too_quickly_for_any_hold_is_told_once_by_its_worst) {
  Book book;
  std::string told;
  for (int i = 0; i < 20; ++i) {
    told += book.watch({sign(i % 3 ? yellow : red)}, 20s);
    told += book.watch({sign(green)}, 20s);
  }
  EXPECT_EQ(told, "160 raised store red");
  EXPECT_TRUE(book.last.flapping);
  EXPECT_EQ(book.watch({sign(green)}, 29min), "") << "no all-clear before half an hour of calm";
  EXPECT_EQ(book.watch({sign(green)}, 2min), "2580 cleared store red");
}

TEST(AlertBook, what_flaps_on_is_told_at_most_once_an_hour) {
  Book book;
  int told = 0;
  for (int i = 0; i < 4 * 60; ++i) {
    told += !book.watch({sign(red)}, 30s).empty();
    told += !book.watch({sign(green)}, 30s).empty();
  }
  EXPECT_GE(told, 3);
  EXPECT_LE(told, 5);
}

TEST(AlertBook, an_alert_that_comes_back_within_the_hour_is_told_once_and_then_waits_for_calm) {
  Book book;
  EXPECT_EQ(book.watch({sign(red)}, 2min), "60 raised store red");
  EXPECT_EQ(book.watch({sign(green)}, 10min), "180 cleared store red");
  EXPECT_EQ(book.watch({sign(red)}, 2min), "780 raised store red");
  EXPECT_TRUE(book.last.flapping);
  EXPECT_EQ(book.watch({sign(green)}, 10min), "");
  EXPECT_EQ(book.watch({sign(red)}, 2min), "");
  EXPECT_EQ(book.watch({sign(green)}, 31min), "3360 cleared store red");
}

TEST(AlertBook, yellow_and_red_in_turns_is_trouble_all_the_same) {
  Book book;
  std::string told;
  for (int i = 0; i < 20; ++i) {
    auto const now = book.watch({sign(i % 2 ? red : yellow)}, 30s);
    if (!now.empty()) told += now + "; ";
  }
  EXPECT_EQ(told, "60 raised store yellow; 210 escalated store red; ");
}

int times_told(std::string const& told) { return int(std::ranges::count(told, ';')); }

TEST(AlertBook, no_rhythm_of_colours_or_keys_floods_anybody) {
  for (auto const each : {15s, 75s, 150s, 290s}) {  // too slow to count as coming and going
    Book colours, keys;
    std::string by_colour, by_key;
    for (auto passed = 0s; passed < 12h; passed += each) {
      bool const odd = passed / each % 2;
      auto const add = [](std::string& all, std::string const& now) {
        if (!now.empty()) all += now + ";";
      };
      add(by_colour, colours.watch({sign(odd ? red : yellow)}, each));
      add(by_key, keys.watch({sign(red, "login.admin", odd ? "a" : "b")}, each));
    }
    EXPECT_LE(times_told(by_colour), 5 + 1 + 12) << each.count() << " s: " << by_colour;
    EXPECT_LE(times_told(by_key), 5 + 1 + 12) << each.count() << " s: " << by_key;
    EXPECT_GE(times_told(by_colour), 2);
  }
}

TEST(AlertBook, what_a_crash_interrupts_goes_on_counting) {
  Instant wall = from_unix_ms(1'795'320'000'000);
  Uptime up{1h};
  std::vector<Begun> kept;
  std::vector<HealthSign> const signs{sign(red)};
  std::string told;
  for (int life = 0; life < 20 && told.empty(); ++life) {  // each ends after 4 s, before any hold
    AlertBook book({}, {}, wall, up, kept);
    for (auto const passed : {0s, 3s})
      for (auto const& event : book.fold(signs, wall + passed, up + passed))
        told = std::to_string((up + passed - Uptime(1h)) / 1s) + " " + event.sign.part + " " +
               std::to_string((wall + passed - event.since) / 1s);
    kept = book.begun(wall + 3s, up + 3s);
    wall += 4s;
    up += 4s;
  }
  EXPECT_EQ(told, "63 store 63");
}

TEST(AlertBook, what_was_over_or_long_ago_at_the_start_is_not_told) {
  Instant const wall = from_unix_ms(1'795'320'000'000);
  Uptime const up{1h};
  std::vector<HealthSign> const bad{sign(red)}, good{sign(green)};
  for (auto const away : {-1h, 0h, 1h}) {
    std::vector<Begun> const kept{{"store", wall - 2h, wall - Milliseconds(away)}};
    AlertBook book({}, {}, wall, up, kept);
    EXPECT_TRUE(book.fold(bad, wall, up).empty()) << "not before it settled";
    EXPECT_EQ(book.fold(bad, wall, up + 3s).size(), away == 0h ? 1u : 0u) << away.count();
    AlertBook over({}, {}, wall, up, kept);
    over.fold(bad, wall, up);
    EXPECT_TRUE(over.fold(good, wall, up + 3s).empty());
    EXPECT_TRUE(over.begun(wall, up + 3s).empty());
  }
}

TEST(AlertBook, a_part_that_is_gone_counts_as_green) {
  Book book;
  book.watch({sign(red, "task.x")}, 2min);
  EXPECT_EQ(book.watch({}, 2min), "180 cleared task.x red");
}

TEST(AlertBook, of_several_signs_of_one_part_the_worst_counts) {
  Book book;
  EXPECT_EQ(book.watch({sign(green), sign(red), sign(yellow)}, 2min), "60 raised store red");
}

TEST(AlertBook, a_restart_neither_repeats_nor_forgets) {
  OpenFact const open{.part = "store",
                      .colour = red,
                      .since = from_unix_ms(1'795'310'000'000),
                      .told_at = from_unix_ms(1'795'310'000'000)};
  Book same({open});
  EXPECT_EQ(same.watch({sign(red)}, 1h), "");
  Book over({open});
  EXPECT_EQ(over.watch({sign(green)}, 2min), "60 cleared store red");
  EXPECT_EQ(over.last.since, open.since);
  Book gone({open});
  EXPECT_EQ(gone.watch({}, 2min), "60 cleared store red");
}

TEST(AlertBook, a_reminder_comes_within_a_day_whatever_the_wall_clock_did) {
  for (auto const jump : {-8760h, -1h, 0h, 1h, 8760h}) {
    Book book({{.part = "store",
                .colour = red,
                .told_at = from_unix_ms(1'795'320'000'000) - Milliseconds(jump)}});
    auto const told = book.watch({sign(red)}, 24h + 5s);
    EXPECT_NE(told.find("reminder"), told.npos) << jump.count();
  }
}

}  // namespace
}  // namespace wardroom::alerts
