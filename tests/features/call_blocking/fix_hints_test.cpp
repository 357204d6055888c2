/// Hints of a spoof, as a table.
#include "features/call_blocking/fix_hints.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr GeoPoint kVienna{48.2, 16.37};
constexpr GeoPoint kLinz{48.3, 14.29};      // 154 km west of it
constexpr GeoPoint kAirport{48.12, 16.56};  // 17 km from Vienna
constexpr GeoPoint kNewYork{40.7, -74.0};   // 6,800 km
Instant const kNow = from_unix_ms(1'793'369'312'000);

Fix fix(GeoPoint where, double accuracy, BootClock::duration at = {}) {
  return {where, {accuracy}, Uptime(std::chrono::hours(1) + at), kNow};
}
Observation moved(GeoPoint from, GeoPoint to, BootClock::duration took, double accuracy = 20,
                  double accuracy_before = 20) {
  return {.before = fix(from, accuracy_before), .fix = fix(to, accuracy, took)};
}
Observation at_rest(std::uint16_t times, double accuracy) {
  return {.before = fix(kVienna, accuracy),
          .fix = fix(kVienna, accuracy, seconds(30)),
          .same_place = times};
}
Observation taken(BootClock::duration ahead) {
  return {.fix = fix(kVienna, 20), .taken = kNow + std::chrono::floor<milliseconds>(ahead)};
}

TEST(FixHints, R124_table) {
  auto const travel = bit(Hint::impossible_travel);
  auto const frozen = bit(Hint::frozen);
  auto const exact = bit(Hint::too_exact);
  auto const future = bit(Hint::future_time);
  struct Row {
    char const* what;
    Observation seen;
    Hints expected;
  };
  for (auto const& row : {
           Row{"a first fix", {.fix = fix(kVienna, 20)}, 0},
           Row{"a walk", moved(kVienna, {48.2003, 16.37}, seconds(30)), 0},
           Row{"an airliner", moved(kVienna, kLinz, minutes(10)), 0},
           Row{"faster than any", moved(kVienna, kLinz, minutes(7)), travel},
           Row{"the other side of the ocean", moved(kVienna, kNewYork, minutes(30)), travel},
           Row{"the same, a day later", moved(kVienna, kNewYork, std::chrono::hours(24)), 0},
           Row{"at the same moment", moved(kVienna, kLinz, seconds(0)), travel},
           Row{"a clock that went backwards", moved(kVienna, kLinz, seconds(-5)), travel},
           Row{"a short jump: cell towers, not spoofs", moved(kVienna, kAirport, seconds(1)), 0},
           Row{"from a vague place", moved(kVienna, kLinz, seconds(30), 20, 140'000), 0},
           Row{"to a vague place", moved(kVienna, kLinz, seconds(30), 140'000, 20), 0},
           Row{"both a bit vague", moved(kVienna, kLinz, seconds(30), 60'000, 60'000), travel},
           Row{"239 times the same", at_rest(239, 8), 0},
           Row{"240 times the same", at_rest(240, 8), frozen},
           Row{"240 times, as exact as satellites are", at_rest(240, 20), frozen},
           Row{"a desktop placed by Wi-Fi", at_rest(65'535, 21), 0},
           Row{"accuracy 0", {.fix = fix(kVienna, 0)}, exact},
           Row{"accuracy 1", {.fix = fix(kVienna, 1)}, exact},
           Row{"accuracy 1.1", {.fix = fix(kVienna, 1.1)}, 0},
           Row{"taken now", taken(seconds(0)), 0},
           Row{"a clock 5 min ahead", taken(minutes(5)), 0},
           Row{"a clock more than that ahead", taken(minutes(5) + milliseconds(1)), future},
           Row{"taken long ago", taken(-std::chrono::hours(240)), 0},
           Row{"several at once",
               {.before = fix(kNewYork, 1),
                .fix = fix(kVienna, 1, seconds(1)),
                .taken = kNow + minutes(60)},
               static_cast<Hints>(travel | exact | future)},
       })
    EXPECT_EQ(hints_of(row.seen), row.expected) << row.what;
}

}  // namespace
}  // namespace wardroom::call_blocking
