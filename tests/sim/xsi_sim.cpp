#include "sim/xsi_sim.hpp"

#include "base/encoding.hpp"
#include "sim/xml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
using std::chrono::seconds;
constexpr std::int64_t floor_s = 3600, ceiling_s = 86400, last_sequence = 2147483647;
constexpr std::size_t latencies_kept = 100'000;
}  // namespace

XsiSim::XsiSim(Organisation const& org, CallSim& calls, Clock& clock, Random& dice, Faults& faults)
    : org_(org), calls_(calls), clock_(clock), dice_(dice), faults_(faults) {
  calls_.set_sink([this](CallNotice const& notice) { on_call(notice); });
}

std::int64_t XsiSim::grant(std::optional<std::int64_t> asked_s) const {
  if (faults_.channel_expires_s > 0) return faults_.channel_expires_s;
  return std::clamp(asked_s.value_or(floor_s), floor_s, ceiling_s);
}

XsiSim::Channel* XsiSim::channel(std::string const& id) {
  auto const found = channels_.find(id);
  return found == channels_.end() || found->second->dead ? nullptr : found->second.get();
}
XsiSim::Channel const* XsiSim::channel(std::string const& id) const {
  return const_cast<XsiSim*>(this)->channel(id);
}

// ---- channels

void XsiSim::open(ChannelSpec spec, std::shared_ptr<Pipe> pipe) {
  // One set per application and owner: a newer set ends the older one.
  if (!spec.application.empty())
    for (auto& [id, c] : channels_)
      if (!c->dead && c->spec.application == spec.application && c->spec.owner == spec.owner &&
          c->spec.set != spec.set) {
        ++duplicates_ended_;
        for (auto& [key, sub] : subscriptions_)
          if (sub->spec.set == c->spec.set) sub->spec.set.clear();  // reaped with its set
        terminate(*c, "DuplicateChannelSet");
      }
  std::erase_if(subscriptions_, [](auto const& s) { return s.second->spec.set.empty(); });
  orphans_.erase(spec.set);

  auto fresh = std::make_unique<Channel>();
  auto& c = *fresh;
  c.id = dice_.uuid();
  c.granted_s = grant(spec.expires_s);
  c.spec = std::move(spec);
  c.pipe = std::move(pipe);
  c.heard = clock_.uptime();
  c.expires = clock_.uptime() + seconds(c.granted_s);
  channels_[c.id] = std::move(fresh);
  ++opened_;
  c.pipe->on_gone([this, id = c.id] {
    if (auto* gone = channel(id); gone && !gone->silent) bury(*gone);
  });
  auto begin = [this, id = c.id] {
    auto* now = channel(id);
    if (!now) return;
    now->ready = true;
    write(*now, channel_document(id, now->granted_s));
  };
  if (faults_.channel_document_delay_ms > 0)
    c.document = clock_.after(Milliseconds(faults_.channel_document_delay_ms), begin);
  else
    begin();
  c.expiry = clock_.after(seconds(c.granted_s), [this, id = c.id] {
    if (auto* late = channel(id)) terminate(*late, "Expired");
  });
  begin_beats(c);
  watch_client(c);
}

void XsiSim::begin_beats(Channel& c) {
  c.beat = clock_.after(seconds(faults_.server_heartbeat_s), [this, id = c.id] {
    auto* now = channel(id);
    if (!now) return;
    begin_beats(*now);
    if (now->ready && faults_.server_heartbeats == "timer") write(*now, heartbeat_document());
  });
}

void XsiSim::watch_client(Channel& c) {
  c.monitor = clock_.after(seconds(faults_.client_heartbeat_timeout_s), [this, id = c.id] {
    auto* mute = channel(id);
    if (!mute) return;
    mute->pipe->end(Ending::fin);
    bury(*mute);
  });
}

bool XsiSim::has_channel(std::size_t xsp, std::string const& id) const {
  auto const* c = channel(id);
  return c && c->spec.xsp == xsp;
}

std::string XsiSim::session_cookie_of(std::string const& id) const {
  auto const* c = channel(id);
  return c ? c->spec.session_cookie : std::string();
}

bool XsiSim::heartbeat(std::size_t xsp, std::string const& id) {
  if (!has_channel(xsp, id)) return false;
  auto& c = *channel(id);
  c.heard = clock_.uptime();
  ++c.heartbeats;
  watch_client(c);
  if (c.ready && faults_.server_heartbeats == "echo") write(c, heartbeat_document());
  return true;
}

std::optional<std::int64_t> XsiSim::refresh_channel(std::size_t xsp, std::string const& id,
                                                    std::optional<std::int64_t> expires_s) {
  if (!has_channel(xsp, id)) return std::nullopt;
  auto& c = *channel(id);
  c.granted_s = grant(expires_s);
  c.expires = clock_.uptime() + seconds(c.granted_s);
  c.expiry = clock_.after(seconds(c.granted_s), [this, key = c.id] {
    if (auto* late = channel(key)) terminate(*late, "Expired");
  });
  return c.granted_s;
}

bool XsiSim::close_channel(std::size_t xsp, std::string const& id) {
  if (!has_channel(xsp, id)) return false;
  terminate(*channel(id), "ExplicitDelete");
  return true;
}

void XsiSim::terminate(Channel& c, std::string_view reason) {
  if (reason == "NonResponsiveChannel") ++nonresponsive_;
  write(c, channel_terminated_document(c.id, reason));
  if (c.dead) return;  // the stream broke under this very document
  if (!c.silent) c.pipe->end(Ending::clean);
  bury(c);
}

void XsiSim::bury(Channel& c) {
  if (c.dead) return;
  c.dead = true;
  ++ended_;
  // Never in the middle of a walk over channels or pending events.
  if (!reaper_.armed()) reaper_ = clock_.after(Milliseconds(0), [this] { reap(); });
}

void XsiSim::reap() {
  reaper_.cancel();
  std::set<std::string> sets;
  std::vector<std::pair<std::string, Pending>> homeless;
  for (auto it = channels_.begin(); it != channels_.end();) {
    if (!it->second->dead) {
      ++it;
      continue;
    }
    sets.insert(it->second->spec.set);
    for (auto p = pending_.begin(); p != pending_.end();) {
      if (p->second.channel == it->first) {
        homeless.emplace_back(p->first, std::move(p->second));
        p = pending_.erase(p);
      } else {
        ++p;
      }
    }
    it = channels_.erase(it);
  }
  std::sort(homeless.begin(), homeless.end(),
            [](auto const& a, auto const& b) { return a.second.sequence < b.second.sequence; });
  for (auto& [id, p] : homeless) {
    ++redelivered_;
    send(id, std::move(p));
  }
  for (auto const& set : sets) orphan(set);
}

void XsiSim::orphan(std::string const& set) {
  for (auto const& [id, c] : channels_)
    if (!c->dead && c->spec.set == set) return;
  orphans_[set] = clock_.after(seconds(faults_.orphan_grace_s), [this, set] {
    std::vector<std::string> gone;
    for (auto const& [id, sub] : subscriptions_)
      if (sub->spec.set == set) gone.push_back(id);
    for (auto const& id : gone) drop(id, false);
    orphans_.erase(set);
  });
}

bool XsiSim::has_set(std::string const& set) const {
  if (orphans_.contains(set)) return true;
  return std::any_of(channels_.begin(), channels_.end(),
                     [&](auto const& c) { return !c.second->dead && c.second->spec.set == set; });
}

std::string XsiSim::set_document(std::string const& set) const {
  std::string inner;
  for (auto const& [id, c] : channels_)
    if (!c->dead && c->spec.set == set)
      inner += fmt::format(
          "<channel><channelId>{}</channelId><channelSetId>{}</channelSetId><priority>{}</priority>"
          "<weight>{}</weight><expires>{}</expires><applicationId>{}</applicationId></channel>",
          id, xml_escape(set), c->spec.priority, c->spec.weight, c->granted_s,
          xml_escape(c->spec.application));
  return xsi_document("ChannelSet", inner);
}

void XsiSim::write(Channel& c, std::string document) {
  if (c.dead || c.silent) return;
  auto bytes = restyle(std::move(document), faults_.document_style);
  auto const chunk = std::size_t(std::max(0, faults_.stream_chunk_bytes));
  auto const cut = faults_.stream_cut_at;
  if (cut < 0 || faults_.stream_cut_count <= 0 || c.bytes + bytes.size() <= std::uint64_t(cut)) {
    c.bytes += bytes.size();
    return c.pipe->write(bytes, chunk);
  }
  bytes.resize(c.bytes < std::uint64_t(cut) ? std::size_t(std::uint64_t(cut) - c.bytes) : 0);
  c.bytes += bytes.size();
  c.pipe->write(bytes, chunk);
  --faults_.stream_cut_count;
  auto const how = ending_of(faults_.stream_cut_how);
  c.pipe->end(how);
  if (how == Ending::silence)
    c.silent = true;
  else
    bury(c);
}

// ---- subscriptions

XsiSim::Subscription const& XsiSim::subscribe(SubscriptionSpec spec) {
  auto fresh = std::make_unique<Subscription>();
  auto& sub = *fresh;
  sub.id = dice_.uuid();
  sub.granted_s = grant(spec.expires_s);
  sub.spec = std::move(spec);
  subscriptions_[sub.id] = std::move(fresh);
  refresh_subscription(sub.id, sub.spec.expires_s);
  return sub;
}

XsiSim::Subscription const* XsiSim::subscription(std::string const& id) const {
  auto const found = subscriptions_.find(id);
  return found == subscriptions_.end() ? nullptr : found->second.get();
}

std::optional<std::int64_t> XsiSim::refresh_subscription(std::string const& id,
                                                         std::optional<std::int64_t> expires_s) {
  auto const found = subscriptions_.find(id);
  if (found == subscriptions_.end()) return std::nullopt;
  auto& sub = *found->second;
  sub.granted_s = grant(expires_s);
  sub.expires = clock_.uptime() + seconds(sub.granted_s);
  sub.expiry = clock_.after(seconds(sub.granted_s), [this, id] { drop(id, true); });
  // A user target gets its snapshot now and at each refresh; collections get nothing (xsi.md 5.5).
  if (sub.spec.kind == TargetKind::user && sub.spec.package == "Advanced Call")
    deliver(sub, "CallSubscriptionEvent", snapshot_of(*sub.spec.user), sub.spec.user);
  return sub.granted_s;
}

bool XsiSim::unsubscribe(std::string const& id) {
  if (!subscriptions_.contains(id)) return false;
  drop(id, true);
  return true;
}

void XsiSim::drop(std::string const& id, bool tell) {
  auto const found = subscriptions_.find(id);
  if (found == subscriptions_.end()) return;
  if (tell) deliver(*found->second, "SubscriptionTerminatedEvent", "", nullptr);
  found->second->expiry.cancel();
  subscriptions_.erase(found);
}

std::string XsiSim::snapshot_of(Person const& person) const {
  std::string calls;
  bool off_hook = false;
  for (auto const& h : calls_.halves_of(person)) {
    calls += call_xml(*h.call, *h.leg, "xsi:", "call");
    off_hook = off_hook || h.leg->off_hook;
  }
  if (!calls.empty()) calls = "<xsi:calls>" + calls + "</xsi:calls>";
  return fmt::format("{}<xsi:hookStatus>{}</xsi:hookStatus>", calls,
                     off_hook ? "Off-Hook" : "On-Hook");
}

// ---- delivery

std::string XsiSim::data_of(CallNotice const& n) const {
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
  send(dice_.uuid(), std::move(p));
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
    send(event, std::move(p));
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
    send(event_id, std::move(p));
  }
  return 200;
}

// ---- levers and looking glass

void XsiSim::cut_streams(Ending how, std::optional<std::size_t> xsp) {
  for (auto& [id, c] : channels_) {
    if (c->dead || c->silent || (xsp && c->spec.xsp != *xsp)) continue;
    c->pipe->end(how);
    if (how == Ending::silence)
      c->silent = true;
    else
      bury(*c);
  }
}

void XsiSim::terminate_channels(std::string_view reason) {
  for (auto& [id, c] : channels_)
    if (!c->dead) terminate(*c, reason);
}

void XsiSim::drop_subscriptions(bool tell) {
  std::vector<std::string> all;
  for (auto const& [id, sub] : subscriptions_) all.push_back(id);
  for (auto const& id : all) drop(id, tell);
}

void XsiSim::send_resync() {
  for (auto& [id, sub] : subscriptions_)
    for (auto const& person : org_.people())
      if (!calls_.halves_of(person).empty())
        deliver(*sub, "CallSubscriptionResyncEvent", snapshot_of(person), &person);
}

std::size_t XsiSim::live_channels() const {
  return std::size_t(std::count_if(channels_.begin(), channels_.end(),
                                   [](auto const& c) { return !c.second->dead; }));
}

nlohmann::json XsiSim::channels() const {
  auto out = nlohmann::json::array();
  auto in_s = [&](Uptime t) { return std::chrono::duration<double>(t - clock_.uptime()).count(); };
  for (auto const& [id, c] : channels_)
    if (!c->dead)
      out.push_back({{"channel", id},
                     {"set", c->spec.set},
                     {"application", c->spec.application},
                     {"xsp", c->spec.xsp},
                     {"priority", c->spec.priority},
                     {"weight", c->spec.weight},
                     {"expires_in_s", in_s(c->expires)},
                     {"heard_s_ago", -in_s(c->heard)},
                     {"client_heartbeats", c->heartbeats},
                     {"events", c->events},
                     {"bytes", c->bytes},
                     {"silent", c->silent}});
  return out;
}

nlohmann::json XsiSim::subscriptions() const {
  auto out = nlohmann::json::array();
  for (auto const& [id, sub] : subscriptions_)
    out.push_back(
        {{"subscription", id},
         {"kind", sub->spec.kind == TargetKind::organisation ? "organisation"
                  : sub->spec.kind == TargetKind::group      ? "group"
                                                             : "user"},
         {"target", sub->spec.target},
         {"package", sub->spec.package},
         {"set", sub->spec.set},
         {"application", sub->spec.application},
         {"owner", sub->spec.owner->email},
         {"expires_in_s", std::chrono::duration<double>(sub->expires - clock_.uptime()).count()},
         {"sequence", sub->sequence},
         {"delivered", sub->delivered}});
  return out;
}

nlohmann::json XsiSim::counters() const {
  auto sorted = ack_ms_;
  std::sort(sorted.begin(), sorted.end());
  auto at = [&](double q) {
    return sorted.empty() ? 0.0 : sorted[std::size_t(q * double(sorted.size() - 1))];
  };
  nlohmann::json status = nlohmann::json::object();
  for (auto const& [code, count] : ack_status_) status[std::to_string(code)] = count;
  return {{"channels_opened", opened_},
          {"channels_ended", ended_},
          {"ended_non_responsive", nonresponsive_},
          {"ended_duplicate_set", duplicates_ended_},
          {"events", events_},
          {"events_unacknowledged", pending_.size()},
          {"events_redelivered", redelivered_},
          {"events_lost", lost_},
          {"acks", acks_},
          {"acks_by_status", status},
          {"acks_unknown", unknown_acks_},
          {"ack_latency_ms", {{"p50", at(0.5)}, {"p99", at(0.99)}, {"max", at(1)}}}};
}

}  // namespace wardroom::sim
