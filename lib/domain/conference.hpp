/// Conferences as a meeting server tells of them: calls, legs, and the records of what happened.
#pragma once
#include "base/id.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::conference {

/// A running conference on one bridge, and one party's connection to it. Both mean something on the
/// bridge that made them only. GUIDs in lower case; whatever else came is kept as it is.
using CallId = Id<struct ConferenceCallTag>;
using LegId = Id<struct ConferenceLegTag>;
/// Shared by the calls that are instances of one conference on several bridges.
using Correlator = Id<struct ConferenceCorrelatorTag>;

/// Absent = the record or answer does not say; present and empty never occurs: readers make an
/// empty element absent. Source: cms.md 2 "treat missing and empty as the same".
using Text = std::optional<std::string>;
using Flag = std::optional<bool>;

/// What one record or one answer tells of a call. Source: cms.md 3.1, 6.2.
struct CallFacts {
  CallId id;
  std::optional<Correlator> correlator{};
  Text name{};
  Text type{};   ///< "coSpace", "adHoc", "lyncConferencing", "forwarding"
  Text space{};  ///< GUID of the space
  bool operator==(CallFacts const&) const = default;
};

/// What one record or one answer tells of a leg. Source: cms.md 3.3, 3.4, 6.2.
struct LegFacts {
  LegId id;
  std::optional<CallId> call{};
  bool in_ivr = false;  ///< the record says so: then it is in no call
  Text remote_party{}, remote_address{}, original_remote_party{}, local_address{};
  Text display_name{};  ///< may be anything its owner typed: never for decisions
  Text type{};          ///< "sip", "acano"
  Text sub_type{};      ///< "lync", "avaya", "distributionLink", "lyncDistribution", "webApp"
  Text lync_sub_type{};
  Text direction{};  ///< "incoming", "outgoing"
  Text sip_call_id{};
  Text group_id{};  ///< the participant's id
  Text user_jid{};
  Flag guest{}, recording{}, streaming{};
  Flag deactivated{};  ///< true = in the lobby
  Flag connected{};    ///< true when the state says so; absent otherwise, also after it was true
  Text moved_from{}, moved_from_bridge{};
  bool operator==(LegFacts const&) const = default;
};

enum class RecordKind {
  call_start,
  call_end,
  leg_start,
  leg_update,
  leg_end,
  machine_start,  ///< a recording or streaming: names the leg of the machine
  machine_end,
  unknown  ///< a type nobody told us of: counted, nothing more
};

/// One call detail record. Source: cms.md 2 and 3.
struct CallRecord {
  RecordKind kind = RecordKind::unknown;
  std::string type;                      ///< the bridge's own word
  std::optional<Instant> time{};         ///< whole seconds; never for order
  std::optional<std::uint64_t> index{};  ///< correlatorIndex: one more for each record of a session
  std::uint64_t missing = 0;             ///< so many just before it are lost for good
  CallFacts call{};                      ///< of call_start and call_end
  LegFacts leg{};                        ///< of the others; machine_start: its id and call
  std::string end_reason{};              ///< of leg_end; for logs and reports only
  bool is_streamer = false;              ///< of machine_start: streaming, not recording
  /// Its type is known, but what it must have is missing (an id): counted; the bridge is asked
  /// anew.
  bool broken = false;
};

/// One post of a bridge.
struct RecordBatch {
  std::string session{};      ///< a new one = the bridge was restarted
  std::string call_bridge{};  ///< empty = unclustered, or left out
  std::vector<CallRecord> records{};
  std::uint64_t strangers = 0;  ///< elements and attributes nobody told us of
  /// What is wrong with the XML; the records before that place are whole. Absent = all was read.
  std::optional<std::string> fault{};
};

/// How trusted the company of a conference is; the least trusted participant decides. Source:
/// cms.md 4.1.
enum class SecurityLevel : std::uint8_t { none = 0, secure = 1, internal = 2, external = 3 };

/// What a call shows on its screens.
struct Message {
  std::string text{};      ///< empty = none
  std::string position{};  ///< "top", "middle", "bottom"
  std::string duration{};  ///< "permanent" or seconds; "0" = none is shown
  /// Whether people see a message at all.
  bool shown() const { return !text.empty() && duration != "0"; }
  bool operator==(Message const&) const = default;
};

}  // namespace wardroom::conference
