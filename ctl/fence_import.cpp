#include "fence_import.hpp"

#include "complaint.hpp"
#include "config.hpp"
#include "config/config_file.hpp"
#include "config/yaml_quote.hpp"
#include "geo/geojson.hpp"
#include "settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <filesystem>
#include <vector>

namespace wardroom::ctl {
namespace {

constexpr std::size_t kFewCorners = 12;  // so many are easily read in the configuration itself
constexpr std::array<std::string_view, 9> kTaken{"deny",      "margin",   "accuracy_limit",
                                                 "schedule",  "no_fix",   "stale",
                                                 "uncertain", "degraded", "suspicious"};

std::string value_of(std::string_view key, nlohmann::ordered_json const& value) {
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return value.dump() + (key == "deny" ? "" : "m");
  if (value.is_array()) {
    std::vector<std::string> out;
    for (auto const& one : value)
      if (one.is_string()) out.push_back(config::yaml_scalar(one.get<std::string>()));
    return fmt::format("[{}]", fmt::join(out, ", "));
  }
  return value.is_string() ? config::yaml_scalar(value.get<std::string>()) : "''";
}

bool is_simple(geo::Part const& part) {
  return part.polygons.size() == 1 && part.polygons[0].size() == 1 &&
         part.polygons[0][0].size() <= kFewCorners;
}

std::string corners_of(geo::Ring const& ring) {
  std::vector<std::string> out;
  for (auto const& point : ring) {
    auto const at = geo::geo_point_of(point);
    out.push_back(fmt::format("[{}, {}]", at.latitude, at.longitude));
  }
  return fmt::format("[{}]", fmt::join(out, ", "));
}

std::string entry_of(geo::Feature const& feature, std::string const& name, std::string const& path,
                     bool alone) {
  std::string out = fmt::format("    - name: {}\n", config::yaml_scalar(name));
  if (is_simple(feature.part)) {
    out += fmt::format("      polygon: {}\n", corners_of(feature.part.polygons[0][0]));
  } else {
    out += fmt::format("      geojson_file: {}\n", config::yaml_scalar(path));
    if (!alone) out += fmt::format("      feature: {}\n", config::yaml_scalar(feature.part.name));
  }
  for (auto const key : kTaken)
    if (auto const found = feature.properties.find(key); found != feature.properties.end())
      out += fmt::format("      {}: {}\n", key, value_of(key, *found));
  return out;
}

/// What the daemon would say about these fences.
Result<> checked(std::string const& yaml) {
  config::Complaints complaints;
  read_settings(yaml, "the fences of this file", complaints);
  for (auto const& one : complaints)
    if (one.key.starts_with("call_blocking.fences"))
      return failure(ErrorKind::malformed, one.key + ": " + one.message);
  return {};
}

}  // namespace

Result<std::string> fences_of_geojson(std::string_view text, std::string const& path) {
  auto const features = geo::read_geojson(text);
  if (!features) return std::unexpected(features.error());
  bool const alone = features->size() == 1;
  std::string out = "call_blocking:\n  fences:\n";
  for (std::size_t i = 0; i < features->size(); ++i) {
    auto const& feature = (*features)[i];
    if (feature.part.name.empty() && !alone && !is_simple(feature.part))
      return failure(ErrorKind::malformed,
                     fmt::format("features[{}]: has no name; give it the property \"name\", by "
                                 "which the fence finds it in the file",
                                 i));
    auto const name = feature.part.name.empty() ? (alone ? "area" : fmt::format("area-{}", i + 1))
                                                : feature.part.name;
    out += entry_of(feature, name, path, alone);
  }
  if (auto const fine = checked(out); !fine) return std::unexpected(fine.error());
  return out;
}

int import_fences(Command const& command, Surroundings const& around) {
  auto const given = command.params.find("file");
  auto const file = given == command.params.end() ? std::string() : given->second;
  std::error_code ignored;
  auto const path = std::filesystem::absolute(file, ignored).lexically_normal().string();
  auto const text = config::read_text(path, geo::kMostGeoJsonBytes);
  auto const yaml = text ? fences_of_geojson(*text, path) : std::unexpected(text.error());
  if (!yaml) {
    complain(around, look_of(command, around), path + ": " + yaml.error().what,
             "Polygon and MultiPolygon of RFC 7946 are taken, alone or as features");
    return exit_failed;
  }
  print({{"schema", command.row->schema}, {"file", path}, {"yaml", *yaml}}, command, around);
  return exit_ok;
}

}  // namespace wardroom::ctl
