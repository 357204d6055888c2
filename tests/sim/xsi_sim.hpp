/// The event side of the simulated platform: channel sets, channels, subscriptions, delivery.
/// All XSPs share one; a channel belongs to the XSP it was opened at.
///
/// An event of a subscription goes to exactly one channel of its set (lowest priority number, then
/// by weight) and waits for its acknowledgement; without one, or with status 404 or 500, it goes to
/// the next channel of the set. Source: xsi.md 2-7.
#pragma once
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sim/call_sim.hpp"
#include "sim/exchange.hpp"
#include "sim/faults.hpp"
#include "sim/organisation.hpp"
#include "sim/xsi_documents.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wardroom::sim {

struct ChannelSpec {
  std::string set, application;
  int priority = 1, weight = 50;
  std::optional<std::int64_t> expires_s{};
  std::size_t xsp = 0;
  Person const* owner = nullptr;
  std::string session_cookie{};
  std::string token{};  ///< which it was opened with
};

enum class TargetKind { organisation, group, user };

struct SubscriptionSpec {
  TargetKind kind = TargetKind::organisation;
  std::string target;            ///< organisation UUID, group id, or platform user id
  Person const* user = nullptr;  ///< for TargetKind::user
  std::string package, set, application;
  std::optional<std::int64_t> expires_s{};
  Person const* owner = nullptr;
};

class XsiSim {
 public:
  XsiSim(Organisation const& org, CallSim& calls, Clock& clock, Random& dice, Faults& faults);

  /// Opens a channel on a body that has just begun. Ends other sets of the same application.
  void open(ChannelSpec spec, std::shared_ptr<Pipe> pipe);
  bool has_channel(std::size_t xsp, std::string const& id) const;
  /// The JSESSIONID given with the channel; empty when there is no such channel.
  std::string session_cookie_of(std::string const& id) const;
  bool heartbeat(std::size_t xsp, std::string const& id);
  std::optional<std::int64_t> refresh_channel(std::size_t xsp, std::string const& id,
                                              std::optional<std::int64_t> expires_s);
  bool close_channel(std::size_t xsp, std::string const& id);

  bool has_set(std::string const& set) const;
  std::string set_document(std::string const& set) const;

  struct Subscription {
    std::string id;
    SubscriptionSpec spec;
    std::int64_t granted_s = 0, sequence = 0;
    std::uint64_t delivered = 0;
    Uptime expires{};
    TimerHandle expiry{};
  };
  Subscription const& subscribe(SubscriptionSpec spec);
  Subscription const* subscription(std::string const& id) const;
  std::optional<std::int64_t> refresh_subscription(std::string const& id,
                                                   std::optional<std::int64_t> expires_s);
  bool unsubscribe(std::string const& id);

  /// The answer's status to an acknowledgement with `status`; 404 for an event nobody waits for.
  /// `xsp` is compared with the channel's only under the affinity switch.
  int acknowledge(std::size_t xsp, std::string const& event_id, int status);

  // Levers for /sim/
  /// `truncated`: half a document comes first.
  void cut_streams(Ending how, std::optional<std::size_t> xsp, bool truncated = false);
  /// Bytes of that kind (see `garbage`) in every stream; false when there is no such kind.
  bool inject(std::string_view kind, std::optional<std::size_t> xsp);
  void set_sequence(std::int64_t last);  ///< of every subscription: the next has one more
  /// Somebody else opens a set with the same application: ours are ended as duplicates.
  void displace(std::string const& application);
  void terminate_channels(std::string_view reason);
  void drop_subscriptions(bool tell);
  void send_resync();  ///< CallSubscriptionResyncEvent for everybody with live calls

  /// Whether a token still counts; the door tells, and asks for `expired_token_cuts_streams`.
  std::function<bool(std::string const&)> token_lives = [](std::string const&) { return true; };

  nlohmann::json channels() const;
  nlohmann::json subscriptions() const;
  nlohmann::json counters() const;
  std::size_t live_channels() const;
  /// Whether an event of now would get through: a subscription with a channel that is not silent.
  bool delivers() const;
  std::size_t live_subscriptions() const { return subscriptions_.size(); }

 private:
  struct Channel {
    std::string id;
    ChannelSpec spec;
    std::shared_ptr<Pipe> pipe;
    std::int64_t granted_s = 0;
    Uptime expires{}, heard{};
    std::uint64_t bytes = 0, events = 0, heartbeats = 0;
    int unanswered = 0;
    std::string batch{};  ///< documents that wait for company
    int batched = 0;
    bool ready = false;   ///< its <Channel> document was sent
    bool silent = false;  ///< half-open: we believe in it, nothing gets through
    bool dead = false;    ///< waits for the reaper
    TimerHandle document{}, expiry{}, beat{}, monitor{}, flush{}, token_watch{};
  };
  struct Pending {
    std::string subscription, type, data, target, channel;
    std::int64_t sequence = 0;
    Uptime sent{}, due{};
    std::set<std::string> tried{};
  };
  struct Due {
    std::string event;
    Uptime when;
  };

  void on_call(CallNotice const& notice);
  std::string data_of(CallNotice const& notice) const;
  std::string snapshot_of(Person const& person) const;
  void deliver(Subscription& sub, std::string_view type, std::string data, Person const* target);
  void send(std::string const& event_id, Pending pending);
  void write(Channel& channel, std::string document);
  void put(Channel& channel, std::string bytes);
  void flush(Channel& channel);
  bool stalled(Channel const& channel) const;
  void watch_token(Channel& channel);
  void give(std::string event_id, Pending pending);
  std::string next_id(std::string const& event_id);
  Channel* pick(std::string const& set, std::set<std::string> const& tried);
  void watch_acknowledgements();
  void on_overdue();
  void begin_beats(Channel& channel);
  void watch_client(Channel& channel);
  void terminate(Channel& channel, std::string_view reason);
  void bury(Channel& channel);
  void reap();
  void orphan(std::string const& set);
  void drop(std::string const& subscription, bool tell);
  std::int64_t grant(std::optional<std::int64_t> asked_s) const;
  Channel* channel(std::string const& id);
  Channel const* channel(std::string const& id) const;

  Organisation const& org_;
  CallSim& calls_;
  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  std::map<std::string, std::unique_ptr<Channel>> channels_;
  std::map<std::string, std::unique_ptr<Subscription>> subscriptions_;
  std::map<std::string, TimerHandle> orphans_;  // sets without a channel, until forgotten
  std::unordered_map<std::string, Pending> pending_;
  std::deque<Due> due_;
  std::optional<std::pair<std::string, Pending>> held_back_;  // to come out of order
  TimerHandle overdue_, reaper_, hold_back_;
  std::vector<TimerHandle> late_;  // delayed events

  std::uint64_t opened_ = 0, ended_ = 0, events_ = 0, redelivered_ = 0, lost_ = 0, acks_ = 0,
                unknown_acks_ = 0, nonresponsive_ = 0, duplicates_ended_ = 0;
  std::map<int, std::uint64_t> ack_status_;
  std::vector<double> ack_ms_;  // the newest 100,000, as a ring
  std::size_t ack_next_ = 0;
};

}  // namespace wardroom::sim
