/// A region of the earth, ready to be asked millions of times: which of its parts has a point, and
/// how far it is to the border. An immutable value, built by a pure function on any thread.
///
/// A grid of square cells lies over the region. A cell knows that it is outside, that it is wholly
/// inside one part, or lists the edges that touch it, part by part, each with the side its middle
/// is on: a point is on the other side when the way there crosses an odd number of edges.
#pragma once
#include "geo/shapes.hpp"
#include "geo/sphere.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace wardroom::geo {

/// What the grid is measured in: steps east of its western and north of its southern edge.
struct Spot {
  std::uint32_t x = 0, y = 0;
};
struct Frame {
  std::int64_t west = 0, south = 0;      ///< of the grid's corner
  std::int64_t width = -1, height = -1;  ///< the last step that is inside; -1 = nothing is
  int shift = 22;                        ///< a cell is 2^shift steps wide and high
  std::uint32_t columns = 0, rows = 0;

  std::int64_t east_of_west(std::int64_t longitude) const {
    auto const x = longitude - west;
    return x < 0 ? x + kTurn : x >= kTurn ? x - kTurn : x;
  }
  Point point_of(Spot spot) const { return {west + spot.x, south + spot.y}; }
  /// What the cell's own side is told of; within the frame, and short of the north pole.
  Spot middle_of(std::uint32_t column, std::uint32_t row) const {
    std::uint32_t const half = 1u << (shift - 1);
    return {std::min((column << shift) + half, static_cast<std::uint32_t>(width)),
            std::min((row << shift) + half, static_cast<std::uint32_t>(height - 1))};
  }
};

struct Nearness {
  bool inside = false;
  double meters = 0;  ///< to the nearest border; when `at_least`, that far or farther
  bool at_least = false;
};

class Region {
 public:
  /// Of nothing: no point is inside.
  Region() = default;
  /// Parts may touch; borders that two of them share are no borders of the region. Takes some
  /// 0.3 s for all countries of the world, a few ms for one.
  static Region build(std::span<Part const> parts);

  /// The first part that has the point. On a border: one of its two sides, always the same.
  std::optional<std::uint32_t> find(GeoPoint point) const {
    auto const part = part_at(point);
    return part == kNone ? std::nullopt : std::optional(part);
  }
  bool contains(GeoPoint point) const { return part_at(point) != kNone; }

  /// Exact to 1 %; negative inside. Minus half the earth's circumference when there is no border.
  double signed_distance(GeoPoint point) const;
  /// Cheap: looks no farther than `within` metres.
  Nearness near(GeoPoint point, double within) const;

  std::string const& name_of(std::uint32_t part) const { return names_[part]; }
  std::size_t parts() const { return names_.size(); }
  double square_km() const { return square_km_; }
  std::size_t vertices() const { return vertices_; }  ///< of the rings that were given
  std::size_t memory_bytes() const;
  std::size_t cells() const { return words_.size(); }

 private:
  friend class RegionBuilder;
  static constexpr std::uint32_t kNone = 0x7FFFFFFF;
  static constexpr std::uint32_t kMixed = 0x80000000;  ///< the rest is the cell's first group

  static constexpr std::uint32_t kStart = 0x80000000;  ///< in y: no edge leads to this point

  /// The lines of one part in one cell: first those that are borders, then those that are not.
  /// Packed into two places before its lines, so that memory is fetched once for both.
  struct Group {
    std::uint32_t begin = 0, borders_end = 0, end = 0;
    std::uint32_t part = 0;
    bool middle_inside = false;
    bool last = false;  ///< of its cell
  };
  Group group_at(std::uint32_t at) const {
    auto const& [flags, borders] = lines_[at];
    auto const begin = at + 2;
    return {begin,          begin + borders,        begin + lines_[at + 1].x,
            flags & kParts, (flags & kMiddle) != 0, (flags & kLast) != 0};
  }
  static constexpr std::uint32_t kParts = 0x3FFFFFFF, kMiddle = 0x40000000, kLast = 0x80000000;
  /// A cell with borders, as a ball that holds it.
  struct Ball {
    float x = 0, y = 0, z = 0, radius = 0;
    std::uint32_t group = 0;
  };

  /// Balls that are near each other, as a ball around them.
  struct Cluster {
    Ball around;
    std::uint32_t begin = 0, end = 0;
  };

  std::uint32_t part_at(GeoPoint point) const {
    auto const x = frame_.east_of_west(steps_of(point.longitude));
    auto const y = steps_of(point.latitude) - frame_.south;
    if (x > frame_.width || y < 0 || y > frame_.height) return kNone;
    Spot const spot{static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y)};
    auto const column = spot.x >> frame_.shift, row = spot.y >> frame_.shift;
    auto const word = words_[row * frame_.columns + column];
    return (word & kMixed) == 0 ? word : part_in_cell(word & ~kMixed, spot, column, row);
  }
  std::uint32_t part_in_cell(std::uint32_t group, Spot spot, std::uint32_t column,
                             std::uint32_t row) const;
  bool crosses_oddly(Group const& group, Spot middle, Spot spot) const;
  double nearest_in_cell(std::uint32_t group, GeoPoint point, double best, bool flat) const;
  double nearest_border(GeoPoint point) const;
  GeoPoint place_of(Spot spot) const { return geo_point_of(frame_.point_of(spot)); }

  Frame frame_;
  std::vector<std::uint32_t> words_;  ///< a cell each: kNone, a part, or kMixed + group
  std::vector<Spot> lines_;           ///< groups, each with its lines behind it
  std::vector<Ball> balls_;           ///< neighbours beside each other
  std::vector<Cluster> clusters_;     ///< of balls
  std::vector<std::string> names_;
  double square_km_ = 0;
  std::size_t vertices_ = 0;
};

}  // namespace wardroom::geo
