// Effects: attempts, deadlines, keys, observe mode, cancellation; all on virtual time.
#include "effects/effects.hpp"

#include "support/fake_clock.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {
using namespace std::chrono_literals;

struct EffectsFixture : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(), [](std::string_view, std::exception_ptr) {}};
  Effects effects{io.get_executor(), clock, tasks};
  Uptime const start = clock.uptime();

  std::vector<Milliseconds> began;           // when each attempt began, since the start
  std::vector<Result<std::string>> answers;  // of the attempts, in order; then "ok"
  std::vector<std::string> ended;            // outcomes in order

  ~EffectsFixture() override {
    test::start_task(io, tasks.stop(clock, 0ms));
    clock.advance(1s);
  }

  static Error error(ErrorKind kind, std::optional<Milliseconds> retry_after = {}) {
    return {kind, "it said no", retry_after};
  }
  Effect effect(EffectKind kind, std::string key = "k", Milliseconds duration = 0ms) {
    return {.feature = "calls",
            .key = std::move(key),
            .kind = kind,
            .attempts = {0ms, 200ms, 800ms, 2'000ms},
            .act = [this, duration]() -> Task<Result<std::string>> {
              began.push_back(std::chrono::duration_cast<Milliseconds>(clock.uptime() - start));
              auto const index = began.size() - 1;
              if (duration > 0ms) co_await clock.sleep_for(duration);
              if (index < answers.size()) co_return answers[index];
              co_return std::string("ok");
            }};
  }
  void submit(Effect e, std::string label = "") {
    effects.submit(std::move(e), [this, label](EffectOutcome outcome) {
      ended.push_back(label + std::string(name(outcome.end)));
    });
    clock.drain();
  }
};
using Times = std::vector<Milliseconds>;
using Words = std::vector<std::string>;

TEST_F(EffectsFixture, try_again_after_transient_errors_as_planned) {
  answers = {std::unexpected(error(ErrorKind::unavailable)),
             std::unexpected(error(ErrorKind::timed_out)),
             std::unexpected(error(ErrorKind::throttled))};
  std::optional<EffectOutcome> seen;
  effects.submit(effect(EffectKind::once), [&](EffectOutcome outcome) { seen = outcome; });
  clock.advance(10s);
  ASSERT_TRUE(seen);
  EXPECT_EQ(began, (Times{0ms, 200ms, 1'000ms, 3'000ms}));
  EXPECT_EQ(seen->end, EffectEnd::done);
  EXPECT_EQ(seen->detail, "ok");
  EXPECT_EQ(seen->attempts, 4);
  EXPECT_EQ(seen->took, 3s);
  EXPECT_EQ(effects.counters().at("calls").attempts, 4u);
  EXPECT_EQ(effects.counters().at("calls").done, 1u);
}

TEST_F(EffectsFixture, give_up_after_the_last_attempt_and_after_a_final_error) {
  answers.assign(4, std::unexpected(error(ErrorKind::unavailable)));
  answers.push_back(std::unexpected(error(ErrorKind::denied)));
  submit(effect(EffectKind::idempotent));
  clock.advance(10s);
  EXPECT_EQ(ended, (Words{"failed"}));
  EXPECT_EQ(began.size(), 4u);
  submit(effect(EffectKind::idempotent));
  clock.advance(10s);
  EXPECT_EQ(ended, (Words{"failed", "failed"}));
  EXPECT_EQ(began.size(), 5u);
}

TEST_F(EffectsFixture, wait_as_long_as_they_are_asked_to) {
  answers = {std::unexpected(error(ErrorKind::throttled, 5'000ms)),
             std::unexpected(error(ErrorKind::throttled, 10ms))};
  submit(effect(EffectKind::idempotent));
  clock.advance(60s);
  EXPECT_EQ(began, (Times{0ms, 5'000ms, 5'800ms}));
}

TEST_F(EffectsFixture, start_no_attempt_after_the_deadline) {
  answers.assign(4, std::unexpected(error(ErrorKind::unavailable)));
  auto limited = effect(EffectKind::idempotent);
  limited.deadline = clock.uptime() + 1s;
  submit(limited);
  clock.advance(60s);
  EXPECT_EQ(began, (Times{0ms, 200ms, 1'000ms}));
  EXPECT_EQ(ended, (Words{"failed"}));
  submit(limited);  // a minute late
  EXPECT_EQ(ended.back(), "expired");
  EXPECT_EQ(began.size(), 3u);
}

TEST_F(EffectsFixture, do_not_wait_beyond_the_deadline_for_a_long_retry_after) {
  answers = {std::unexpected(error(ErrorKind::throttled, 60'000ms))};
  auto limited = effect(EffectKind::idempotent);
  limited.deadline = clock.uptime() + 10s;
  submit(limited);
  EXPECT_EQ(ended, (Words{"failed"})) << "at once";
}

TEST_F(EffectsFixture, do_a_one_time_act_once_while_it_runs_and_ten_minutes_after) {
  submit(effect(EffectKind::once, "k", 100ms), "1 ");
  submit(effect(EffectKind::once, "k", 100ms), "2 ");
  submit(effect(EffectKind::once, "other", 100ms), "3 ");
  clock.advance(9min);
  submit(effect(EffectKind::once), "4 ");
  EXPECT_EQ(ended, (Words{"2 duplicate", "1 done", "3 done", "4 duplicate"}));
  clock.advance(2min);
  submit(effect(EffectKind::once), "5 ");
  EXPECT_EQ(ended.back(), "5 done");
  EXPECT_EQ(began.size(), 3u);
}

TEST_F(EffectsFixture, let_a_one_time_act_be_asked_for_again_after_it_failed) {
  answers = {std::unexpected(error(ErrorKind::denied))};
  submit(effect(EffectKind::once));
  submit(effect(EffectKind::once));
  EXPECT_EQ(ended, (Words{"failed", "done"}));
}

TEST_F(EffectsFixture, keep_keys_of_different_features_apart) {
  auto other = effect(EffectKind::once);
  other.feature = "banners";
  submit(effect(EffectKind::once));
  submit(other);
  EXPECT_EQ(ended, (Words{"done", "done"}));
}

TEST_F(EffectsFixture, replace_a_waiting_act_by_the_newest_and_never_overlap) {
  submit(effect(EffectKind::latest_wins, "banner", 100ms), "1 ");
  submit(effect(EffectKind::latest_wins, "banner", 100ms), "2 ");
  submit(effect(EffectKind::latest_wins, "banner", 100ms), "3 ");
  submit(effect(EffectKind::latest_wins, "other", 100ms), "4 ");
  clock.advance(1s);
  EXPECT_EQ(ended, (Words{"2 superseded", "1 done", "4 done", "3 done"}));
  EXPECT_EQ(began, (Times{0ms, 0ms, 100ms}));
}

TEST_F(EffectsFixture, give_way_between_attempts_to_a_newer_one) {
  answers = {std::unexpected(error(ErrorKind::unavailable))};
  submit(effect(EffectKind::latest_wins, "banner"), "1 ");
  clock.advance(50ms);
  submit(effect(EffectKind::latest_wins, "banner"), "2 ");
  clock.advance(10s);
  EXPECT_EQ(ended, (Words{"2 done", "1 superseded"}));
  EXPECT_EQ(began, (Times{0ms, 50ms}));
}

TEST_F(EffectsFixture, only_record_in_observe_mode) {
  effects.set_mode("calls", EffectMode::observe);
  std::vector<std::string> heard;
  effects.on_outcome([&](Effect const& e, EffectOutcome const& outcome) {
    heard.push_back(e.key + " " + std::string(name(outcome.end)));
  });
  submit(effect(EffectKind::once, "release 1"));
  submit(effect(EffectKind::latest_wins, "banner"));
  EXPECT_TRUE(began.empty());
  EXPECT_EQ(heard, (Words{"release 1 observed", "banner observed"}));
  effects.set_mode("calls", EffectMode::enforce);
  submit(effect(EffectKind::once, "release 1"));
  EXPECT_EQ(ended.back(), "done") << "what was only observed may be done now";
}

TEST_F(EffectsFixture, turn_a_bug_in_an_act_into_a_failure) {
  auto broken = effect(EffectKind::once);
  broken.act = []() -> Task<Result<std::string>> {
    throw std::runtime_error("a bug");
    co_return std::string();
  };
  submit(broken);
  broken.act = nullptr;
  submit(broken);
  EXPECT_EQ(ended, (Words{"failed", "failed"}));
}

TEST_F(EffectsFixture, answer_everybody_at_stop) {
  submit(effect(EffectKind::latest_wins, "banner", 1h), "1 ");
  submit(effect(EffectKind::latest_wins, "banner", 1h), "2 ");
  submit(effect(EffectKind::once, "release", 1h), "3 ");
  test::start_task(io, tasks.stop(clock, 50ms));
  clock.advance(1s);
  std::ranges::sort(ended);
  EXPECT_EQ(ended, (Words{"1 failed", "2 failed", "3 failed"}));
  submit(effect(EffectKind::once), "4 ");
  EXPECT_EQ(ended.back(), "4 failed");
  EXPECT_EQ(tasks.running(), 0u);
  EXPECT_EQ(effects.running(), 0u);
}

}  // namespace
}  // namespace wardroom
