#include "geo/geojson.hpp"

#include <fmt/format.h>

#include <cmath>

namespace wardroom::geo {
namespace {

using Json = nlohmann::ordered_json;

struct Trouble {
  std::string sentence;
};
[[noreturn]] void refuse(std::string const& path, std::string const& why) {
  throw Trouble{path.empty() ? why : fmt::format("{}: {}", path, why)};
}
std::string below(std::string const& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

class GeoJsonReader {
 public:
  std::vector<Feature> read(Json const& root) {
    auto const type = type_of(root, "");
    if (type == "FeatureCollection") {
      auto const& features = list_at(root, "", "features");
      for (std::size_t i = 0; i < features.size(); ++i)
        read_feature(features[i], fmt::format("features[{}]", i));
      if (out_.empty()) refuse("features", "is empty: there is nothing to make a fence of");
    } else if (type == "Feature") {
      read_feature(root, "");
    } else {
      Feature feature;
      feature.part.polygons = geometry(root, "");
      out_.push_back(std::move(feature));
    }
    return std::move(out_);
  }

 private:
  static std::string type_of(Json const& json, std::string const& path) {
    if (!json.is_object()) refuse(path, "must be a GeoJSON object: { \"type\": … }");
    auto const type = json.find("type");
    if (type == json.end() || !type->is_string())
      refuse(below(path, "type"), "is missing: this is not GeoJSON");
    return type->get<std::string>();
  }
  static Json const& list_at(Json const& json, std::string const& path, char const* key) {
    auto const found = json.find(key);
    if (found == json.end() || !found->is_array()) refuse(below(path, key), "must be a list");
    return *found;
  }

  void read_feature(Json const& json, std::string const& path) {
    if (auto const type = type_of(json, path); type != "Feature")
      refuse(below(path, "type"), fmt::format("must be Feature, not {}", type));
    Feature feature;
    if (auto const properties = json.find("properties");
        properties != json.end() && properties->is_object())
      feature.properties = *properties;
    feature.part.name = name_of(json, feature.properties);
    auto const where = below(path, "geometry");
    auto const shape = json.find("geometry");
    if (shape == json.end() || shape->is_null()) refuse(where, "is missing: a fence needs an area");
    feature.part.polygons = geometry(*shape, where);
    out_.push_back(std::move(feature));
  }

  static std::string name_of(Json const& feature, Json const& properties) {
    for (auto const& value : {properties.value("name", Json()), feature.value("id", Json())}) {
      if (value.is_string()) return value.get<std::string>();
      if (value.is_number_integer()) return value.dump();
    }
    return "";
  }

  std::vector<Polygon> geometry(Json const& json, std::string const& path) {
    auto const type = type_of(json, path);
    std::vector<Polygon> out;
    if (type != "Polygon" && type != "MultiPolygon")
      refuse(below(path, "type"),
             fmt::format("is {}, which has no inside that a fence could use; only Polygon and "
                         "MultiPolygon are taken",
                         type));
    auto const& coordinates = list_at(json, path, "coordinates");
    auto const where = below(path, "coordinates");
    if (type == "Polygon")
      out.push_back(polygon(coordinates, where));
    else
      for (std::size_t i = 0; i < coordinates.size(); ++i)
        out.push_back(polygon(coordinates[i], fmt::format("{}[{}]", where, i)));
    if (out.empty()) refuse(where, "is empty");
    if (auto const fine = check_polygons(out); !fine) refuse(where, fine.error().what);
    return out;
  }

  Polygon polygon(Json const& json, std::string const& path) {
    if (!json.is_array() || json.empty())
      refuse(path, "must be a list of rings, the outside first");
    Polygon out;
    for (std::size_t i = 0; i < json.size(); ++i)
      out.push_back(ring(json[i], fmt::format("{}[{}]", path, i)));
    return out;
  }

  Ring ring(Json const& json, std::string const& path) {
    if (!json.is_array() || json.size() < 4)
      refuse(path, "a ring needs at least four positions, the last one the same as the first");
    if ((vertices_ += json.size()) > kMostVertices)
      refuse(path, fmt::format("here the file has more than {} positions; simplify the areas",
                               kMostVertices));
    Ring out;
    for (std::size_t i = 0; i < json.size(); ++i)
      out.push_back(position(json[i], [&] { return fmt::format("{}[{}]", path, i); }));
    if (out.front() != out.back())
      refuse(path, "the ring is not closed: its last position must be the same as its first");
    out.pop_back();
    return out;
  }

  template <class Where>
  static Point position(Json const& json, Where where) {
    if (!json.is_array() || json.size() < 2 || !json[0].is_number() || !json[1].is_number())
      refuse(where(), "must be a position: [longitude, latitude]");
    auto const longitude = json[0].get<double>(), latitude = json[1].get<double>();
    if (!(std::abs(longitude) <= 180))
      refuse(where(), fmt::format("{} is no longitude; they go from -180 to 180", longitude));
    if (!(std::abs(latitude) <= 90))
      refuse(where(), fmt::format("{} is no latitude; they go from -90 to 90, and stand behind the "
                                  "longitude",
                                  latitude));
    return point_of({latitude, longitude});
  }

  std::vector<Feature> out_;
  std::size_t vertices_ = 0;
};

}  // namespace

Result<std::vector<Feature>> read_geojson(std::string_view text) {
  if (text.size() > kMostGeoJsonBytes)
    return failure(ErrorKind::malformed, fmt::format("is larger than {} MiB; simplify the areas",
                                                     kMostGeoJsonBytes >> 20));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  try {
    // A file of small lists nested a million deep must not end the program.
    auto const shallow = [](int depth, Json::parse_event_t, Json&) {
      if (depth > 64) throw Trouble{"is nested too deeply: this is not GeoJSON"};
      return true;
    };
    return GeoJsonReader().read(Json::parse(text, shallow));
  } catch (Trouble const& trouble) {
    return failure(ErrorKind::malformed, trouble.sentence);
  } catch (Json::parse_error const& e) {
    return failure(
        ErrorKind::malformed,
        fmt::format("is not JSON: after {} bytes: {}", e.byte,
                    std::string_view(e.what()).substr(std::string_view(e.what()).find("] ") + 2)));
  } catch (Json::exception const& e) {  // a number too large for any
    return failure(ErrorKind::malformed, fmt::format("is not GeoJSON: {}", e.what()));
  }
}

}  // namespace wardroom::geo
