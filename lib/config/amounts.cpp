#include "config/amounts.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

namespace wardroom::config {
namespace {

/// A number followed by a unit: "2.5km" → 2.5, "km".
std::optional<std::pair<double, std::string_view>> split_amount(std::string_view text) {
  double amount = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc{} || !std::isfinite(amount) || amount < 0) return std::nullopt;
  return std::pair(amount, text.substr(static_cast<std::size_t>(end - text.data())));
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  auto const parts = split_amount(text);
  if (!parts) return std::nullopt;
  auto const [amount, unit] = *parts;
  double scale = 0;
  if (unit == "ms" || (unit.empty() && amount == 0))
    scale = 1;
  else if (unit == "s")
    scale = 1000;
  else if (unit == "m" || unit == "min")
    scale = 60'000;
  else if (unit == "h")
    scale = 3'600'000;
  else if (unit == "d")
    scale = 86'400'000;
  else
    return std::nullopt;
  double const ms = amount * scale;
  if (ms > 1e15) return std::nullopt;
  return Milliseconds(std::llround(ms));
}

std::string format_duration(Milliseconds d) {
  auto const ms = d.count();
  if (ms == 0) return "0s";
  if (ms % 86'400'000 == 0) return fmt::format("{}d", ms / 86'400'000);
  if (ms % 3'600'000 == 0) return fmt::format("{}h", ms / 3'600'000);
  if (ms % 60'000 == 0) return fmt::format("{}m", ms / 60'000);
  if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
  return fmt::format("{}ms", ms);
}

std::optional<Meters> parse_distance(std::string_view text) {
  auto const parts = split_amount(text);
  if (parts && parts->second == "m") return Meters{parts->first};
  if (parts && parts->second == "km") return Meters{parts->first * 1000};
  if (parts && parts->second.empty() && parts->first == 0) return Meters{0};
  return std::nullopt;
}

std::string format_distance(Meters d) {
  bool const whole_km = d.value >= 1000 && std::fmod(d.value, 100) == 0;
  return whole_km ? fmt::format("{}km", d.value / 1000) : fmt::format("{}m", d.value);
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace wardroom::config
