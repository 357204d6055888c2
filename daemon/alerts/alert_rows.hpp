/// An alert with what became of telling it, and the rules of delivery: who is still to be told,
/// what a newer message makes needless, when to try again. Pure.
#pragma once
#include "alerts/alert_book.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::alerts {

enum class DeliveryState {
  pending,
  sent,
  uncertain,   ///< handed over, the answer was lost; not repeated by itself
  failed,      ///< given up
  superseded,  ///< a newer message told it, or it was over before it could be told
};
std::string_view name(DeliveryState state);
std::optional<DeliveryState> parse_delivery_state(std::string_view text);

struct Delivery {
  std::int64_t id = 0;
  Notice notice = Notice::raised;
  std::string channel, to;
  DeliveryState state = DeliveryState::pending;
  int attempts = 0;
  Instant next_at{};  ///< while pending
  Instant at{};       ///< of the last change
  std::string detail{};
  bool operator==(Delivery const&) const = default;
};

struct Alert {
  std::int64_t id = 0;
  OpenFact fact;
  std::optional<Instant> cleared_at{};
  std::vector<Delivery> deliveries{};
};

struct Target {
  std::string channel, to;
  auto operator<=>(Target const&) const = default;
};
inline bool is_for(Delivery const& row, Target const& target) {
  return row.channel == target.channel && row.to == target.to;
}

/// Makes needless rows `superseded`: only the newest of an open alert is worth sending; when it is
/// over, only the all-clear for those who were told, and a red alert still untold is told as past.
/// Whether anything changed.
bool settle(Alert& alert, Target const& target, Instant now);
/// Whether this target got any word of the alert being bad.
bool was_told(Alert const& alert, Target const& target);

/// Before attempt number `attempts` + 1. Half a minute at first, four hours at last.
Milliseconds retry_delay(int attempts, Error const& why);
/// A red alert is tried until it is delivered or two days over; anything else a few times, and once
/// only when somebody has to mend something first.
bool worth_retrying(Alert const& alert, Delivery const& row, Error const& why, Instant now);

/// How many and how old alerts that are over may be.
inline constexpr std::size_t kept_alerts = 200;
inline constexpr std::chrono::hours kept_for{90 * 24};

}  // namespace wardroom::alerts
