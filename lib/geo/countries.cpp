#include "geo/countries.hpp"

#include "base/encoding.hpp"
#include "geo/packed_borders.hpp"
#include "geo/unwrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace wardroom::geo {
namespace {

constexpr Area kAreas[] = {
#include "geo/country_table.inc"
};

/// The Vatican is smaller than the lattice of the data, where nothing is left of it: drawn here
/// along its walls. Degrees.
constexpr GeoPoint kVatican[] = {{41.9025, 12.4457}, {41.9050, 12.4475}, {41.9066, 12.4490},
                                 {41.9074, 12.4525}, {41.9068, 12.4545}, {41.9062, 12.4560},
                                 {41.9045, 12.4577}, {41.9036, 12.4574}, {41.9031, 12.4584},
                                 {41.9015, 12.4584}, {41.9012, 12.4572}, {41.9011, 12.4545},
                                 {41.9002, 12.4525}, {41.9002, 12.4500}, {41.9010, 12.4475}};

Ring vatican() {
  Ring out;
  for (auto const& point : kVatican) out.push_back(point_of(point));
  return out;
}

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

/// Reads the packed file; what it holds was made by our own build, so a fault is a broken build.
class Reader {
 public:
  explicit Reader(std::span<unsigned char const> bytes) : bytes_(bytes) {}
  void skip(std::size_t count) { take(count); }
  std::uint64_t number() {
    std::uint64_t out = 0;
    for (int shift = 0;; shift += 7) {
      auto const byte = take(1)[0];
      out |= std::uint64_t{byte & 127u} << shift;
      if (byte < 128) return out;
    }
  }
  std::int64_t signed_number() {
    auto const n = number();
    return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
  }
  std::string_view text() {
    auto const bytes = take(number());
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
  }

 private:
  std::span<unsigned char const> take(std::uint64_t count) {
    if (count > bytes_.size()) throw std::runtime_error("the border data ends too early");
    auto const out = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return out;
  }
  std::span<unsigned char const> bytes_;
};

struct PackedArea {
  std::uint64_t number = 0;
  std::string_view name;
  std::vector<std::vector<std::vector<std::int64_t>>> polygons;  // of rings of arcs
};

struct Atlas {
  std::vector<std::vector<Point>> arcs;
  std::vector<PackedArea> areas;
};

std::vector<Point> read_arc(Reader& in, PackedBorders const& packed) {
  std::vector<Point> out(in.number());
  std::int64_t x = 0, y = 0;
  for (auto& point : out) {
    x += in.signed_number();
    y += in.signed_number();
    point = point_of({static_cast<double>(y) * packed.scale_y + packed.y0,
                      static_cast<double>(x) * packed.scale_x + packed.x0});
  }
  return out;
}

PackedArea read_area(Reader& in) {
  PackedArea out;
  out.number = in.number();
  out.name = in.text();
  out.polygons.resize(in.number());
  for (auto& polygon : out.polygons) {
    polygon.resize(in.number());
    for (auto& ring : polygon) {
      ring.resize(in.number());
      for (auto& arc : ring) arc = in.signed_number();
    }
  }
  return out;
}

Atlas read_atlas() {
  auto const packed = packed_borders();
  Reader in(packed.bytes);
  in.skip(4);
  Atlas out;
  out.arcs.resize(in.number());
  for (auto& arc : out.arcs) arc = read_arc(in, packed);
  out.areas.resize(in.number());
  for (auto& area : out.areas) area = read_area(in);
  return out;
}

Ring ring_of(Atlas const& atlas, std::vector<std::int64_t> const& arcs) {
  Ring out;
  for (auto const name : arcs) {
    auto const& arc = atlas.arcs[static_cast<std::size_t>(name < 0 ? ~name : name)];
    // The last point of each is the first of the next, and at the end the very first.
    if (name < 0)
      out.insert(out.end(), arc.rbegin(), arc.rend() - 1);
    else
      out.insert(out.end(), arc.begin(), arc.end() - 1);
  }
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
        if (area.code == "IT" && surrounds(unwrapped(rings.front()), point_of(kVatican[0]))) {
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
