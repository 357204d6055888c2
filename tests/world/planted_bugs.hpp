/// The mistakes that can be switched on in a world's daemons, and which promises must find them.
#pragma once
#include <span>
#include <string_view>

namespace wardroom::world {

struct PlantedBug {
  std::string_view name;      ///< as in WARDROOM_PLANTED("…"): "xsi-release-not-retried"
  std::string_view layer;     ///< the folder of the code it is in
  std::string_view promises;  ///< "X1 X4": one of these must be the one that is broken
  std::string_view sentence;  ///< what the mistake is, for people
};

std::span<PlantedBug const> planted_bugs();
/// nullptr when there is none.
PlantedBug const* planted_bug(std::string_view name);
/// Whether the promise is one of those that must find it.
bool must_find(PlantedBug const& bug, std::string_view promise);

}  // namespace wardroom::world
