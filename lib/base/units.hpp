/// Time and place with their units in the type.
#pragma once
#include <chrono>
#include <cstdint>

namespace wardroom {

/// Wall clock, UTC, milliseconds. For people and for other systems; never for measuring age.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// Tag of the boot-time clock (CLOCK_BOOTTIME): never set, runs on during suspend.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, duration>;
  static constexpr bool is_steady = true;
};
/// Since the machine booted. For ages, deadlines and time-outs.
using Uptime = BootClock::time_point;

using Milliseconds = std::chrono::milliseconds;

struct Meters {
  double value = 0;
  auto operator<=>(Meters const&) const = default;
};

/// WGS 84, degrees; latitude -90..90, longitude -180..180.
struct GeoPoint {
  double latitude = 0;
  double longitude = 0;
  bool operator==(GeoPoint const&) const = default;
};

inline std::int64_t unix_ms(Instant t) { return t.time_since_epoch().count(); }
inline Instant from_unix_ms(std::int64_t ms) { return Instant(Milliseconds(ms)); }

}  // namespace wardroom
