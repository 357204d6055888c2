#include "cisco/xsi/xsi_call_element.hpp"

#include "domain/address.hpp"

#include <charconv>
#include <utility>

namespace wardroom::xsi {
namespace {

template <class T, std::size_t N>
T lookup(std::string_view word, std::pair<std::string_view, T> const (&table)[N], T otherwise) {
  for (auto const& [name, value] : table)
    if (name == word) return value;
  return otherwise;
}

constexpr std::pair<std::string_view, Personality> personalities[] = {
    {"Originator", Personality::originator},
    {"Terminator", Personality::terminator},
    {"Click-to-Dial", Personality::click_to_dial},
};
constexpr std::pair<std::string_view, CallState> states[] = {
    {"Alerting", CallState::alerting}, {"Active", CallState::active},
    {"Held", CallState::held},         {"Remote Held", CallState::remote_held},
    {"Detached", CallState::detached}, {"Released", CallState::released},
    {"Idle", CallState::idle},
};
constexpr std::pair<std::string_view, CallType> types[] = {
    {"Network", CallType::network},
    {"Group", CallType::group},
    {"Enterprise", CallType::enterprise},
    {"Emergency", CallType::emergency},
    {"Repair", CallType::repair},
    {"City-Wide Centrex", CallType::city_wide_centrex},
    {"Private Dial Plan", CallType::private_dial_plan},
};
constexpr std::pair<std::string_view, CallEventKind> kinds[] = {
    {"CallReceivedEvent", CallEventKind::received},
    {"CallOriginatedEvent", CallEventKind::originated},
    {"CallOriginatingEvent", CallEventKind::originating},
    {"CallUpdatedEvent", CallEventKind::updated},
    {"CallAnsweredEvent", CallEventKind::answered},
    {"CallReleasedEvent", CallEventKind::released},
    {"HookStatusEvent", CallEventKind::hook_status},
    {"CallHeldEvent", CallEventKind::held},
    {"CallRetrievedEvent", CallEventKind::retrieved},
    {"CallTransferredEvent", CallEventKind::transferred},
    {"CallForwardedEvent", CallEventKind::forwarded},
    {"CallRedirectedEvent", CallEventKind::redirected},
    {"CallDetachedEvent", CallEventKind::detached},
    {"CallPickedUpEvent", CallEventKind::picked_up},
    {"CallParkRetrievedEvent", CallEventKind::park_retrieved},
    {"CallBargedInEvent", CallEventKind::barged_in},
    {"CallMonitoredEvent", CallEventKind::monitored},
    {"CallParkedAgainstEvent", CallEventKind::parked_against},
    {"CallCollectingEvent", CallEventKind::collecting},
    {"CallReleasingEvent", CallEventKind::releasing},
    {"CallSubscriptionEvent", CallEventKind::snapshot},
    {"CallSubscriptionResyncEvent", CallEventKind::snapshot_resync},
    {"SubscriptionTerminatedEvent", CallEventKind::subscription_terminated},
    {"CallRecordingStartingEvent", CallEventKind::aside},
    {"CallRecordingStartedEvent", CallEventKind::aside},
    {"CallRecordingPausedEvent", CallEventKind::aside},
    {"CallRecordingResumedEvent", CallEventKind::aside},
    {"CallRecordingStoppedEvent", CallEventKind::aside},
    {"CallClientSessionInfoUpdatedEvent", CallEventKind::aside},
    {"CallSecurityClassificationUpdatedEvent", CallEventKind::aside},
    {"PlayMusicOnHoldFailureEvent", CallEventKind::aside},
    {"VoiceMailMessageSummaryEvent", CallEventKind::aside},
    {"CallHistoryEvent", CallEventKind::aside},
};

/// Milliseconds since 1970; what no clock of a call platform can say is left out.
std::optional<Instant> moment(std::string_view text) {
  constexpr std::int64_t year_10000 = 253'402'300'800'000;
  auto const ms = integer(text);
  if (!ms || *ms <= 0 || *ms >= year_10000) return std::nullopt;
  return from_unix_ms(*ms);
}

std::string country_digits(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  return std::string(text);
}

void read_party(xml::Element party, CallLeg& leg) {
  auto const address = party.child("address");
  leg.remote_address = bare_address(address.text());
  leg.remote_country_code = country_digits(address.attribute("countryCode"));
  leg.remote_name = party.text_of("name");
  leg.remote_user = XsiUserId(std::string(party.text_of("userId")));
  if (auto const type = party.child("callType"))
    leg.type = lookup(type.text(), types, CallType::unknown);
}

}  // namespace

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<CallLeg> call_leg(xml::Element call) {
  auto const id = call.text_of("callId");
  if (id.empty()) return std::nullopt;
  CallLeg leg;
  leg.id = CallId(std::string(id));
  leg.tracking = TrackingId(std::string(call.text_of("extTrackingId")));
  leg.personality = lookup(call.text_of("personality"), personalities, Personality::unknown);
  leg.state = lookup(call.text_of("state"), states, CallState::unknown);
  read_party(call.child("remoteParty"), leg);
  leg.recall = static_cast<bool>(call.child("recallType"));
  leg.started = moment(call.text_of("startTime"));
  leg.answered = moment(call.text_of("answerTime"));
  leg.released = moment(call.text_of("releaseTime"));
  return leg;
}

CallEventKind kind_of(std::string_view event_type) {
  auto const kind = lookup(event_type, kinds, CallEventKind::other);
  if (kind == CallEventKind::other && event_type.starts_with("Conference"))
    return CallEventKind::conference;
  return kind;
}

}  // namespace wardroom::xsi
