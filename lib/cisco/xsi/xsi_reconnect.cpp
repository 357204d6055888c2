// The part of XsiSession that keeps a channel open to every XSP.
#include "base/log.hpp"
#include "cisco/xsi/xsi_run.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds healthy_life{30'000};  // a channel that lived so long begins without backoff
constexpr Milliseconds longest_retry_after{30'000};
constexpr Milliseconds token_glance{1'000};
constexpr Milliseconds look_while_blind{2'000};

std::string in_seconds(Milliseconds wait) {
  auto const tenths = wait.count() / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

}  // namespace

// --- which XSPs
// -----------------------------------------------------------------------------------

Task<void> XsiSession::discover() {
  Backoff backoff(Milliseconds(1'000), Milliseconds(60'000));
  for (;;) {
    bool const distrust =
        blind_.since() && ports_.clock.uptime() - *blind_.since() > settings_.timers.srv_refresh;
    auto found = co_await discovery_.find(distrust);
    Milliseconds wait{0};
    if (found) {
      backoff.reset();
      if (!found->remark.empty()) log::warning(found->remark);
      wait = found->valid_for;
      adopt(std::move(found->xsps));
    } else {
      last_trouble_ = found.error().what;
      log::warning("the XSPs could not be found", {{"why", last_trouble_}});
      auto const kind = found.error().kind;
      bool const somebody_must_act = kind == ErrorKind::not_found || kind == ErrorKind::denied;
      wait = somebody_must_act ? settings_.timers.denied_retry
                               : std::max(backoff.next(ports_.dice), Milliseconds(500));
      if (somebody_must_act && run_->slots.empty())
        not_permitted_ =
            last_trouble_ + "; have Cisco enable XSI for the organisation, then log in again";
    }
    // Whoever moved all XSPs tells it in DNS, and calls pass unseen until we look there.
    if (blind_.since() && found && wait.count() > 0)
      wait = std::min(wait, distrust ? longest_retry_after : look_while_blind);
    if (wait.count() == 0)
      co_await run_->discover_again.wait();
    else
      co_await run_->discover_again.wait_until(ports_.clock, ports_.clock.uptime() + wait);
  }
}

void XsiSession::adopt(std::vector<Xsp> xsps) {
  auto& slots = run_->slots;
  std::erase_if(slots, [](auto const& slot) { return slot->gone; });
  for (auto const& slot : slots) {
    if (slot->retired || std::find(xsps.begin(), xsps.end(), slot->xsp) != xsps.end()) continue;
    slot->retired = true;
    if (slot->channel) slot->channel->end(ChannelEnd::Next::nothing, "the XSP is no longer in DNS");
    slot->wake.raise();
  }
  for (auto& xsp : xsps) {
    auto const same = [&xsp](auto const& slot) { return !slot->retired && slot->xsp == xsp; };
    if (std::any_of(slots.begin(), slots.end(), same)) continue;
    auto* slot =
        slots.emplace_back(std::make_unique<Slot>(xsp, settings_.timers, ports_.loop)).get();
    run_->channels.spawn("xsi channel", [this, slot] { return keep_channel(*slot); });
  }
  if (!slots.empty()) show(*slots.front(), slots.front()->state);
}

// --- one XSP
// ----------------------------------------------------------------------------------------

Task<void> XsiSession::keep_channel(Slot& slot) {
  while (!slot.retired && !run_->stopping) {
    if (auto const until = run_->yielding_until; until && ports_.clock.uptime() < *until) {
      show(slot, "waiting: another instance owns the organisation");
      co_await slot.wake.wait_until(ports_.clock, *until);
      continue;
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
    else
      co_await wait_before_reopening(slot, end);
  }
  slot.gone = true;
  show(slot, "stopped");
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
  slot.hears_heartbeats = channel->hears_heartbeats();
  auto const opened = channel->opened_at();
  if (opened) {
    slot.down_since = ports_.clock.uptime();
    if (ports_.clock.uptime() - *opened >= healthy_life) slot.backoff.reset();
  }
  if (auto removal = channel->removal(); removal && !run_->stopping)
    run_->farewells.spawn("xsi close",
                          [this, request = std::move(*removal)] { return send_once(request); });
  if (opened && ports_.on_ack_target) ports_.on_ack_target(channel->ack_target(), false);
  channel_down(slot, end, opened.has_value());
  co_return end;
}

void XsiSession::channel_down(Slot& slot, ChannelEnd const& end, bool was_open) {
  if (run_->stopping) return;  // we are closing it ourselves
  slot.last_error = last_trouble_ = slot.xsp.host + ": " + end.why;
  if (end.why.find("NonResponsiveChannel") != std::string::npos) ++health_.unresponsive;
  if (was_open) {
    ++health_.reconnects;
    log::warning("XSI channel down", {{"xsp", slot.xsp.host}, {"why", end.why}});
  }
  if (any_open() || !was_open) return;
  // The last one: whatever waits long because another was up must try at once.
  run_->subscription.doubt();
  judge_sight();
  run_->discover_again.raise();
  for (auto const& other : run_->slots)
    if (other.get() != &slot) other->wake.raise();
}

// Two instances that reopen at once would end each other's channels for ever.
void XsiSession::yield_to_other_instance(ChannelEnd const& end) {
  auto const wait = settings_.timers.duplicate_set_retry;
  if (run_->yielding_until && ports_.clock.uptime() < *run_->yielding_until) return;
  auto const minutes = std::chrono::duration_cast<std::chrono::minutes>(wait).count();
  run_->yielding_until = ports_.clock.uptime() + wait;
  protection_down_ =
      end.next == ChannelEnd::Next::duplicate_set
          ? "another instance owns the organisation: it uses the same application id '" +
                settings_.application_id + "'; stop it or give one of them another application id"
          : "the identity that owns the channels was deleted; log in as another one";
  log::error(*protection_down_, {{"retry_in_minutes", minutes}});
  begin_channel_set();
  for (auto const& slot : run_->slots)
    if (slot->channel) slot->channel->end(ChannelEnd::Next::nothing, end.why);
  judge_sight();
}

// --- waiting
// ----------------------------------------------------------------------------------------

Milliseconds XsiSession::reopening_pause(Slot& slot, ChannelEnd const& end) {
  auto const& timers = settings_.timers;
  if (end.next == ChannelEnd::Next::denied) return timers.denied_retry;
  bool const long_down =
      slot.down_since && ports_.clock.uptime() - *slot.down_since > timers.reconnect_slow_after;
  slot.backoff.set_cap(long_down && any_open() ? timers.reconnect_slow_cap : timers.reconnect_cap);
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
  if (slot.state == "up") {
    slot.down_since.reset();
  }
  health_.channels.clear();
  for (auto const& other : run_->slots) {
    if (other->retired) continue;
    bool const up = other->channel && other->channel->is_open();
    health_.channels.push_back(
        {other->xsp.host, up, other->state, other->since, other->last_error});
  }
}

}  // namespace wardroom::xsi
