/// The feature with everything around it, in memory and on virtual time: what its service tests
/// stand on.
#pragma once
#include "control/verbs.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "people/migrations.hpp"
#include "store/migrations.hpp"
#include "support/captured_answer.hpp"
#include "support/fake_call_platform.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace wardroom::call_blocking {

/// Keeps the handlers and calls them as the control socket would.
class TestVerbs final : public control::Verbs {
 public:
  void handle(std::string_view words, control::VerbHandler handler) override {
    handlers[std::string(words)] = std::move(handler);
  }
  void handle_stream(std::string_view words, control::VerbStreamHandler handler) override {
    streams[std::string(words)] = std::move(handler);
  }
  std::map<std::string, control::VerbHandler> handlers;
  std::map<std::string, control::VerbStreamHandler> streams;
};

/// The configuration's outline: a box of 48…49 N, 16…17 E.
inline PolicySettings plain_policy() {
  PolicySettings policy;
  policy.mode = Mode::enforce;
  Fence fence;
  fence.name = "vienna";
  fence.shape = Box{48, 49, 16, 17, false};
  fence.policies.uncertain = *parse_policy("grace(5m)");
  seal(fence);
  policy.fences.push_back(fence);
  return policy;
}
inline constexpr GeoPoint kInside{48.5, 16.5};
inline constexpr GeoPoint kOutside{47.0, 16.5};

struct Site {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  SeededRandom dice{7};
  test::FakeDatabase database;
  store::Journal journal{database, clock};
  people::Roster roster;
  people::PeopleStore people{database, clock, roster};
  people::SessionStore sessions{database, clock};
  people::FixLog fixes{io.get_executor(), database, clock, roster, {.boot_id = "boot"}};
  TaskGroup tasks{io.get_executor(),
                  [](std::string_view task, std::exception_ptr) { ADD_FAILURE() << task; }};
  Effects effects{io.get_executor(), clock, tasks};
  test::FakeCallControl calls{clock};
  test::FakeCallEvents events{clock};
  test::FakeDirectory directory;
  test::FakeCallingDirectory calling{clock};
  TaskGroup runner{io.get_executor(),
                   [](std::string_view task, std::exception_ptr) { ADD_FAILURE() << task; }};
  std::unique_ptr<CallBlocking> feature;
  TestVerbs verbs;
  std::int64_t next_event = 0;

  static std::vector<store::Migration> steps() {
    std::vector<store::Migration> out(people::migrations().begin(), people::migrations().end());
    for (auto const& step : call_blocking_migrations()) out.push_back(step);
    return out;
  }

  explicit Site(PolicySettings policy = plain_policy(), test::FakeDisk disk = nullptr,
                Messenger* messenger = nullptr)
      : database(io, clock, steps(), std::move(disk)) {
    test::run_task(io, people.load());
    test::run_task(io, fixes.load());
    test::run_task(io, journal.load());
    calls.answer_time = Milliseconds(0);
    CallBlockingSettings settings;
    settings.policy = std::move(policy);
    feature = std::make_unique<CallBlocking>(
        CallBlocking::Ports{io.get_executor(), clock, dice, events, calls, directory, calling,
                            roster, people, fixes, effects, database, journal, &sessions, nullptr,
                            messenger, "https://w.example/me"},
        settings);
    feature->add_verbs(verbs);
  }
  ~Site() { stop(); }

  /// As the app does it. Lets everything settle.
  void start() {
    runner.spawn("call_blocking", [this] { return feature->run(); });
    settle();
  }
  void settle() { clock.advance(std::chrono::milliseconds(20)); }
  void stop() {
    if (!feature) return;
    bool done = false;
    auto work = [](Site& site, bool& flag) -> Task<void> {
      co_await site.runner.stop(site.clock, std::chrono::seconds(5));
      co_await site.feature->stop();
      co_await site.tasks.stop(site.clock, std::chrono::seconds(1));
      flag = true;
    };
    test::start_task(io, work(*this, done));
    for (int i = 0; i < 1000 && !done; ++i) clock.advance(std::chrono::milliseconds(20));
    EXPECT_TRUE(done) << "the feature did not stop";
    feature.reset();
  }

  /// Somebody both directories know: platform id `name@xsi`, mail `name@acme.example`.
  PersonNo person(std::string const& name, std::string const& country = "AT") {
    Person p;
    p.uuid = "00000000-0000-0000-0000-" +
             (std::string(12, '0') + std::to_string(directory.everybody.size() + 1))
                 .substr(std::to_string(directory.everybody.size() + 1).size());
    p.id = PersonId("id-" + name);
    p.display_name = name;
    p.emails = {name + "@acme.example"};
    p.country = country;
    CallingUser u{XsiUserId(name + "@xsi"), p.emails[0], "", "", "", name, p.uuid};
    directory.everybody.push_back(p);
    calling.everybody.push_back(u);
    auto const a = test::run_task(io, people.upsert(std::vector{p}));
    test::run_task(io, people.upsert(std::vector{u}));
    feature->person_changed(a->front(), p.emails);
    return a->front();
  }

  void fix(PersonNo who, GeoPoint where, double accuracy = 20) {
    Fix const f{where, {accuracy}, clock.uptime(), clock.now()};
    feature->location_changed(who, f);
    fixes.record(who, f, {});
  }

  CallLeg leg(std::string call, std::string remote,
              Personality personality = Personality::originator,
              CallState state = CallState::alerting) {
    CallLeg out;
    out.id = CallId(std::move(call));
    out.tracking = TrackingId("t-" + out.id.text());
    out.personality = personality;
    out.state = state;
    out.remote_address = std::move(remote);
    out.type = CallType::network;
    out.started = clock.now();
    return out;
  }
  void tell(std::string const& who, CallEventKind kind, std::string type, CallLeg const& what) {
    CallEvent event;
    event.id = EventId("e" + std::to_string(++next_event));
    event.kind = kind;
    event.type = std::move(type);
    event.target = XsiUserId(who + "@xsi");
    event.subscription = "s";
    event.sequence = next_event;
    event.arrived = clock.uptime();
    event.legs = {what};
    feature->on_call_event(event);
  }
  /// The platform has the call, and tells of it.
  void dials(std::string const& who, std::string const& call, std::string const& number) {
    auto const l = leg(call, number);
    calls.put(who + "@xsi", l);
    tell(who, CallEventKind::originated, "CallOriginatedEvent", l);
  }
  void rings(std::string const& who, std::string const& call, std::string const& from) {
    auto const l = leg(call, from, Personality::terminator);
    calls.put(who + "@xsi", l);
    tell(who, CallEventKind::received, "CallReceivedEvent", l);
  }
  void answers(std::string const& who, std::string const& call, std::string const& remote,
               Personality personality = Personality::originator) {
    auto l = leg(call, remote, personality, CallState::active);
    l.answered = clock.now();
    calls.put(who + "@xsi", l);
    tell(who, CallEventKind::answered, "CallAnsweredEvent", l);
  }
  void ends(std::string const& who, std::string const& call) {
    calls.drop(who + "@xsi", CallId(call));
    tell(who, CallEventKind::released, "CallReleasedEvent",
         leg(call, "", Personality::unknown, CallState::released));
  }
  bool released(std::string const& who, std::string const& call) const {
    return calls.released(who + "@xsi", call);
  }

  /// A verb's answer; time moves on until it is there.
  Result<nlohmann::ordered_json> ask(std::string const& words,
                                     std::map<std::string, std::string> params = {}) {
    control::VerbCall call;
    for (auto& [key, value] : params) call.params[key] = value;
    std::optional<Result<nlohmann::ordered_json>> answer;
    auto work = [](control::VerbHandler& handler, control::VerbCall c,
                   std::optional<Result<nlohmann::ordered_json>>& out) -> Task<void> {
      out = co_await handler(std::move(c));
    };
    test::start_task(io, work(verbs.handlers.at(words), std::move(call), answer));
    for (int i = 0; i < 500 && !answer; ++i) clock.advance(std::chrono::milliseconds(10));
    if (!answer) return failure(ErrorKind::timed_out, "the verb did not answer");
    return std::move(*answer);
  }
  nlohmann::ordered_json why(std::string const& call) {
    auto const answer = ask("calls why", {{"call", call}});
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().what);
    return answer ? *answer : nlohmann::ordered_json();
  }
};

}  // namespace wardroom::call_blocking
