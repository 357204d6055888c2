#include "effects/effects.hpp"

#include "base/planted.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace wardroom {
namespace asio = boost::asio;

namespace {
struct Counted {
  explicit Counted(std::size_t& n) : number(n) { ++number; }
  ~Counted() { --number; }
  Counted(Counted const&) = delete;
  Counted& operator=(Counted const&) = delete;
  std::size_t& number;
};

EffectOutcome ended(EffectEnd end, std::string detail = {}) {
  return {.end = end, .detail = std::move(detail)};
}
}  // namespace

std::string_view name(EffectEnd end) {
  switch (end) {
    case EffectEnd::done:
      return "done";
    case EffectEnd::observed:
      return "observed";
    case EffectEnd::failed:
      return "failed";
    case EffectEnd::superseded:
      return "superseded";
    case EffectEnd::duplicate:
      return "duplicate";
    case EffectEnd::expired:
      return "expired";
  }
  return "failed";
}

/// One effect's place in the lane of its key.
struct Effects::Turn {
  Turn(Effects& effects, std::string of)
      : owner(effects),
        key(std::move(of)),
        lane(owner.lanes_.try_emplace(key, owner.loop_).first->second) {
    ++lane.users;
    mine = ++lane.newest;
    lane.changed.cancel();  // older ones that wait may go
  }
  ~Turn() {
    if (--lane.users == 0) owner.lanes_.erase(key);
  }
  Turn(Turn const&) = delete;
  Turn& operator=(Turn const&) = delete;

  bool superseded() const { return mine != lane.newest; }

  /// Until no attempt of this key runs, or a newer effect came.
  Task<void> wait() {
    while (!superseded() && lane.attempting) {
      bool woken = false;
      try {
        co_await lane.changed.async_wait(use_task);
      } catch (boost::system::system_error const&) {
        woken = true;  // by a change of the lane, or because this task is cancelled
      }
      auto const state = co_await asio::this_coro::cancellation_state;
      if (woken && state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
  void begin_attempt() { lane.attempting = true; }
  void end_attempt() {
    lane.attempting = false;
    lane.changed.cancel();
  }

  Effects& owner;
  std::string key;
  Lane& lane;
  std::uint64_t mine = 0;
};

void Effects::set_mode(std::string feature, EffectMode mode) { modes_[std::move(feature)] = mode; }

EffectMode Effects::mode(std::string_view feature) const {
  if (WARDROOM_PLANTED("effects-ignore-observing")) return EffectMode::enforce;
  auto const found = modes_.find(feature);
  return found == modes_.end() ? EffectMode::enforce : found->second;
}

bool Effects::only_observes(Effect const& effect) const {
  return effect.observe || (!effect.takes_back && mode(effect.feature) == EffectMode::observe);
}

Task<EffectOutcome> Effects::perform(Effect effect) {
  Counted const counted(running_);
  auto const begun = clock_.uptime();
  auto outcome = co_await run(effect);
  outcome.took = clock_.uptime() - begun;
  count(effect, outcome);
  auto const hearers = hear_;
  for (auto const& hear : hearers) hear(effect, outcome);
  co_return outcome;
}

void Effects::submit(Effect effect, std::function<void(EffectOutcome)> then) {
  auto const given_up = ended(EffectEnd::failed, "given up: the daemon is stopping");
  if (tasks_.stopping()) {
    if (then) then(given_up);
    return;
  }
  auto task_name = effect.feature + ": " + effect.key;
  tasks_.spawn(
      std::move(task_name),
      [this, effect = std::move(effect), then = std::move(then), given_up]() -> Task<void> {
        auto outcome = given_up;
        std::exception_ptr cancelled;
        try {
          outcome = co_await perform(effect);
        } catch (...) {
          cancelled = std::current_exception();
        }
        if (then) then(std::move(outcome));
        if (cancelled) std::rethrow_exception(cancelled);
      });
}

Task<EffectOutcome> Effects::run(Effect const& effect) {
  if (only_observes(effect)) co_return ended(EffectEnd::observed);
  auto key = effect.feature + '\n' + effect.key;
  switch (effect.kind) {
    case EffectKind::once:
      co_return co_await run_once(effect, std::move(key));
    case EffectKind::latest_wins:
      co_return co_await run_latest(effect, std::move(key));
    case EffectKind::idempotent:
      break;
  }
  co_return co_await attempt_all(effect, nullptr);
}

Task<EffectOutcome> Effects::run_once(Effect const& effect, std::string key) {
  if (!once_.take(key, clock_.uptime())) co_return ended(EffectEnd::duplicate);
  bool done = false;
  struct Release {  // also when cancelled
    Effects& owner;
    std::string const& key;
    bool const& done;
    ~Release() {
      if (done)
        owner.once_.done(key, owner.clock_.uptime());
      else
        owner.once_.free(key);
    }
  } const release{*this, key, done};
  auto outcome = co_await attempt_all(effect, nullptr);
  done = outcome.end == EffectEnd::done;
  co_return outcome;
}

Task<EffectOutcome> Effects::run_latest(Effect const& effect, std::string key) {
  Turn turn(*this, std::move(key));
  co_return co_await attempt_all(effect, &turn);
}

Task<EffectOutcome> Effects::attempt_all(Effect const& effect, Turn* turn) {
  auto outcome = ended(EffectEnd::expired, "its deadline passed before the first attempt");
  Milliseconds asked_to_wait{0};
  auto const attempts = std::max<std::size_t>(1, effect.attempts.size());
  for (std::size_t i = 0; i < attempts; ++i) {
    auto const planned = effect.attempts.empty() ? Milliseconds(0) : effect.attempts[i];
    auto const start = clock_.uptime() + std::max(planned, asked_to_wait);
    bool const bounded = effect.deadline != Uptime{};
    if (bounded && start > effect.deadline) co_return outcome;
    if (start > clock_.uptime()) co_await clock_.sleep_until(start);
    // A reload may have turned enforcing into observing meanwhile.
    if (only_observes(effect)) {
      outcome.end = EffectEnd::observed;
      co_return outcome;
    }
    if (turn != nullptr) {
      co_await turn->wait();
      if (turn->superseded() && !WARDROOM_PLANTED("older-effect-overtakes")) {
        outcome.end = EffectEnd::superseded;
        co_return outcome;
      }
      if (bounded && clock_.uptime() > effect.deadline) co_return outcome;
      turn->begin_attempt();
    }
    struct EndAttempt {
      Turn* turn;
      ~EndAttempt() {
        if (turn != nullptr) turn->end_attempt();
      }
    };
    Result<std::string> result;
    {
      EndAttempt const end{turn};
      result = co_await attempt(effect);
    }
    ++outcome.attempts;
    if (result) {
      outcome.end = EffectEnd::done;
      outcome.error.reset();
      outcome.detail = std::move(*result);
      co_return outcome;
    }
    outcome.end = EffectEnd::failed;
    outcome.detail = result.error().what;
    outcome.error = result.error().kind;
    if (!is_transient(result.error().kind)) co_return outcome;
    asked_to_wait = result.error().retry_after.value_or(Milliseconds(0));
  }
  co_return outcome;
}

Task<Result<std::string>> Effects::attempt(Effect const& effect) {
  if (!effect.act) co_return failure(ErrorKind::internal, "the effect has nothing to do");
  std::string bug;
  try {
    co_return co_await effect.act();
  } catch (boost::system::system_error const& e) {
    if (e.code() == asio::error::operation_aborted) throw;
    bug = e.what();
  } catch (std::exception const& e) {
    bug = e.what();
  }
  co_return failure(ErrorKind::internal, "an attempt broke off: " + bug);
}

void Effects::count(Effect const& effect, EffectOutcome const& outcome) {
  auto& counters = counters_[effect.feature];
  counters.attempts += static_cast<std::uint64_t>(outcome.attempts);
  switch (outcome.end) {
    case EffectEnd::done:
      ++counters.done;
      break;
    case EffectEnd::observed:
      ++counters.observed;
      break;
    case EffectEnd::failed:
      ++counters.failed;
      break;
    case EffectEnd::superseded:
      ++counters.superseded;
      break;
    case EffectEnd::duplicate:
      ++counters.duplicate;
      break;
    case EffectEnd::expired:
      ++counters.expired;
      break;
  }
}

}  // namespace wardroom
