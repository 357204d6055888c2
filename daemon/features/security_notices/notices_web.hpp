/// What the web reads of conferences and bridges: the list, and what begins each answer. For the
/// routes and the live page.
#pragma once
#include "features/security_notices/security_notices.hpp"
#include "features/security_notices/security_notices_json.hpp"
#include "http/message.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace wardroom::security_notices {

/// What came from bridges may be no UTF-8.
std::string text_of(nlohmann::ordered_json const& json);
std::string conference_text(SecurityNotices const& feature, ConferenceId const& id);
std::string bridge_text(BridgeView const& bridge);

/// {"now","mode","conferences","bridges","more"?}: at most 1,000, the highest level first, then the
/// newest.
Task<http::Response> conferences_answer(SecurityNotices& feature);

/// As {"error":{…}}. What a bridge refuses us is a conflict: 401 and 403 would speak of the
/// administrator's session.
http::Response notices_refusal(Error const& why, std::string_view remedy = "");

}  // namespace wardroom::security_notices
