/// The countries of the world by their two letters, and the areas that have none: names, borders,
/// and where the borders are from.
#pragma once
#include "base/result.hpp"
#include "geo/shapes.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::geo {

struct Area {
  std::uint16_t number;   ///< ISO 3166-1 numeric; 0 = has no code
  std::string_view code;  ///< alpha-2; empty = has no code
  std::string_view name;  ///< as Natural Earth calls it
};

/// Every area of the data, those with a code first. Some codes have two areas (AU).
std::span<Area const> areas();

/// "AT", or the full name of an area ("Kosovo"), whatever the case: which areas that is, and how
/// it is written. An area without a code is only had by its name. Errors say what was meant.
struct Choice {
  std::string label;               ///< "AT", "Kosovo"
  std::vector<std::size_t> areas;  ///< in `areas()`
};
Result<Choice> choose_area(std::string_view word);

/// The label of an area: its code, else its name.
std::string label_of(Area const& area);

/// The borders of what was chosen, one part a choice. Takes a millisecond for a country.
std::vector<Part> borders_of(std::span<Choice const> choices);
/// All areas of the world, one part each, in the order of `areas()`.
std::vector<Part> all_borders();

/// "world-atlas 2.0.2/3bc6f1d367a9": package and version, and the digest of its data.
std::string const& border_data_version();

/// How far the borders of the data may be from the real ones, in metres: they are drawn for
/// 1:10,000,000 and lie on a lattice of 400 m by 190 m. Within it nobody is surely on one side.
inline constexpr double kBorderError = 500;
/// The same for the one area that is drawn by hand, the Vatican.
inline constexpr double kDrawnError = 200;
double border_error_of(std::span<Choice const> choices);

}  // namespace wardroom::geo
