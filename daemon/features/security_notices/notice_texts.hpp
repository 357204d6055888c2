/// Which texts may stand on the screens of a conference. Pure.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::security_notices {

/// Cisco documents no limit; longer ones do not fit beside each other on small screens. Source:
/// cms.md 6.3.
constexpr std::size_t longest_text = 60;

/// What level 1, 2 or 3 shows unless the configuration says otherwise.
std::string_view standard_text(int level);

/// What is wrong with a text for a level, in a sentence with the remedy; nothing when it is fine.
std::optional<std::string> wrong_with_text(std::string_view text);

}  // namespace wardroom::security_notices
