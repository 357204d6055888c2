#include "geo/grid_cells.hpp"

#include "geo/grid_frame.hpp"
#include "geo/side.hpp"

#include <algorithm>
#include <cmath>

namespace wardroom::geo {
namespace {

void flip_rows(Frame const& frame, Point a, Point b, std::uint32_t first_row,
               std::uint32_t last_row, std::vector<std::uint8_t>& out) {
  auto const middle = [&](std::int64_t column, std::int64_t row) {
    return frame.point_of(
        frame.middle_of(static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(row)));
  };
  std::int64_t const half = std::int64_t{1} << (frame.shift - 1);
  auto const [low, high] = std::minmax(a.y, b.y);
  auto row = std::max<std::int64_t>(first_row, (low - frame.south - half) >> frame.shift);
  for (; row <= last_row; ++row) {
    auto const y = middle(0, row).y;
    if ((a.y > y) == (b.y > y)) {
      if (y > high) break;
      continue;
    }
    double const x = static_cast<double>(a.x) + static_cast<double>(y - a.y) *
                                                    static_cast<double>(b.x - a.x) /
                                                    static_cast<double>(b.y - a.y);
    auto const west = static_cast<double>(frame.west + half);
    auto const estimate = std::ceil((x - west) / static_cast<double>(2 * half));
    auto column =
        static_cast<std::int64_t>(std::clamp(estimate, 0.0, static_cast<double>(frame.columns)));
    // Floating point found the neighbourhood; which middle is the first behind the edge is exact.
    auto const behind = [&](std::int64_t c) {
      return left_of(a, b, middle(c, row)) != (b.y > a.y);
    };
    if (std::abs(x - west - estimate * static_cast<double>(2 * half)) < 16 ||
        std::abs(x - west - (estimate - 1) * static_cast<double>(2 * half)) < 16) {
      while (column > 0 && behind(column - 1)) --column;
      while (column < frame.columns && !behind(column)) ++column;
    }
    if (column < frame.columns)
      out[static_cast<std::size_t>(row - first_row) * frame.columns +
          static_cast<std::size_t>(column)] ^= 1;
  }
}

}  // namespace

void add_cells_touched(Frame const& frame, Spot a, Spot b, std::uint32_t number,
                       std::vector<std::uint64_t>& out) {
  if (a.y > b.y) std::swap(a, b);
  for (auto row = a.y >> frame.shift; row <= b.y >> frame.shift; ++row) {
    double from = a.x, to = b.x;
    if (a.y != b.y) {  // the part of the edge that is in this row
      double const slope = (static_cast<double>(b.x) - a.x) / (static_cast<double>(b.y) - a.y);
      double const low = std::max<double>(a.y, static_cast<double>(row) * (1 << frame.shift));
      double const high = std::min<double>(b.y, (row + 1.0) * (1 << frame.shift));
      from = a.x + (low - a.y) * slope;
      to = a.x + (high - a.y) * slope;
    }
    if (from > to) std::swap(from, to);
    auto const column = [&](double x) {
      return static_cast<std::uint32_t>(std::clamp(x, 0.0, static_cast<double>(frame.width))) >>
             frame.shift;
    };
    for (auto c = column(from - 2); c <= column(to + 2); ++c)
      out.push_back(std::uint64_t{row * frame.columns + c} << 32 | number);
  }
}

std::vector<std::uint8_t> flips_of(Frame const& frame, std::vector<Ring> const& rings,
                                   std::uint32_t first_row, std::uint32_t last_row) {
  std::vector<std::uint8_t> out;
  if (first_row > last_row) return out;
  out.resize(static_cast<std::size_t>(last_row - first_row + 1) * frame.columns);
  for (auto const& ring : rings) {
    auto const [least, most] = std::ranges::minmax_element(ring, {}, &Point::x);
    auto const from = floor_div(least->x - frame.west - frame.width, kTurn);
    auto const to = floor_div(most->x - frame.west, kTurn);
    for (auto turn = from; turn <= to; ++turn)
      for (std::size_t i = 0; i < ring.size(); ++i) {
        auto const& a = ring[i];
        auto const& b = ring[(i + 1) % ring.size()];
        if (a.y != b.y)
          flip_rows(frame, {a.x - turn * kTurn, a.y}, {b.x - turn * kTurn, b.y}, first_row,
                    last_row, out);
      }
  }
  return out;
}

}  // namespace wardroom::geo
