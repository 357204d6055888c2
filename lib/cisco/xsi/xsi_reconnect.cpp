// The part of XsiSession that keeps a channel open to one XSP.
#include "base/log.hpp"
#include "cisco/xsi/xsi_run.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds healthy_life{30'000};  // a channel that lived so long begins without backoff
constexpr Milliseconds longest_retry_after{30'000};
constexpr int undisturbed = 2;  // longest pauses without another instance: it is gone

std::string in_seconds(Milliseconds wait) {
  auto const tenths = wait.count() / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

}  // namespace

Task<void> XsiSession::keep_channel(Slot& slot) {
  struct Leave {
    Slot& slot;
    ~Leave() { slot.gone = true; }
  } const leave{slot};
  while (!slot.retired && !run_->stopping) {
    if (co_await must_yield(slot)) continue;
    auto const turn = run_->openings.turn(ports_.clock.uptime());
    if (turn > ports_.clock.uptime()) {
      co_await ports_.clock.sleep_until(turn);
      if (slot.retired || run_->stopping || yielding()) continue;
    }
    ChannelEnd end;
    try {
      end = co_await one_channel(slot);
    } catch (boost::system::system_error const& e) {
      if (e.code() == boost::asio::error::operation_aborted) throw;
      end.why = std::string("an internal error: ") + e.what();
    } catch (std::exception const& e) {
      end.why = std::string("an internal error: ") + e.what();
    }
    if (slot.retired || run_->stopping) break;
    if (end.next == ChannelEnd::Next::duplicate_set || end.next == ChannelEnd::Next::identity_gone)
      yield_to_other_instance(end);
    else if (slot.understudy)
      break;  // the first one still serves; whoever asked for it tries again
    else
      co_await wait_before_reopening(slot, end);
  }
}

Task<ChannelEnd> XsiSession::one_channel(Slot& slot) {
  XsiChannel::Listener& listener = *this;
  slot.channel = std::make_unique<XsiChannel>(slot.xsp, run_->channel_set, settings_, http_,
                                              ports_.clock, ports_.dice, ports_.loop, listener);
  if (slot.hears_heartbeats) slot.channel->expect_heartbeats();
  if (!slot.down_since) slot.down_since = ports_.clock.uptime();
  show(slot, "connecting");
  auto end = co_await slot.channel->follow();
  auto const channel = std::move(slot.channel);
  auto const now = ports_.clock.uptime();
  slot.hears_heartbeats |= channel->hears_heartbeats();
  auto const opened = channel->opened_at();
  if (opened) {
    blind_.channel_ended(channel.get(), end.deaf_since.value_or(now));
    slot.down_since = now;
    if (now - *opened >= healthy_life) slot.backoff.reset();
    end_ack_target(channel->ack_target());
  }
  if (auto removal = channel->removal(); removal && !run_->stopping && !channel->left())
    run_->farewells.spawn("xsi close",
                          [this, request = std::move(*removal)] { return send_once(request); });
  channel_down(slot, end, opened.has_value());
  co_return end;
}

/// Where a successor of the same XSP acknowledges too, its connections stay.
void XsiSession::end_ack_target(AckTarget const& target) {
  if (!ports_.on_ack_target) return;
  for (auto const& slot : run_->slots) {
    if (!slot->channel || !slot->channel->is_open()) continue;
    auto const& used = slot->channel->ack_target();
    if (used.url == target.url && used.connect_to == target.connect_to) return;
  }
  ports_.on_ack_target(target, false);
}

void XsiSession::channel_down(Slot& slot, ChannelEnd const& end, bool was_open) {
  if (run_->stopping) return;  // we are closing it ourselves
  if (slot.retired) {
    if (was_open && !any_open()) last_one_down(slot);  // its successor broke before
    judge_sight(end.why);
    // What it should have told at last came over no other channel, and leaves no gap before the
    // next event.
    if (end.deaf_since) resync_soon("a channel that was replaced may have been dead before");
    return;
  }
  slot.last_error = last_trouble_ = slot.xsp.host + ": " + end.why;
  if (end.why.find("NonResponsiveChannel") != std::string::npos) ++health_.unresponsive;
  if (!end.alarm.empty()) warn(slot.xsp.host + ": " + end.alarm);
  look_again_in_dns();
  if (!was_open) return;
  ++health_.reconnects;
  slot.broke = true;
  log::warning("XSI channel down", {{"xsp", slot.xsp.host}, {"why", end.why}});
  bool const last = !any_open();
  if (last) last_one_down(slot);
  judge_sight(slot.last_error);
  if (last) return;
  run_->subscription.look_soon();
  resync_soon("a channel broke");
}

/// Whatever waits long because another was up must try at once.
void XsiSession::last_one_down(Slot const& slot) {
  run_->subscription.doubt();
  run_->discover_again.raise();
  for (auto const& other : run_->slots)
    if (other.get() != &slot) other->wake.raise();
}

// --- giving way to another instance
// ----------------------------------------------------------------

bool XsiSession::yielding() const {
  return run_->yielding_until && ports_.clock.uptime() < *run_->yielding_until;
}

Task<bool> XsiSession::must_yield(Slot& slot) {
  if (!yielding()) co_return false;
  show(slot, "waiting: " + run_->yielding_why);
  co_await slot.wake.wait_until(ports_.clock, *run_->yielding_until);
  co_return true;
}

/// Two instances that reopen at once would end each other's channels for ever.
/// Each pause is twice the last one and a random part longer, so that soon one
/// of them is left alone for an hour; when nobody came for long, the next pause
/// is short again.
Milliseconds XsiSession::yielding_pause() {
  auto const& timers = settings_.timers;
  auto const now = ports_.clock.uptime();
  bool const long_ago =
      displaced_at_ &&
      now - *displaced_at_ > displaced_pause_ + timers.duplicate_set_cap * undisturbed;
  if (!displaced_at_ || long_ago) displaced_pause_ = Milliseconds(0);
  displaced_at_ = now;
  displaced_pause_ =
      std::clamp(displaced_pause_ * 2, timers.duplicate_set_retry, timers.duplicate_set_cap);
  auto const extra = double(displaced_pause_.count()) / 4 * ports_.dice.fraction();
  return displaced_pause_ + Milliseconds(static_cast<std::int64_t>(extra));
}

void XsiSession::yield_to_other_instance(ChannelEnd const& end) {
  if (yielding()) return;
  bool const displaced = end.next == ChannelEnd::Next::duplicate_set;
  auto const wait = yielding_pause();
  run_->yielding_until = ports_.clock.uptime() + wait;
  run_->yielding_why = displaced ? "another instance owns the organisation"
                                 : "the identity that owns the channels was deleted";
  protection_down_ = displaced ? "another instance owns the organisation: it uses the same "
                                 "application id '" +
                                     settings_.application_id +
                                     "'; stop it or give one of them another application id"
                               : "the identity that owns the channels was deleted; log in as "
                                 "another one";
  auto const minutes = std::chrono::duration_cast<std::chrono::minutes>(wait).count();
  log::error(*protection_down_, {{"retry_in_minutes", minutes}});
  begin_channel_set();
  for (auto const& slot : run_->slots)
    if (slot->channel) slot->channel->end(ChannelEnd::Next::nothing, end.why);
  judge_sight(*protection_down_);
}

// --- waiting
// ----------------------------------------------------------------------------------------

/// Only while nothing can be missed may an XSP be asked seldom.
Milliseconds XsiSession::reopening_cap(Slot const& slot) const {
  auto const& timers = settings_.timers;
  auto const now = ports_.clock.uptime();
  auto const within = [&](std::optional<Uptime> moment) {
    return moment && now - *moment <= timers.reconnect_slow_after;
  };
  bool const in_vain = any_open() && !within(slot.down_since) && !within(run_->last_event);
  return in_vain ? timers.reconnect_slow_cap : timers.reconnect_cap;
}

Milliseconds XsiSession::reopening_pause(Slot& slot, ChannelEnd const& end) {
  if (end.next == ChannelEnd::Next::denied) return settings_.timers.denied_retry;
  slot.backoff.set_cap(reopening_cap(slot));
  auto const wait = slot.backoff.next(ports_.dice);
  return std::max(wait, std::min(end.retry_after.value_or(Milliseconds(0)), longest_retry_after));
}

Task<void> XsiSession::wait_before_reopening(Slot& slot, ChannelEnd const& end) {
  if (end.next == ChannelEnd::Next::nothing) co_return;
  if (end.next == ChannelEnd::Next::unauthorized) {
    show(slot, "waiting for a token");
    co_return co_await wait_for_token(slot);
  }
  auto const wait = reopening_pause(slot, end);
  show(slot, "backing off " + in_seconds(wait));
  co_await slot.wake.wait_until(ports_.clock, ports_.clock.uptime() + wait);
}

// A rejected token is not tried again before long; a new one, at once.
Task<void> XsiSession::wait_for_token(Slot& slot) {
  auto const before = co_await http_.bearer();
  auto const long_enough =
      ports_.clock.uptime() + (before ? Milliseconds(30'000) : Milliseconds(600'000));
  while (ports_.clock.uptime() < long_enough && !slot.retired) {
    co_await slot.wake.wait_until(ports_.clock, ports_.clock.uptime() + token_glance);
    auto const now = co_await http_.bearer();
    if (now && (!before || !same(*before, *now))) co_return;
  }
}

void XsiSession::show(Slot& slot, std::string state) {
  if (slot.state != state || !slot.since) slot.since = ports_.clock.now();
  slot.state = std::move(state);
  if (slot.state == "up") slot.down_since.reset();
}

}  // namespace wardroom::xsi
