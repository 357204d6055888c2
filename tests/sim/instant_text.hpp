/// Moments as text: ISO 8601 in UTC with milliseconds.
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

}  // namespace wardroom::sim
