#include "sim/xsi_sim.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
using std::chrono::seconds;
constexpr std::int64_t floor_s = 3600, ceiling_s = 86400;
}  // namespace

XsiSim::XsiSim(Organisation const& org, CallSim& calls, Clock& clock, Random& dice, Faults& faults)
    : org_(org), calls_(calls), clock_(clock), dice_(dice), faults_(faults) {
  calls_.set_sink([this](CallNotice const& notice) { on_call(notice); });
}

std::int64_t XsiSim::grant(std::optional<std::int64_t> asked_s) const {
  if (faults_.channel_expires_s > 0) return faults_.channel_expires_s;
  return std::clamp(asked_s.value_or(floor_s), floor_s, ceiling_s);
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

}  // namespace wardroom::sim
