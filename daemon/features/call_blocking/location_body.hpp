/// The body of a location post: {latitude, longitude, accuracy, timestamp?}, checked. Pure.
#pragma once
#include "base/units.hpp"

#include <expected>
#include <string_view>

namespace wardroom::call_blocking {

struct LocationPost {
  GeoPoint where;
  Meters accuracy;
};
struct BodyTrouble {
  int status = 400;  ///< 400 = not JSON, 422 = JSON that says something impossible
  std::string_view message;
};

/// Unknown members are ignored (browsers may say more), the client's time too: the server's clock
/// decides. Uses one parser a thread; nothing is allocated after its first call.
std::expected<LocationPost, BodyTrouble> parse_location(std::string_view body);

inline constexpr std::size_t kLocationBodyLimit = 4096;

}  // namespace wardroom::call_blocking
