#include "sim/cms_records.hpp"

#include "base/encoding.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace wardroom::sim {

CmsXml& CmsXml::open(std::string_view name, std::string_view attributes) {
  return raw(fmt::format("<{}{}{}>\n", name, attributes.empty() ? "" : " ", attributes));
}
CmsXml& CmsXml::close(std::string_view name) { return raw(fmt::format("</{}>\n", name)); }
CmsXml& CmsXml::leaf(std::string_view name, std::string_view text) {
  return raw(fmt::format("<{}>{}</{}>\n", name, xml_escape(text), name));
}
CmsXml& CmsXml::may(std::string_view name, std::string_view text) {
  return text.empty() ? *this : leaf(name, text);
}
CmsXml& CmsXml::number(std::string_view name, std::uint64_t n) {
  return leaf(name, std::to_string(n));
}
CmsXml& CmsXml::raw(std::string_view text) {
  out_ += text;
  return *this;
}

namespace {

std::string id_of(std::string_view id) { return fmt::format("id=\"{}\"", id); }

// Numbers nobody computes with; they are there because real ends have them.
constexpr std::string_view media =
    "<mediaUsagePercentages><mainVideoViewer>98.9</mainVideoViewer><mainVideoContributor>100.0"
    "</mainVideoContributor></mediaUsagePercentages>\n"
    "<alarm type=\"packetLoss\" durationPercentage=\"1.4\" />\n"
    "<unencryptedMedia>true</unencryptedMedia>\n"
    "<rxAudio><codec>g722</codec><packetStatistics><packetLossBursts><duration>1.2</duration>"
    "<density>0.4</density></packetLossBursts><packetGap><duration>60.1</duration><density>0.0"
    "</density></packetGap></packetStatistics></rxAudio>\n"
    "<txAudio><codec>g722</codec></txAudio>\n"
    "<rxVideo><codec>h264</codec><maxSizeWidth>1280</maxSizeWidth><maxSizeHeight>720"
    "</maxSizeHeight></rxVideo>\n"
    "<txVideo><codec>h264</codec><maxSizeWidth>1920</maxSizeWidth><maxSizeHeight>1080"
    "</maxSizeHeight></txVideo>\n";

}  // namespace

std::string call_start_xml(CmsCall const& call) {
  CmsXml x;
  x.open("call", id_of(call.id)).leaf("name", call.name).leaf("ownerName", "");
  x.leaf("callType", call.type).may("coSpace", call.space);
  return x.leaf("callCorrelator", call.correlator).close("call").take();
}

std::string call_end_xml(CmsCall const& call, std::int64_t duration_s) {
  CmsXml x;
  x.open("call", id_of(call.id)).number("callLegsCompleted", call.completed);
  x.number("callLegsMaxActive", call.most).leaf("durationSeconds", std::to_string(duration_s));
  return x.close("call").take();
}

std::string leg_start_xml(CmsLeg const& leg, bool show_link) {
  CmsXml x;
  x.open("callLeg", id_of(leg.id)).leaf("remoteParty", leg.remote_party);
  x.may("localAddress", leg.local_address).may("displayName", leg.name);
  if (leg.guest) x.flag("guestConnection", true);
  x.leaf("type", leg.type);
  if (!leg.link || show_link) x.may("subType", leg.sub_type);
  x.may("lyncSubType", leg.lync_sub_type).leaf("direction", leg.direction);
  if (leg.recording) x.flag("recording", true);
  if (leg.streaming) x.flag("streaming", true);
  if (leg.ivr)
    x.raw("<ivr/>\n");
  else
    x.may("call", leg.call);
  x.leaf("groupId", leg.participant).may("sipCallId", leg.sip_call_id);
  x.may("replacesSipCallId", leg.replaces).may("movedCallLeg", leg.moved_leg);
  x.may("movedCallLegCallBridge", leg.moved_bridge);
  if (leg.can_move) x.flag("canMove", true);
  return x.may("confirmationStatus", leg.confirmation).close("callLeg").take();
}

std::string leg_update_xml(CmsLeg const& leg, bool with_state, bool with_call) {
  CmsXml x;
  x.open("callLeg", id_of(leg.id));
  if (with_state && leg.connected) x.leaf("state", "connected");
  if (leg.ivr)
    x.raw("<ivr/>\n");
  else if (with_call)
    x.may("call", leg.call);
  x.flag("deactivated", leg.deactivated).leaf("groupId", leg.participant);
  x.may("sipCallId", leg.sip_call_id).may("displayName", leg.name);
  x.may("remoteAddress", leg.remote_address);
  if (leg.can_move) x.flag("canMove", true);
  return x.may("confirmationStatus", leg.confirmation).close("callLeg").take();
}

std::string leg_end_xml(CmsLeg const& leg, CmsLegEnd const& how) {
  CmsXml x;
  x.open("callLeg", id_of(leg.id)).leaf("reason", how.reason);
  x.flag("remoteTeardown", how.by_far_end);
  x.leaf("durationSeconds", std::to_string(how.duration_s));
  if (how.activated_s >= 0) x.leaf("activatedDuration", std::to_string(how.activated_s));
  if (leg.connected && leg.type == "sip" && !leg.link) x.raw(media);
  if (leg.connected && leg.type != "sip") x.flag("encryptedMedia", true);
  return x.close("callLeg").take();
}

std::string machine_start_xml(CmsMachine const& machine, CmsLeg const& leg) {
  CmsXml x;
  auto const* const root = machine.streaming ? "streaming" : "recording";
  x.open(root, id_of(machine.id));
  if (machine.streaming) {
    x.leaf("streamUrl", "rtmp://stream.example.com/live/board");
    x.leaf(machine.sip ? "streamerUri" : "streamerUrl",
           machine.sip ? leg.remote_party : "https://streamer1.example.com:8443");
  } else {
    x.leaf("path", "spaces/" + leg.call + "/20240514111000+0200");
    x.leaf(machine.sip ? "recorderUri" : "recorderUrl",
           machine.sip ? leg.remote_party : "https://recorder1.example.com:8443");
  }
  return x.leaf("call", leg.call).leaf("callLeg", leg.id).close(root).take();
}

std::string machine_end_xml(CmsMachine const& machine) {
  auto const* const root = machine.streaming ? "streaming" : "recording";
  return CmsXml().open(root, id_of(machine.id)).close(root).take();
}

std::string cms_time(Instant at) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace wardroom::sim
