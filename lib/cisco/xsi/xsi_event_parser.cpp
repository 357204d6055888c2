#include "cisco/xsi/xsi_event_parser.hpp"

#include "cisco/xsi/xsi_call_element.hpp"

#include <utility>

namespace wardroom::xsi {
namespace {

EventId event_id(xml::Element event) { return EventId(std::string(event.text_of("eventID"))); }

MalformedDocument unusable(xml::Element event, std::string why) {
  return {event_id(event), std::move(why), false};
}

/// False when a call stands there without its callId.
bool read_legs(xml::Element data, std::vector<CallLeg>& legs) {
  auto add = [&legs](xml::Element call) {
    for (; call; call = call.next_same()) {
      auto leg = call_leg(call);
      if (!leg) return false;
      legs.push_back(std::move(*leg));
    }
    return true;
  };
  return add(data.child("call")) && add(data.child("calls").child("call"));
}

bool must_carry_a_call(CallEventKind kind) {
  switch (kind) {
    case CallEventKind::snapshot:
    case CallEventKind::snapshot_resync:
    case CallEventKind::hook_status:
    case CallEventKind::subscription_terminated:
    case CallEventKind::conference:
    case CallEventKind::collecting:
    case CallEventKind::parked_against:
    case CallEventKind::aside:
    case CallEventKind::other:
      return false;
    default:
      return true;
  }
}

StreamDocument subscription_event(xml::Element event) {
  auto const data = event.child("eventData");
  CallEvent out;
  out.id = event_id(event);
  if (out.id.empty()) return unusable(event, "an event without eventID");
  if (!data || data.type().empty()) return unusable(event, "an event without typed eventData");
  out.type = data.type();
  out.kind = kind_of(data.type());
  out.target = XsiUserId(std::string(event.text_of("targetId")));
  out.subscription = event.text_of("subscriptionId");
  out.sequence = integer(event.text_of("sequenceNumber")).value_or(0);
  if (!read_legs(data, out.legs)) return unusable(event, "a call without callId");
  if (out.legs.empty() && must_carry_a_call(out.kind))
    return unusable(event, "a " + out.type + " without a call");
  return out;
}

StreamDocument event_document(xml::Element event) {
  auto const type = event.type();
  if (type == "SubscriptionEvent") return subscription_event(event);
  if (type == "ChannelTerminatedEvent")
    return ChannelTerminated{std::string(event.text_of("channelId")),
                             std::string(event.text_of("reason"))};
  if (type == "ErrorEvent")
    return ProtocolError{std::string(event.text_of("errorCode")),
                         std::string(event.text_of("errorMessage"))};
  return unusable(event, "an event of the unknown type '" + std::string(type) + "'");
}

}  // namespace

StreamDocument read_document(xml::Document const& document) {
  auto const root = document.root();
  if (root.name_space() == name_space) {
    if (root.name() == "Event") return event_document(root);
    if (root.name() == "ChannelHeartBeat") return ServerHeartbeat{};
    if (root.name() == "Channel") {
      auto const granted = integer(root.text_of("expires")).value_or(0);
      ChannelOpened opened{std::string(root.text_of("channelId")), std::chrono::seconds(granted)};
      if (!opened.id.empty()) return opened;
      return unusable(root, "a Channel document without channelId");
    }
  }
  return unusable(root, "an unknown document '" + std::string(root.name()) + "'");
}

XsiEventParser::XsiEventParser(xml::Limits limits, OnDocument on_document)
    : on_document_(std::move(on_document)), stream_(limits, [this](xml::Document const& document) {
        auto told = read_document(document);
        if (auto* event = std::get_if<CallEvent>(&told)) event->arrived = arrived_;
        on_document_(std::move(told));
      }) {}

void XsiEventParser::feed(std::string_view bytes, Uptime arrived) {
  if (lost_) return;
  arrived_ = arrived;
  auto const read = stream_.feed(bytes);
  if (read) return;
  lost_ = true;
  // Only an eventID that something follows is complete.
  auto const id = stream_.partial().root().child("eventID");
  on_document_(
      MalformedDocument{EventId(std::string(id.next() ? id.text() : "")), read.error().what, true});
}

}  // namespace wardroom::xsi
