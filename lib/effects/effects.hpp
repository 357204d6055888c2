/// Carries out every act on the outside: observe mode, keys, attempts, deadline and counters for
/// all features in one place.
#pragma once
#include "effects/effect.hpp"
#include "effects/once_keys.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <map>
#include <memory>

namespace wardroom {

enum class EffectMode {
  enforce,
  observe,  ///< decided and recorded, never done
};

struct EffectCounters {
  std::uint64_t done = 0, observed = 0, failed = 0, superseded = 0, duplicate = 0, expired = 0;
  std::uint64_t attempts = 0;
};

std::string_view name(EffectEnd end);

/// On the loop only. `tasks` runs what submit() was given, and is stopped before this dies.
///   once         one at a time and one success in ten minutes per feature and key
///   latest_wins  attempts of one key never overlap; one that waits, for its turn or for its next
///                attempt, gives way to a newer one
///   idempotent   no bookkeeping
class Effects {
 public:
  using OnOutcome = std::function<void(Effect const&, EffectOutcome const&)>;

  Effects(Executor loop, Clock& clock, TaskGroup& tasks)
      : loop_(loop), clock_(clock), tasks_(tasks) {}
  Effects(Effects const&) = delete;
  Effects& operator=(Effects const&) = delete;

  /// A feature nobody spoke of enforces.
  void set_mode(std::string feature, EffectMode mode);
  EffectMode mode(std::string_view feature) const;

  /// Resolves when the effect has ended, whichever way; cancellation passes through.
  Task<EffectOutcome> perform(Effect effect);
  /// The same without waiting. `then` (may be empty) always hears an outcome, also at stop.
  void submit(Effect effect, std::function<void(EffectOutcome)> then = {});

  /// Hears of every effect that ended, before the one who asked for it does.
  void on_outcome(OnOutcome hear) { hear_.push_back(std::move(hear)); }
  /// By feature.
  std::map<std::string, EffectCounters, std::less<>> const& counters() const { return counters_; }
  /// Effects begun and not ended.
  std::size_t running() const { return running_; }

 private:
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  /// The turn of one latest_wins key.
  struct Lane {
    explicit Lane(Executor loop) : changed(loop, Timer::time_point::max()) {}
    std::uint64_t newest = 0;
    bool attempting = false;
    std::size_t users = 0;
    Timer changed;  ///< cancelled to wake those who wait
  };
  struct Turn;

  bool only_observes(Effect const& effect) const;
  Task<EffectOutcome> run(Effect const& effect);
  Task<EffectOutcome> run_once(Effect const& effect, std::string key);
  Task<EffectOutcome> run_latest(Effect const& effect, std::string key);
  Task<EffectOutcome> attempt_all(Effect const& effect, Turn* turn);
  Task<Result<std::string>> attempt(Effect const& effect);
  void count(Effect const& effect, EffectOutcome const& outcome);

  Executor loop_;
  Clock& clock_;
  TaskGroup& tasks_;
  std::map<std::string, EffectMode, std::less<>> modes_;
  std::map<std::string, EffectCounters, std::less<>> counters_;
  std::vector<OnOutcome> hear_;
  OnceKeys once_;
  std::map<std::string, Lane> lanes_;
  std::size_t running_ = 0;
};

}  // namespace wardroom
