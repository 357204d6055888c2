// Moments as text.
#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

TEST(TimeText, shows_milliseconds_also_of_moments_before_1970) {
  EXPECT_EQ(iso_text(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_text(from_unix_ms(1'795'313'085'120)), "2026-11-22T02:04:45.120Z");
  EXPECT_EQ(iso_text(from_unix_ms(1'709'164'799'999)), "2024-02-28T23:59:59.999Z");
  EXPECT_EQ(iso_text(from_unix_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(HttpDate, is_read_in_its_one_current_form) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), from_unix_ms(784'111'777'000));
  EXPECT_EQ(parse_http_date("Tue, 19 Jan 2038 03:14:08 GMT"), from_unix_ms(2'147'483'648'000));
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), from_unix_ms(1'709'251'200'000));
}

TEST(HttpDate, of_anything_else_is_nothing) {
  for (auto const* bad :
       {"", "GMT", "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "06 Nov 1994 08:49:37 GMT", "1795313085"})
    EXPECT_FALSE(parse_http_date(bad)) << bad;
}

}  // namespace
}  // namespace wardroom
