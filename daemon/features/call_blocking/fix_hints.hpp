/// What about a fix looks like a spoof: hints, never proof. Pure.
#pragma once
#include <cstdint>

namespace wardroom::call_blocking {

enum class Hint : std::uint8_t {
  impossible_travel = 1,  ///< faster than any airliner since the fix before
  frozen = 2,             ///< the very same coordinates for very long
  too_exact = 4,          ///< accuracy of 0 or 1 m
  future_time = 8,        ///< the browser says it was taken in the future
};
using Hints = std::uint8_t;  ///< a sum of Hint

inline constexpr Hints bit(Hint hint) { return static_cast<Hints>(hint); }

}  // namespace wardroom::call_blocking
