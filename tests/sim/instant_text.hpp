/// Moments as text: ISO 8601 in UTC with milliseconds, and as HTTP headers have them.
#pragma once
#include "base/units.hpp"

#include <fmt/chrono.h>

#include <string>

namespace wardroom::sim {

inline std::string text_of(Instant t) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(t);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (t - seconds).count());
}

/// "Sun, 06 Nov 1994 08:49:37 GMT".
inline std::string http_date(Instant t) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(t);
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace wardroom::sim
