/// The inside of SecurityNotices: its state, and what the files of its parts do with it.
#pragma once
#include "features/security_notices/bridge_reading.hpp"
#include "features/security_notices/bridge_state.hpp"
#include "features/security_notices/row_keeping.hpp"
#include "runtime/believed_clock.hpp"

#include <functional>

namespace wardroom::security_notices {

class SecurityNotices::Impl {
 public:
  Impl(Ports& ports, SecurityNoticesSettings& settings, TaskGroup& tasks);

  // Life.
  Task<void> run();
  Task<void> load();
  void expect_machines(std::vector<StayRow> const& stays);
  void keep_left_calls(std::vector<StayRow> const& stays);
  /// A bridge that cannot be read: what ran there before our start is to show level 3.
  void expect_left_calls(BridgeState& bridge);
  Task<void> keep_house();
  Task<void> stop();
  void set_mode();
  void set_policy(NoticePolicy policy);
  void rest();
  void clear_notices();
  void clear_notice(BridgeState& bridge, CallKey const& call);
  bool off() const { return settings.policy.mode == FeatureMode::off; }

  // After every change of the ledger.
  void heard(Changes const& changes, std::optional<Instant> at = {});
  void hear_board_and_ask(Changes const& changes);
  void changed();     ///< views show something else now
  void store_soon();  ///< rows were noted that no post commits
  Task<void> store_rows();

  // Posts (receiving.cpp).
  struct Slice {
    Changes changes;
    std::string doubt;  ///< the bridge is to be asked, and why
    std::uint64_t lost = 0;
  };
  Task<Received> receive(BridgeState& bridge, std::string body);
  Task<conference::RecordBatch> parse(std::string body);
  Task<void> take(BridgeState& bridge, conference::RecordBatch const& batch);
  void take_record(BridgeState& bridge, conference::RecordBatch const& batch, std::size_t at,
                   Slice& slice);
  void begin_session(BridgeState& bridge, std::optional<Instant> at, Slice& slice);
  void note_fault(BridgeState& bridge, conference::RecordBatch const& batch, Slice& slice);
  void end_slice(BridgeState& bridge, Slice slice);

  // Readings of bridges (resyncing.cpp).
  /// In doubt from now on until it was read.
  void want_resync(BridgeState& bridge, std::string why, bool at_once = false);
  void begin_resync(BridgeState& bridge, std::string why, bool at_once = false);
  Task<Result<void>> resync(BridgeState& bridge, std::string why);
  Task<void> resync_until_done(BridgeState& bridge);
  Task<Result<void>> read_anew(BridgeState& bridge, std::string why);
  Task<Result<BridgeStatus>> ask_status(BridgeState& bridge);
  Task<Result<void>> ask_cluster(BridgeState& bridge);
  KnownLeg known_legs(BridgeNo bridge) const;
  void answered(BridgeState& bridge);
  void back(BridgeState& bridge);
  void silent(BridgeState& bridge, Error const& why);

  // Readings of conferences (conference_reading.cpp).
  Task<Result<Tick>> read_conference(ConferenceId id);
  Task<Result<void>> read_calls(std::vector<CallKey> calls, Tick begun);
  Task<Result<void>> find_instances(ConferenceId id, Tick begun);
  Task<Result<void>> find_instances_on(BridgeState& bridge, ConferenceId id, std::string space,
                                       Tick begun);
  Task<Result<void>> read_one(CallKey call, Tick begun);
  void look_for(CallKey call);
  void look_at(CallKey call);

  // Questions (questions.cpp).
  void ask_questions(BridgeState& bridge);
  Task<void> answer(BridgeState& bridge, Question question, std::string name);
  Task<Result<void>> ask(BridgeState& bridge, Question const& question);
  void plan_asking(BridgeState& bridge);

  // The comparison now and then (checking.cpp).
  Task<void> check_now_and_then(BridgeState& bridge);
  Task<void> check(BridgeState& bridge);
  /// A sentence when the bridge must be read; empty = it is as we know it.
  Task<Result<std::string>> compare(BridgeState& bridge);
  std::string judge_lag(BridgeState& bridge, BridgeStatus const& before, BridgeStatus const& after);
  std::vector<CallKey> missing_calls(BridgeNo bridge, Tick begun,
                                     std::vector<conference::CallFacts> const& listed) const;
  Task<Result<void>> check_calls(BridgeState& bridge);
  Task<Result<void>> check_call(CallKey key);

  // Registration (registration.cpp).
  Task<Result<void>> look_at_registration(BridgeState& bridge);
  Task<Result<Registered>> enter_receiver(BridgeState& bridge);

  std::vector<BridgeView> views() const;

  Ports& ports;
  SecurityNoticesSettings& settings;
  TaskGroup& tasks;
  ConferenceLedger ledger;
  SecurityNoticesStore store;
  RowKeeping rows;
  std::vector<std::unique_ptr<BridgeState>> bridges;
  NoticeBoard board;
  BelievedClock believed;  ///< what is old enough to go

  bool loaded = false, begun = false;
  bool storing = false, asking_soon = false;
  std::uint64_t strangers = 0;
  std::vector<std::string> hosts;  ///< that the ledger suspects links by
  std::vector<std::weak_ptr<std::function<void()>>> viewers;
  bool telling_viewers = false;

 private:
  static std::vector<std::string> names(SecurityNoticesSettings const& settings);
  NoticeBoard::Ports board_ports();
  void suspect_hosts();
};

}  // namespace wardroom::security_notices
