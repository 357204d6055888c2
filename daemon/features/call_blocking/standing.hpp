/// What the last fix of a person means now. Pure.
///
///   fix, with u = min(accuracy, margin) + error of the border's data
///                                              none       inside     uncertain  outside
///   clear_out  outside, u or more              outside    outside    outside    outside
///   near_out   outside, less than u            uncertain  uncertain  uncertain* outside
///   near_in    inside, less than u             uncertain  inside     uncertain° outside
///   clear_in   inside, u or more               inside     inside     uncertain° outside**
///   vague      accuracy above fence's limit    uncertain  uncertain  uncertain  outside
///
///   *  outside as soon as the distances of the near_out fixes in a row add up to u: the second at
///      u/2 each, the eighth however slight they are; one of u is clear_out and counts at once
///   °  inside at once when it was inside before; else at the `confirmations`-th fix inside in a
///      row, at the second at least; a clear_in is enough when the fix before was stale
///   ** inside at the `confirmations`-th clear_in in a row of 1.5 u or more; at the first when the
///      fix before was stale
///
/// So nobody is inside by a fix outside, one fix outside ends `inside` at once, somebody outside
/// comes back by fixes deep inside alone, and cannot get a grace period by posting a vague fix.
/// Why distances and not a count of two: of 50 independent fixes 40 m inside, 60 m being their
/// accuracy at 95 %, two in a row lie beyond the border once in seven times. Whoever is u/2 inside
/// is less than u/2 outside by each fix no worse than it claims: three of them in a row it takes.
///
/// A fix that cannot be true beside two before it that fit each other (fix_hints.hpp) is held: the
/// standing before it goes on as if it had not come, by the age of the fix before it. Once: while
/// impossible travel is remembered (30 min) further fixes count, whatever they say. Not held: a fix
/// after a stale one, or a first or second one; then the table decides. What is known of a held fix
/// beside its coordinates lives in memory: after a restart, or a reload that changes the fences of
/// its person, the side is worked out from the last fix alone, be it an absurd one.
#pragma once
#include "features/call_blocking/fence.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace wardroom::call_blocking {

enum class Standing : std::uint8_t { inside, outside, uncertain, stale, no_fix };
std::string_view name(Standing standing);
std::optional<Standing> parse_standing(std::string_view word);

/// The remembered side of a person's last fixes.
enum class Side : std::uint8_t { none, inside, outside, uncertain };
struct SideState {
  Side side = Side::none;
  /// How far the next step has come. Coming in: 0x80 + fixes in a row. Leaving: 0x40 when it was
  /// inside before, + fiftieths of u that fixes in a row were outside.
  std::uint8_t confirmations = 0;
  bool operator==(SideState const&) const = default;
};

/// One fix measured against the fences that apply.
struct Reading {
  bool inside = false;
  Meters to_border;  ///< negative inside
  Meters accuracy;
  Meters margin;
  Meters accuracy_limit;
  Meters border_error{0};    ///< of the border's data; within it nobody is surely on one side
  int confirmations = 2;     ///< clear_in fixes in a row it takes to come back in
  bool after_stale = false;  ///< the fix before this one had gone stale
};

SideState next_side(SideState before, Reading const& fix);
/// After a fix that is held: nobody comes nearer to `inside` by it.
SideState held_side(SideState before);
/// Of a single fix without history, as `fence test` shows it.
inline Side side_of(Reading const& fix) { return next_side({}, fix).side; }

/// All that the standing of a person with a fix rests on: enough to work it out again later. Never
/// coordinates.
struct Measured {
  Reading reading;     ///< of the last fix
  SideState before{};  ///< before it
  bool held = false;   ///< the fix is absurd beside the one before: the side before it stands
  BootClock::duration age{};  ///< of the last fix; when that is held, of the one before it
  Milliseconds timeout{};
};
Standing standing_of(Measured const& measured);

/// `age` = none when the person never posted. An age exactly at the limit is still fresh.
Standing standing(Side side, std::optional<BootClock::duration> age, Milliseconds timeout);

}  // namespace wardroom::call_blocking
