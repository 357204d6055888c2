#include "features/call_blocking/area_settings.hpp"

#include "base/encoding.hpp"
#include "config/config_file.hpp"
#include "geo/countries.hpp"
#include "geo/outline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kMostMapPoints = 2000;

/// Everything that the shape's border depends on, in a form that is the same for the same border.
std::string digest_of_parts(std::span<geo::Part const> parts) {
  std::string all;
  for (auto const& part : parts)
    for (auto const& polygon : part.polygons) {
      all += "polygon\n";
      for (auto const& ring : polygon) {
        all += "ring";
        for (auto const& point : ring) all += fmt::format(" {} {}", point.x, point.y);
        all += "\n";
      }
    }
  return to_hex(sha256(all)).substr(0, 12);
}

void build(Area& area, std::span<geo::Part const> parts) {
  area.region = std::make_shared<geo::Region const>(geo::Region::build(parts));
  area.outline =
      std::make_shared<std::vector<geo::Polygon> const>(geo::outline(parts, kMostMapPoints));
}

std::optional<Area> take(config::Section& fence, std::string_view key, Result<Area> area) {
  if (area) return std::move(*area);
  fence.complain(key, area.error().what);
  return std::nullopt;
}

std::optional<Area> read_file(config::Section& fence) {
  auto const file = fence.text("geojson_file");
  auto const feature = fence.text("feature");
  if (!file.starts_with('/')) {
    fence.complain("geojson_file", "must be an absolute path, such as /etc/wardroom/area.geojson");
    return std::nullopt;
  }
  auto const text = config::read_text(file, geo::kMostGeoJsonBytes);
  if (!text) {
    fence.complain("geojson_file", fmt::format("{}: {}", file, text.error().what));
    return std::nullopt;
  }
  auto area = area_of_geojson(*text, file, feature);
  bool const of_name = !area && area.error().kind == ErrorKind::not_found;
  return take(fence, of_name ? "feature" : "geojson_file", std::move(area));
}

}  // namespace

Result<Area> area_of_countries(std::span<std::string const> names) {
  Area out{.kind = Area::Kind::country, .data_version = geo::border_data_version()};
  std::vector<geo::Choice> choices;
  for (auto const& name : names) {
    auto choice = geo::choose_area(name);
    if (!choice) return std::unexpected(choice.error());
    if (std::ranges::find(out.names, choice->label) != out.names.end())
      return failure(ErrorKind::malformed, fmt::format("{} is there twice", choice->label));
    out.names.push_back(choice->label);
    choices.push_back(std::move(*choice));
  }
  if (choices.empty())
    return failure(ErrorKind::malformed, "names no country: write country: AT, or [AT, DE]");
  out.border_error = Meters{geo::border_error_of(choices)};
  auto sorted = out.names;
  std::ranges::sort(sorted);
  out.digest = to_hex(sha256(fmt::format("{} {} {}", fmt::join(sorted, ","), out.data_version,
                                         out.border_error.value)))
                   .substr(0, 12);
  build(out, geo::borders_of(choices));
  return out;
}

Result<Area> area_of_polygon(std::span<GeoPoint const> ring) {
  if (ring.size() < 3)
    return failure(ErrorKind::malformed, "needs three points or more, such as [[48.1, 16.2], …]");
  geo::Part part;
  auto& points = part.polygons.emplace_back().emplace_back();
  for (auto const& point : ring) points.push_back(geo::point_of(point));
  if (points.size() > 3 && points.front() == points.back()) points.pop_back();
  if (auto const fine = geo::check_polygons(part.polygons); !fine)
    return std::unexpected(fine.error());
  Area out{.kind = Area::Kind::polygon, .digest = digest_of_parts(std::span(&part, 1))};
  build(out, std::span(&part, 1));
  return out;
}

Result<Area> area_of_geojson(std::string_view text, std::string const& file,
                             std::string const& feature) {
  auto features = geo::read_geojson(text);
  if (!features)
    return failure(ErrorKind::malformed, fmt::format("{}: {}", file, features.error().what));
  Area out{.kind = Area::Kind::geojson_file, .file = file};
  std::vector<geo::Part> parts;
  std::vector<std::string> names;
  for (auto& one : *features) {
    names.push_back(one.part.name);
    if (!feature.empty() && one.part.name != feature) continue;
    if (!one.part.name.empty()) out.names.push_back(one.part.name);
    parts.push_back(std::move(one.part));
  }
  if (parts.empty()) {
    auto const near = nearest(feature, names);
    return failure(ErrorKind::not_found,
                   fmt::format("{} has no feature '{}'{}", file, feature,
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }
  out.digest = digest_of_parts(parts);
  build(out, parts);
  return out;
}

std::optional<Area> parse_area(config::Section& fence) {
  if (fence.has("geojson_file")) return read_file(fence);
  if (fence.has("country"))
    return take(fence, "country", area_of_countries(fence.one_or_more("country")));
  if (fence.has("polygon")) return take(fence, "polygon", area_of_polygon(fence.points("polygon")));
  return std::nullopt;
}

}  // namespace wardroom::call_blocking
