/// What is kept of a call: its events, the verdict with all it rested on, what was done. Never
/// coordinates.
#pragma once
#include "domain/call.hpp"
#include "features/call_blocking/call_ledger.hpp"
#include "features/call_blocking/verdict.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

/// Boxes and circles carry no data of others; this names the way they are computed.
inline constexpr std::string_view kDataVersion = "sphere-1";

enum class Decision : std::uint8_t { passed, pending, rejected, reject_failed, observed };
std::string_view name(Decision decision);

/// Where somebody stood, as far as a verdict may be explained by it.
struct Place {
  Standing standing = Standing::no_fix;
  std::optional<BootClock::duration> age{};
  std::optional<Meters> accuracy{};
  std::optional<Instant> received_at{};
  std::optional<Meters> to_border{};  ///< negative inside
  std::string fence{}, fence_digest{};
  std::string asleep{};  ///< a fence that names them and is out of its hours, when none applies
  std::string border_data{};  ///< whose borders the fence has; empty = drawn by the operator
  std::string_view data_version() const {
    return border_data.empty() ? kDataVersion : std::string_view(border_data);
  }
};

/// A verdict and the facts under it: `judge(facts)` gives `verdict` again.
struct Judgement {
  Facts facts;
  Verdict verdict;
  Place place;
  std::optional<Measured> measured{};  ///< what `facts.standing` rests on; absent without a fix
  std::optional<Standing> standing_before{};
  std::string event;  ///< what asked: the platform's event type, "location", "time", "resync"
  std::string policy_digest;
  Mode mode = Mode::observe;
  Instant at{};
};

struct Action {
  std::string end;  ///< "done", "observed", "failed" …
  int attempts = 0;
  std::string detail;
  Milliseconds latency{};  ///< from the event's arrival to the end of the request
};
struct Acknowledgement {
  int status = 0;  ///< 0 = never answered
  Milliseconds latency{};
};

struct CallRecord {
  CallId call;
  XsiUserId target;
  PersonNo person = 0;
  Instant at{};
  Personality personality = Personality::unknown;
  std::string remote;
  CallState state = CallState::unknown;
  std::string tracking;
  bool emergency = false;
  Decision decision = Decision::passed;
  std::optional<bool> answered_before_release{};
  struct Event {
    Instant at{};
    std::string type;
    CallState state = CallState::unknown;
  };
  std::vector<Event> events;  ///< the first 30
  std::optional<Judgement> judgement{};
  std::optional<Action> action{};
  std::optional<Acknowledgement> acknowledgement{};
  EventId decisive_event{};
  std::string inherited{};  ///< `why` and `action` of a run before a restart, as JSON
};

std::string_view direction(Personality personality);

/// What is kept and told of a call, without people's names. Sentences and what follows from the
/// rest are left to the reader: see why_json.hpp.
struct RecordText {
  std::string document;  ///< {target, at_ms, show, why}, as the store keeps it
  std::string entry;     ///< a row of `calls list`, as the journal tells it
};
RecordText text_of(CallRecord const& record);
/// What is needed to go on with a call after a restart; nullopt when the text cannot be read.
std::optional<CallRecord> resume(nlohmann::ordered_json const& document);

std::optional<Facts> facts_from(nlohmann::ordered_json const& json);

}  // namespace wardroom::call_blocking
