/// Random days of a few people: where they post from, whom they call and for how long; played into
/// a feature, whose records a replay must then explain.
#pragma once
#include "call_blocking_site.hpp"
#include "features/call_blocking/replay_run.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

inline std::vector<std::string> const kReplayed{"ann", "ben", "cleo", "dora"};

/// Positions come at ms 3 of each 10, events of calls at ms 7, and no time limit ends at either:
/// of one millisecond the order of two things is not recorded.
struct Day {
  enum class What { fix, dial, ring, answer, hold, end };
  struct Act {
    std::int64_t at_ms = 0;
    What what = What::fix;
    std::size_t who = 0;
    GeoPoint where{};
    double accuracy = 20;
    std::string call, number;
    Personality way = Personality::originator;
    bool internal = false;
  };
  std::vector<Act> acts;
  std::map<std::string, std::string> overrides;  ///< "allow", "block", "exempt"

  explicit Day(test::Dice& dice) {
    for (std::size_t who = 0; who < kReplayed.size(); ++who) {
      posts(dice, who);
      calls(dice, who);
      if (dice.one_in(6))
        overrides[kReplayed[who]] = dice.pick(std::vector<std::string>{"allow", "block", "exempt"});
    }
    std::ranges::sort(acts, {}, &Act::at_ms);
  }

 private:
  static constexpr std::int64_t kMinute = 60'000;
  static constexpr std::int64_t kLong = 150 * kMinute;

  static std::int64_t at(test::Dice& dice, std::int64_t from, std::int64_t to, std::int64_t ms) {
    return (from + static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(to - from)))) /
               10 * 10 +
           ms;
  }

  /// Somebody at a border, walking about, who now and then goes silent or jumps far away.
  void posts(test::Dice& dice, std::size_t who) {
    if (dice.one_in(8)) return;
    GeoPoint where{48 + dice.normal(0.01), 16.5};
    for (auto t = at(dice, 0, 20 * kMinute, 3); t < kLong;) {
      if (dice.one_in(5)) where = {48 + dice.normal(0.02), 16.5 + dice.normal(0.5)};
      where.latitude += dice.normal(0.002);
      auto const there = dice.one_in(25) ? GeoPoint{10 + dice.between(0, 60), 16.5} : where;
      acts.push_back({.at_ms = t,
                      .who = who,
                      .where = there,
                      .accuracy = dice.one_in(10) ? 9'000 : dice.between(0, 400)});
      t = at(dice, t + 10'000, t + (dice.one_in(8) ? 15 * kMinute : kMinute), 3);
    }
  }

  void calls(test::Dice& dice, std::size_t who) {
    for (auto t = at(dice, 0, 15 * kMinute, 7); t < kLong;
         t = at(dice, t + kMinute, t + 25 * kMinute, 7)) {
      bool const in = dice.one_in(3);
      Act act{.at_ms = t,
              .what = in ? What::ring : What::dial,
              .who = who,
              .call = kReplayed[who] + "-" + std::to_string(acts.size()),
              .number = !in && dice.one_in(12) ? "112" : "+4315550" + std::to_string(who),
              .way = in ? Personality::terminator : Personality::originator,
              .internal = dice.one_in(4)};
      acts.push_back(act);
      auto const end = at(dice, t + 1'000, t + 30 * kMinute, 7);
      auto const add = [&](What what, std::int64_t from) {
        act.what = what;
        act.at_ms = at(dice, from, end, 7);
        acts.push_back(act);
        return act.at_ms;
      };
      if (!dice.one_in(4)) {
        auto const answered = add(What::answer, t);
        if (answered < end && dice.one_in(4)) add(What::hold, answered);
      }
      act.what = What::end;
      act.at_ms = end + 10;
      acts.push_back(act);
    }
  }
};

/// A daemon that lives through a day.
struct Lived {
  Site site;
  Instant began{};
  std::map<std::string, PersonNo> people;

  Lived(Day const& day, PolicySettings policy) : site(std::move(policy)) {
    site.start();
    for (auto const& who : kReplayed) people[who] = site.person(who);
    for (auto const& [who, kind] : day.overrides)
      EXPECT_TRUE(site.ask(kind, {{"person", who + "@acme.example"}, {"reason", "test"}}));
    site.clock.advance(std::chrono::seconds(10) -
                       std::chrono::milliseconds(unix_ms(site.clock.now()) % 10'000));
    began = site.clock.now();
    for (auto const& act : day.acts) {
      go_to(act.at_ms);
      play(act);
      site.clock.drain();
      end_released();
    }
    go_to(200 * 60'000);
    EXPECT_EQ(site.feature->ledger().size(), 0u);
  }

  void go_to(std::int64_t at_ms) {
    site.clock.advance(began + Milliseconds(at_ms) - site.clock.now());
    end_released();
  }

  /// Both policies over what this daemon recorded.
  std::shared_ptr<ReplayResult const> replay(PolicySettings const& other) {
    auto const policy = std::make_shared<PolicySettings const>(other);
    auto const in_force = site.feature->standings().shared_policy();
    EXPECT_TRUE(test::run_task(site.io, site.feature->store().flush()));
    ReplayWish wish{
        .since = began,
        .until = site.clock.now(),
        .policy = policy,
        .in_force = in_force,
        .named = test::run_task(site.io, site.feature->resolve_named(policy)),
        .named_in_force = test::run_task(site.io, site.feature->resolve_named(in_force))};
    Helpers helper(site.io.get_executor(), 1);
    ReplayRun run({site.database, site.feature->history().store(), helper}, std::move(wish),
                  [](auto, auto, auto) { return true; });
    auto const done = test::run_task(site.io, run.run());
    EXPECT_TRUE(done) << done.error().what;
    return done ? *done : std::make_shared<ReplayResult const>();
  }

 private:
  std::set<std::string> open_;  ///< calls, "who/call"

  void play(Day::Act const& act) {
    auto const& who = kReplayed[act.who];
    auto const key = who + "/" + act.call;
    if (act.what == Day::What::fix) return site.fix(people[who], act.where, act.accuracy);
    bool const begins = act.what == Day::What::dial || act.what == Day::What::ring;
    if (begins) open_.insert(key);
    if (!open_.contains(key)) return;
    if (act.what == Day::What::end) return end(key);
    auto leg = site.leg(act.call, act.number, act.way,
                        begins                          ? CallState::alerting
                        : act.what == Day::What::answer ? CallState::active
                                                        : CallState::held);
    if (act.internal) leg.type = CallType::enterprise;
    site.calls.put(who + "@xsi", leg);
    switch (act.what) {
      case Day::What::dial:
        return site.tell(who, CallEventKind::originated, "CallOriginatedEvent", leg);
      case Day::What::ring:
        return site.tell(who, CallEventKind::received, "CallReceivedEvent", leg);
      case Day::What::answer:
        return site.tell(who, CallEventKind::answered, "CallAnsweredEvent", leg);
      default:
        return site.tell(who, CallEventKind::held, "CallHeldEvent", leg);
    }
  }

  void end(std::string const& key) {
    open_.erase(key);
    auto const slash = key.find('/');
    site.ends(key.substr(0, slash), key.substr(slash + 1));
  }
  /// The platform tells of what the daemon ended.
  void end_released() {
    auto const open = open_;
    for (auto const& key : open) {
      auto const slash = key.find('/');
      if (site.released(key.substr(0, slash), key.substr(slash + 1))) end(key);
    }
  }
};

/// A policy at random; `salt` keeps two apart.
inline PolicySettings random_policy(test::Dice& dice, Mode mode) {
  PolicySettings out;
  out.mode = mode;
  out.history = std::chrono::hours(24);
  out.timeout = Milliseconds(300'000 + 60'000 * static_cast<int>(dice.below(4)));
  out.confirmations = 1 + static_cast<int>(dice.below(3));
  out.internal_calls = dice.one_in(4) ? InternalCalls::allow : InternalCalls::judge;
  out.end_running = static_cast<EndRunning>(dice.below(3));
  auto const some = [&] {
    PeopleChoice choice{.everybody = false, .emails = {}, .groups = {}};
    for (auto const& who : kReplayed)
      if (dice.one_in(2)) choice.emails.push_back(who + "@acme.example");
    if (choice.emails.empty()) choice.emails = {kReplayed.front() + "@acme.example"};
    return choice;
  };
  auto const policy = [&] {
    return *parse_policy(dice.pick(
        std::vector<std::string>{"open", "closed", "grace(240005ms)", "grace(1200005ms)"}));
  };
  if (dice.one_in(4)) out.enforce_for = some();
  auto const fences = 1 + dice.below(3);
  for (std::size_t i = 0; i < fences; ++i) {
    Fence fence;
    fence.name = "fence-" + std::to_string(i);
    if (dice.one_in(2))
      fence.shape = Box{48 + dice.normal(0.01), 49, 15 + dice.normal(0.3), 18, false};
    else
      fence.shape = Circle{{48 + dice.normal(0.02), 16.5}, {dice.between(500, 20'000)}};
    fence.deny = i > 0 && dice.one_in(3);
    fence.margin = {dice.between(0, 500)};
    if (i > 0 && dice.one_in(2)) fence.who = some();
    fence.policies = {policy(), policy(), policy(), policy(), policy()};
    seal(fence);
    out.fences.push_back(fence);
  }
  return out;
}

}  // namespace wardroom::call_blocking
