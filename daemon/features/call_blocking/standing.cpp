#include "features/call_blocking/standing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

enum class Spot { clear_out, near_out, near_in, clear_in, vague };
constexpr std::array<std::string_view, 5> kNames{"inside", "outside", "uncertain", "stale",
                                                 "no_fix"};
constexpr std::uint8_t kLeaving = 2;  // near_out fixes in a row that end in `outside`
constexpr double kHysteresis = 1.5;   // times u: how deep a fix must be to count on the way back in

double unsure(Reading const& fix) {
  return std::min(fix.accuracy.value, fix.margin.value) + fix.border_error.value;
}
bool deep(Reading const& fix) { return std::abs(fix.to_border.value) >= kHysteresis * unsure(fix); }

Spot spot_of(Reading const& fix) {
  if (fix.accuracy > fix.accuracy_limit) return Spot::vague;
  bool const near = std::abs(fix.to_border.value) < unsure(fix);
  if (fix.inside) return near ? Spot::near_in : Spot::clear_in;
  return near ? Spot::near_out : Spot::clear_out;
}

SideState coming_in(SideState before, Reading const& fix) {
  auto const needed = fix.after_stale ? 1 : std::max(fix.confirmations, 1);
  // A count of near_out fixes is not one of clear_in fixes: uncertain starts anew (high bit =
  // coming in).
  bool const counting = (before.confirmations & 0x80) != 0;
  int const seen = (counting ? before.confirmations & 0x7f : 0) + 1;
  if (seen >= needed) return {Side::inside, 0};
  return {before.side, static_cast<std::uint8_t>(0x80 | std::min(seen, 0x7f))};
}

SideState leaving(SideState before) {
  if (before.side == Side::outside) return {Side::outside, 0};
  bool const counting = before.side == Side::uncertain && (before.confirmations & 0x80) == 0;
  int const seen = (counting ? before.confirmations : 0) + 1;
  if (seen >= kLeaving) return {Side::outside, 0};
  return {Side::uncertain, static_cast<std::uint8_t>(seen)};
}

}  // namespace

std::string_view name(Standing standing) { return kNames[static_cast<std::size_t>(standing)]; }

std::optional<Standing> parse_standing(std::string_view word) {
  auto const it = std::ranges::find(kNames, word);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Standing>(it - kNames.begin());
}

SideState next_side(SideState before, Reading const& fix) {
  bool const out = before.side == Side::outside;
  switch (spot_of(fix)) {
    case Spot::clear_out:
      return {Side::outside, 0};
    case Spot::near_out:
      return leaving(before);
    case Spot::near_in:
      if (before.side == Side::inside) return {Side::inside, 0};
      return {out ? Side::outside : Side::uncertain, 0};
    case Spot::vague:
      return {out ? Side::outside : Side::uncertain, 0};
    case Spot::clear_in:
      break;
  }
  if (before.side == Side::none || before.side == Side::inside) return {Side::inside, 0};
  return deep(fix) ? coming_in(before, fix) : SideState{before.side, 0};
}

Standing standing_of(Measured const& m) {
  auto const side = m.held ? m.before.side : next_side(m.before, m.reading).side;
  return standing(side, m.age, m.timeout);
}

Standing standing(Side side, std::optional<BootClock::duration> age, Milliseconds timeout) {
  if (!age || side == Side::none) return Standing::no_fix;
  if (*age > timeout) return Standing::stale;
  switch (side) {
    case Side::inside:
      return Standing::inside;
    case Side::outside:
      return Standing::outside;
    default:
      return Standing::uncertain;
  }
}

}  // namespace wardroom::call_blocking
