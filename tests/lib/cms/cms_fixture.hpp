/// The example documents of tests/fixtures/cms, and what was read of them as text to compare.
#pragma once
#include "base/time_text.hpp"
#include "domain/conference.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace wardroom::test {

inline std::string cms_fixture(std::string const& name) {
  std::ifstream file(WARDROOM_SOURCE_DIR "/tests/fixtures/cms/" + name + ".xml", std::ios::binary);
  if (!file) throw std::runtime_error("no fixture " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Every post of the examples.
inline std::vector<std::string> const& cdr_fixtures() {
  static std::vector<std::string> const names = {"e01_call_start",       "e02_leg_start",
                                                 "e02_leg_connected",    "e03_guest_in_lobby",
                                                 "e03_guest_admitted",   "e04_ivr_then_call",
                                                 "e05_no_answer",        "e06_recording_after_loss",
                                                 "e07_everybody_leaves", "e08_distributed_a",
                                                 "e08_distributed_b",    "e09_moved_to_b",
                                                 "e09_moved_from_a",     "e10_streaming_and_lync"};
  return names;
}

inline std::string_view kind_word(conference::RecordKind kind) {
  using enum conference::RecordKind;
  switch (kind) {
    case call_start:
      return "call_start";
    case call_end:
      return "call_end";
    case leg_start:
      return "leg_start";
    case leg_update:
      return "leg_update";
    case leg_end:
      return "leg_end";
    case machine_start:
      return "machine_start";
    case machine_end:
      return "machine_end";
    case unknown:
      break;
  }
  return "unknown";
}

/// Everything a record says, on one line; what it does not say is left out.
inline std::string line_of(conference::CallRecord const& record) {
  auto out = fmt::format("{} {}", kind_word(record.kind), record.type);
  auto const add = [&](std::string_view name, conference::Text const& text) {
    if (text) out += fmt::format(" {}={}", name, *text);
  };
  auto const flag = [&](std::string_view name, conference::Flag value) {
    if (value) out += fmt::format(" {}={}", name, *value);
  };
  if (record.index) out += fmt::format(" #{}", *record.index);
  if (record.missing > 0) out += fmt::format(" missing={}", record.missing);
  if (record.time) out += " " + iso_text(*record.time).substr(11, 8);
  auto const& call = record.call;
  if (!call.id.empty()) out += " call " + call.id.text();
  if (call.correlator) out += " correlator=" + call.correlator->text();
  add("name", call.name);
  add("type", call.type);
  add("space", call.space);
  auto const& leg = record.leg;
  if (!leg.id.empty()) out += " leg " + leg.id.text();
  if (leg.call) out += " in=" + leg.call->text();
  if (leg.in_ivr) out += " ivr";
  add("party", leg.remote_party);
  add("address", leg.remote_address);
  add("original", leg.original_remote_party);
  add("local", leg.local_address);
  add("name", leg.display_name);
  add("type", leg.type);
  add("sub", leg.sub_type);
  add("lync", leg.lync_sub_type);
  add("direction", leg.direction);
  add("sip", leg.sip_call_id);
  add("group", leg.group_id);
  add("jid", leg.user_jid);
  flag("guest", leg.guest);
  flag("recording", leg.recording);
  flag("streaming", leg.streaming);
  flag("deactivated", leg.deactivated);
  flag("connected", leg.connected);
  add("from", leg.moved_from);
  add("from_bridge", leg.moved_from_bridge);
  if (!record.end_reason.empty()) out += " reason=" + record.end_reason;
  if (record.is_streamer) out += " streamer";
  if (record.broken) out += " BROKEN";
  return out;
}

/// A batch on lines: session and bridge, then each record, then what was wrong.
inline std::string lines_of(conference::RecordBatch const& batch) {
  auto out = fmt::format("session {} bridge {}\n", batch.session, batch.call_bridge);
  for (auto const& record : batch.records) out += line_of(record) + "\n";
  if (batch.strangers > 0) out += fmt::format("strangers {}\n", batch.strangers);
  if (batch.fault) out += "fault " + *batch.fault + "\n";
  return out;
}

}  // namespace wardroom::test
