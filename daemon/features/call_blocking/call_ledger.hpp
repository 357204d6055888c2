/// Call events folded into the calls in progress, by person and call id. Pure: time comes in as a
/// value.
///
/// State rank (xsi.md 11.4): Idle < Alerting < Active, Held, Remote Held < Detached < Released.
/// What has ended is buried for 60 s: what comes of it then is late, unless it is later. Who tells:
///   1. another startTime: the later one is another alerting of the same id, the earlier is late
///   2. the sequence, within one subscription (wrap-aware): later than the end = a recall
///   3. neither, or both and they differ: the platform is asked (`take_doubted`), and believed
/// Of a call in progress the event with the higher sequence tells the state. An end that is older
/// than what is known of the call belongs to an earlier alerting: the platform is asked.
#pragma once
#include "features/call_blocking/call_burials.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wardroom::call_blocking {

/// What was done about one call. A second event never starts a second release.
enum class Enforcement : std::uint8_t { none, pending, released, failed, observed };

struct CallRecord;

struct LiveCall {
  XsiUserId target;
  CallLeg leg;
  /// Of this one alerting: a recall under the same id has another, and releases of its own.
  std::uint64_t number = 0;
  PersonNo person = 0;  ///< 0 while the target's person is not known
  /// What was dialled first, as far as it was told; the platform may replace it by the answering
  /// point's number.
  std::string dialled, dialled_country_code;
  /// Once an emergency call, always one.
  bool emergency = false;
  bool open = true;  ///< false once it ended
  Enforcement enforcement = Enforcement::none;
  int releases = 0;       ///< rounds of requests begun so far
  int failures = 0;       ///< releases that were given up
  bool let_be = false;    ///< its person became allowed while it was being released
  bool passed = false;    ///< the last verdict let it through
  bool callback = false;  ///< let through after an emergency call: goes on when the hour is over
  bool observe_only = false;  ///< its person is not among those for whom rules are enforced
  std::string subscription;
  std::int64_t sequence = 0;
  Uptime first_seen{}, last_seen{};
  Uptime ended{};
  Uptime check_at = Uptime::max();  ///< when its owner looks at it again although nothing happened
  /// What is kept of it; the ledger does not look inside. A recall goes on with it.
  std::shared_ptr<CallRecord> record{};
};
using LiveCallPtr = std::shared_ptr<LiveCall>;

/// `late`: an older event told what was dialled; nothing else of it counts.
enum class Change : std::uint8_t { opened, updated, late, closed };
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
  /// Whose calls the platform must be asked for, because events contradict each other. `at_once`
  /// false: it is the platform's list that surprised, and another look a little later will tell.
  struct Doubt {
    XsiUserId target;
    bool at_once = true;
  };
  std::vector<Doubt> take_doubted() { return std::exchange(doubted_, {}); }

  /// Puts back a call that was open when the daemon stopped; the next list of its person's calls
  /// decides.
  LiveCallPtr restore(XsiUserId const& target, CallLeg const& leg, bool emergency, Uptime now);

  std::vector<LiveCallPtr> const& calls_of(XsiUserId const& target) const;
  std::vector<XsiUserId> targets() const;
  std::size_t size() const { return size_; }
  /// Calls forgotten because there were too many.
  std::uint64_t evicted() const { return evicted_; }
  std::uint64_t recalls() const { return recalls_; }  ///< ended calls that came back

 private:
  static bool knows_better(LiveCall const& call, Uptime asked, EventPlace place);
  void take(std::vector<Folded>& out, CallEvent const& event, CallLeg const& leg, Uptime now);
  void take_end(std::vector<Folded>& out, CallEvent const& event, CallLeg const& leg, Uptime now);
  void take_late(std::vector<Folded>& out, LiveCallPtr const& call, CallLeg const& leg);
  std::vector<Folded> replace(XsiUserId const& target, std::vector<CallLeg> const& legs,
                              Uptime asked, Uptime now, EventPlace place);
  void take_listed(std::vector<Folded>& out, XsiUserId const& target, CallLeg const& leg,
                   Uptime asked, Uptime now, EventPlace place);
  LiveCall& put(std::vector<Folded>& out, XsiUserId const& target, CallLeg const& leg, Uptime seen,
                EventPlace place);
  LiveCallPtr open(XsiUserId const& target, CallLeg const& leg, Uptime seen);
  void inherit(LiveCall& call);
  void doubt_clicked(XsiUserId const& target);
  void close(std::vector<Folded>& out, LiveCallPtr const& call, Uptime now, bool bury_it = true);
  void make_room(std::vector<Folded>& out, Uptime now);
  void doubt(XsiUserId const& target, bool at_once);
  LiveCallPtr find(XsiUserId const& target, CallId const& call) const;

  std::size_t most_calls_;
  std::size_t size_ = 0;
  std::uint64_t numbers_ = 0, evicted_ = 0, recalls_ = 0;
  std::unordered_map<XsiUserId, std::vector<LiveCallPtr>> by_target_;
  std::deque<std::weak_ptr<LiveCall>> in_order_;
  CallBurials burials_;
  std::vector<Doubt> doubted_;
};

int rank(CallState state);
/// Whether an event of this kind, or a leg in this state, means that the person no longer has the
/// call.
bool is_ending(CallEventKind kind, CallState state);

}  // namespace wardroom::call_blocking
