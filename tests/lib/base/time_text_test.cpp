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

}  // namespace
}  // namespace wardroom
