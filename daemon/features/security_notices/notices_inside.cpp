// The life of the feature and what every change sets in motion.
#include "features/security_notices/notices_inside.hpp"

#include "base/log.hpp"

namespace wardroom::security_notices {
namespace {

constexpr auto kTryAgain = std::chrono::seconds(5);
constexpr auto kNoAnswer = std::chrono::seconds(4);  // of a bridge, after the start
constexpr auto kEndPolitely = std::chrono::seconds(1);
constexpr auto kClearWithin = std::chrono::seconds(30);
constexpr auto kGatherRows = std::chrono::milliseconds(100);
constexpr std::size_t kForgetStep = 1'000;  // as SecurityNoticesStore::forget_before does it

}  // namespace

std::vector<std::string> SecurityNotices::Impl::names(SecurityNoticesSettings const& settings) {
  std::vector<std::string> out;
  for (auto const& bridge : settings.bridges) out.push_back(bridge.name);
  return out;
}

SecurityNotices::Impl::Impl(Ports& with, SecurityNoticesSettings& its, TaskGroup& group)
    : ports(with),
      settings(its),
      tasks(group),
      ledger(names(its), its.policy.rules),
      store(with.database, with.journal, with.clock),
      rows(store, ledger, with.clock, names(its)),
      board(board_ports(), its.policy.texts),
      believed(with.clock, "old conferences") {
  believed.now();  // a jump while the store is read is one already
  for (std::size_t no = 0; no < settings.bridges.size(); ++no) {
    auto const& one = settings.bridges[no];
    auto state = std::make_unique<BridgeState>(BridgeNo(no), one, ports.loop);
    state->api = std::make_unique<WatchedBridge>(
        std::move(ports.bridges.at(no)),
        WatchedBridge::Ears{[this, &bridge = *state] { answered(bridge); },
                            [this, &bridge = *state](Error const& why) { silent(bridge, why); }});
    if (auto from = http::TrustedProxies::parse(one.from))
      state->from = std::move(*from);
    else
      log::error("the addresses that a bridge may post from cannot be read: it may post from none",
                 {{"bridge", one.name}, {"why", from.error().what}});
    bridges.push_back(std::move(state));
  }
}

NoticeBoard::Ports SecurityNotices::Impl::board_ports() {
  return {.clock = ports.clock,
          .tasks = tasks,
          .effects = ports.effects,
          .ledger = ledger,
          .bridge = [this](BridgeNo no) -> Conferences& { return *bridges.at(no)->api; },
          .bridge_name = [this](BridgeNo no) { return bridges.at(no)->name(); },
          .read = [this](ConferenceId id) { return read_conference(std::move(id)); },
          .look_for = [this](CallKey call) { look_for(std::move(call)); },
          .look_at = [this](CallKey call) { look_at(std::move(call)); },
          .on_wanted =
              [this](ConferenceId const& conference, SecurityLevel before, SecurityLevel now,
                     std::string const& cause) {
                store_soon();
                changed();
                bool const observed = settings.policy.mode != FeatureMode::enforce;
                return rows.wanted(conference, now, cause, {before, observed});
              },
          .on_shown =
              [this](std::uint64_t number, std::string const& trouble) {
                store.note_shown(number, ports.clock.now(), trouble);
                store_soon();
                changed();
              },
          .on_reasserted =
              [this](CallKey call) {
                store.tell_bridge(bridges.at(call.bridge)->name(), "reasserted",
                                  "Somebody changed the notice of a call; it was set again.");
                store_soon();
              },
          .may_lower = [this] { return !ports.audit_writable || ports.audit_writable(); },
          .on_change = [this](ConferenceId const&) { changed(); }};
}

Task<void> SecurityNotices::Impl::run() {
  if (!loaded) co_await load();
  if (!begun) {  // not when this task died and is run again
    begun = true;
    tasks.spawn("old conferences", [this] { return keep_house(); });
    for (auto const& bridge : bridges) {
      want_resync(*bridge, "the daemon started");
      tasks.spawn("what ran on " + bridge->name(), [this, &state = *bridge]() -> Task<void> {
        co_await ports.clock.sleep_for(kNoAnswer);
        if (!state.last_answer) expect_left_calls(state);
      });
      tasks.spawn("checks of " + bridge->name(),
                  [this, &state = *bridge] { return check_now_and_then(state); });
    }
  }
  for (;;) co_await ports.clock.sleep_for(std::chrono::hours(1));
}

Task<void> SecurityNotices::Impl::load() {
  for (;;) {
    auto marks = co_await store.marks();
    auto stays = co_await store.open_stays();
    auto conferences = co_await store.open_conferences();
    if (marks && stays && conferences) {
      for (auto const& bridge : bridges)
        if (auto const mark = marks->find(bridge->name()); mark != marks->end())
          bridge->order = RecordOrder(mark->second);
      expect_machines(*stays);
      keep_left_calls(*stays);
      rows.remember(std::move(*stays), std::move(*conferences));
      loaded = true;
      co_return;
    }
    auto const& why = !marks ? marks.error() : !stays ? stays.error() : conferences.error();
    log::error("security_notices cannot read its store", {{"why", why.what}});
    co_await ports.clock.sleep_for(kTryAgain);
  }
}

/// Only a record tells of a SIP recorder or streamer, and it was heard before we began.
void SecurityNotices::Impl::expect_machines(std::vector<StayRow> const& stays) {
  std::map<LegKey, StayRow const*> newest;
  for (auto const& bridge : bridges)
    for (auto const& row : stays) {
      if (row.bridge != bridge->name()) continue;
      auto& known = newest[{bridge->no, conference::LegId(row.leg)}];
      if (known == nullptr || known->began < row.began) known = &row;
    }
  for (auto const& [leg, row] : newest)
    for (auto const machine : {Machine::recorder, Machine::streamer})
      if (row->machine == machine_word(machine))
        ledger.expect_machine(leg, conference::CallId(row->call), machine);
}

/// A row names its conference by the correlator, unless that was not known.
void SecurityNotices::Impl::keep_left_calls(std::vector<StayRow> const& stays) {
  for (auto const& bridge : bridges)
    for (auto const& row : stays) {
      if (row.bridge != bridge->name() || row.call.empty()) continue;
      auto& correlator = bridge->left_calls[conference::CallId(row.call)];
      if (row.conference != bridge->name() + "~" + row.call)
        correlator = conference::Correlator(row.conference);
    }
}

void SecurityNotices::Impl::expect_left_calls(BridgeState& bridge) {
  if (off()) return;
  for (auto const& [call, correlator] : std::exchange(bridge.left_calls, {}))
    heard(ledger.expect_call({bridge.no, call}, correlator));
}

Task<void> SecurityNotices::Impl::stop() {
  co_await tasks.stop(ports.clock, kEndPolitely);
  for (auto const& bridge : bridges) bridge->ask_again.cancel();
  if (store.waiting() == 0) co_return;
  auto const done = co_await store.commit();
  if (!done)
    log::error("the last rows of conferences could not be stored", {{"why", done.error().what}});
}

Task<void> SecurityNotices::Impl::keep_house() {
  co_await finish_politely();
  for (;;) {
    for (;;) {
      auto const gone = co_await store.forget_before(believed.now() - settings.policy.keep);
      if (!gone) log::warning("old conferences were not forgotten", {{"why", gone.error().what}});
      if (!gone || *gone < kForgetStep) break;
    }
    co_await ports.clock.sleep_for(std::chrono::hours(1));
  }
}

/// Switched off it stays as it was: what is shown is still to be taken away then.
void SecurityNotices::Impl::set_mode() {
  if (off() && begun) return;
  ports.effects.set_mode(std::string(feature), settings.policy.mode == FeatureMode::enforce
                                                   ? EffectMode::enforce
                                                   : EffectMode::observe);
}

void SecurityNotices::Impl::set_policy(NoticePolicy policy) {
  auto const before = std::exchange(settings.policy, std::move(policy));
  auto const& now = settings.policy;
  set_mode();
  if (before.mode == FeatureMode::enforce && now.mode == FeatureMode::observe) clear_notices();
  if (now.rules != before.rules) heard(ledger.set_rules(now.rules));
  if (now.texts != before.texts) board.set_texts(now.texts);
  if (now.mode == before.mode) return;
  if (off()) return rest();
  if (before.mode != FeatureMode::off) {
    for (auto const& bridge : bridges) board.retry(bridge->no);
    return;
  }
  for (auto const& bridge : bridges) want_resync(*bridge, "it was switched on");
}

/// Switched off: nobody is judged, and who was in what ends here.
void SecurityNotices::Impl::rest() {
  clear_notices();
  for (auto const& bridge : bridges) {
    bridge->resync_wanted = false;
    bridge->resync_now.raise();
    heard(ledger.new_session(bridge->no));
  }
}

/// A notice that nobody looks after could come to show less than the truth.
void SecurityNotices::Impl::clear_notices() {
  for (auto const& bridge : bridges)
    for (auto const& call : ledger.calls_of(bridge->no)) clear_notice(*bridge, call);
}

void SecurityNotices::Impl::clear_notice(BridgeState& bridge, CallKey const& call) {
  auto none = settings.policy.texts.message(SecurityLevel::none);
  ports.effects.submit(
      {.feature = std::string(feature),
       .key = "notice " + bridge.name() + "/" + call.id.text(),
       .kind = EffectKind::latest_wins,
       .takes_back = true,
       .deadline = ports.clock.uptime() + kClearWithin,
       .attempts = {Milliseconds(0), Milliseconds(1'000), Milliseconds(5'000),
                    Milliseconds(10'000)},
       .act = [this, &bridge, call, none]() -> Task<Result<std::string>> {
         if (settings.policy.mode == FeatureMode::enforce) co_return std::string("wanted again");
         auto const done = co_await bridge.api->show(
             call.id, none, false, [this] { return settings.policy.mode != FeatureMode::enforce; });
         if (!done && done.error().kind == ErrorKind::cancelled)
           co_return std::string("wanted again");
         if (!done && done.error().kind != ErrorKind::not_found)
           co_return std::unexpected(done.error());
         if (done && ledger.call(call) != nullptr) board.found(call, ledger.mark(), none);
         co_return std::string("cleared");
       }},
      [name = bridge.name(), call](EffectOutcome const& outcome) {
        if (outcome.end != EffectEnd::failed && outcome.end != EffectEnd::expired) return;
        log::warning("a notice could not be taken away; it stays until the call ends",
                     {{"bridge", name}, {"call", call.id.text()}, {"why", outcome.detail}});
      });
}

void SecurityNotices::Impl::heard(Changes const& changes, std::optional<Instant> at) {
  if (changes.empty()) return;
  rows.hear(changes, at);
  hear_board_and_ask(changes);
  store_soon();
  changed();
}

/// Questions are gathered: many changes within one turn of the loop are asked about once.
void SecurityNotices::Impl::hear_board_and_ask(Changes const& changes) {
  if (changes.empty()) return;
  board.hear(changes);
  if (std::exchange(asking_soon, true)) return;
  tasks.spawn("questions", [this]() -> Task<void> {
    asking_soon = false;
    for (auto const& bridge : bridges) ask_questions(*bridge);
    co_return;
  });
}

void SecurityNotices::Impl::changed() {
  if (viewers.empty() || std::exchange(telling_viewers, true)) return;
  tasks.spawn("views", [this]() -> Task<void> {
    telling_viewers = false;
    std::erase_if(viewers, [](auto const& one) { return one.expired(); });
    for (auto const& one : std::vector(viewers))
      if (auto const hear = one.lock()) (*hear)();
    co_return;
  });
}

void SecurityNotices::Impl::store_soon() {
  if (std::exchange(storing, true)) return;
  if (tasks.stopping()) return;  // stop() commits what is left
  tasks.spawn("rows of conferences", [this] { return store_rows(); });
}

Task<void> SecurityNotices::Impl::store_rows() {
  struct Over {
    bool& storing;
    ~Over() { storing = false; }
  } const over{storing};
  co_await finish_politely();
  for (;;) {
    co_await ports.clock.sleep_for(kGatherRows);
    if (store.waiting() == 0) co_return;
    auto const done = co_await store.commit();
    if (done) continue;
    log::warning("rows of conferences are not stored yet", {{"why", done.error().what}});
    co_await ports.clock.sleep_for(kTryAgain);
  }
}

std::vector<BridgeView> SecurityNotices::Impl::views() const {
  std::vector<BridgeView> out;
  for (auto const& bridge : bridges) {
    BridgeView view{.no = bridge->no,
                    .settings = &bridge->settings,
                    .session = bridge->order.session(),
                    .call_bridge = bridge->call_bridge,
                    .version = bridge->version,
                    .clustered = bridge->clustered,
                    .counters = bridge->counters,
                    .last_post = bridge->last_post,
                    .last_answer = bridge->last_answer,
                    .silent_since = bridge->silent_since,
                    .trouble = bridge->trouble,
                    .doubt = ledger.doubt_of(bridge->no),
                    .resyncing = bridge->reading,
                    .behind = bridge->behind,
                    .registration = bridge->registration,
                    .receivers = bridge->receivers};
    for (auto const& key : ledger.calls_of(bridge->no)) {
      ++view.calls;
      if (auto const* call = ledger.call(key)) view.legs += call->legs.size();
    }
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace wardroom::security_notices
