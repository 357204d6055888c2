/// Figures as people say them: times, durations, distances, counts. Pure.
#pragma once
#include "base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::ctl {

/// "2026-11-22T00:10:05.250Z"; nullopt for anything else.
std::optional<Instant> parse_time(std::string_view iso);
/// "30s", "5m", "2h", "250ms"; nullopt for anything else.
std::optional<Milliseconds> parse_duration(std::string_view text);

/// "250 ms", "12 s", "3 min", "2 h 5 min", "4 days".
std::string duration_words(double seconds);
/// "12 s ago", "in 3 days", "now".
std::string relative_words(Instant when, Instant now);
/// "850 m", "12.4 km".
std::string distance_words(double metres);
/// "12,345"
std::string count_words(std::int64_t count);
/// "1 call", "2 calls"
std::string plural(std::int64_t count, std::string_view one, std::string_view many);
/// "2026-11-22 00:10:05" (UTC)
std::string clock_words(Instant when);
/// "00:10:05" today, otherwise with the day in front.
std::string short_clock_words(Instant when, Instant now);

}  // namespace wardroom::ctl
