// Documents that are odd, but allowed, and others that are neither. Source: xsi.md 3.3, 12.
#include "sim/xml_reader.hpp"
#include "sim/xsi_documents.hpp"

#include <fmt/format.h>

namespace wardroom::sim {
namespace {

std::string event(std::string_view event_id, std::string_view inside) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xsi:Event xmlns:xsi=\"{}\" "
      "xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\" "
      "xsi1:type=\"xsi:SubscriptionEvent\">{}<xsi:sequenceNumber>1</xsi:sequenceNumber>"
      "<xsi:eventData xsi1:type=\"xsi:CallUpdatedEvent\">{}</xsi:eventData></xsi:Event>",
      xsi_namespace, event_id, inside);
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

std::string heartbeat_document(std::string_view style) {
  if (style == "declared")
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChannelHeartBeat xmlns=\"{}\"/>",
        xsi_namespace);
  if (style == "pair")
    return fmt::format("<ChannelHeartBeat xmlns=\"{}\"></ChannelHeartBeat>", xsi_namespace);
  if (style == "prefixed")
    return fmt::format("<bw:ChannelHeartBeat xmlns:bw='{}'/>", xsi_namespace);
  if (style == "attributes")
    return fmt::format("<ChannelHeartBeat note=\"/>\" xmlns=\"{}\" at='1 > 0'  />", xsi_namespace);
  if (style == "spaced")
    return fmt::format("\r\n\r\n<ChannelHeartBeat\r\n  xmlns=\"{}\"\r\n/>\r\n", xsi_namespace);
  return fmt::format("<ChannelHeartBeat xmlns=\"{}\"/>", xsi_namespace);
}

std::optional<std::string> garbage(std::string_view kind) {
  if (kind == "text") return "the service is restarting\r\n";
  if (kind == "half_tag") return "<xsi:Event xmlns";
  if (kind == "nul") return std::string(3, '\0');
  if (kind == "doctype") return "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";
  if (kind == "unknown")
    return fmt::format("<Surprise xmlns=\"{}\"><of>2031</of></Surprise>", xsi_namespace);
  if (kind == "foreign") return "<Event xmlns=\"urn:example:else\"><eventID>1</eventID></Event>";
  if (kind == "comment") return "<!-- <xsi:Event> --><?pi a > b?>\n";
  if (kind == "bom") return "\xEF\xBB\xBF";
  if (kind == "error_event")
    return fmt::format(
        "<xsi:Event xmlns:xsi=\"{}\" xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi1:type=\"xsi:ErrorEvent\"><xsi:errorCode>42</xsi:errorCode>"
        "<xsi:errorMessage>What was sent is not allowed.</xsi:errorMessage></xsi:Event>",
        xsi_namespace);
  if (kind == "no_event_id") return event("", "");
  if (kind == "broken_event")
    return event("<xsi:eventID>broken-event</xsi:eventID>", "<xsi:call><xsi:callId></xsi:call>");
  if (kind == "huge")
    return event("<xsi:eventID>huge-event</xsi:eventID>",
                 "<xsi:call><xsi:callId>callhalf-1:0</xsi:callId><xsi:remoteParty><xsi:name>" +
                     std::string(std::size_t(2) << 20, 'a') +
                     "</xsi:name></xsi:remoteParty></xsi:call>");
  if (kind == "deep")
    return event("<xsi:eventID>deep-event</xsi:eventID>",
                 repeated("<xsi:a>", 100) + repeated("</xsi:a>", 100));
  return std::nullopt;
}

}  // namespace wardroom::sim
