/// The `call` element of events and answers as a CallLeg. Pure. Source: xsi.md 6.3.
#pragma once
#include "base/xml.hpp"
#include "domain/call.hpp"

#include <optional>

namespace wardroom::xsi {

inline constexpr std::string_view name_space = "http://schema.broadsoft.com/xsi";

/// nullopt when there is no callId, without which a call cannot be acted on.
std::optional<CallLeg> call_leg(xml::Element call);

/// Whole digits only; nullopt otherwise.
std::optional<std::int64_t> integer(std::string_view text);

CallEventKind kind_of(std::string_view event_type);

}  // namespace wardroom::xsi
