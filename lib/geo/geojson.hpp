/// Polygons from GeoJSON (RFC 7946), checked: what comes out has an inside without doubt. Pure.
#pragma once
#include "base/result.hpp"
#include "geo/shapes.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::geo {

inline constexpr std::size_t kMostGeoJsonBytes = 8u << 20;
inline constexpr std::size_t kMostVertices = 250'000;

struct Feature {
  Part part;  ///< its name: the property "name", else the id, else empty
  nlohmann::ordered_json properties = nlohmann::ordered_json::object();
};

/// A FeatureCollection, a Feature, a Polygon or a MultiPolygon. Both windings are taken, and edges
/// over the antimeridian as `unwrapped` does. Errors name the place in the file:
/// "features[2].geometry.coordinates[0][17]: …".
Result<std::vector<Feature>> read_geojson(std::string_view text);

/// Whether the rings are simple, holes lie within and polygons beside each other; the sentence says
/// what is wrong, and near which point.
Result<> check_polygons(std::vector<Polygon> const& polygons);

}  // namespace wardroom::geo
