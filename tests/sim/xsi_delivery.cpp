// Events on their way: which channel, acknowledged or sent again. Source: xsi.md 2, 6, 7.
#include "sim/xsi_sim.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
using std::chrono::seconds;
constexpr std::int64_t last_sequence = 2147483647;
constexpr std::size_t latencies_kept = 100'000;
}  // namespace

std::string XsiSim::data_of(CallNotice const& n) const {
  if (n.data) return *n.data;
  if (n.call) return call_xml(*n.call, *n.leg, "xsi:", "call");
  return fmt::format("<xsi:hookStatus>{}</xsi:hookStatus>", n.off_hook ? "Off-Hook" : "On-Hook");
}

void XsiSim::on_call(CallNotice const& n) {
  for (auto& [id, sub] : subscriptions_) {
    auto const& spec = sub->spec;
    bool const wanted = spec.kind == TargetKind::organisation ||
                        (spec.kind == TargetKind::group && spec.target == n.target.office->group) ||
                        (spec.kind == TargetKind::user && spec.user == &n.target);
    if (!wanted || spec.package != "Advanced Call") continue;
    if (faults_.event_delay_ms <= 0) {
      deliver(*sub, n.type, data_of(n), &n.target);
      continue;
    }
    late_.push_back(clock_.after(
        Milliseconds(faults_.event_delay_ms),
        [this, key = id, type = std::string(n.type), data = data_of(n), target = &n.target] {
          auto const found = subscriptions_.find(key);
          if (found != subscriptions_.end()) deliver(*found->second, type, data, target);
        }));
    if (late_.size() > 4096) late_.erase(late_.begin(), late_.begin() + 2048);
  }
}

void XsiSim::deliver(Subscription& sub, std::string_view type, std::string data,
                     Person const* target) {
  auto step = [&](std::int64_t by) { sub.sequence = (sub.sequence + by - 1) % last_sequence + 1; };
  step(1);
  if (faults_.skip_sequence > 0) step(std::exchange(faults_.skip_sequence, 0));
  ++events_;
  ++sub.delivered;
  if (faults_.lose_events > 0) {
    --faults_.lose_events;
    ++lost_;
    return;
  }
  Pending p;
  p.subscription = sub.id;
  p.type = type;
  p.data = std::move(data);
  p.target = target ? target->xsi_user : "";
  p.sequence = sub.sequence;
  give(dice_.uuid(), std::move(p));
}

// In order, out of order, or twice.
void XsiSim::give(std::string event_id, Pending p) {
  if (faults_.reorder_events > 0 && !held_back_) {
    --faults_.reorder_events;
    held_back_ = std::pair(std::move(event_id), std::move(p));
    hold_back_ = clock_.after(seconds(1), [this] {
      if (auto late = std::exchange(held_back_, {})) send(late->first, std::move(late->second));
    });
    return;
  }
  bool const again = faults_.duplicate_new_id > 0;
  if (again) --faults_.duplicate_new_id;
  auto const copy = again ? std::optional(p) : std::nullopt;
  send(event_id, std::move(p));
  if (copy) send(dice_.uuid(), *copy);
  auto late = std::exchange(held_back_, {});
  if (!late) return;
  hold_back_.cancel();
  auto const found = subscriptions_.find(late->second.subscription);
  auto const before = pending_.find(event_id);
  if (found != subscriptions_.end() && before != pending_.end() &&
      pick(found->second->spec.set, {before->second.channel}))
    late->second.tried.insert(before->second.channel);  // by another channel, when there is one
  send(late->first, std::move(late->second));
}

std::string XsiSim::next_id(std::string const& event_id) {
  return faults_.redelivery_new_id ? dice_.uuid() : event_id;
}

void XsiSim::send(std::string const& event_id, Pending p) {
  auto const found = subscriptions_.find(p.subscription);
  if (found == subscriptions_.end()) return;
  auto const& spec = found->second->spec;
  auto* c = pick(spec.set, p.tried);
  if (!c) {
    ++lost_;  // no channel of the set is left to try
    return;
  }
  auto document = event_document(
      {event_id, p.sequence, spec.owner->uuid, spec.application, p.subscription, c->id, p.target},
      p.type, p.data);
  p.channel = c->id;
  p.tried.insert(c->id);
  p.sent = clock_.uptime();
  ++c->events;
  p.due = p.sent + seconds(faults_.ack_timeout_s);
  due_.push_back({event_id, p.due});
  pending_[event_id] = std::move(p);
  watch_acknowledgements();
  bool const twice = faults_.duplicate_events > 0;
  if (twice) {
    --faults_.duplicate_events;
    write(*c, document);
  }
  write(*c, std::move(document));
}

XsiSim::Channel* XsiSim::pick(std::string const& set, std::set<std::string> const& tried) {
  std::vector<Channel*> best;
  double total = 0;
  for (auto& [id, c] : channels_) {
    if (c->dead || !c->ready || c->spec.set != set || tried.contains(id)) continue;
    if (!best.empty() && c->spec.priority > best.front()->spec.priority) continue;
    if (!best.empty() && c->spec.priority < best.front()->spec.priority) {
      best.clear();
      total = 0;
    }
    best.push_back(c.get());
    total += c->spec.weight;
  }
  if (best.empty()) return nullptr;
  auto at = dice_.fraction() * total;
  for (auto* c : best)
    if ((at -= c->spec.weight) < 0) return c;
  return best.back();
}

void XsiSim::watch_acknowledgements() {
  if (overdue_.armed() || due_.empty()) return;
  overdue_ = clock_.at(due_.front().when, [this] {
    overdue_.cancel();
    on_overdue();
    watch_acknowledgements();
  });
}

void XsiSim::on_overdue() {
  while (!due_.empty() && due_.front().when <= clock_.uptime()) {
    auto const event = std::move(due_.front().event);
    auto const when = due_.front().when;
    due_.pop_front();
    auto const found = pending_.find(event);
    // Acknowledged, or sent again since: then a later entry watches it.
    if (found == pending_.end() || found->second.due > when) continue;
    if (auto* c = channel(found->second.channel)) {
      if (++c->unanswered >= faults_.unanswered_limit) {
        terminate(*c, "NonResponsiveChannel");
        continue;  // the reaper sends its events again
      }
    }
    auto p = std::move(found->second);
    pending_.erase(found);
    ++redelivered_;
    send(next_id(event), std::move(p));
  }
}

int XsiSim::acknowledge(std::size_t xsp, std::string const& event_id, int status) {
  auto const found = pending_.find(event_id);
  if (found == pending_.end()) {
    ++unknown_acks_;
    return 404;
  }
  auto* c = channel(found->second.channel);
  if (faults_.affinity && c && c->spec.xsp != xsp) {
    ++unknown_acks_;
    return 404;
  }
  auto p = std::move(found->second);
  pending_.erase(found);
  ++acks_;
  ++ack_status_[status];
  auto const ms = std::chrono::duration<double, std::milli>(clock_.uptime() - p.sent).count();
  if (ack_ms_.size() < latencies_kept)
    ack_ms_.push_back(ms);
  else
    ack_ms_[ack_next_++ % latencies_kept] = ms;
  if (c) c->unanswered = 0;
  if (status == 404 && c) terminate(*c, "UnknownChannel");
  if (status == 481) drop(p.subscription, false);
  if (status == 404 || status == 500) {
    ++redelivered_;
    send(next_id(event_id), std::move(p));
  }
  return 200;
}

}  // namespace wardroom::sim
