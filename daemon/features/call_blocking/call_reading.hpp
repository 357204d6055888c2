/// Recorded calls read back: what text_of wrote, as the values it came from. Pure.
#pragma once
#include "features/call_blocking/call_record.hpp"

namespace wardroom::call_blocking {

std::string_view name(Side side);

/// As they stand in a record, to the last bit.
std::string facts_text(Facts const& facts);
std::string measured_text(Measured const& measured);
std::optional<Measured> measured_from(nlohmann::ordered_json const& json);

/// Of `why`: what the verdict rested on, and the verdict. Nothing when it was not judged, or cannot
/// be read.
std::optional<Judgement> judgement_from(nlohmann::ordered_json const& why);

}  // namespace wardroom::call_blocking
