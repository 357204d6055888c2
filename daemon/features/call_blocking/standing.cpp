#include "features/call_blocking/standing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

enum class Spot { clear_out, near_out, near_in, clear_in, vague };
constexpr std::array<std::string_view, 5> kNames{"inside", "outside", "uncertain", "stale",
                                                 "no_fix"};
// SideState::confirmations
constexpr std::uint8_t kComingIn = 0x80;   // the rest counts fixes inside in a row
constexpr std::uint8_t kWasInside = 0x40;  // leaving, from inside; the rest is what lies outside
constexpr int kGone = 50;                  // that many parts of u outside end in `outside`
constexpr int kLeast = 7;                  // parts that any fix outside adds
constexpr double kHysteresis = 1.5;  // times u: how deep a fix must be to come back from outside

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

bool is_leaving(SideState before) {
  return before.side == Side::uncertain && (before.confirmations & kComingIn) == 0;
}

/// To nowhere else than uncertain: what is known of the way is kept.
SideState in_doubt(SideState before, int gone) {
  bool const from_inside = before.side == Side::inside ||
                           (is_leaving(before) && (before.confirmations & kWasInside) != 0);
  return {Side::uncertain, static_cast<std::uint8_t>((from_inside ? kWasInside : 0) | gone)};
}

SideState coming_in(SideState before, Reading const& fix) {
  if (is_leaving(before) && (before.confirmations & kWasInside) != 0) return {Side::inside, 0};
  int needed = fix.after_stale ? 1 : std::max(fix.confirmations, 1);
  if (spot_of(fix) == Spot::near_in) needed = std::max({needed, fix.confirmations, 2});
  bool const counting = (before.confirmations & kComingIn) != 0;
  int const seen = (counting ? before.confirmations & 0x7f : 0) + 1;
  if (seen >= needed) return {Side::inside, 0};
  return {before.side, static_cast<std::uint8_t>(kComingIn | std::min(seen, 0x7f))};
}

SideState leaving(SideState before, Reading const& fix) {
  if (before.side == Side::outside) return {Side::outside, 0};
  int const so_far = is_leaving(before) ? before.confirmations & ~kWasInside : 0;
  auto const parts = std::lround(kGone * fix.to_border.value / unsure(fix));
  int const gone = std::min(so_far + std::clamp<int>(parts, kLeast, kGone), kGone);
  // One alone is never enough: it is nearer than u, if only by a hair.
  if (gone >= kGone && so_far > 0) return {Side::outside, 0};
  return in_doubt(before, gone);
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
      return leaving(before, fix);
    case Spot::vague:
      return out ? SideState{Side::outside, 0} : in_doubt(before, 0);
    case Spot::near_in:
      if (before.side == Side::inside) return {Side::inside, 0};
      if (out) return {Side::outside, 0};
      return before.side == Side::none ? SideState{Side::uncertain, kComingIn | 1}
                                       : coming_in(before, fix);
    case Spot::clear_in:
      break;
  }
  if (before.side == Side::none || before.side == Side::inside) return {Side::inside, 0};
  if (out && !deep(fix)) return {Side::outside, 0};
  return coming_in(before, fix);
}

SideState held_side(SideState before) {
  if ((before.confirmations & kComingIn) != 0) before.confirmations = 0;
  return before;
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
