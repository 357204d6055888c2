#include "domain/call.hpp"

namespace wardroom {

std::string_view name(Personality p) {
  switch (p) {
    case Personality::originator:
      return "originator";
    case Personality::terminator:
      return "terminator";
    case Personality::click_to_dial:
      return "click_to_dial";
    case Personality::unknown:
      break;
  }
  return "unknown";
}

std::string_view name(CallState s) {
  switch (s) {
    case CallState::idle:
      return "idle";
    case CallState::alerting:
      return "alerting";
    case CallState::active:
      return "active";
    case CallState::held:
      return "held";
    case CallState::remote_held:
      return "remote_held";
    case CallState::detached:
      return "detached";
    case CallState::released:
      return "released";
    case CallState::unknown:
      break;
  }
  return "unknown";
}

std::string_view name(CallType t) {
  switch (t) {
    case CallType::absent:
      return "absent";
    case CallType::group:
      return "group";
    case CallType::enterprise:
      return "enterprise";
    case CallType::network:
      return "network";
    case CallType::emergency:
      return "emergency";
    case CallType::repair:
      return "repair";
    case CallType::city_wide_centrex:
      return "city_wide_centrex";
    case CallType::private_dial_plan:
      return "private_dial_plan";
    case CallType::unknown:
      break;
  }
  return "unknown";
}

std::string_view name(CallEventKind k) {
  switch (k) {
    case CallEventKind::received:
      return "received";
    case CallEventKind::originated:
      return "originated";
    case CallEventKind::originating:
      return "originating";
    case CallEventKind::updated:
      return "updated";
    case CallEventKind::answered:
      return "answered";
    case CallEventKind::held:
      return "held";
    case CallEventKind::retrieved:
      return "retrieved";
    case CallEventKind::transferred:
      return "transferred";
    case CallEventKind::forwarded:
      return "forwarded";
    case CallEventKind::redirected:
      return "redirected";
    case CallEventKind::detached:
      return "detached";
    case CallEventKind::picked_up:
      return "picked_up";
    case CallEventKind::park_retrieved:
      return "park_retrieved";
    case CallEventKind::barged_in:
      return "barged_in";
    case CallEventKind::monitored:
      return "monitored";
    case CallEventKind::parked_against:
      return "parked_against";
    case CallEventKind::collecting:
      return "collecting";
    case CallEventKind::releasing:
      return "releasing";
    case CallEventKind::released:
      return "released";
    case CallEventKind::snapshot:
      return "snapshot";
    case CallEventKind::snapshot_resync:
      return "snapshot_resync";
    case CallEventKind::hook_status:
      return "hook_status";
    case CallEventKind::subscription_terminated:
      return "subscription_terminated";
    case CallEventKind::conference:
      return "conference";
    case CallEventKind::aside:
      return "aside";
    case CallEventKind::other:
      break;
  }
  return "other";
}

}  // namespace wardroom
