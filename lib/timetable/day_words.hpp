/// Days of the week and times of the day as they are written: "Mon..Fri", "06:30". Pure.
#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::timetable {

std::vector<std::string_view> split(std::string_view text, char by);
/// What blanks divide; none of them is empty.
std::vector<std::string_view> words(std::string_view text);

/// "Mon", any case → 0; nothing when it is none.
std::optional<std::size_t> weekday_of(std::string_view word);
/// "Mon..Fri,Sun" → a bit each, bit 0 = Monday; else the item that is no day.
std::expected<std::uint8_t, std::string> weekdays_of(std::string_view text);
std::string weekdays_text(std::uint8_t days);

/// "00:00" to "24:00".
std::optional<std::chrono::minutes> time_of_day(std::string_view text);
std::string time_text(std::chrono::minutes of_day);

}  // namespace wardroom::timetable
