/// Amounts with their unit as the configuration writes them: durations and distances. Pure.
#pragma once
#include "base/units.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::config {

/// "30s" and friends; nullopt for anything else or a negative amount.
std::optional<Milliseconds> parse_duration(std::string_view text);
std::string format_duration(Milliseconds d);

/// "300m", "2km", "0".
std::optional<Meters> parse_distance(std::string_view text);
std::string format_distance(Meters d);

/// "2.5"; nullopt for anything else and what is not finite.
std::optional<double> parse_number(std::string_view text);

}  // namespace wardroom::config
