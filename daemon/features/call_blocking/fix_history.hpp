/// What a person's row remembers beside the last fix: the side before it, so that `why` can be
/// worked out again, and what was odd about it. Pure; 16 bits.
///
///   bits 0-3 hints · 4 held · 5-6 side before · 7-14 confirmations before · 15 after_stale
#pragma once
#include "features/call_blocking/fix_hints.hpp"
#include "features/call_blocking/standing.hpp"

namespace wardroom::call_blocking {

struct FixHistory {
  Hints hints = 0;
  bool held = false;  ///< the fix is absurd beside the one before: the side before it stands
  SideState before{};
  bool after_stale = false;
  bool operator==(FixHistory const&) const = default;
};

inline std::uint16_t pack(FixHistory const& h) {
  return static_cast<std::uint16_t>((h.hints & 0x0f) | int{h.held} << 4 |
                                    static_cast<int>(h.before.side) << 5 |
                                    int{h.before.confirmations} << 7 | int{h.after_stale} << 15);
}

inline FixHistory unpack(std::uint16_t bits) {
  return {.hints = static_cast<Hints>(bits & 0x0f),
          .held = (bits >> 4 & 1) != 0,
          .before = {static_cast<Side>(bits >> 5 & 3), static_cast<std::uint8_t>(bits >> 7 & 0xff)},
          .after_stale = (bits >> 15 & 1) != 0};
}

}  // namespace wardroom::call_blocking
