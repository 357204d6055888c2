// The part of XsiSession that knows which XSPs there are, and moves channels
// without a gap: to other XSPs when DNS changes, to a new token before the old
// one ends.
#include "base/log.hpp"
#include "cisco/xsi/xsi_run.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {
constexpr Milliseconds look_for_rolls{5'000};
constexpr Milliseconds roll_patience{25'000};
constexpr Milliseconds roll_glance{200};
constexpr Milliseconds roll_again{30'000};
constexpr Milliseconds while_token_fails{30'000};
constexpr Milliseconds look_while_blind{2'000}, look_while_blind_for_long{30'000};
constexpr char const* replaced = "another channel took its place";

}  // namespace

// --- which XSPs
// -----------------------------------------------------------------------------------

Task<void> XsiSession::discover() {
  Backoff backoff(Milliseconds(1'000), Milliseconds(60'000));
  for (;;) {
    auto const found = co_await discovery_.find(blind_for_long());
    run_->looked_up_at = ports_.clock.uptime();
    Milliseconds wait{0};
    if (found) {
      backoff.reset();
      if (!found->remark.empty() && found->remark != remark_) log::warning(found->remark);
      remark_ = found->remark;
      wait = found->valid_for;
      run_->dns_ttl = found->ttl;
      adopt(found->xsps);
    } else {
      wait = not_found(found.error(), backoff);
    }
    // Whoever moved all XSPs tells it in DNS, and calls pass unseen until we look there.
    if (found && wait.count() > 0 && !blind_.sees())
      wait = std::min(wait, blind_for_long() ? look_while_blind_for_long : look_while_blind);
    if (found)
      co_await wait_for_next_look(wait);
    else
      co_await wait_for_login(wait);
  }
}

/// Without a token nobody can be asked, and with another one everybody at once, whatever the one
/// before was refused: calls pass unseen meanwhile.
Task<void> XsiSession::wait_for_login(Milliseconds most) {
  auto const long_enough = ports_.clock.uptime() + most;
  auto const before = co_await http_.bearer();
  while (ports_.clock.uptime() < long_enough) {
    auto const next = std::min<Uptime>(ports_.clock.uptime() + token_glance, long_enough);
    co_await run_->discover_again.wait_until(ports_.clock, next);
    if (before && ports_.clock.uptime() < next) co_return;  // somebody wants a look
    auto const now = co_await http_.bearer();
    if (now && (!before || !same(*before, *now))) co_return;
  }
}

Milliseconds XsiSession::not_found(Error const& why, Backoff& backoff) {
  last_trouble_ = why.what;
  log::warning("the XSPs could not be found", {{"why", last_trouble_}});
  // Trouble with the token (`not_done`) says nothing of what the organisation may, and a renewal
  // may end it with the same token.
  bool const somebody_must_act =
      !why.not_done && (why.kind == ErrorKind::not_found || why.kind == ErrorKind::denied);
  if (!somebody_must_act) {
    auto const most = why.not_done && why.kind != ErrorKind::unauthorized ? while_token_fails
                                                                          : Milliseconds::max();
    return std::clamp(backoff.next(ports_.dice), Milliseconds(500), most);
  }
  if (run_->slots.empty())
    not_permitted_ =
        last_trouble_ + "; have Cisco enable XSI for the organisation, then log in again";
  return settings_.timers.denied_retry;
}

/// The region may have moved when nothing was reached for so long.
bool XsiSession::blind_for_long() const {
  auto const since = blind_.since(ports_.clock.uptime());
  return since && ports_.clock.uptime() - *since >= settings_.timers.srv_refresh;
}

Task<void> XsiSession::wait_for_next_look(Milliseconds wait) {
  if (wait.count() == 0) co_return co_await run_->discover_again.wait();
  co_await run_->discover_again.wait_until(ports_.clock, ports_.clock.uptime() + wait);
}

/// A channel broke: the names may mean other servers by now.
void XsiSession::look_again_in_dns() {
  if (!settings_.endpoints.empty() || !run_->looked_up_at) return;
  auto const known_for = ports_.clock.uptime() - *run_->looked_up_at;
  if (known_for >= std::max(settings_.timers.resolve_again, run_->dns_ttl))
    run_->discover_again.raise();
}

void XsiSession::adopt(std::vector<Xsp> const& xsps) {
  auto& slots = run_->slots;
  sweep();
  bool changed = false;
  for (auto const& slot : slots) {
    bool const wanted = std::find(xsps.begin(), xsps.end(), slot->xsp) != xsps.end();
    if (wanted) slot->leaving = false;
    if (wanted || slot->retired || slot->leaving) continue;
    log::info("an XSP is no longer in DNS", {{"xsp", slot->xsp.host}});
    slot->leaving = changed = true;
  }
  for (auto const& xsp : xsps) {
    auto const same = [&xsp](auto const& slot) { return slot->shown() && slot->xsp == xsp; };
    if (std::none_of(slots.begin(), slots.end(), same)) begin_slot(xsp, false);
  }
  if (!changed) return;
  run_->drain_until = ports_.clock.uptime() + settings_.timers.drain;
  run_->drain_timer = ports_.clock.at(*run_->drain_until, [this] {
    run_->drain_timer.cancel();
    let_leave();
  });
  let_leave();
}

XsiSession::Slot& XsiSession::begin_slot(Xsp const& xsp, bool understudy) {
  auto* slot =
      run_->slots.emplace_back(std::make_unique<Slot>(xsp, settings_.timers, ports_.loop)).get();
  slot->understudy = understudy;
  run_->channels.spawn("xsi channel", [this, slot] { return keep_channel(*slot); });
  return *slot;
}

void XsiSession::sweep() {
  std::erase_if(run_->slots, [](auto const& slot) { return slot->gone; });
}

// --- one channel after the other
// ------------------------------------------------------------------

void XsiSession::on_open(XsiChannel& channel) {
  auto const& slots = run_->slots;
  auto const mine = std::find_if(slots.begin(), slots.end(),
                                 [&](auto const& slot) { return slot->channel.get() == &channel; });
  if (mine == slots.end()) return;
  auto& slot = **mine;
  show(slot, "up");
  log::info("XSI channel open", {{"xsp", channel.xsp().host}});
  if (ports_.on_ack_target) ports_.on_ack_target(channel.ack_target(), true);
  blind_.channel_opened(&channel, ports_.clock.uptime());
  if (slot.understudy) take_over(slot);
  let_leave();
  run_->subscription.channel_opened();
  if (slot.broke) run_->subscription.look_soon();
  judge_sight("");
  if (slot.broke && blind_.sees()) resync_soon("a channel was opened again");
}

void XsiSession::retire(Slot& slot, std::string const& why) {
  slot.retired = true;
  if (slot.channel) slot.channel->leave(why);
  slot.wake.raise();
}

void XsiSession::take_over(Slot& understudy) {
  understudy.understudy = false;
  for (auto const& slot : run_->slots) {
    if (slot.get() == &understudy || !slot->shown() || slot->xsp != understudy.xsp) continue;
    understudy.hears_heartbeats |= slot->hears_heartbeats;
    understudy.last_error = slot->last_error;
    retire(*slot, replaced);
  }
}

/// XSPs that left DNS go once every other one is open, or some are and enough
/// time has passed.
void XsiSession::let_leave() {
  std::size_t stay = 0, open = 0, leaving = 0;
  for (auto const& slot : run_->slots) {
    if (slot->retired) continue;
    if (slot->leaving) {
      ++leaving;
      continue;
    }
    ++stay;
    open += slot->channel && slot->channel->is_open() ? 1 : 0;
  }
  bool const long_enough = run_->drain_until && ports_.clock.uptime() >= *run_->drain_until;
  if (leaving == 0 || open == 0 || (open < stay && !long_enough)) return;
  for (auto const& slot : run_->slots)
    if (slot->leaving && !slot->retired) retire(*slot, "the XSP is no longer in DNS");
}

// --- to a new token
// -------------------------------------------------------------------------------

/// An open stream lives by the token it was opened with; whether the server
/// cuts it when that ends is not known, so it moves before. The one whose token
/// ends first.
XsiSession::Slot* XsiSession::next_to_roll() const {
  auto const current = http_.token_life();
  if (!current) return nullptr;
  auto const now = ports_.clock.uptime();
  Slot* first = nullptr;
  for (auto const& slot : run_->slots) {
    if (!slot->shown() || slot->leaving || !slot->channel || !slot->channel->is_open()) continue;
    if (now < slot->roll_after) continue;
    auto const token = slot->channel->token();
    if (!token || token->version == current->version) continue;
    if (token->ends - now > settings_.timers.roll_before) continue;
    if (!first || token->ends < first->channel->token()->ends) first = slot.get();
  }
  return first;
}

Task<void> XsiSession::roll() {
  for (;;) {
    co_await ports_.clock.sleep_for(look_for_rolls);
    sweep();
    while (auto* slot = next_to_roll()) {
      auto const xsp = slot->xsp;
      bool const done = co_await roll_one(xsp);
      sweep();
      // One XSP that opens no second channel must not keep the others from rolling.
      for (auto const& tried : run_->slots)
        if (!done && tried->shown() && tried->xsp == xsp)
          tried->roll_after = ports_.clock.uptime() + roll_again;
    }
  }
}

Task<bool> XsiSession::roll_one(Xsp xsp) {
  log::info("moving a channel to the new token", {{"xsp", xsp.host}});
  auto const understudy = [&]() -> Slot* {
    for (auto const& slot : run_->slots)
      if (slot->understudy && !slot->gone && !slot->retired && slot->xsp == xsp) return slot.get();
    return nullptr;
  };
  begin_slot(xsp, true);
  auto const until = ports_.clock.uptime() + roll_patience;
  while (understudy() && ports_.clock.uptime() < until)
    co_await ports_.clock.sleep_for(roll_glance);
  if (auto* const late = understudy()) retire(*late, "it did not open in time");
  auto const current = http_.token_life();
  for (auto const& slot : run_->slots)
    if (slot->shown() && slot->xsp == xsp && slot->channel && slot->channel->is_open() && current &&
        slot->channel->token() && slot->channel->token()->version == current->version)
      co_return true;
  log::warning("a channel could not be moved to the new token", {{"xsp", xsp.host}});
  co_return false;
}

}  // namespace wardroom::xsi
