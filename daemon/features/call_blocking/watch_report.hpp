/// How well calls are watched, as JSON and in one sentence: `monitoring{…}` of docs/api.md.
#pragma once
#include <nlohmann/json.hpp>

#include <string>

namespace wardroom::call_blocking {

class CallBlocking;

nlohmann::ordered_json monitoring_json(CallBlocking const& feature);
/// "Calls are watched over 2 event channels." or since when and why they are not.
std::string watch_sentence(CallBlocking const& feature);

}  // namespace wardroom::call_blocking
