/// SHA-256 without an allocation, for what comes many thousand times a second.
#pragma once
#include <array>
#include <string_view>

namespace wardroom {

std::array<char, 32> sha256_of(std::string_view bytes);

}  // namespace wardroom
