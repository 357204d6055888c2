// Channels and their sets: how they open, beat, break and end. Source: xsi.md 3, 4.
#include "base/encoding.hpp"
#include "sim/xml_reader.hpp"
#include "sim/xsi_sim.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
using std::chrono::seconds;
}  // namespace

XsiSim::Channel* XsiSim::channel(std::string const& id) {
  auto const found = channels_.find(id);
  return found == channels_.end() || found->second->dead ? nullptr : found->second.get();
}
XsiSim::Channel const* XsiSim::channel(std::string const& id) const {
  return const_cast<XsiSim*>(this)->channel(id);
}

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
  else if (faults_.channel_document_delay_ms == 0)
    begin();
  c.expiry = clock_.after(seconds(c.granted_s), [this, id = c.id] {
    if (auto* late = channel(id)) terminate(*late, "Expired");
  });
  begin_beats(c);
  watch_client(c);
  watch_token(c);
}

void XsiSim::watch_token(Channel& c) {
  c.token_watch = clock_.after(seconds(1), [this, id = c.id] {
    auto* now = channel(id);
    if (!now) return;
    if (!faults_.expired_token_cuts_streams || now->silent || token_lives(now->spec.token))
      return watch_token(*now);
    now->pipe->end(Ending::fin);
    bury(*now);
  });
}

bool XsiSim::stalled(Channel const& c) const {
  return c.spec.xsp < 31 && ((faults_.xsp_stall >> c.spec.xsp) & 1);
}

void XsiSim::begin_beats(Channel& c) {
  c.beat = clock_.after(seconds(faults_.server_heartbeat_s), [this, id = c.id] {
    auto* now = channel(id);
    if (!now) return;
    begin_beats(*now);
    if (now->ready && faults_.server_heartbeats == "timer")
      write(*now, heartbeat_document(faults_.heartbeat_style));
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
  if (c.ready && faults_.server_heartbeats == "echo")
    write(c, heartbeat_document(faults_.heartbeat_style));
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
  flush(c);
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
    send(next_id(id), std::move(p));
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
  if (c.dead || c.silent || stalled(c)) return;
  auto bytes = restyle(std::move(document), faults_.document_style);
  if (faults_.stream_batch <= 1 && c.batch.empty()) return put(c, std::move(bytes));
  c.batch += bytes;
  if (++c.batched >= faults_.stream_batch) return flush(c);
  if (!c.flush.armed())
    c.flush = clock_.after(Milliseconds(300), [this, id = c.id] {
      if (auto* now = channel(id)) flush(*now);
    });
}

void XsiSim::flush(Channel& c) {
  c.flush.cancel();
  c.batched = 0;
  if (!c.batch.empty() && !c.dead && !c.silent) put(c, std::exchange(c.batch, {}));
}

// The one place where bytes go out, and where a stream breaks at a byte.
void XsiSim::put(Channel& c, std::string bytes) {
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

}  // namespace wardroom::sim
