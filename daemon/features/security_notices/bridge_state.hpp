/// What SecurityNotices keeps of one bridge, beside the ledger.
#pragma once
#include "features/security_notices/security_notices.hpp"
#include "features/security_notices/watched_bridge.hpp"
#include "http/forwarded.hpp"
#include "runtime/backoff.hpp"
#include "runtime/turns.hpp"

#include <map>

namespace wardroom::security_notices {

/// Who waits for a bridge to be read.
struct ResyncWaiter {
  explicit ResyncWaiter(Executor loop) : wake(loop) {}
  Wake wake;
  std::optional<Result<void>> result;
};

struct BridgeState {
  BridgeState(BridgeNo number, BridgeSettings const& its, Executor loop)
      : no(number), settings(its), turns(loop), resync_now(loop) {}

  BridgeNo no;
  BridgeSettings const& settings;
  std::unique_ptr<WatchedBridge> api;
  /// Absent = what was configured cannot be read: nobody may post then.
  std::optional<http::TrustedProxies> from;
  BridgeCounters counters;

  // Its records.
  Turns turns;
  RecordOrder order;
  std::string call_bridge;
  std::optional<Instant> last_post;
  bool heard = false;  ///< a record of its session came since our start
  /// The session that `order` knows is over, by what the API says; its new one was not heard yet.
  bool order_over = false;
  /// Records below are in the last reading, whether they come or not.
  std::optional<std::uint64_t> covered;
  std::optional<std::uint64_t> behind;
  /// Calls whose count of legs is another than ours, after they were read: what a bridge counts
  /// may differ from what it lists, and need not be read again for that.
  std::map<conference::CallId, std::int64_t> odd_counts;
  std::uint64_t posts_at_behind = 0;  ///< of the check before, that found it behind
  /// Records are made and none comes: in doubt until one does. Empty = they come.
  std::string mute;

  /// Calls that ran when the daemon before this one ended, until the bridge was read or they were
  /// handed to the ledger.
  std::map<conference::CallId, std::optional<conference::Correlator>> left_calls;

  // Its API.
  std::string version;
  std::optional<bool> clustered;
  std::vector<std::string> hosts;  ///< of the bridges in its cluster
  std::optional<Instant> last_answer, silent_since;
  std::string trouble;
  Registration registration = Registration::unknown;
  std::vector<std::string> receivers;

  // Its readings: one at a time; reasons that come meanwhile make one more.
  bool resync_wanted = false, resync_runs = false, reading = false;
  std::string resync_why;
  Backoff backoff{std::chrono::seconds(2), std::chrono::seconds(30)};
  Wake resync_now;  ///< ends the wait between attempts
  Uptime tried_at{};
  bool coming_back = false;  ///< it answered after a silence; that is to be looked at
  std::vector<std::shared_ptr<ResyncWaiter>> waiters, being_answered;

  // Questions of the ledger: when each may be asked again.
  std::map<std::string, Uptime> asked;
  std::size_t asking = 0;
  TimerHandle ask_again;

  std::string const& name() const { return settings.name; }
  /// The number of the first record that we can not know of.
  std::uint64_t known_until() const {
    auto const heard_until = order_over ? 0 : std::uint64_t(order.highest() + 1);
    return std::max(heard_until, covered.value_or(0));
  }
};

}  // namespace wardroom::security_notices
