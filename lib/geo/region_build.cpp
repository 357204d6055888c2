// Builds a region's grid: edges, the cells they touch, then one flat table.
#include "geo/grid_cells.hpp"
#include "geo/grid_frame.hpp"
#include "geo/region.hpp"
#include "geo/unwrap.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace wardroom::geo {

class RegionBuilder {
 public:
  explicit RegionBuilder(std::span<Part const> parts) {
    for (auto const& part : parts) {
      region_.names_.push_back(part.name);
      auto& rings = rings_.emplace_back();
      for (auto const& polygon : part.polygons) {
        region_.square_km_ += square_kilometers(polygon);
        for (auto const& ring : polygon) {
          region_.vertices_ += ring.size();
          if (auto flat = unwrapped(ring); flat.size() > 2) rings.push_back(std::move(flat));
        }
      }
    }
  }

  Region build() && {
    region_.frame_ = frame_over(rings_);
    if (region_.frame_.height < 0) return std::move(region_);
    for (std::uint32_t part = 0; part < rings_.size(); ++part) collect_edges(part);
    mark_shared();
    for (std::uint32_t part = 0; part < rings_.size(); ++part) fill_cells(part);
    assemble();
    return std::move(region_);
  }

 private:
  struct Edge {
    Spot a, b;
    bool shared = false;  ///< with another part
  };
  struct PlacedBall {
    std::uint32_t block;
    Region::Ball ball;
  };
  /// A group on its way to its place.
  struct Draft {
    std::uint32_t cell;
    Region::Group group;
  };

  Spot spot_of(Point p, std::int64_t turn) const {
    return {static_cast<std::uint32_t>(p.x - region_.frame_.west + turn),
            static_cast<std::uint32_t>(p.y - region_.frame_.south)};
  }

  /// What is border of this part: not the pole, which is a point, and not a meridian on whose other
  /// side the part goes on: the antimeridian, or a way to the pole and back.
  void collect_edges(std::uint32_t part) {
    auto& out = edges_.emplace_back();
    auto const turn_of = [&](std::int64_t x) {
      return -floor_div(x - region_.frame_.west, kTurn) * kTurn;
    };
    std::map<std::int64_t, std::vector<std::int64_t>> seams;  // by meridian: where edges end
    for (auto const& ring : rings_[part])
      for (std::size_t i = 0; i < ring.size(); ++i) {
        auto const& a = ring[i];
        auto const& b = ring[(i + 1) % ring.size()];
        if (a.y == b.y && std::abs(a.y) == kPole) continue;
        bool const seam =
            std::abs(a.x) % kTurn == kHalfTurn || std::abs(a.y) == kPole || std::abs(b.y) == kPole;
        if (a.x == b.x && seam) {
          auto& ends = seams[a.x + turn_of(a.x)];
          ends.push_back(a.y), ends.push_back(b.y);
          continue;
        }
        auto const turn = turn_of(std::min(a.x, b.x));
        out.push_back({spot_of(a, turn), spot_of(b, turn)});
      }
    // Each end toggles: what is covered an even number of times is covered from both sides.
    for (auto& [x, ends] : seams) {
      std::ranges::sort(ends);
      for (std::size_t i = 0; i + 1 < ends.size(); i += 2)
        if (ends[i] != ends[i + 1])
          out.push_back({spot_of({x, ends[i]}, 0), spot_of({x, ends[i + 1]}, 0)});
    }
  }

  /// An edge of two parts is a border between them, and none of the region.
  void mark_shared() {
    if (edges_.size() < 2) return;
    struct Key {
      std::uint64_t a, b;
      std::uint32_t part, edge;
      bool same(Key const& o) const { return a == o.a && b == o.b; }
    };
    std::vector<Key> keys;
    for (std::uint32_t part = 0; part < edges_.size(); ++part)
      for (std::uint32_t i = 0; i < edges_[part].size(); ++i) {
        auto const& [a, b, shared] = edges_[part][i];
        auto const one = std::uint64_t{a.x} << 32 | a.y, two = std::uint64_t{b.x} << 32 | b.y;
        keys.push_back({std::min(one, two), std::max(one, two), part, i});
      }
    std::ranges::sort(keys, [](Key const& l, Key const& r) {
      return std::tie(l.a, l.b, l.part) < std::tie(r.a, r.b, r.part);
    });
    for (std::size_t i = 1; i < keys.size(); ++i)
      if (keys[i].same(keys[i - 1]) && keys[i].part != keys[i - 1].part)
        for (auto const& key : {keys[i - 1], keys[i]}) edges_[key.part][key.edge].shared = true;
  }

  void fill_cells(std::uint32_t part) {
    auto const& frame = region_.frame_;
    std::vector<std::uint64_t> touched;
    for (std::uint32_t i = 0; i < edges_[part].size(); ++i)
      add_cells_touched(frame, edges_[part][i].a, edges_[part][i].b, i, touched);
    std::ranges::sort(touched);
    std::uint32_t first_row = frame.rows, last_row = 0;
    for (auto const& ring : rings_[part])
      for (auto const& point : ring) {
        auto const row = static_cast<std::uint32_t>((point.y - frame.south) >> frame.shift);
        first_row = std::min(first_row, row), last_row = std::max(last_row, row);
      }
    auto const flips = flips_of(frame, rings_[part], first_row, last_row);
    auto next = touched.begin();
    for (auto row = first_row; row <= last_row && first_row < frame.rows; ++row) {
      bool inside = false;
      for (std::uint32_t column = 0; column < frame.columns; ++column) {
        auto const cell = row * frame.columns + column;
        inside ^= flips[static_cast<std::size_t>(row - first_row) * frame.columns + column] != 0;
        Draft draft{cell, {}};
        draft.group.part = part;
        draft.group.middle_inside = inside;
        draft.group.begin = static_cast<std::uint32_t>(drawn_.size());
        auto const begin = next;
        while (next != touched.end() && (*next >> 32) == cell) ++next;
        for (bool const shared : {false, true}) {
          for (auto it = begin; it != next; ++it)
            if (auto const& edge = edges_[part][*it & 0xFFFFFFFF]; edge.shared == shared)
              draw(edge, draft.group.begin);
          if (!shared) draft.group.borders_end = static_cast<std::uint32_t>(drawn_.size());
        }
        draft.group.end = static_cast<std::uint32_t>(drawn_.size());
        if (inside || begin != next) drafts_.push_back(draft);
      }
    }
    rings_[part] = {};
    edges_[part] = {};
  }

  /// Adds the edge to what was drawn for a group so far: one point more when it goes on from there.
  void draw(Edge const& edge, std::size_t begin) {
    auto const follows = drawn_.size() > begin && drawn_.back().x == edge.a.x &&
                         (drawn_.back().y & ~Region::kStart) == edge.a.y;
    if (!follows) drawn_.push_back({edge.a.x, edge.a.y | Region::kStart});
    drawn_.push_back(edge.b);
  }

  void assemble() {
    auto& region = region_;
    region.words_.assign(static_cast<std::size_t>(region.frame_.rows) * region.frame_.columns,
                         Region::kNone);
    // By cell; what is wholly inside comes first, for it needs no look at edges.
    std::ranges::sort(drafts_, {}, [](Draft const& d) {
      return std::tuple(d.cell, d.group.begin != d.group.end, d.group.part);
    });
    region.lines_.reserve(drawn_.size() + 2 * drafts_.size());
    for (std::size_t i = 0; i < drafts_.size();) {
      auto const cell = drafts_[i].cell;
      auto end = i;
      while (end < drafts_.size() && drafts_[end].cell == cell) ++end;
      if (auto const& first = drafts_[i].group; first.begin == first.end)
        region.words_[cell] = first.part;  // whatever else is there lies within it
      else
        region.words_[cell] = add_groups(std::span(drafts_).subspan(i, end - i));
      i = end;
    }
    region.lines_.shrink_to_fit();
    cluster_balls();
  }

  std::uint32_t add_groups(std::span<Draft const> drafts) {
    auto& lines = region_.lines_;
    auto const first = static_cast<std::uint32_t>(lines.size());
    bool borders = false;
    for (auto const& draft : drafts) {
      auto const& group = draft.group;
      auto const flags = group.part | (group.middle_inside ? Region::kMiddle : 0) |
                         (&draft == &drafts.back() ? Region::kLast : 0);
      lines.push_back({flags, group.borders_end - group.begin});
      lines.push_back({group.end - group.begin, 0});
      lines.insert(lines.end(), drawn_.begin() + group.begin, drawn_.begin() + group.end);
      borders = borders || group.borders_end > group.begin;
    }
    if (borders) add_ball(drafts.front().cell, first);
    return Region::kMixed | first;
  }

  /// Blocks of 8 by 8 cells.
  std::uint32_t block_of(std::uint32_t cell) const {
    auto const& frame = region_.frame_;
    return (cell / frame.columns >> 3) * ((frame.columns + 7) >> 3) + (cell % frame.columns >> 3);
  }

  void cluster_balls() {
    std::ranges::sort(balls_, {},
                      [](PlacedBall const& b) { return std::pair(b.block, b.ball.group); });
    for (std::size_t i = 0; i < balls_.size();) {
      auto end = i;
      Vector sum;
      for (; end < balls_.size() && balls_[end].block == balls_[i].block; ++end) {
        auto const& ball = balls_[end].ball;
        sum = {sum.x + ball.x, sum.y + ball.y, sum.z + ball.z};
        region_.balls_.push_back(ball);
      }
      auto const n = static_cast<double>(end - i);
      Region::Cluster cluster{{static_cast<float>(sum.x / n), static_cast<float>(sum.y / n),
                               static_cast<float>(sum.z / n), 0, 0},
                              static_cast<std::uint32_t>(i),
                              static_cast<std::uint32_t>(end)};
      auto& around = cluster.around;
      for (; i < end; ++i) {
        auto const& ball = balls_[i].ball;
        auto const far =
            chord({around.x, around.y, around.z}, {ball.x, ball.y, ball.z}) + ball.radius;
        around.radius = std::max(around.radius, static_cast<float>(far * 1.001 + 1e-7));
      }
      region_.clusters_.push_back(cluster);
    }
    region_.balls_.shrink_to_fit();
    region_.clusters_.shrink_to_fit();
  }

  void add_ball(std::uint32_t cell, std::uint32_t group) {
    auto const& frame = region_.frame_;
    auto const middle = frame.middle_of(cell % frame.columns, cell / frame.columns);
    auto const at = frame.point_of(middle);
    auto const center = vector_of(geo_point_of(at));
    double radius = 0;
    std::int64_t const half = std::int64_t{1} << (frame.shift - 1);
    for (auto const dx : {-half, half})
      for (auto const dy : {-half, half}) {
        auto const y = std::clamp(at.y + dy, -kPole, kPole);
        radius = std::max(radius, chord(center, vector_of(geo_point_of({at.x + dx, y}))));
      }
    balls_.push_back(
        {block_of(cell),
         {static_cast<float>(center.x), static_cast<float>(center.y), static_cast<float>(center.z),
          static_cast<float>(radius * 1.01 + 1e-6), group}});
  }

  Region region_;
  std::vector<std::vector<Ring>> rings_;  ///< of each part, unwrapped
  std::vector<std::vector<Edge>> edges_;  ///< of each part
  std::vector<Spot> drawn_;               ///< lines, as the drafts name them
  std::vector<Draft> drafts_;
  std::vector<PlacedBall> balls_;
};

Region Region::build(std::span<Part const> parts) { return RegionBuilder(parts).build(); }

}  // namespace wardroom::geo
