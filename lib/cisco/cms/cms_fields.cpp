#include "cisco/cms/cms_fields.hpp"

#include "cisco/cms/cms_text.hpp"

#include <algorithm>
#include <array>

namespace wardroom::cms {
namespace {

using conference::CallFacts, conference::Flag, conference::LegFacts, conference::Text;

struct LegText {
  std::string_view name;
  Text LegFacts::* where;
  bool is_guid = false;
};
/// "groupID" is how the guide prints it, "subtype" how the API's table does.
constexpr LegText leg_texts[] = {
    {"remoteParty", &LegFacts::remote_party},
    {"remoteAddress", &LegFacts::remote_address},
    {"originalRemoteParty", &LegFacts::original_remote_party},
    {"localAddress", &LegFacts::local_address},
    {"displayName", &LegFacts::display_name},
    {"name", &LegFacts::display_name},
    {"type", &LegFacts::type},
    {"subType", &LegFacts::sub_type},
    {"subtype", &LegFacts::sub_type},
    {"lyncSubType", &LegFacts::lync_sub_type},
    {"lyncSubtype", &LegFacts::lync_sub_type},
    {"direction", &LegFacts::direction},
    {"sipCallId", &LegFacts::sip_call_id},
    {"groupId", &LegFacts::group_id, true},
    {"groupID", &LegFacts::group_id, true},
    {"userJid", &LegFacts::user_jid},
    {"movedCallLeg", &LegFacts::moved_from, true},
    {"movedCallLegCallBridge", &LegFacts::moved_from_bridge, true},
};

struct LegFlag {
  std::string_view name;
  Flag LegFacts::* where;
};
constexpr LegFlag leg_flags[] = {
    {"guestConnection", &LegFacts::guest},
    {"recording", &LegFacts::recording},
    {"streaming", &LegFacts::streaming},
    {"deactivated", &LegFacts::deactivated},
};

/// Known and of no use here.
constexpr std::string_view other_leg_fields[] = {
    "ownerId",
    "canMove",
    "confirmationStatus",
    "cdrTag",
    "replacesSipCallId",
    "tenant",
    "remoteTeardown",
    "durationSeconds",
    "activatedDuration",
    "encryptedMedia",
    "unencryptedMedia",
    "reason",
    "alarm",
    "alarms",
    "mediaUsagePercentages",
    "rxAudio",
    "txAudio",
    "rxVideo",
    "txVideo",
    "rxPresentation",
    "txPresentation",
    "multistreamVideo",
    "multiStreamVideo",
    "configuration",
    "status",
    "ownerName",
    "layout",
    "cipherSuite",
};
constexpr std::string_view other_call_fields[] = {
    "ownerName",         "tenant",          "cdrTag",           "callLegsCompleted",
    "callLegsMaxActive", "durationSeconds", "endpointRecorded",
};

/// An empty element says as little as none: what stood there before stays.
void keep(Text& where, std::string_view text, bool is_guid) {
  if (auto value = text_of(text)) where = is_guid ? guid_of(*value) : std::move(*value);
}

}  // namespace

bool take_field(CallFacts& call, std::string_view name, std::string_view text) {
  if (name == "name")
    keep(call.name, text, false);
  else if (name == "callType")
    keep(call.type, text, false);
  else if (name == "coSpace")
    keep(call.space, text, true);
  else if (name == "callCorrelator") {
    if (auto id = guid_of(text); !id.empty()) call.correlator.emplace(std::move(id));
  } else
    return std::ranges::find(other_call_fields, name) != std::end(other_call_fields);
  return true;
}

bool take_field(LegFacts& leg, std::string_view name, std::string_view text) {
  if (auto const* field = std::ranges::find(leg_texts, name, &LegText::name);
      field != std::end(leg_texts)) {
    keep(leg.*(field->where), text, field->is_guid);
    return true;
  }
  if (auto const* field = std::ranges::find(leg_flags, name, &LegFlag::name);
      field != std::end(leg_flags)) {
    if (auto const flag = flag_of(text)) leg.*(field->where) = flag;
    return true;
  }
  if (name == "call") {
    if (auto id = guid_of(text); !id.empty()) leg.call.emplace(std::move(id));
  } else if (name == "ivr") {
    leg.in_ivr = flag_of(text).value_or(true);
  } else if (name == "state") {
    if (same_word(trimmed(text), "connected")) leg.connected = true;
  } else {
    return std::ranges::find(other_leg_fields, name) != std::end(other_leg_fields);
  }
  return true;
}

}  // namespace wardroom::cms
