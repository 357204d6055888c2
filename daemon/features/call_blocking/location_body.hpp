/// The body of a location post: {latitude, longitude, accuracy, timestamp?}, checked. Pure.
#pragma once
#include "base/units.hpp"

#include <expected>
#include <optional>
#include <string_view>

namespace wardroom::call_blocking {

struct LocationPost {
  GeoPoint where;
  Meters accuracy;
  std::optional<Instant> taken{};  ///< `timestamp`, as browsers have it: ms since 1970
};
struct BodyTrouble {
  int status = 400;  ///< 400 = not JSON, 422 = JSON that says something impossible
  std::string_view message;
};

/// Unknown members are ignored (browsers may say more). The client's time is for hints of a spoof
/// alone (fix_hints.hpp): how old a position is, the server's clock decides, by its receipt. Uses
/// one parser a thread; nothing is allocated after its first call.
std::expected<LocationPost, BodyTrouble> parse_location(std::string_view body);

inline constexpr std::size_t kLocationBodyLimit = 4096;

}  // namespace wardroom::call_blocking
