#include "features/call_blocking/call_burials.hpp"

namespace wardroom::call_blocking {
namespace {

constexpr auto kTombstone = std::chrono::seconds(60);
constexpr std::size_t kMostTombstones = 100'000;

std::string key_of(XsiUserId const& target, CallId const& call) {
  return target.text() + '\n' + call.text();
}

std::string session_key(XsiUserId const& target, TrackingId const& session) {
  return target.text() + '\n' + session.text();
}

}  // namespace

Order after_burial(Burial const& burial, CallLeg const& leg, EventPlace place) {
  auto const told = order(place, {burial.subscription, burial.sequence});
  if (!leg.started || !burial.started || *leg.started == *burial.started) return told;
  auto const began = *leg.started > *burial.started ? Order::later : Order::earlier;
  // Clocks of the platform may disagree with its counting: then nobody here knows.
  return told == Order::unknown || told == began ? began : Order::unknown;
}

void CallBurials::bury(XsiUserId const& target, CallId const& call, Burial burial) {
  burials_.emplace_back(burial.at, key_of(target, call));
  if (burial.emergency && !burial.tracking.empty())
    ended_emergencies_[session_key(target, burial.tracking)] = burial.at;
  tombstones_[burials_.back().second] = std::move(burial);
}

Burial* CallBurials::find(XsiUserId const& target, CallId const& call) {
  if (tombstones_.empty()) return nullptr;
  auto const it = tombstones_.find(key_of(target, call));
  return it == tombstones_.end() ? nullptr : &it->second;
}

std::optional<Burial> CallBurials::raise(XsiUserId const& target, CallId const& call) {
  auto const it = tombstones_.find(key_of(target, call));
  if (it == tombstones_.end()) return std::nullopt;
  auto out = std::move(it->second);
  tombstones_.erase(it);
  return out;
}

bool CallBurials::was_emergency(XsiUserId const& target, TrackingId const& session) const {
  return ended_emergencies_.contains(session_key(target, session));
}

void CallBurials::forget_old(Uptime now) {
  std::erase_if(ended_emergencies_,
                [&](auto const& ended) { return ended.second + kTombstone < now; });
  while (!burials_.empty() &&
         (burials_.front().first + kTombstone < now || burials_.size() > kMostTombstones)) {
    auto const it = tombstones_.find(burials_.front().second);
    if (it != tombstones_.end() && it->second.at == burials_.front().first) tombstones_.erase(it);
    burials_.pop_front();
  }
}

}  // namespace wardroom::call_blocking
