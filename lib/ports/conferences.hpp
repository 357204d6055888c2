/// What runs on one bridge, asked and told by its API, as a port.
#pragma once
#include "base/result.hpp"
#include "domain/conference.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace wardroom {

struct BridgeStatus {
  std::string version{};
  /// correlatorIndex of the next record it will make; absent before 2.2. Everything below has
  /// happened already.
  std::optional<std::uint64_t> next_record{};
  std::optional<bool> clustered{};
  std::optional<Instant> time{};  ///< its clock
  std::optional<std::chrono::seconds> up_for{};
};

/// A call as its own object tells of it.
struct RunningCall {
  conference::CallFacts facts{};
  conference::Message message{};
  std::optional<std::uint64_t> legs{};         ///< numCallLegs
  std::optional<std::uint64_t> other_bridges;  ///< numDistributedInstances
};

/// A participant of a call as any bridge of the conference knows it.
struct RunningParticipant {
  std::string id{};           ///< the groupId of its legs
  std::string call_bridge{};  ///< GUID; empty = on this bridge
};

struct ClusterBridge {
  std::string id{}, name{}, address{}, sip_domain{};
};

struct CdrReceiver {
  std::string id{}, uri{};
};
struct CdrReceivers {
  std::vector<CdrReceiver> all{};
  std::uint64_t most = 4;
};

/// Used on the loop. Each request has its time-outs, few are under way at once, 503 and time-outs
/// are tried again with a backoff unless said otherwise. Errors: not_found (it has ended, or never
/// was on this bridge), unauthorized, unavailable, timed_out, throttled, malformed, denied,
/// conflict (what the bridge refuses, with its own word). Lists are complete or an error.
class Conferences {
 public:
  virtual ~Conferences() = default;
  virtual Task<Result<BridgeStatus>> status() = 0;
  /// Every call, all pages: id, name, space, correlator.
  virtual Task<Result<std::vector<conference::CallFacts>>> calls() = 0;
  /// Those of one space.
  virtual Task<Result<std::vector<conference::CallFacts>>> calls_of_space(std::string space) = 0;
  virtual Task<Result<RunningCall>> call(conference::CallId id) = 0;
  /// Every leg of a call, all pages: id, display name, remote party, original remote party, call.
  virtual Task<Result<std::vector<conference::LegFacts>>> legs(conference::CallId id) = 0;
  /// One leg with its type, state and groupId.
  virtual Task<Result<conference::LegFacts>> leg(conference::LegId id) = 0;
  virtual Task<Result<std::vector<RunningParticipant>>> participants(conference::CallId id) = 0;
  /// One attempt, not repeated by itself: Effects does that. `urgent` goes before everything else
  /// that waits for this bridge; `wanted` is asked when its turn has come: cancelled when not so.
  using Wanted = std::function<bool()>;
  virtual Task<Result<void>> show(conference::CallId id, conference::Message message, bool urgent,
                                  Wanted wanted = {}) = 0;
  virtual Task<Result<std::vector<ClusterBridge>>> cluster() = 0;
  virtual Task<Result<CdrReceivers>> receivers() = 0;
  /// conflict when all places are taken. Never removes or changes somebody else's.
  virtual Task<Result<void>> add_receiver(std::string uri) = 0;
  /// Changes one of ours (an old secret) in place.
  virtual Task<Result<void>> change_receiver(std::string id, std::string uri) = 0;
  /// Requests under way or waiting, and when the last answer of any kind came.
  virtual std::size_t waiting() const = 0;
};

}  // namespace wardroom
