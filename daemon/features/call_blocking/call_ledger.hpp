/// Call events folded into the calls in progress, by person and call id. Pure: time comes in as a
/// value.
///
/// State rank (xsi.md 11.4): Idle < Alerting < Active, Held, Remote Held < Detached < Released.
/// Released is terminal: its (target, callId) is ignored for 60 s, then forgotten. Of two events of
/// one subscription the one with the higher sequence (wrap-aware) tells the state; an older one can
/// only end a call.
#pragma once
#include "domain/call.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::call_blocking {

/// What was done about one call. A second event never starts a second release.
enum class Enforcement : std::uint8_t { none, pending, released, failed, observed };

struct CallRecord;

struct LiveCall {
  XsiUserId target;
  CallLeg leg;
  PersonNo person = 0;  ///< 0 while the target's person is not known
  /// Once an emergency call, always one: the platform may replace the dialled digits by the
  /// answering point's.
  bool emergency = false;
  bool open = true;  ///< false once it ended
  Enforcement enforcement = Enforcement::none;
  int releases = 0;  ///< effects asked for so far; each has a key of its own
  std::string subscription;
  std::int64_t sequence = 0;
  Uptime first_seen{}, last_seen{};
  Uptime ended{};
  Uptime check_at = Uptime::max();  ///< when its owner looks at it again although nothing happened
  std::shared_ptr<CallRecord> record{};  ///< what is kept of it; the ledger does not look inside
};
using LiveCallPtr = std::shared_ptr<LiveCall>;

enum class Change : std::uint8_t { opened, updated, closed };
struct Folded {
  Change change;
  LiveCallPtr call;
};

class CallLedger {
 public:
  explicit CallLedger(std::size_t most_calls = 200'000) : most_calls_(most_calls) {}

  /// Nothing for events that carry no news (late, ended, without a call).
  std::vector<Folded> apply(CallEvent const& event, Uptime now);
  /// The platform's own list of somebody's calls, asked for at `asked`: what is missing from it and
  /// was not heard of since has ended.
  std::vector<Folded> replace(XsiUserId const& target, std::vector<CallLeg> const& legs,
                              Uptime asked, Uptime now);

  /// Puts back a call that was open when the daemon stopped; the next list of its person's calls
  /// decides.
  LiveCallPtr restore(XsiUserId const& target, CallLeg const& leg, bool emergency, Uptime now);

  std::vector<LiveCallPtr> const& calls_of(XsiUserId const& target) const;
  std::vector<XsiUserId> targets() const;
  std::size_t size() const { return size_; }
  std::uint64_t evicted() const {
    return evicted_;
  }  ///< calls forgotten because there were too many

 private:
  Folded* put(std::vector<Folded>& out, XsiUserId const& target, CallLeg const& leg, Uptime now);
  void close(std::vector<Folded>& out, LiveCallPtr const& call, Uptime now);
  void make_room(std::vector<Folded>& out, Uptime now);
  bool is_buried(XsiUserId const& target, CallId const& call) const;
  void forget_tombstones(Uptime now);
  LiveCallPtr find(XsiUserId const& target, CallId const& call) const;

  std::size_t most_calls_;
  std::size_t size_ = 0;
  std::uint64_t evicted_ = 0;
  std::unordered_map<XsiUserId, std::vector<LiveCallPtr>> by_target_;
  std::deque<std::weak_ptr<LiveCall>> in_order_;
  std::unordered_map<std::string, Uptime> tombstones_;
  std::deque<std::pair<Uptime, std::string>> burials_;
};

/// Whether sequence `a` is later than `b`; numbers run 1 … 2^31-1 and wrap to 1.
bool is_later(std::int64_t a, std::int64_t b);
int rank(CallState state);
/// Whether an event of this kind, or a leg in this state, means that the person no longer has the
/// call.
bool is_ending(CallEventKind kind, CallState state);

}  // namespace wardroom::call_blocking
