// The part of XsiSession that knows whether events can reach us, tells so, and
// asks for resyncs.
#include "base/log.hpp"
#include "cisco/xsi/xsi_run.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr std::size_t most_warnings = 8;
constexpr std::chrono::hours warning_stays{1};
constexpr Milliseconds worth_telling{1};

}  // namespace

// Events can reach us only over an open channel and a subscription known to
// live.
void XsiSession::judge_sight(std::string const& why) {
  auto const now = ports_.clock.uptime();
  auto const& subscription = run_->subscription;
  if (subscription.confirmed())
    blind_.subscribed(now);
  else
    blind_.unsubscribed(std::min(now, subscription.lost_at()));
  tell_sight(why);
  // What is older than the last proof of every channel can not turn out to have
  // been blind.
  auto horizon = std::min(now, subscription.proven());
  for (auto const& slot : run_->slots)
    if (slot->channel && slot->channel->is_open())
      horizon = std::min(horizon, slot->channel->proven());
  blind_.settle(horizon);
}

// Both are told at once for a time that only turns out now to have been blind.
void XsiSession::tell_sight(std::string const& why) {
  auto const now = ports_.clock.uptime();
  bool const sees = blind_.sees();
  auto const untold = blind_.total(now) - run_->told_blind;
  if (run_->told_sees && (!sees || untold >= worth_telling)) {
    ++health_.blind_times;
    tell_blind(why);
  }
  if (sees && !run_->told_sees) {
    run_->long_blind_timer.cancel();
    run_->told_sees = true;
    run_->told_blind += untold;
    log::info("call events can reach us",
              {{"blind_seconds", std::chrono::duration<double>(untold).count()}});
    guarded_tell([&] { run_->sink.on_sight(true, untold, run_->why_blind); });
  }
}

void XsiSession::tell_blind(std::string const& why) {
  run_->told_sees = false;
  run_->why_blind = why;
  run_->long_blind_timer =
      ports_.clock.after(settings_.timers.srv_refresh, [this] { run_->discover_again.raise(); });
  log::warning("no call event can reach us", {{"why", why}});
  guarded_tell([&] { run_->sink.on_sight(false, {}, why); });
}

// --- asking for all live calls
// -------------------------------------------------------------------

/// Soon, but not once per event that asks for it: a resync looks at every live
/// call anyway.
void XsiSession::resync(std::string const& why) { resync_at(ports_.clock.uptime(), why); }

/// After a break: channels that break together, and come back soon, want one
/// resync.
void XsiSession::resync_soon(std::string const& why) {
  resync_at(ports_.clock.uptime() + settings_.timers.resync_settle, why);
}

void XsiSession::resync_at(Uptime when, std::string const& why) {
  if (!run_ || run_->stopping || run_->resync_wanted) return;
  auto const now = ports_.clock.uptime();
  if (run_->last_resync) when = std::max(when, *run_->last_resync + settings_.timers.resync_gap);
  if (when <= now) return resync_now(why);
  run_->resync_wanted = why;
  run_->resync_timer = ports_.clock.at(when, [this] {
    auto const wanted = std::exchange(run_->resync_wanted, std::nullopt);
    run_->resync_timer.cancel();
    // Without sight it would have to be done again: the return of sight brings
    // one.
    if (wanted && blind_.sees()) resync_now(*wanted);
  });
}

void XsiSession::resync_now(std::string const& why) {
  if (!run_ || run_->stopping) return;
  run_->resync_wanted.reset();
  run_->resync_timer.cancel();
  run_->last_resync = ports_.clock.uptime();
  for (auto const& slot : run_->slots)
    if (slot->channel && slot->channel->is_open()) slot->broke = false;
  ++health_.resyncs;
  log::info("asking for all live calls", {{"why", why}});
  guarded_tell([&] { run_->sink.on_resync_needed(why); });
}

// A sink that throws must not take a channel with it.
void XsiSession::guarded_tell(std::function<void()> const& tell) {
  try {
    tell();
  } catch (std::exception const& e) {
    log::error("what the channels tell could not be taken", {{"why", e.what()}});
  }
}

// --- what an operator should know although calls are watched
// -------------------------------------

void XsiSession::warn(std::string sentence) {
  log::error(sentence);
  auto const same = [&](Warning const& w) { return w.sentence == sentence; };
  std::erase_if(warnings_, same);
  if (warnings_.size() >= most_warnings) warnings_.erase(warnings_.begin());
  warnings_.push_back({std::move(sentence), ports_.clock.uptime() + warning_stays});
}

void XsiSession::show_warnings() const {
  health_.warnings.clear();
  if (!remark_.empty()) health_.warnings.push_back(remark_);
  for (auto const& warning : warnings_)
    if (warning.until > ports_.clock.uptime()) health_.warnings.push_back(warning.sentence);
}

// --- the health of every channel
// -----------------------------------------------------------------

void XsiSession::show_channels() const {
  health_.channels.clear();
  auto const now = ports_.clock.now();
  auto const uptime = ports_.clock.uptime();
  auto const at = [&](std::optional<Uptime> moment) -> std::optional<Instant> {
    if (!moment) return std::nullopt;
    return now + std::chrono::duration_cast<Milliseconds>(*moment - uptime);
  };
  for (auto const& slot : run_->slots) {
    if (!slot->shown()) continue;
    auto& shown = health_.channels.emplace_back();
    shown.host = slot->xsp.host;
    shown.state = slot->state;
    shown.since = slot->since;
    shown.last_error = slot->last_error;
    if (!slot->channel) continue;
    shown.up = slot->channel->is_open();
    shown.events = slot->channel->events();
    shown.last_heard = at(slot->channel->last_byte());
    shown.refresh_due = at(slot->channel->refresh_due());
  }
}

}  // namespace wardroom::xsi
