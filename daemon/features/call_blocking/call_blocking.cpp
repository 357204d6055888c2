#include "features/call_blocking/call_blocking.hpp"

#include "base/log.hpp"
#include "features/call_blocking/call_blocking_doctor.hpp"
#include "features/call_blocking/call_blocking_routes.hpp"
#include "features/call_blocking/call_blocking_verbs.hpp"
#include "features/call_blocking/group_report.hpp"
#include "features/call_blocking/override_verbs.hpp"
#include "features/call_blocking/replay_verbs.hpp"
#include "features/call_blocking/watch_report.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

namespace wardroom::call_blocking {
namespace asio = boost::asio;
namespace {

constexpr auto kKeepCalls = std::chrono::days(30);
constexpr auto kResumeWithin = std::chrono::hours(24);
constexpr auto kFailureShows = std::chrono::minutes(10);

bool was_so(Document const& document, char const* where, Document const& value) {
  Document::json_pointer const fact(where);
  return document.contains(fact) && document.at(fact) == value;
}

}  // namespace

CallBlocking::CallBlocking(Ports ports, CallBlockingSettings settings)
    : ports_(ports),
      settings_(std::move(settings)),
      tasks_(ports.loop,
             [this](std::string_view task, std::exception_ptr const& why) {
               ++task_failures_;
               log::error("a task of call blocking failed",
                          {{"task", task}, {"why", words_of(why)}});
             }),
      standings_(ports.roster, ports.clock,
                 std::make_shared<PolicySettings const>(settings_.policy)),
      store_(ports.database, ports.journal, ports.clock),
      callbacks_(ports.database, ports.clock),
      history_(ports.database, ports.fixes, ports.clock, settings_.policy.history),
      overrides_(ports.database, ports.journal, ports.clock,
                 [this](PersonNo person, Override what) { override_changed(person, what); }),
      notices_({ports.loop, ports.clock, ports.effects, ports.database, ports.journal, ports.people,
                ports.roster, standings_, ports.messenger, ports.audit, ports.location_page}),
      releases_(
          ports.calls, ports.effects, ports.clock, tasks_,
          {.still = [this](auto const& call) { return is_still_to_end(call); },
           .accepted = [this](auto const& call,
                              auto const& report) { release_accepted(call, report); },
           .ended = [this](auto const& call, auto const& report) { release_ended(call, report); },
           .listed = [this](auto const& target, auto const& legs,
                            Uptime asked) { calls_listed(target, legs, asked); }}),
      survey_(ports.calls, ports.clock, tasks_,
              [this](auto const& target, auto const& legs, Uptime asked) {
                calls_listed(target, legs, asked);
              }),
      map_({ports.loop, ports.dice, ports.directory, ports.calling, ports.people, ports.roster,
            ports.clock, tasks_},
           settings_.directory_refresh,
           {.found = [this](auto const& target, PersonNo person) { person_found(target, person); },
            .changed = [this](PersonNo person,
                              auto const& emails) { person_changed(person, emails); },
            .read = [this](auto fresh) { directory_read(std::move(fresh)); }}),
      groups_({ports.loop, ports.dice, ports.directory, ports.database, ports.roster, ports.clock},
              settings_.directory_refresh,
              {.changed = [this](auto const& group,
                                 auto const& people) { members_changed(group, people); }}),
      monitoring_(ports.loop, ports.clock, ports.dice, ports.events, *this),
      sight_keeper_(ports.database, ports.journal, ports.clock),
      believed_(ports.clock, "old calls"),
      dashboard_(*this) {
  set_effect_mode();
}

CallBlocking::~CallBlocking() = default;

void CallBlocking::set_effect_mode() {
  ports_.effects.set_mode(std::string(Releases::feature), standings_.policy().mode == Mode::enforce
                                                              ? EffectMode::enforce
                                                              : EffectMode::observe);
}

Task<void> CallBlocking::run() {
  co_await finish_politely();
  try {
    if (!std::exchange(loaded_, true)) {  // also when this task died and is run again
      co_await load();
      watch_surroundings();
      tasks_.spawn("people map", [this] { return map_.run(); });
      tasks_.spawn("people's groups", [this] { return groups_.run(); });
      tasks_.spawn("caller notices", [this] { return notices_.run(); });
      tasks_.spawn("quiet calls", [this] { return look_after_quiet_calls(); });
    }
    for (;;) {
      co_await keep_house();
      co_await ports_.clock.sleep_for(std::chrono::hours(1));
    }
  } catch (boost::system::system_error const& e) {
    if (e.code() != asio::error::operation_aborted) throw;
  }
  // Asked to stop: what follows must not be cut short by the same cancellation.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await stop();
}

Task<void> CallBlocking::stop() {
  dashboard_.close();
  watch_timer_.cancel();
  check_timer_.cancel();
  sight_keeper_.end_with_daemon();
  co_await monitoring_.stop();
  co_await tasks_.stop(ports_.clock, std::chrono::seconds(1));
  survey_.stop();
  releases_.stop();
  notices_.stop();
  callbacks_.stop();
  auto const flushed = co_await store_.flush();
  if (!flushed) log::error("the last calls could not be recorded", {{"why", flushed.error().what}});
}

Task<void> CallBlocking::load() {
  if (!co_await load_emergencies())
    tasks_.spawn("hours after emergencies", [this]() -> Task<void> {
      do co_await ports_.clock.sleep_for(std::chrono::seconds(1));
      while (!co_await load_emergencies());
      log::info("who made an emergency call within the hour is known now");
      for (auto const& target : ledger_.targets())
        for (auto const& call : ledger_.calls_of(target))
          if (call->record->judgement &&
              call->record->judgement->verdict.reason == Reason::callback_unknown)
            check_at(call, ports_.clock.uptime());
    });
  tasks_.spawn("overrides", [this] { return load_overrides(); });
  // Not when a reload is faster: whom its fences name is worked out for it.
  if (auto const turn = policy_turns_; turn == 0) {
    auto const policy = standings_.shared_policy();
    co_await follow_groups(policy);
    auto named = co_await resolve_named(policy);
    named.by_group = memberships(*policy);
    if (turn == policy_turns_) standings_.set_policy(policy, std::move(named));
  }
  co_await resume_calls();
  co_await follow_wish();
}

Task<bool> CallBlocking::load_emergencies() {
  auto const read = co_await callbacks_.load(ports_.fixes.boot_no());
  if (!read)
    log::error("who made an emergency call within the hour is not known yet",
               {{"why", read.error().what}});
  co_return read.has_value();
}

Task<void> CallBlocking::load_overrides() {
  for (;;) {
    auto const read = co_await overrides_.load();
    if (read) co_return;
    log::error("what operators decided about people is not known yet",
               {{"why", read.error().what}});
    co_await ports_.clock.sleep_for(std::chrono::seconds(1));
  }
}

CallBlockingStore::Boot CallBlocking::boot() const {
  return {ports_.fixes.boot_no(), ports_.clock.uptime()};
}

Task<void> CallBlocking::follow_wish() {
  // A reload may switch off and on again within the time an end takes.
  auto const turn = co_await wish_turns_.take();
  if (standings_.policy().mode == Mode::off) {
    sight_keeper_.end_by_wish();
    survey_.forget();
    co_await monitoring_.stop();
    co_return;
  }
  auto const wish = co_await store_.wish();
  if (!wish)
    log::error("whether to monitor is not known; monitoring starts", {{"why", wish.error().what}});
  let_pass_ = !wish.value_or(true);
  if (let_pass_) co_return;
  co_await sight_keeper_.begin();
  if (!let_pass_ && standings_.policy().mode != Mode::off) monitoring_.start();
}

Task<void> CallBlocking::resume_calls() {
  auto const documents = co_await store_.unfinished(ports_.clock.now() - kResumeWithin);
  if (!documents) {
    log::error("calls of before the restart are not known", {{"why", documents.error().what}});
    co_return;
  }
  for (auto const& document : *documents) {
    auto kept = resume(document);
    if (!kept) continue;
    CallLeg leg;
    leg.id = kept->call;
    leg.tracking = TrackingId(kept->tracking);
    leg.personality = kept->personality;
    leg.state = kept->state;
    leg.remote_address = kept->remote;
    if (was_so(document, "/why/facts/internal", true))
      leg.type = CallType::enterprise;  // until the platform is heard
    auto const call = ledger_.restore(kept->target, leg, kept->emergency, ports_.clock.uptime());
    call->passed = kept->decision == Decision::passed &&
                   was_so(document, "/why/verdict", "let_through") &&
                   !was_so(document, "/why/reason", "callback_unknown");
    call->callback = was_so(document, "/why/reason", "emergency_callback");
    call->record = std::make_shared<CallRecord>(std::move(*kept));
    give_person(call, ports_.roster.find(people::RosterKey::of_xsi(call->target.text())));
  }
}

/// Once a second: whether the store takes posts, and what became of the event channels.
void CallBlocking::watch_surroundings() {
  look_at_hours();
  set_degraded(ports_.database.health().trouble.has_value());
  for (auto const& row : channel_log_.changes(monitoring_.channels(), ports_.clock.uptime()))
    ports_.journal.append(
        "channel", 0, "",
        row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  monitoring_.look();
  sight_keeper_.look(trouble_of(monitoring_.channels()));
  watch_timer_ = ports_.clock.after(std::chrono::seconds(1), [this] { watch_surroundings(); });
}

Task<void> CallBlocking::keep_house() {
  auto const gone = co_await store_.forget_before(believed_.now() - kKeepCalls, boot());
  if (!gone) log::warning("old calls could not be removed", {{"why", gone.error().what}});
  callbacks_.sweep();
  co_await history_.sweep();
}

Task<Result<void>> CallBlocking::set_monitoring(bool on) {
  if (monitoring_.stopping())
    co_return failure(ErrorKind::conflict,
                      "monitoring is just being stopped; try again in 3 seconds");
  if (on && standings_.policy().mode == Mode::off)
    co_return failure(
        ErrorKind::conflict,
        "call_blocking.mode is off in the configuration; set it to observe or enforce and reload");
  auto stored = co_await store_.set_wish(on);
  if (!stored) co_return stored;
  let_pass_ = !on;
  if (on == monitoring_.on()) co_return Result<void>{};
  ports_.journal.append("monitor", 0, "", on ? R"({"on":true})" : R"({"on":false})");
  if (on) {
    co_await sight_keeper_.begin();
    monitoring_.start();
  } else {
    sight_keeper_.end_by_wish();
    auto const turn = co_await wish_turns_.take();
    if (let_pass_) {
      survey_.forget();
      co_await monitoring_.stop();
    }
  }
  co_return Result<void>{};
}

void CallBlocking::watch(std::shared_ptr<http::ResponseStream> viewer,
                         std::optional<std::int64_t> after, std::string session) {
  tasks_.spawn("a viewer of the dashboard",
               [this, viewer = std::move(viewer), after, session = std::move(session)] {
                 return dashboard_.join(viewer, after, session);
               });
}

std::vector<HealthSign> CallBlocking::health() const {
  auto out = monitoring_.health();
  HealthSign sign{"call_blocking", HealthColour::green, {}, {}};
  auto const& policy = standings_.policy();
  if (last_failure_ && ports_.clock.uptime() - *last_failure_ < kFailureShows) {
    sign.colour = HealthColour::red;
    sign.sentence = "A call that should have been released goes on: " + last_failure_words_;
    sign.remedy =
        "See `wardroomctl calls list`, and `wardroomctl token show` for the scope of call "
        "control.";
  } else if (policy.mode == Mode::off) {
    sign.colour = HealthColour::yellow;
    sign.sentence = "Call blocking is off in the configuration.";
    sign.remedy = "Set call_blocking.mode to observe or enforce and reload.";
  } else if (policy.fences.empty()) {
    sign.colour = HealthColour::yellow;
    sign.sentence = "No fence is configured, so nobody is judged.";
    sign.remedy = "Add an entry under call_blocking.fences and reload.";
  } else {
    sign.sentence = fmt::format("{} fence{}, mode {}, {} calls in progress.", policy.fences.size(),
                                policy.fences.size() == 1 ? "" : "s",
                                call_blocking::name(policy.mode), ledger_.size());
  }
  out.push_back(std::move(sign));
  if (!map_.trouble().empty())
    out.push_back({"call_blocking.people", HealthColour::yellow,
                   "The people directory could not be read: " + map_.trouble(),
                   "People known already are judged as before; see `wardroomctl token check`."});
  if (callbacks_.refused() && policy.mode != Mode::off)
    out.push_back({"call_blocking.callbacks", HealthColour::yellow,
                   "Who made an emergency call within the hour could not be read: no incoming call "
                   "is ended.",
                   "It is read again every second; see the store's own line for what it needs."});
  for (auto& one : notices_.health()) out.push_back(std::move(one));
  if (auto groups = sign_of_groups(groups_.groups(), policy)) out.push_back(std::move(*groups));
  return out;
}

void CallBlocking::add_status(nlohmann::ordered_json& status) const {
  status["features"].push_back(
      {{"name", std::string(name())},
       {"mode", std::string(call_blocking::name(standings_.policy().mode))}});
  status["people"] = dashboard_.people_counts();
  status["people"]["directory"] = directory_json(map_.progress(), ports_.clock);
  if (!groups_.groups().empty()) status["people"]["groups"] = groups_json(groups_.groups());
  auto const staged = standings_.enforced_people();
  if (staged && standings_.policy().mode == Mode::enforce)
    status["features"].back()["enforced"] = {{"people", *staged}};
  status["calls"] = {{"live", ledger_.size()},         {"decided", counters_.decided},
                     {"rejected", counters_.rejected}, {"reject_failed", counters_.reject_failed},
                     {"observed", counters_.observed}, {"emergency", counters_.emergency}};
  if (auto const hour = release_times_.last_hour(ports_.clock.uptime()); hour.releases > 0)
    status["calls"]["last_hour"] = {
        {"released", hour.releases}, {"p50_ms", hour.half.count()}, {"p99_ms", hour.most.count()}};
  if (history_.hours().count() > 0 || history_.size().batches > 0)
    status["fix_history"] = history_.json();
  status["monitoring"] = monitoring_json(*this);
}

void CallBlocking::add_routes(http::Router& router) { add_call_blocking_routes(router, *this); }
void CallBlocking::add_verbs(control::Verbs& verbs) {
  add_call_blocking_verbs(verbs, *this);
  add_override_verbs(verbs, *this);
  add_replay_verbs(verbs, *this);
}
void CallBlocking::add_checks(Doctor& doctor) { add_call_blocking_checks(doctor, *this); }

}  // namespace wardroom::call_blocking
