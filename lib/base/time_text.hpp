/// Moments as text for people and for other programs. Pure.
#pragma once
#include "base/units.hpp"

#include <string>

namespace wardroom {

/// ISO 8601, UTC, with milliseconds: "2026-11-22T02:04:45.120Z".
std::string iso_text(Instant at);

}  // namespace wardroom
