/// The XML that the simulated XSPs send: channel documents, events, errors.
/// Source: xsi.md 3.2, 6.3, 6.5, 8.7.
#pragma once
#include "sim/call_sim.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

/// What an event says about itself, outside its data.
struct EventHead {
  std::string event_id;
  std::int64_t sequence = 0;
  std::string owner;  ///< UUID of who subscribed
  std::string application_id, subscription_id, channel_id;
  std::string target;  ///< platform user id; empty = none
};

/// `<xsi:call>…</xsi:call>` in schema order; `prefix` is "xsi:" in events and "" in answers.
std::string call_xml(Call const& call, Leg const& leg, std::string_view prefix,
                     std::string_view element);

/// An event as it goes over the wire. `data` = what is inside eventData; empty = self-closed.
std::string event_document(EventHead const& head, std::string_view type, std::string_view data);
std::string channel_terminated_document(std::string_view channel_id, std::string_view reason);
std::string channel_document(std::string_view channel_id, std::int64_t expires_s);
/// A server heartbeat as one server or another writes it; `style` = Faults::heartbeat_style.
std::string heartbeat_document(std::string_view style = "plain");
/// Bytes that no good server sends between documents: text, half_tag, nul, doctype, unknown,
/// foreign, error_event, no_event_id, broken_event, huge (2 MiB), deep, comment, bom.
std::optional<std::string> garbage(std::string_view kind);

/// The same document as another server might write it: no_declaration, prefixes (other names for
/// the same namespaces), latin1 (declared and encoded so), spaced (blank lines around it).
std::string restyle(std::string document, std::string_view style);

/// The XML declaration and the default namespace around `inner`.
std::string xsi_document(std::string_view element, std::string_view inner);

}  // namespace wardroom::sim
