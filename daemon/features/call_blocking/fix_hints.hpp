/// What about a fix looks like a spoof: hints, never proof. Pure.
///
///   impossible_travel  since the fix before, by the server's clock (1 s at least): more than
///                      1,200 km/h and 20 km, both accuracies taken off the way
///   frozen             240 fixes in a row (2 h at one each 30 s) at the very same coordinates, to
///                      1e-7 degrees, by fixes that claim 20 m or better. Satellites, which alone
///                      are that good, jitter by metres; a desktop placed by Wi-Fi or its address
///                      repeats itself for hours, and claims less
///   too_exact          accuracy of 0 or 1 m, as hand-written positions have it
///   future_time        the browser's own timestamp is more than 5 min ahead of the server
///
/// A timestamp of long ago is no hint: clocks of devices go wrong, browsers hand out positions they
/// remembered, and the age that counts is that since receipt.
#pragma once
#include "domain/person.hpp"

#include <cstdint>
#include <optional>

namespace wardroom::call_blocking {

enum class Hint : std::uint8_t {
  impossible_travel = 1,  ///< faster than any airliner since the fix before
  frozen = 2,             ///< the very same coordinates for very long
  too_exact = 4,          ///< accuracy of 0 or 1 m
  future_time = 8,        ///< the browser says it was taken in the future
};
using Hints = std::uint8_t;  ///< a sum of Hint

inline constexpr Hints bit(Hint hint) { return static_cast<Hints>(hint); }
inline constexpr bool has(Hints hints, Hint hint) { return (hints & bit(hint)) != 0; }

/// A fix with what it is looked at beside.
struct Observation {
  std::optional<Fix> before{};  ///< the fix before it
  Fix fix;
  std::optional<Instant> taken{};  ///< as the browser says
  std::uint16_t same_place = 1;    ///< fixes in a row with these very coordinates, this one too
};
Hints hints_of(Observation const& seen);

}  // namespace wardroom::call_blocking
