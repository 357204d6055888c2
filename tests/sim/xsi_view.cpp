// What the event side tells of itself to /sim/state.
#include "sim/xsi_sim.hpp"

#include <algorithm>

namespace wardroom::sim {

std::size_t XsiSim::live_channels() const {
  return std::size_t(std::count_if(channels_.begin(), channels_.end(),
                                   [](auto const& c) { return !c.second->dead; }));
}

bool XsiSim::delivers() const {
  return std::ranges::any_of(subscriptions_, [this](auto const& sub) {
    return std::ranges::any_of(channels_, [&](auto const& entry) {
      auto const& c = *entry.second;
      return !c.dead && c.ready && !c.silent && !stalled(c) && c.spec.set == sub.second->spec.set;
    });
  });
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
