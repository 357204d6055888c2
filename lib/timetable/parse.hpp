/// Reads timetables, and writes them in their one canonical form. Pure but for the zone's file.
#pragma once
#include "timetable/timetable.hpp"

#include <string>
#include <string_view>

namespace wardroom::timetable {

/// Errors say what is wrong and what would be right.
Result<Calendar> parse_calendar(std::string_view text);
/// What follows "every": "4h".
Result<Milliseconds> parse_interval(std::string_view amount);

std::string calendar_text(Calendar const& calendar);
std::string interval_text(Milliseconds every);

inline constexpr std::uint32_t last_of_month = 1u << 31;

}  // namespace wardroom::timetable
