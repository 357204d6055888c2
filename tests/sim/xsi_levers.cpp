// What /sim/ does to channels and subscriptions at once.
#include "sim/xsi_sim.hpp"

#include <algorithm>

namespace wardroom::sim {
namespace {
/// The stream of a rival that only wants the set.
struct DeafPipe final : Pipe {
  void write(std::string_view, std::size_t) override {}
  void end(Ending) override {}
  void on_gone(std::function<void()>) override {}
};
}  // namespace

void XsiSim::cut_streams(Ending how, std::optional<std::size_t> xsp, bool truncated) {
  for (auto& [id, c] : channels_) {
    if (c->dead || c->silent || (xsp && c->spec.xsp != *xsp)) continue;
    if (truncated) {
      auto const whole = channel_terminated_document(c->id, "ExplicitDelete");
      put(*c, whole.substr(0, whole.size() / 2));
      if (c->dead || c->silent) continue;
    }
    c->pipe->end(how);
    if (how == Ending::silence)
      c->silent = true;
    else
      bury(*c);
  }
}

bool XsiSim::inject(std::string_view kind, std::optional<std::size_t> xsp) {
  auto const bytes = garbage(kind);
  if (!bytes) return false;
  for (auto& [id, c] : channels_)
    if (!c->dead && !c->silent && c->ready && (!xsp || c->spec.xsp == *xsp)) put(*c, *bytes);
  return true;
}

void XsiSim::set_sequence(std::int64_t last) {
  for (auto& [id, sub] : subscriptions_)
    sub->sequence = std::clamp<std::int64_t>(last, 0, 2147483647);
}

void XsiSim::displace(std::string const& application) {
  std::vector<ChannelSpec> rivals;
  for (auto const& [id, c] : channels_) {
    auto const& spec = c->spec;
    if (c->dead || spec.application.empty() ||
        (!application.empty() && spec.application != application))
      continue;
    auto const known = [&](ChannelSpec const& r) {
      return r.application == spec.application && r.owner == spec.owner;
    };
    if (std::any_of(rivals.begin(), rivals.end(), known)) continue;
    ChannelSpec rival;
    rival.set = "rival-" + dice_.uuid();
    rival.application = spec.application;
    rival.owner = spec.owner;
    rivals.push_back(std::move(rival));
  }
  for (auto& rival : rivals) open(std::move(rival), std::make_shared<DeafPipe>());
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

}  // namespace wardroom::sim
