/// Values as a bridge writes them into its XML, in records and in answers alike. Pure.
#pragma once
#include "domain/conference.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::cms {

/// Without white space at both ends.
std::string_view trimmed(std::string_view text);
/// ASCII letters compare without case.
bool same_word(std::string_view a, std::string_view b);
/// Absent when nothing but white space is there. Source: cms.md 2 "treat missing and empty as the
/// same".
conference::Text text_of(std::string_view text);
/// A GUID in lower case; whatever else as it is, trimmed.
std::string guid_of(std::string_view text);
/// "true", "false", "1", "0"; absent for anything else.
conference::Flag flag_of(std::string_view text);
/// Decimal digits only, up to 2^53; absent for anything else.
std::optional<std::uint64_t> number_of(std::string_view text);

}  // namespace wardroom::cms
