/// The inside of the notice board: its conferences, and what goes on about them.
#pragma once
#include "features/security_notices/notice_board.hpp"
#include "features/security_notices/notice_board_call.hpp"

#include <deque>
#include <set>
#include <unordered_map>

namespace wardroom::security_notices {

class NoticeBoard::Impl {
 public:
  Impl(Ports ports, NoticeTexts const& texts) : ports_(std::move(ports)), messages_(texts) {}

  void hear(Changes const& changes);
  void found(CallKey const& key, Tick begun, conference::Message shown);
  void retry(BridgeNo bridge);
  void set_texts(NoticeTexts const& texts);
  std::optional<NoticeView> view(ConferenceId const& id) const;
  std::size_t behind(BootClock::duration age) const;

  BoardCounters counters_;
  std::array<std::size_t, 4> levels_{};
  std::function<void(double)> hear_latency_;

 private:
  /// What is known of one conference here.
  struct Entry {
    ConferenceId id;
    std::uint64_t born = 0;  ///< tells it from an earlier one of the same id
    Notice notice;
    SecurityLevel announced = SecurityLevel::none;  ///< the last one told to on_wanted
    std::string cause, doubt;
    Instant since{};
    std::map<CallKey, CallNotice> calls;
    std::optional<std::uint64_t> told;  ///< on_shown is still to be said of this number
    std::optional<Uptime> raised_at;
    // The reading that may lower it.
    bool reading = false;
    int failures = 0;
    Uptime read_from{};   ///< not before, after a failure
    std::string trouble;  ///< why the last one proved nothing
    TimerHandle timer;
    Uptime timer_at{};
  };
  struct Place {
    Entry* entry = nullptr;
    CallNotice* call = nullptr;
  };

  // notice_board.cpp: what is wanted.
  void touch(ConferenceId const& id);
  void touch_all(std::vector<ConferenceId> ids);
  Task<void> touch_slowly();
  Entry& entry_of(ConferenceId const& id);
  Entry* known(ConferenceId const& id) const;
  Place place_of(CallKey const& key) const;
  void rename(ConferenceId const& from, ConferenceId const& to);
  void sync_calls(Entry& entry);
  void begin_call(Entry& entry, CallKey const& key);
  void forget_foretold();
  Entry* take_over(Entry& entry, CallKey const& key);
  void drop_call(Entry& entry, std::map<CallKey, CallNotice>::iterator call);
  void forget(ConferenceId const& id, std::string const& why);
  void learn(Entry& entry, Evidence const& evidence);
  void announce(Entry& entry, Evidence const& evidence);
  void count_change(SecurityLevel before, SecurityLevel now);
  void changed(Entry const& entry) const;
  std::string waits_for(Entry const& entry) const;

  // notice_board_showing.cpp: what is shown.
  void show(Entry& entry);
  void show(Entry& entry, CallKey const& key, CallNotice& call);
  void send(CallKey const& key, CallNotice& call, Sent sent);
  Task<void> carry_out(CallKey key, std::uint64_t number, Sent sent, bool urgent);
  void ended(CallKey const& key, std::uint64_t number, Sent const& sent,
             EffectOutcome const& outcome);
  void take_failure(Entry const& entry, CallKey const& key, CallNotice& call, std::uint64_t number,
                    Sent const& sent, EffectOutcome const& outcome);
  void look_for(CallKey const& key);
  void look_again(CallKey const& key, CallNotice& call);
  void say_shown(Entry& entry);
  void finish(Entry& entry, std::string const& trouble);
  bool observes() const;

  // notice_board_reading.cpp: what may lower it.
  void plan(Entry& entry);
  std::optional<Uptime> reading_due(Entry const& entry) const;
  void due(ConferenceId const& id, std::uint64_t born);
  bool waits_for_resync(Entry const& entry) const;
  void begin_reading(Entry& entry);
  Task<void> read(ConferenceId id, std::uint64_t born);
  void read_ended(ConferenceId const& id, std::uint64_t born, Result<Tick> const& begun);
  void prove(Entry& entry, Tick begun);
  bool lower(Entry& entry, Tick begun);
  void put_off(Entry& entry, std::string why);

  Ports ports_;
  OwnMessages messages_;
  std::unordered_map<ConferenceId, std::unique_ptr<Entry>> entries_;
  std::map<CallKey, Entry*> where_;
  std::set<CallKey> open_;          ///< calls that do not show what is wanted, or only observe
  std::set<ConferenceId> put_off_;  ///< whose last reading proved nothing
  std::deque<ConferenceId> later_;  ///< to be touched in later turns: there were very many
  bool touching_later_ = false;
  /// Told of calls that are to come with the next `hear`: what an earlier daemon left on them is
  /// not sent again.
  std::map<CallKey, std::pair<Tick, conference::Message>> foretold_;
  std::uint64_t births_ = 0, sent_ = 0;
};

}  // namespace wardroom::security_notices
