/// What the last fix of a person means now. Pure.
///
///   side of a fix, with u = min(accuracy, margin):          from none   inside      uncertain
///   outside clear_out   outside, farther than u from the border  →  outside     outside outside
///   outside near_out    outside, within u                        →  uncertain   uncertain outside
///   *   outside near_in     inside, within u                         →  uncertain   inside
///   uncertain   outside clear_in    inside, farther than u                   →  inside      inside
///   inside **   inside ** vague       accuracy above the fence's limit         →  uncertain
///   uncertain   uncertain   outside
///
///   *  at the second near_out in a row     ** at the `confirmations`-th clear_in in a row; at the
///   first when the fix before was stale
///
/// To u comes the error of the border's own data, where it has one (countries).
/// So a fix outside counts at once, the way back in needs confirmation, and somebody outside cannot
/// get a grace period by posting a vague fix.
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
  std::uint8_t confirmations = 0;  ///< fixes in a row that speak for the next step
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
/// Of a single fix without history, as `fence test` shows it.
inline Side side_of(Reading const& fix) { return next_side({}, fix).side; }

/// All that the standing of a person with a fix rests on: enough to work it out again later. Never
/// coordinates.
struct Measured {
  Reading reading;     ///< of the last fix
  SideState before{};  ///< before it
  bool held = false;   ///< the fix is absurd beside the one before: the side before it stands
  BootClock::duration age{};
  Milliseconds timeout{};
};
Standing standing_of(Measured const& measured);

/// `age` = none when the person never posted. An age exactly at the limit is still fresh.
Standing standing(Side side, std::optional<BootClock::duration> age, Milliseconds timeout);

}  // namespace wardroom::call_blocking
