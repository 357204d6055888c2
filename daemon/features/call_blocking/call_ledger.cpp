#include "features/call_blocking/call_ledger.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr auto kTombstone = std::chrono::seconds(60);
constexpr std::size_t kMostTombstones = 100'000;

std::string key_of(XsiUserId const& target, CallId const& call) {
  return target.text() + '\n' + call.text();
}

bool carries_calls(CallEventKind kind) {
  return kind != CallEventKind::hook_status && kind != CallEventKind::subscription_terminated &&
         kind != CallEventKind::conference && kind != CallEventKind::other &&
         kind != CallEventKind::parked_against;
}

bool is_snapshot(CallEventKind kind) {
  return kind == CallEventKind::snapshot || kind == CallEventKind::snapshot_resync;
}

/// Newer facts win, but nothing that was known is lost to an event that leaves it out.
void merge(CallLeg& known, CallLeg const& news) {
  auto const before = known;
  known = news;
  if (known.tracking.empty()) known.tracking = before.tracking;
  if (known.personality == Personality::unknown) known.personality = before.personality;
  if (known.state == CallState::unknown) known.state = before.state;
  if (known.remote_address.empty()) {
    known.remote_address = before.remote_address;
    known.remote_country_code = before.remote_country_code;
  }
  if (known.remote_name.empty()) known.remote_name = before.remote_name;
  if (known.remote_user.empty()) known.remote_user = before.remote_user;
  if (known.type == CallType::absent) known.type = before.type;
  if (!known.started) known.started = before.started;
  if (before.answered) known.answered = before.answered;  // always the first answer
}

}  // namespace

bool is_later(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t span = 2'147'483'647;  // 2^31 - 1 numbers
  auto const ahead = ((a - b) % span + span) % span;
  return ahead != 0 && ahead < span / 2;
}

int rank(CallState state) {
  switch (state) {
    case CallState::idle:
      return 0;
    case CallState::alerting:
      return 1;
    case CallState::active:
    case CallState::held:
    case CallState::remote_held:
      return 2;
    case CallState::detached:
      return 3;
    case CallState::released:
      return 4;
    case CallState::unknown:
      break;
  }
  return -1;
}

bool is_ending(CallEventKind kind, CallState state) {
  return kind == CallEventKind::released || kind == CallEventKind::detached ||
         kind == CallEventKind::redirected || rank(state) >= rank(CallState::detached);
}

std::vector<Folded> CallLedger::apply(CallEvent const& event, Uptime now) {
  std::vector<Folded> out;
  forget_tombstones(now);
  if (is_snapshot(event.kind)) return replace(event.target, event.legs, event.arrived, now);
  if (!carries_calls(event.kind) || event.target.empty()) return out;
  for (auto const& leg : event.legs) {
    if (leg.id.empty() || is_buried(event.target, leg.id)) continue;
    auto const known = find(event.target, leg.id);
    if (is_ending(event.kind, leg.state)) {
      if (known) {
        merge(known->leg, leg);
        close(out, known, now);
      } else {
        // Its beginning may still come, late: it must not open then.
        burials_.emplace_back(now, key_of(event.target, leg.id));
        tombstones_[burials_.back().second] = now;
      }
      continue;
    }
    bool const late = known && known->sequence != 0 && event.sequence != 0 &&
                      known->subscription == event.subscription &&
                      !is_later(event.sequence, known->sequence);
    if (late) continue;
    auto* folded = put(out, event.target, leg, now);
    folded->call->sequence = event.sequence;
    folded->call->subscription = event.subscription;
  }
  return out;
}

std::vector<Folded> CallLedger::replace(XsiUserId const& target, std::vector<CallLeg> const& legs,
                                        Uptime asked, Uptime now) {
  std::vector<Folded> out;
  forget_tombstones(now);
  auto const known = calls_of(target);  // a copy: closing changes the list
  for (auto const& call : known) {
    bool const listed =
        std::ranges::any_of(legs, [&](auto const& leg) { return leg.id == call->leg.id; });
    if (!listed && call->last_seen <= asked) close(out, call, now);
  }
  for (auto const& leg : legs) {
    if (leg.id.empty() || is_buried(target, leg.id)) continue;
    auto const live = find(target, leg.id);
    if (is_ending(CallEventKind::snapshot, leg.state)) {
      if (live) close(out, live, now);
      continue;
    }
    if (live && live->last_seen > asked) {
      out.push_back({Change::updated, live});  // events told us more since
      continue;
    }
    put(out, target, leg, now);
  }
  return out;
}

LiveCallPtr CallLedger::restore(XsiUserId const& target, CallLeg const& leg, bool emergency,
                                Uptime now) {
  std::vector<Folded> ignored;
  auto const call = put(ignored, target, leg, now)->call;
  call->emergency = emergency;
  return call;
}

Folded* CallLedger::put(std::vector<Folded>& out, XsiUserId const& target, CallLeg const& leg,
                        Uptime now) {
  if (auto const known = find(target, leg.id)) {
    merge(known->leg, leg);
    known->last_seen = now;
    out.push_back({Change::updated, known});
    return &out.back();
  }
  make_room(out, now);
  auto call = std::make_shared<LiveCall>();
  call->target = target;
  call->leg = leg;
  call->first_seen = call->last_seen = now;
  by_target_[target].push_back(call);
  in_order_.push_back(call);
  ++size_;
  out.push_back({Change::opened, std::move(call)});
  return &out.back();
}

void CallLedger::close(std::vector<Folded>& out, LiveCallPtr const& call, Uptime now) {
  // Erasing may drop the reference we were given.
  auto const held = call;  // NOLINT(performance-unnecessary-copy-initialization)
  held->open = false;
  held->ended = held->last_seen = now;
  burials_.emplace_back(now, key_of(held->target, held->leg.id));
  tombstones_[burials_.back().second] = now;
  auto const it = by_target_.find(held->target);
  if (it != by_target_.end()) {
    std::erase(it->second, held);
    if (it->second.empty()) by_target_.erase(it);
  }
  --size_;
  out.push_back({Change::closed, held});
}

void CallLedger::make_room(std::vector<Folded>& out, Uptime now) {
  auto const gone = [](auto const& weak) {
    auto const call = weak.lock();
    return !call || !call->open;
  };
  while (!in_order_.empty() && gone(in_order_.front())) in_order_.pop_front();
  if (in_order_.size() > 2 * size_ + 1024) std::erase_if(in_order_, gone);
  if (size_ < most_calls_ || in_order_.empty()) return;
  auto const oldest = in_order_.front().lock();
  in_order_.pop_front();
  ++evicted_;
  close(out, oldest, now);
}

bool CallLedger::is_buried(XsiUserId const& target, CallId const& call) const {
  return tombstones_.contains(key_of(target, call));
}

void CallLedger::forget_tombstones(Uptime now) {
  while (!burials_.empty() &&
         (burials_.front().first + kTombstone < now || burials_.size() > kMostTombstones)) {
    auto const it = tombstones_.find(burials_.front().second);
    if (it != tombstones_.end() && it->second == burials_.front().first) tombstones_.erase(it);
    burials_.pop_front();
  }
}

LiveCallPtr CallLedger::find(XsiUserId const& target, CallId const& call) const {
  for (auto const& live : calls_of(target))
    if (live->leg.id == call) return live;
  return nullptr;
}

std::vector<LiveCallPtr> const& CallLedger::calls_of(XsiUserId const& target) const {
  static std::vector<LiveCallPtr> const none;
  auto const it = by_target_.find(target);
  return it == by_target_.end() ? none : it->second;
}

std::vector<XsiUserId> CallLedger::targets() const {
  std::vector<XsiUserId> out;
  out.reserve(by_target_.size());
  for (auto const& [target, calls] : by_target_) out.push_back(target);
  return out;
}

}  // namespace wardroom::call_blocking
