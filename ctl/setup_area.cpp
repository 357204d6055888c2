// The area in a person's words: circle, box, none, or YAML.
#include "config/config_file.hpp"
#include "setup_questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace wardroom::ctl {
namespace {

std::unexpected<Error> wrong(std::string sentence) {
  return failure(ErrorKind::malformed, std::move(sentence));
}

std::optional<double> degrees(std::string const& word, double most) {
  double value = 0;
  auto const [end, bad] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (bad != std::errc{} || end != word.data() + word.size() || !std::isfinite(value) ||
      std::abs(value) > most)
    return std::nullopt;
  return value;
}

/// "20km", "500m", also "20" and "km" apart.
std::optional<std::string> radius_of(std::vector<std::string> const& words, std::size_t at) {
  if (at >= words.size() || words.size() > at + 2) return std::nullopt;
  auto const word = words[at] + (words.size() == at + 2 ? words[at + 1] : "");
  double value = 0;
  auto const [end, bad] = std::from_chars(word.data(), word.data() + word.size(), value);
  std::string_view const unit(end, static_cast<std::size_t>(word.data() + word.size() - end));
  if (bad != std::errc{} || !(value > 0) || !std::isfinite(value)) return std::nullopt;
  if (unit != "m" && unit != "km") return std::nullopt;
  return word;
}

std::string fence(std::string const& shape) {
  return "[{ name: area, " + shape + ", people: { all: true } }]";
}

Result<std::string> circle(std::vector<std::string> const& words) {
  constexpr auto example = "circle 48.2082 16.3738 20km";
  auto const lat = words.size() > 1 ? degrees(words[1], 90) : std::nullopt;
  auto const lon = words.size() > 2 ? degrees(words[2], 180) : std::nullopt;
  if (!lat || !lon)
    return wrong(
        fmt::format("a circle needs a latitude (-90 to 90) and a longitude (-180 to 180), as "
                    "in: {}",
                    example));
  auto const radius = radius_of(words, 3);
  if (!radius) return wrong(fmt::format("a circle needs a radius in m or km, as in: {}", example));
  return fence(fmt::format("circle: {{ at: [{}, {}], radius: {} }}", *lat, *lon, *radius));
}

Result<std::string> box(std::vector<std::string> words) {
  bool const crosses = words.back() == "antimeridian";
  if (crosses) words.pop_back();
  constexpr auto example = "box 46.37 49.02 9.53 17.17";
  if (words.size() != 5)
    return wrong(fmt::format("a box needs south, north, west and east, as in: {}", example));
  auto const south = degrees(words[1], 90), north = degrees(words[2], 90);
  auto const west = degrees(words[3], 180), east = degrees(words[4], 180);
  if (!south || !north || !west || !east)
    return wrong(
        fmt::format("south and north are -90 to 90 degrees, west and east -180 to 180, as "
                    "in: {}",
                    example));
  if (*south >= *north)
    return wrong(
        fmt::format("south ({}) must be less than north ({}); are they swapped?", *south, *north));
  if (!crosses && *west >= *east)
    return wrong(
        fmt::format("west ({}) must be less than east ({}); if they are not swapped and the box "
                    "really crosses the 180th meridian, add the word antimeridian",
                    *west, *east));
  if (crosses && *west <= *east)
    return wrong(
        "a box across the 180th meridian has its west border east of its east border; leave "
        "the word antimeridian away");
  return fence(fmt::format("box: {{ south: {}, north: {}, west: {}, east: {}{} }}", *south, *north,
                           *west, *east, crosses ? ", crosses_antimeridian: true" : ""));
}

}  // namespace

Result<std::string> fences_of(std::string const& text) {
  auto const plain = trimmed(text);
  if (plain.starts_with('[')) {
    config::Complaints complaints;
    auto const node = config::parse_yaml(plain, "", complaints);
    if (!complaints.empty())
      return wrong("not a list of fences as in wardroom.yaml: " + complaints.front().message);
    if (node.IsSequence()) return plain;
  }
  auto words = words_of(plain);
  if (words.empty())
    return wrong("circle LAT LON RADIUS, box SOUTH NORTH WEST EAST, or none; ? shows examples");
  std::ranges::transform(words[0], words[0].begin(),
                         [](unsigned char c) { return std::tolower(c); });
  if (words[0] == "none" && words.size() == 1) return "[]";
  if (words[0] == "circle") return circle(words);
  if (words[0] == "box") return box(std::move(words));
  if (words[0] == "country" || words[0].size() == 2)
    return wrong("this version knows no countries; draw the area with a box or a circle");
  return wrong("write circle LAT LON RADIUS, box SOUTH NORTH WEST EAST, or none; ? shows examples");
}

}  // namespace wardroom::ctl
