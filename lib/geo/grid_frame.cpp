#include "geo/grid_frame.hpp"

#include "geo/unwrap.hpp"

#include <algorithm>
#include <array>

namespace wardroom::geo {
namespace {

constexpr std::int64_t kLongestEdge =
    kSteps / 4;  // on a parallel a longer one leaves its great circle
/// Cells begin beside the data's own lattice (steps of 0.0036 and 0.0017 degrees): a border along
/// a parallel or a meridian would else lie on a whole row of cells' edges.
constexpr std::int64_t kBeside = 7919;
constexpr int kFinest = 10, kCoarsest = 23;  // cells of 11 m and 93 km
constexpr std::size_t kCellsForAnEdge = 3;
constexpr std::size_t kFewestCells = 4096, kMostCells = 2'000'000;

/// The meridian from which eastwards everything lies, and how far: no more than a whole turn.
struct Extent {
  std::int64_t west = -kHalfTurn, width = kTurn;
};

Extent extent_of(std::vector<std::vector<Ring>> const& parts) {
  constexpr int slots = 720;
  constexpr std::int64_t wide = kTurn / slots;
  std::array<bool, slots> used{};
  for (auto const& rings : parts)
    for (auto const& ring : rings)
      for (std::size_t i = 0; i < ring.size(); ++i) {
        auto const [west, east] = std::minmax(ring[i].x, ring[(i + 1) % ring.size()].x);
        auto const first = floor_div(west, wide), last = floor_div(east, wide);
        for (auto slot = first; slot <= std::min(last, first + slots - 1); ++slot)
          used[static_cast<std::size_t>(slot - floor_div(slot, slots) * slots)] = true;
      }
  int best = 0, best_end = 0;
  for (int slot = 0, run = 0; slot < 2 * slots; ++slot) {
    run = used[static_cast<std::size_t>(slot % slots)] ? 0 : run + 1;
    if (run > best && run <= slots) best = run, best_end = slot + 1;
  }
  if (best < 2) return {-kHalfTurn - kBeside, kTurn};
  // Exactly: the least and the greatest longitude east of the gap.
  auto const gap_end = (best_end % slots) * wide;
  std::int64_t least = kTurn, most = 0;
  for (auto const& rings : parts)
    for (auto const& ring : rings)
      for (auto const& point : ring) {
        auto const x = point.x - gap_end - floor_div(point.x - gap_end, kTurn) * kTurn;
        least = std::min(least, x), most = std::max(most, x);
      }
  if (least > most) return {0, 0};
  auto west = gap_end + least - kBeside;
  west -= floor_div(west + kHalfTurn + kBeside, kTurn) * kTurn;
  return {west, std::min(kTurn, most - least + 2 * kBeside)};
}

}  // namespace

Frame frame_over(std::vector<std::vector<Ring>>& parts) {
  Frame frame;
  auto const [west, width] = extent_of(parts);
  std::int64_t south = kPole, north = -kPole;
  for (auto const& rings : parts)
    for (auto const& ring : rings)
      for (auto const& point : ring)
        south = std::min(south, point.y), north = std::max(north, point.y);
  if (south > north) return frame;
  frame.west = west;
  frame.width = width == kTurn ? kTurn - 1 : width;
  frame.south = std::max(south - kBeside, -kPole);
  frame.height = std::min(north + 1, kPole) - frame.south;
  std::size_t edges = 0;
  for (auto& rings : parts)
    for (auto& ring : rings) {
      ring = refined(ring, kLongestEdge, west);
      edges += ring.size();
    }
  auto const budget = std::clamp(edges * kCellsForAnEdge, kFewestCells, kMostCells);
  for (frame.shift = kFinest; frame.shift < kCoarsest; ++frame.shift)
    if (static_cast<std::size_t>((frame.width >> frame.shift) + 1) *
            static_cast<std::size_t>((frame.height >> frame.shift) + 1) <=
        budget)
      break;
  frame.columns = static_cast<std::uint32_t>((frame.width >> frame.shift) + 1);
  frame.rows = static_cast<std::uint32_t>((frame.height >> frame.shift) + 1);
  return frame;
}

}  // namespace wardroom::geo
