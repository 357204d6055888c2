// How timetables are written, and what is said of those that are wrong.
#include "timetable/timetable.hpp"

#include <gmock/gmock.h>

namespace wardroom::timetable {
namespace {
using testing::HasSubstr;

std::string canonical(std::string_view text) {
  auto const parsed = Timetable::parse(text);
  return parsed ? parsed->text() : "WRONG: " + parsed.error().what;
}

TEST(TimetableText, has_one_canonical_form) {
  EXPECT_EQ(canonical("Mon..Fri 06:30 Europe/Vienna"), "Mon..Fri 06:30 Europe/Vienna");
  EXPECT_EQ(canonical("  mon,TUE,Wed   18:00,06:30,06:30 UTC "), "Mon..Wed 06:30,18:00 UTC");
  EXPECT_EQ(canonical("Mon..Sun 06:30 UTC"), "06:30 UTC");
  EXPECT_EQ(canonical("Sat..Mon 00:00 UTC"), "Mon,Sat,Sun 00:00 UTC");
  EXPECT_EQ(canonical("15th,1st 03:00 Europe/Vienna"), "1st,15th 03:00 Europe/Vienna");
  EXPECT_EQ(canonical("last,2nd,3rd,11th,22nd,31st 23:00 UTC"),
            "2nd,3rd,11th,22nd,31st,last 23:00 UTC");
  EXPECT_EQ(canonical("every 4h"), "every 4h");
  EXPECT_EQ(canonical("every 120m"), "every 2h");
  EXPECT_EQ(canonical("every 90m"), "every 90m");
  EXPECT_EQ(canonical("every 48h"), "every 2d");
}

struct Wrong {
  std::string_view text, said;
};

TEST(TimetableText, what_is_wrong_is_said_with_what_would_be_right) {
  for (auto const& [text, said] : std::initializer_list<Wrong>{
           {"", "says nothing"},
           {"Mon-Fri 06:30 UTC", "'Mon-Fri' is no day: write 'Mon..Fri'"},
           {"Mon..Fry 06:30 UTC", "'Mon..Fry' is no day: they are Mon Tue"},
           {"daily 06:30 UTC", "'daily' is no day"},
           {"Mon, Tue 06:30 UTC", "lists have no blanks"},
           {"06:30, 18:00 UTC", "lists have no blanks"},
           {"Mon,1st 06:30 UTC", "days of the week and of the month"},
           {"1th 06:30 UTC", "write '1st'"},
           {"12nd 06:30 UTC", "write '12th'"},
           {"15 06:30 UTC", "write '15th'"},
           {"32nd 06:30 UTC", "1st to 31st, and last"},
           {"0th 06:30 UTC", "1st to 31st, and last"},
           {"Mon", "says no time of the day"},
           {"Mon UTC", "'UTC' is no time of the day"},
           {"6:30 UTC", "write '06:30'"},
           {"25:00 UTC", "'25:00' is no time of the day"},
           {"24:00 UTC", "'24:00' is 00:00 of the next day"},
           {"06:30", "needs a time zone, for UTC too"},
           {"Mon..Fri 06:30", "needs a time zone, for UTC too"},
           {"06:30 Europe/Wien", "there is no time zone 'Europe/Wien'"},
           {"06:30 UTC please", "'please' is too much"},
           {"0 6 * * 1-5", "lines of cron are not understood"},
           {"@daily", "lines of cron are not understood"},
           {"every", "\"every\" is followed by one amount"},
           {"every day 06:30 UTC", "for every day write times and a zone"},
           {"every 4", "'4' is no amount such as 30m, 4h or 2d"},
           {"every 30s", "'30s' is no amount"},
           {"every -1h", "'-1h' is no amount"},
           {"every 4m", "too often: 5m to 7d"},
           {"every 0h", "too often: 5m to 7d"},
           {"every 8d", "too seldom: 5m to 7d"},
           {"every 9223372036854775807d", "too seldom: 5m to 7d"},
           {"every 99999999999999999999h", "is no amount"}}) {
    auto const parsed = Timetable::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().what, HasSubstr(said)) << text;
  }
}

TEST(TimetableText, more_times_than_anybody_needs_are_refused) {
  std::string times;
  for (int minute = 0; minute < 49; ++minute)
    times += (minute > 0 ? ",0" : "0") + std::to_string(minute / 60) + ":" +
             (minute < 10 ? "0" : "") + std::to_string(minute);
  auto const parsed = Timetable::parse(times + " UTC");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().what, HasSubstr("49 times a day are too many, 48 is the most"));
}

}  // namespace
}  // namespace wardroom::timetable
