#include "geo/countries.hpp"

#include "base/encoding.hpp"
#include "geo/atlas.hpp"
#include "geo/packed_borders.hpp"
#include "geo/unwrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace wardroom::geo {
namespace {

constexpr Area kAreas[] = {
#include "geo/country_table.inc"
};

/// Codes that people write and ISO, or the data, knows otherwise.
struct Hint {
  std::string_view code, sentence;
};
constexpr Hint kHints[] = {
    {"UK", "the United Kingdom is GB"},
    {"EL", "Greece is GR"},
    {"XK", "Kosovo has no ISO code: write Kosovo"},
    {"GP", "Guadeloupe is part of FR in the border data"},
    {"MQ", "Martinique is part of FR in the border data"},
    {"GF", "French Guiana is part of FR in the border data"},
    {"RE", "Réunion is part of FR in the border data"},
    {"YT", "Mayotte is part of FR in the border data"},
    {"SJ", "Svalbard and Jan Mayen are part of NO in the border data"},
    {"BV", "Bouvet Island is part of NO in the border data"},
    {"BQ", "the Caribbean Netherlands are part of NL in the border data"},
    {"TK", "Tokelau is part of NZ in the border data"},
    {"CX", "Christmas Island is in the area 'Indian Ocean Ter.'"},
    {"CC", "the Cocos Islands are in the area 'Indian Ocean Ter.'"},
};

std::string upper(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

void add_polygons(Atlas const& atlas, Area const& area, Part& out) {
  if (area.code == "VA") return out.polygons.push_back({vatican()});
  for (auto const& packed : atlas.areas)
    if (packed.number == area.number && packed.name == area.name)
      for (auto const& polygon : packed.polygons) {
        auto& rings = out.polygons.emplace_back();
        for (auto const& ring : polygon) rings.push_back(ring_of(atlas, ring));
        // Its hole in Italy came to nothing too.
        if (area.code == "IT" && surrounds(unwrapped(rings.front()), vatican().front())) {
          std::erase_if(rings, [](Ring const& ring) { return square_kilometers({ring}) < 0.01; });
          rings.push_back(vatican());
        }
      }
}

}  // namespace

std::span<Area const> areas() { return kAreas; }

std::string label_of(Area const& area) {
  return std::string(area.code.empty() ? area.name : area.code);
}

Result<Choice> choose_area(std::string_view word) {
  auto const wanted = upper(word);
  Choice out;
  for (std::size_t i = 0; i < std::size(kAreas); ++i)
    if (kAreas[i].code == wanted && !wanted.empty()) out.areas.push_back(i);
  for (std::size_t i = 0; i < std::size(kAreas) && out.areas.empty(); ++i)
    if (upper(kAreas[i].name) == wanted) {
      // By the name of a country: all areas of its code.
      if (!kAreas[i].code.empty()) return choose_area(kAreas[i].code);
      out.areas.push_back(i);
    }
  if (!out.areas.empty()) {
    out.label = label_of(kAreas[out.areas.front()]);
    return out;
  }
  auto const hint = std::ranges::find(kHints, wanted, &Hint::code);
  if (hint != std::end(kHints))
    return failure(ErrorKind::not_found,
                   fmt::format("'{}' is no country of the border data; {}", word, hint->sentence));
  std::vector<std::string> known;
  for (auto const& area : kAreas) known.emplace_back(word.size() <= 2 ? area.code : area.name);
  std::string near;
  if (word.size() > 2)
    if (auto const found = nearest(word, known)) near = fmt::format("; did you mean '{}'?", *found);
  if (near.empty()) {
    std::vector<std::string> similar;
    for (auto const& area : kAreas)
      if (word.size() == 2 && area.code.size() == 2 && edit_distance(wanted, area.code) == 1 &&
          area.code[0] == wanted[0] && similar.size() < 4)
        similar.push_back(fmt::format("{} ({})", area.code, area.name));
    if (!similar.empty()) near = fmt::format("; near it are {}", fmt::join(similar, ", "));
  }
  return failure(ErrorKind::not_found,
                 fmt::format("'{}' is no country: write two letters of ISO 3166, such as AT, or "
                             "the name of an area that has none, such as Kosovo{}",
                             word, near));
}

double border_error_of(std::span<Choice const> choices) {
  return std::ranges::all_of(choices, [](Choice const& c) { return c.label == "VA"; })
             ? kDrawnError
             : kBorderError;
}

std::vector<Part> borders_of(std::span<Choice const> choices) {
  auto const atlas = read_atlas();
  std::vector<Part> out;
  for (auto const& choice : choices) {
    auto& part = out.emplace_back(Part{choice.label, {}});
    for (auto const area : choice.areas) add_polygons(atlas, kAreas[area], part);
  }
  return out;
}

std::vector<Part> all_borders() {
  auto const atlas = read_atlas();
  std::vector<Part> out;
  for (auto const& area : kAreas)
    add_polygons(atlas, area, out.emplace_back(Part{label_of(area), {}}));
  return out;
}

std::string const& border_data_version() {
  static auto const text = [] {
    auto const packed = packed_borders();
    return fmt::format("{}/{}", packed.version, packed.digest);
  }();
  return text;
}

}  // namespace wardroom::geo
