/// R122: a replay under the rules that were in force tells what was recorded; under others, what a
/// daemon with those from the beginning would have decided.
#include "replay_world.hpp"

namespace wardroom::call_blocking {
namespace {

std::string said(PastCall::Word const& word) {
  return std::string(word.release ? "release " : "let through ") + std::string(name(word.reason)) +
         " " + std::string(name(word.applied));
}

TEST(Replay, R122_under_the_rules_in_force_gives_exactly_the_recorded_verdicts) {
  std::size_t calls = 0, cut = 0;
  auto const days = test::count(12);
  for (std::size_t i = 0; i < days; ++i) {
    test::Dice dice(i);
    Day const day(dice);
    Lived lived(day, random_policy(dice, dice.one_in(2) ? Mode::enforce : Mode::observe));
    auto const result = lived.replay(lived.site.feature->standings().policy());
    for (std::size_t c = 0; c < result->calls.size(); ++c) {
      auto const& call = result->calls[c];
      ASSERT_EQ(said(result->in_force[c].recorded(call.mode)), said(call.word))
          << call.id << " of day " << i << " of seed " << test::seed() << ": "
          << lived.site.why(call.id);
      ASSERT_EQ(said(result->outcomes[c].word), said(result->in_force[c].word));
      cut += call.word.release;
    }
    EXPECT_EQ(result->not_judged, 0);
    calls += result->calls.size();
  }
  std::cout << "[  REPLAY  ] " << calls << " calls, " << cut << " of them cut\n";
  EXPECT_GT(calls, days * 5);
  EXPECT_GT(cut, days);
}

TEST(Replay, R122_under_other_rules_gives_what_a_daemon_with_them_would_have_decided) {
  std::size_t calls = 0, different = 0;
  auto const days = test::count(12);
  for (std::size_t i = 0; i < days; ++i) {
    test::Dice dice(1'000 + i);
    Day const day(dice);
    // The one that is recorded only observes: its calls last as long as people wanted.
    Lived lived(day, random_policy(dice, Mode::observe));
    auto const other = random_policy(dice, dice.one_in(3) ? Mode::observe : Mode::enforce);
    auto const result = lived.replay(other);
    Lived oracle(day, other);
    auto const truth = oracle.replay(other);
    std::map<std::string, PastCall const*> decided;
    for (auto const& call : truth->calls) decided[call.id] = &call;
    ASSERT_EQ(result->calls.size(), truth->calls.size());
    for (std::size_t c = 0; c < result->calls.size(); ++c) {
      auto const& call = result->calls[c];
      auto const* const by_oracle = decided.at(call.id);
      auto const outcome = result->outcomes[c].recorded(by_oracle->mode);
      auto const recorded = lived.site.why(call.id);
      // A survey that judged the recorded one anew need not have found anything to judge in the
      // other daemon: then both let the call through, and each for the reason of its moment.
      bool const by_survey = recorded.at("event") == "resync";
      if (by_survey && !outcome.release && !by_oracle->word.release) continue;
      ASSERT_EQ(said(outcome), said(by_oracle->word))
          << call.id << " of day " << i << " of seed " << test::seed() << ": recorded: " << recorded
          << "; truth: " << oracle.site.why(call.id);
      if (result->outcomes[c].cut)
        ASSERT_EQ(result->outcomes[c].cut->enforced || other.mode != Mode::enforce,
                  by_oracle->mode == Mode::enforce || other.mode != Mode::enforce)
            << call.id;
      different += call.word.release != by_oracle->word.release;
    }
    calls += result->calls.size();
  }
  std::cout << "[  REPLAY  ] " << calls << " calls, " << different << " decided differently\n";
  EXPECT_GT(different, days / 2);
}

// --- pure, without a daemon

constexpr std::int64_t kNoon = 1'795'255'200'000;
Instant at(std::int64_t ms) { return from_unix_ms(kNoon + ms); }

PastCall call_at(PersonNo person, std::int64_t begin, std::int64_t end) {
  PastCall out;
  out.id = "call-" + std::to_string(begin);
  out.person = person;
  out.at = at(begin);
  out.moments = {{at(begin), false}, {at(begin + 1'000), true}};
  out.end = at(end);
  return out;
}
people::StoredFix fix_at(PersonNo person, std::int64_t ms, GeoPoint where) {
  return {.person = person,
          .latitude_e7 = static_cast<std::int32_t>(where.latitude * 1e7),
          .longitude_e7 = static_cast<std::int32_t>(where.longitude * 1e7),
          .accuracy_dm = 200,
          .boot_ms = ms,
          .wall_ms = kNoon + ms,
          .boot_no = 1};
}
std::shared_ptr<PolicySettings const> plain() {
  return std::make_shared<PolicySettings const>(plain_policy());
}

TEST(Replay, R122_a_running_call_would_be_ended_by_the_fix_outside) {
  std::vector const calls{call_at(7, 10'000, 100'000)};
  Replay replay(calls, plain(), {}, at(0));
  replay.take(fix_at(7, 5'000, kInside));
  replay.take(fix_at(8, 6'000, kOutside));
  replay.take(fix_at(7, 40'000, kOutside));
  replay.finish(at(200'000));
  auto const& outcome = replay.outcomes()[0];
  ASSERT_TRUE(outcome.cut);
  EXPECT_EQ(outcome.cut->at, at(40'000));
  EXPECT_EQ(outcome.cut->word, (PastCall::Word{true, Reason::outside, Applied::none}));
  EXPECT_EQ(outcome.cut->fence, "vienna");
  EXPECT_FALSE(outcome.without_fix);
}

TEST(Replay, R122_no_fix_after_the_call_has_ended_counts) {
  std::vector const calls{call_at(7, 10'000, 30'000)};
  Replay replay(calls, plain(), {}, at(0));
  replay.take(fix_at(7, 5'000, kInside));
  replay.take(fix_at(7, 40'000, kOutside));
  replay.finish(at(200'000));
  EXPECT_FALSE(replay.outcomes()[0].cut);
}

TEST(Replay, R122_a_position_that_goes_stale_ends_a_running_call_only_where_the_rules_say_so) {
  for (auto const rule : {EndRunning::outside, EndRunning::always}) {
    auto policy = plain_policy();
    policy.end_running = rule;
    std::vector const calls{call_at(7, 10'000, 900'000)};
    Replay replay(calls, std::make_shared<PolicySettings const>(policy), {}, at(0));
    replay.take(fix_at(7, 5'000, kInside));
    replay.finish(at(1'000'000));
    auto const& outcome = replay.outcomes()[0];
    EXPECT_EQ(outcome.cut.has_value(), rule == EndRunning::always);
    if (outcome.cut) EXPECT_EQ(outcome.cut->at, at(305'001));
  }
}

TEST(Replay, R122_emergencies_overrides_and_what_was_degraded_are_taken_from_the_record) {
  std::vector<PastCall> calls(5, call_at(7, 10'000, 20'000));
  calls[1].emergency = true;
  calls[2].override_ = Override::exempt;
  calls[3].degraded = true;
  calls[4].callback = calls[4].incoming = true;
  auto policy = plain_policy();
  policy.fences[0].policies.degraded = *parse_policy("open");
  Replay replay(calls, std::make_shared<PolicySettings const>(policy), {}, at(0));
  replay.finish(at(100'000));
  std::vector<bool> cut;
  for (auto const& outcome : replay.outcomes()) cut.push_back(outcome.cut.has_value());
  EXPECT_EQ(cut, (std::vector{true, false, false, false, false}));
  EXPECT_TRUE(replay.outcomes()[0].without_fix);
}

TEST(Replay, R122_a_start_of_the_daemon_begins_graces_and_standings_anew) {
  auto policy = plain_policy();
  policy.fences[0].policies.no_fix = *parse_policy("grace(5m)");
  std::vector const calls{call_at(7, 400'000, 410'000), call_at(7, 700'000, 710'000),
                          call_at(7, 950'000, 960'000)};
  Replay replay(calls, std::make_shared<PolicySettings const>(policy), {}, at(0));
  replay.daemon_started(at(600'000));
  replay.finish(at(2'000'000));
  EXPECT_TRUE(replay.outcomes()[0].cut) << "the grace after the first start is over";
  EXPECT_FALSE(replay.outcomes()[1].cut) << "the grace after the second start runs";
  EXPECT_TRUE(replay.outcomes()[2].cut);
}

TEST(Replay, R122_a_start_of_the_daemon_ends_no_running_call_for_a_stale_position) {
  auto running = call_at(7, 10'000, 900'000);
  running.moments.push_back({at(700'000), true});  // heard of again after the start
  std::vector const calls{running};
  Replay replay(calls, plain(), {}, at(0));
  replay.take(fix_at(7, 5'000, kInside));
  replay.daemon_started(at(600'000));
  replay.finish(at(2'000'000));
  EXPECT_FALSE(replay.outcomes()[0].cut);
  EXPECT_EQ(replay.outcomes()[0].word.applied, Applied::running);
}

TEST(Replay, R122_hours_of_fences_begin_and_end_in_it) {
  auto policy = plain_policy();
  auto const noon = std::chrono::floor<std::chrono::days>(at(0)) + std::chrono::hours(12);
  policy.fences[0].schedule.hours = {parse_hours("08:00-12:00 UTC").value()};
  policy.end_running = EndRunning::always;
  auto const call = [&](Instant begin, Instant end) {
    PastCall out = call_at(7, 0, 0);
    out.at = begin;
    out.moments = {{begin, false}};
    out.end = end;
    return out;
  };
  using std::chrono::hours, std::chrono::minutes;
  std::vector const calls{call(noon - hours(1), noon - minutes(50)),  // in the hours
                          call(noon + hours(1), noon + hours(2)),     // after them
                          call(noon + hours(19), noon + hours(21))};  // until they begin
  Replay replay(calls, std::make_shared<PolicySettings const>(policy), {}, noon - hours(2));
  replay.finish(noon + hours(30));
  EXPECT_TRUE(replay.outcomes()[0].cut);
  EXPECT_FALSE(replay.outcomes()[1].cut);
  ASSERT_TRUE(replay.outcomes()[2].cut);
  EXPECT_EQ(replay.outcomes()[2].cut->at, noon + hours(20));
}

TEST(Replay, R122_clocks_that_are_set_back_end_no_replay) {
  auto backwards = call_at(7, 50'000, 20'000);
  backwards.moments.push_back({at(10'000), true});
  std::vector const calls{backwards, call_at(7, 60'000, 70'000)};
  Replay replay(calls, plain(), {}, at(0));
  replay.take(fix_at(7, 80'000, kOutside));
  replay.take(fix_at(7, 30'000, kInside));
  replay.finish(at(100'000));
  EXPECT_EQ(replay.outcomes().size(), 2u);
}

}  // namespace
}  // namespace wardroom::call_blocking
