/// Whether a feature acts, only tells what it would do, or rests.
#pragma once
#include <cstdint>

namespace wardroom {

enum class FeatureMode : std::uint8_t { off, observe, enforce };

}  // namespace wardroom
