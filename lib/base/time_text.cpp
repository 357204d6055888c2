#include "base/time_text.hpp"

#include <fmt/chrono.h>

namespace wardroom {

std::string iso_text(Instant at) {
  auto const whole = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                     (at - whole).count());
}

}  // namespace wardroom
