/// Follows the calls of a whole organisation over XSI: a channel to every XSP,
/// one subscription.
///
/// While one channel of the set lives events go on arriving, but one may have
/// died with another channel. So the sink is told to resync soon after any
/// break of an open channel and after its return, and at once when sight
/// returns (all channels were down, or the subscription was gone); also when
/// sequence numbers stay missing. Source: decisions.md "XSI", reliability.md 3
/// "XSI", xsi.md 2-7 and 11.
#pragma once
#include "cisco/xsi/blind_time.hpp"
#include "cisco/xsi/event_window.hpp"
#include "cisco/xsi/sequence_watch.hpp"
#include "cisco/xsi/xsi_acks.hpp"
#include "cisco/xsi/xsi_channel.hpp"
#include "cisco/xsi/xsi_discovery.hpp"
#include "cisco/xsi/xsi_subscription.hpp"
#include "ports/call_events.hpp"
#include "runtime/backoff.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::xsi {

class XsiSession final : public CallEvents,
                         private XsiChannel::Listener,
                         private XsiSubscription::Host {
 public:
  struct Ports {
    Executor loop;
    Clock& clock;
    Random& dice;
    http::Client& client;  ///< streams, heartbeats, subscriptions
    http::Client& lane;    ///< acknowledgements
    oauth::AccessTokens& tokens;
    XsiOrganisation& organisation;
    SrvLookup& srv;
    /// Told of each channel that opened or ended: where its acknowledgements
    /// go, so that the lane can keep connections warm there. May be empty.
    std::function<void(AckTarget const& target, bool open)> on_ack_target{};
  };
  XsiSession(Ports ports, XsiSettings settings);
  ~XsiSession() override;

  /// One at a time; may be run again after it returned. It hears every kind of
  /// cancellation, then deletes subscription and channels within 3 s and
  /// returns without throwing.
  Task<void> run(CallEventSink& sink) override;
  ChannelHealth const& health() const override;
  /// What it holds at the moment: must not grow over the years.
  struct Holdings {
    std::size_t slots = 0, tasks = 0, warnings = 0;
    bool operator==(Holdings const&) const = default;
  };
  Holdings holdings() const;

 private:
  struct Slot;
  struct Run;

  // XsiChannel::Listener
  void on_open(XsiChannel& channel) override;
  void on_event(XsiChannel& channel, CallEvent event) override;
  void on_malformed(XsiChannel& channel, MalformedDocument document) override;
  // XsiSubscription::Host
  std::optional<std::string> events_base() const override;
  std::string channel_set() const override;
  void on_subscribed(bool again) override;
  void on_confirmed() override;
  void on_subscription_lost(std::string_view why) override;
  void on_unknown_channel_set() override;
  void on_not_permitted(std::string sentence) override;
  void on_base_failed() override;

  // Which XSPs there are, and moving between them.
  Task<void> discover();
  Milliseconds not_found(Error const& why, Backoff& backoff);
  Task<void> wait_for_next_look(Milliseconds wait);
  Task<void> wait_for_login(Milliseconds most);
  void look_again_in_dns();
  bool blind_for_long() const;
  void adopt(std::vector<Xsp> const& xsps);
  Slot& begin_slot(Xsp const& xsp, bool understudy);
  void retire(Slot& slot, std::string const& why);
  void take_over(Slot& understudy);
  void let_leave();
  void sweep();
  Task<void> roll();
  Task<bool> roll_one(Xsp xsp);
  Slot* next_to_roll() const;
  // Whether the server and we mean the same channels.
  Task<void> audit();
  Task<void> audit_once();
  Task<std::optional<std::vector<std::string>>> ask_for_channels();
  void reopen_unlisted(std::vector<std::string> const& first, std::vector<std::string> const& now);
  void remove_unknown(std::vector<std::string> const& first, std::vector<std::string> const& now);
  // One XSP.
  Task<void> keep_channel(Slot& slot);
  Task<bool> must_yield(Slot& slot);
  bool yielding() const;
  Milliseconds yielding_pause();
  Milliseconds reopening_cap(Slot const& slot) const;
  Task<ChannelEnd> one_channel(Slot& slot);
  Task<void> wait_before_reopening(Slot& slot, ChannelEnd const& end);
  Task<void> wait_for_token(Slot& slot);
  Milliseconds reopening_pause(Slot& slot, ChannelEnd const& end);
  void channel_down(Slot& slot, ChannelEnd const& end, bool was_open);
  void last_one_down(Slot const& slot);
  void end_ack_target(AckTarget const& target);
  void yield_to_other_instance(ChannelEnd const& end);
  void begin_channel_set();
  void watch_sequence(CallEvent const& event);
  void arm_gap_timer();
  // Whether anything is seen, and what follows from it.
  void judge_sight(std::string const& why);
  void tell_sight(std::string const& why);
  void tell_blind(std::string const& why);
  void guarded_tell(std::function<void()> const& tell);
  void resync(std::string const& why);
  void resync_soon(std::string const& why);
  void resync_at(Uptime when, std::string const& why);
  void resync_now(std::string const& why);
  void warn(std::string sentence);
  void show_warnings() const;
  void show_channels() const;
  void failed(std::string_view task, std::exception_ptr why);
  void deliver(CallEvent const& event);
  void show(Slot& slot, std::string state);
  Task<void> send_once(http::ClientRequest request);
  Task<void> say_goodbye(std::vector<http::ClientRequest> requests);
  Task<void> shut_down();
  bool any_open() const;

  Ports ports_;
  XsiSettings settings_;
  XsiHttp http_, lane_;
  XsiDiscovery discovery_;
  BlindTime blind_;
  AckCounts acks_;
  std::optional<std::string> protection_down_, not_permitted_;
  std::string last_trouble_;
  std::string remark_;  ///< of the discovery
  struct Warning {
    std::string sentence;
    Uptime until;
  };
  std::vector<Warning> warnings_;
  std::optional<Uptime> displaced_at_;  ///< by another instance, lately
  Milliseconds displaced_pause_{0};
  mutable ChannelHealth health_;
  std::unique_ptr<Run> run_;
};

}  // namespace wardroom::xsi
