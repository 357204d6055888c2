#include "geo/atlas.hpp"

#include "geo/packed_borders.hpp"

#include <span>
#include <stdexcept>

namespace wardroom::geo {
namespace {

/// The Vatican is smaller than the lattice of the data, where nothing is left of it: drawn here
/// along its walls. Degrees.
constexpr GeoPoint kVatican[] = {{41.9025, 12.4457}, {41.9050, 12.4475}, {41.9066, 12.4490},
                                 {41.9074, 12.4525}, {41.9068, 12.4545}, {41.9062, 12.4560},
                                 {41.9045, 12.4577}, {41.9036, 12.4574}, {41.9031, 12.4584},
                                 {41.9015, 12.4584}, {41.9012, 12.4572}, {41.9011, 12.4545},
                                 {41.9002, 12.4525}, {41.9002, 12.4500}, {41.9010, 12.4475}};

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

}  // namespace

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

Ring vatican() {
  Ring out;
  for (auto const& point : kVatican) out.push_back(point_of(point));
  return out;
}

}  // namespace wardroom::geo
