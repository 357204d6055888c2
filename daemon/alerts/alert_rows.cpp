#include "alerts/alert_rows.hpp"

#include <algorithm>
#include <array>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<DeliveryState, std::string_view>, 5> names{{
    {DeliveryState::pending, "pending"},
    {DeliveryState::sent, "sent"},
    {DeliveryState::uncertain, "uncertain"},
    {DeliveryState::failed, "failed"},
    {DeliveryState::superseded, "superseded"},
}};
using Named = std::pair<DeliveryState, std::string_view>;

constexpr int attempts_of_lesser = 6;
constexpr std::array<Milliseconds, 7> delays{30s, 2min, 10min, 30min, 1h, 2h, 4h};

bool supersede(Delivery& row, std::string_view why, Instant now) {
  row.state = DeliveryState::superseded;
  row.detail = why;
  row.at = now;
  return true;
}

}  // namespace

std::string_view name(DeliveryState state) {
  return std::ranges::find(names, state, &Named::first)->second;
}

std::optional<DeliveryState> parse_delivery_state(std::string_view text) {
  auto const found = std::ranges::find(names, text, &Named::second);
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

bool was_told(Alert const& alert, Target const& target) {
  return std::ranges::any_of(alert.deliveries, [&](Delivery const& row) {
    return is_for(row, target) && row.notice != Notice::cleared &&
           (row.state == DeliveryState::sent || row.state == DeliveryState::uncertain);
  });
}

bool settle(Alert& alert, Target const& target, Instant now) {
  bool const over = alert.cleared_at.has_value();
  bool const told = was_told(alert, target);
  bool const tell_as_past = over && !told && alert.fact.colour == HealthColour::red;
  Delivery* last = nullptr;  // of those that tell of the trouble
  bool changed = false;
  for (auto& row : alert.deliveries) {
    if (!is_for(row, target) || row.state != DeliveryState::pending) continue;
    if (row.notice == Notice::cleared) {
      if (!told) changed = supersede(row, "the trouble itself had not been told", now);
      continue;
    }
    if (over && !tell_as_past) {
      changed = supersede(row, "it was over before it could be told", now);
      continue;
    }
    if (last) changed = supersede(*last, "a newer message tells it", now);
    last = &row;
  }
  return changed;
}

Milliseconds retry_delay(int attempts, Error const& why) {
  auto const step = static_cast<std::size_t>(std::clamp(attempts - 1, 0, int(delays.size()) - 1));
  auto const asked = why.retry_after.value_or(0ms);
  Milliseconds const mending = is_transient(why.kind) ? 0ms : Milliseconds(10min);
  return std::max({delays[step], asked, mending});
}

bool worth_retrying(Alert const& alert, Delivery const& row, Error const& why, Instant now) {
  bool const fresh = !alert.cleared_at || now - *alert.cleared_at < 48h;
  if (alert.fact.colour == HealthColour::red && row.notice != Notice::cleared) return fresh;
  return is_transient(why.kind) && row.attempts < attempts_of_lesser;
}

}  // namespace wardroom::alerts
