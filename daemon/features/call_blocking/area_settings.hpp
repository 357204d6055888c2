/// The shapes of a fence that have a grid: countries, a polygon, a file of GeoJSON. Reads and
/// checks them, and builds the grid; some milliseconds for most, so not on the loop of a daemon
/// that is at work.
#pragma once
#include "base/result.hpp"
#include "config/yaml_section.hpp"
#include "features/call_blocking/border.hpp"
#include "geo/geojson.hpp"

#include <optional>
#include <span>

namespace wardroom::call_blocking {

/// Nothing after complaints, and when the fence has none of these shapes.
std::optional<Area> parse_area(config::Section& fence);

/// Of the whole world; unknown names are errors.
Result<Area> area_of_countries(std::span<std::string const> names);
/// Of one ring, checked.
Result<Area> area_of_polygon(std::span<GeoPoint const> ring);
/// Of what a file of GeoJSON holds: its feature of that name, or all of them.
Result<Area> area_of_geojson(std::string_view text, std::string const& file,
                             std::string const& feature);

}  // namespace wardroom::call_blocking
