/// A named area with its people and its policies, and where a point lies among several of them.
/// Pure.
#pragma once
#include "features/call_blocking/border.hpp"
#include "features/call_blocking/fence_schedule.hpp"
#include "features/call_blocking/people_choice.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

/// What to do when a person's place is not known for sure.
struct Policy {
  enum class Kind : std::uint8_t { open, grace, closed };  // from lax to strict
  Kind kind = Kind::closed;
  Milliseconds grace{0};  ///< open that long, then closed
  bool operator==(Policy const&) const = default;
};
/// "open", "closed", "grace(5m)".
std::string text(Policy const& policy);
std::optional<Policy> parse_policy(std::string_view text);
/// The stricter one; of two graces the shorter.
Policy stricter(Policy const& a, Policy const& b);

struct Policies {
  Policy no_fix{};                                                 ///< never posted
  Policy stale{};                                                  ///< last fix too old
  Policy uncertain{Policy::Kind::grace, std::chrono::minutes(5)};  ///< near the border
  Policy degraded{};  ///< instead of no_fix and stale while we ourselves cannot take posts
  Policy suspicious{Policy::Kind::open};  ///< inside or uncertain by a fix with hints of a spoof
  bool operator==(Policies const&) const = default;
};

struct Fence {
  std::string name;
  Shape shape;
  bool deny = false;            ///< people must stay out of it; wins over every allow fence
  Meters margin{300};           ///< a fix farther from the border than this is never uncertain
  Meters accuracy_limit{5000};  ///< a fix that claims less accuracy says nothing
  PeopleChoice who;
  Policies policies;
  Schedule schedule;   ///< outside its hours the fence is as if it were not there
  std::string digest;  ///< set by `seal`
};

/// Farther than this from the border, how far makes no difference to any verdict: more than the
/// deepest that a fix must be to count on the way back in.
inline Meters clear_of_border(Fence const& fence) {
  return Meters{2 * (fence.margin.value + border_error(fence.shape).value) + 1};
}

/// First 12 hex digits of the SHA-256 of the fence's canonical text.
std::string digest_of(Fence const& fence);
inline void seal(Fence& fence) { fence.digest = digest_of(fence); }

/// Which fences apply to somebody: bit i = fence i.
using FenceMask = std::uint64_t;
inline constexpr std::size_t kMostFences = 64;

/// Which of them are within their hours.
FenceMask awake(std::span<Fence const> fences, Instant now);

/// A point among the fences that apply: inside when some allow fence has it (or there is none) and
/// no deny fence has it.
struct Position {
  bool inside = false;
  Meters to_border;         ///< at least this far to a change of `inside`; negative inside
  std::uint16_t fence = 0;  ///< the one that decides
};
/// Nothing when no fence applies. Distances are those that verdicts need: beyond `clear_of_border`
/// an area may tell less than the truth.
std::optional<Position> locate(std::span<Fence const> fences, FenceMask mask, GeoPoint point);
/// The same with the true distance to the border of the fence that decides, for people to read.
std::optional<Position> locate_exactly(std::span<Fence const> fences, FenceMask mask,
                                       GeoPoint point);

/// The policies of all that apply, the strictest each, and the fence that is strictest about
/// `no_fix`.
struct Governing {
  Policies policies;
  std::uint16_t fence = 0;
};
std::optional<Governing> governing(std::span<Fence const> fences, FenceMask mask);

}  // namespace wardroom::call_blocking
