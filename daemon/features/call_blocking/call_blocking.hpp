/// Watches call events and releases the calls that `judge` refuses.
/// Owner of the call ledger, the standings and the release of calls; everything here runs on the
/// loop.
#pragma once
#include "audit_port.hpp"
#include "feature.hpp"
#include "features/call_blocking/call_blocking_settings.hpp"
#include "features/call_blocking/call_blocking_store.hpp"
#include "features/call_blocking/call_ledger.hpp"
#include "features/call_blocking/call_survey.hpp"
#include "features/call_blocking/callback_hours.hpp"
#include "features/call_blocking/caller_notices.hpp"
#include "features/call_blocking/channel_log.hpp"
#include "features/call_blocking/dashboard.hpp"
#include "features/call_blocking/history_keeper.hpp"
#include "features/call_blocking/monitoring.hpp"
#include "features/call_blocking/overrides.hpp"
#include "features/call_blocking/people_groups.hpp"
#include "features/call_blocking/people_map.hpp"
#include "features/call_blocking/release_times.hpp"
#include "features/call_blocking/releases.hpp"
#include "features/call_blocking/sight_keeper.hpp"
#include "features/call_blocking/standings.hpp"
#include "people/fix_log.hpp"
#include "people/session_store.hpp"
#include "ports/call_events.hpp"
#include "runtime/believed_clock.hpp"
#include "runtime/random.hpp"
#include "runtime/turns.hpp"

#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::call_blocking {

struct CallCounters {
  std::uint64_t events = 0, decided = 0, rejected = 0, reject_failed = 0, observed = 0,
                emergency = 0;
  std::uint64_t called_off = 0;      ///< releases not done: the person became allowed before
  std::uint64_t unknown_events = 0;  ///< of types nobody told us of: acknowledged, not used
};

class CallBlocking final : public Feature, public CallEventSink {
 public:
  struct Ports {
    Executor loop;
    Clock& clock;
    Random& dice;
    CallEvents& events;
    CallControl& calls;
    Directory& directory;
    CallingDirectory& calling;
    people::Roster& roster;
    people::PeopleStore& people;
    people::FixLog& fixes;
    Effects& effects;
    store::Database& database;
    store::Journal& journal;
    people::SessionStore* sessions = nullptr;  ///< only to show how many somebody has
    AuditPort* audit = nullptr;                ///< absent in tests that are not about it
    Messenger* messenger = nullptr;            ///< tells blocked people; absent = the page only
    std::string location_page{};               ///< its address, for that message
  };
  CallBlocking(Ports ports, CallBlockingSettings settings);
  ~CallBlocking() override;

  std::string_view name() const override { return Releases::feature; }
  Task<void> run() override;
  /// Ends monitoring and every task, writes what is still to be recorded; run() does this when
  /// cancelled.
  Task<void> stop();
  void resync(std::string_view why) override;
  std::vector<HealthSign> health() const override;
  void add_status(nlohmann::ordered_json& status) const override;
  void add_routes(http::Router& router) override;
  void add_verbs(control::Verbs& verbs) override;
  void add_checks(Doctor& doctor) override;

  void on_call_event(CallEvent const& event) override;
  void on_resync_needed(std::string_view why) override { resync(why); }
  void on_acknowledged(EventId const& event, int status, BootClock::duration took) override;
  void on_sight(bool sees, BootClock::duration blind, std::string_view why) override {
    sight_keeper_.told(sees, blind, why);
  }

  /// A person's new fix: the row, and that person's calls in progress. Storing it is the caller's.
  /// `taken` = when it was, as the browser says: only for hints.
  void location_changed(PersonNo person, Fix const& fix, std::optional<Instant> taken = {});
  /// Somebody new or with other addresses, as a login found out.
  void person_changed(PersonNo person, std::vector<std::string> const& emails);
  /// Swaps fences, times and modes in one go; calls in progress are judged by the new ones.
  Task<void> set_policy(PolicySettings policy);
  /// Sends the live page's frames to a viewer; with `after`, the journal's rows since then come
  /// first.
  void watch(std::shared_ptr<http::ResponseStream> viewer, std::optional<std::int64_t> after,
             std::string session = {});
  /// Remembered over restarts. Errors: conflict while a stop is under way, unavailable with the
  /// store.
  Task<Result<void>> set_monitoring(bool on);

  Ports const& ports() const { return ports_; }
  Standings& standings() { return standings_; }
  Standings const& standings() const { return standings_; }
  Overrides& overrides() { return overrides_; }
  CallBlockingStore& store() { return store_; }
  CallLedger const& ledger() const { return ledger_; }
  PeopleMap& people_map() { return map_; }
  PeopleGroups const& groups() const { return groups_; }
  /// Both directories and the groups: what was refused may be allowed now.
  void read_directories_soon();
  CallCounters const& counters() const { return counters_; }
  CallerNotices const& notices() const { return notices_; }
  Monitoring const& monitoring() const { return monitoring_; }
  Sight const& sight() const { return sight_keeper_.sight(); }
  CallSurvey const& survey() const { return survey_; }
  ReleaseTimes& release_times() { return release_times_; }
  Dashboard& dashboard() { return dashboard_; }
  std::size_t resyncs() const { return resyncs_; }
  HistoryKeeper& history() { return history_; }
  HistoryKeeper const& history() const { return history_; }
  TaskGroup& tasks() { return tasks_; }
  /// Whom a policy's rules name, as of now; of groups, those that the policy in force names, too.
  Task<Standings::Named> resolve_named(std::shared_ptr<PolicySettings const> policy);

 private:
  /// What asked for a verdict.
  struct Cause {
    std::string_view what;
    Uptime arrived;
    EventId event{};
  };
  struct Check {
    Uptime when;
    std::weak_ptr<LiveCall> call;
    bool operator>(Check const& other) const { return when > other.when; }
  };

  Task<void> load();
  Task<bool> load_emergencies();
  CallBlockingStore::Boot boot() const;
  Task<void> load_overrides();
  Task<void> resume_calls();
  Task<void> follow_wish();
  Task<void> keep_house();
  Task<void> follow_groups(std::shared_ptr<PolicySettings const> policy);
  std::vector<Standings::Membership> memberships(PolicySettings const& policy) const;
  Task<void> judge_anew(std::vector<LiveCallPtr> calls, std::string_view why);
  void members_changed(people::DirtySet const& group, std::vector<PersonNo> const& people);
  Task<void> look_after_quiet_calls();
  void survey_open_calls(bool blocked);
  void directory_read(std::vector<XsiUserId> fresh);
  Task<bool> survey_not_allowed(std::vector<XsiUserId>& allowed);
  void set_effect_mode();

  void calls_listed(XsiUserId const& target, std::vector<CallLeg> const& legs, Uptime asked);
  void fold(std::vector<Folded> const& changes, Cause const& cause, CallEventKind kind);
  void ask_when_in_doubt();
  void opened(LiveCallPtr const& call);
  void closed(LiveCallPtr const& call);
  void note_event(LiveCall& call, Cause const& cause);
  void note_emergency(LiveCall& call);
  void give_person(LiveCallPtr const& call, PersonNo person);
  void person_found(XsiUserId const& target, PersonNo person);
  Facts facts_of_call(LiveCall const& call, Facts facts) const;
  void judge_call(LiveCallPtr const& call, Cause const& cause);
  Judgement judgement_of(LiveCall const& call);
  void note_let_be(LiveCallPtr const& call, Verdict const& verdict);
  bool is_still_to_end(LiveCallPtr const& call);
  bool wait_for_person(LiveCallPtr const& call, Verdict const& verdict);
  bool record_judgement(LiveCallPtr const& call, Judgement judgement, Cause const& cause);
  void release_accepted(LiveCallPtr const& call, Releases::Report const& report);
  void release_ended(LiveCallPtr const& call, Releases::Report const& report);
  void release_failed(LiveCallPtr const& call, Releases::Report const& report);
  void release_called_off(LiveCallPtr const& call);
  void note_action(LiveCall const& call, Releases::Report const& report);
  void audit_release(CallRecord const& record);
  void watch_surroundings();
  void look_at_hours();
  std::vector<LiveCallPtr> live_calls() const;
  void set_degraded(bool degraded);
  void override_changed(PersonNo person, Override what);
  void judge_calls_of(PersonNo person, Cause const& cause);
  void check_at(LiveCallPtr const& call, Uptime when);
  void run_checks();

  Ports ports_;
  CallBlockingSettings settings_;
  TaskGroup tasks_;
  Standings standings_;
  CallLedger ledger_;
  CallBlockingStore store_;
  CallbackHours callbacks_;
  HistoryKeeper history_;
  Overrides overrides_;
  CallerNotices notices_;
  Releases releases_;
  CallSurvey survey_;
  PeopleMap map_;
  PeopleGroups groups_;
  Monitoring monitoring_;
  SightKeeper sight_keeper_;
  BelievedClock believed_;  ///< what is old enough to go
  ReleaseTimes release_times_;
  mutable Dashboard dashboard_;  ///< counts people when asked for the status
  CallCounters counters_;
  std::unordered_map<PersonNo, std::vector<LiveCallPtr>> live_by_person_;
  std::unordered_map<EventId, std::weak_ptr<CallRecord>> unacknowledged_;
  std::deque<EventId> ack_order_;
  std::priority_queue<Check, std::vector<Check>, std::greater<>> checks_;
  TimerHandle check_timer_;
  Uptime next_check_ = Uptime::max();
  bool loaded_ = false;
  Turns wish_turns_{ports_.loop};  ///< of those who start or end monitoring
  bool let_pass_ = false;          ///< monitoring was ended by wish: calls known of pass, too
  TimerHandle watch_timer_;
  ChannelLog channel_log_;
  std::optional<Uptime> last_failure_;
  std::string last_failure_words_;
  std::size_t resyncs_ = 0;
  bool reading_people_ = false, survey_again_ = false;  ///< for a resync
  std::uint64_t policy_turns_ = 0;                      ///< of set_policy: the latest one wins
  std::uint64_t task_failures_ = 0;
};

}  // namespace wardroom::call_blocking
