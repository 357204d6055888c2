#include "support/banner_truth.hpp"

#include "features/security_notices/participant_class.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace wardroom::test {

std::vector<std::uint64_t> record_indexes(std::string_view post) {
  constexpr std::string_view name = "correlatorIndex=\"";
  std::vector<std::uint64_t> out;
  for (auto at = post.find(name); at != post.npos; at = post.find(name, at + 1)) {
    std::uint64_t n = 0;
    std::from_chars(post.data() + at + name.size(), post.data() + post.size(), n);
    out.push_back(n);
  }
  return out;
}

BannerTruth::Told BannerTruth::fresh(std::size_t bridge) const {
  return Told{cms_.bridge(bridge).session, cms_.bridge(bridge).next_index(), {}};
}

void BannerTruth::learn() {
  std::erase_if(people_, [&](auto const& one) { return !cms_.people().contains(one.first); });
  for (auto const& [no, person] : cms_.people()) {
    // Also what its bridge knows: of a leg that rings the true address comes with the answer.
    auto like = fmt::format("{} {} {} {} {}", person.bridge, person.call, person.address,
                            fmt::join(known_addresses(person), " "), int(person.via));
    auto& known = people_[no];
    if (known.first == like) continue;
    known = {std::move(like), fresh(person.bridge)};
  }
  std::map<Instance, Told> calls;
  for (auto const& conference : cms_.conferences())
    for (auto const& [bridge, call] : conference.calls) {
      auto const at = Instance{bridge, call};
      auto const old = calls_.find(at);
      calls[at] = old == calls_.end() ? fresh(bridge) : old->second;
    }
  calls_ = std::move(calls);
}

void BannerTruth::acknowledged(std::size_t bridge, std::string const& session, std::uint64_t upto) {
  auto& known = acknowledged_[{bridge, session}];
  known = std::max(known, upto);
  settle();
}

void BannerTruth::settle() {
  for (auto& [no, person] : people_)
    if (auto const found = cms_.people().find(no); found != cms_.people().end())
      settle(found->second.bridge, person.second);
  for (auto& [at, call] : calls_) settle(at.first, call);
}

void BannerTruth::settle(std::size_t bridge, Told& told) {
  if (told.at) return;
  auto const found = acknowledged_.find({bridge, told.session});
  if (found == acknowledged_.end() || found->second < told.due) return;
  told.at = clock_.uptime();
  ++told_;
}

/// What their bridge itself knows of somebody's addresses, one a leg: one that only rings may not
/// be told of the true one yet, and a second leg brings its own.
std::vector<std::string> BannerTruth::known_addresses(sim::CmsPerson const& person) const {
  std::vector<std::string> out;
  for (auto const& id : person.legs) {
    auto const& leg = cms_.bridge(person.bridge).legs.at(id);
    out.push_back(leg.remote_address.empty() ? leg.remote_party : leg.remote_address);
  }
  return out;
}

int BannerTruth::known_level(sim::CmsPerson person, sim::CmsDomains const& domains) const {
  auto const& call = cms_.bridge(person.bridge).calls.at(person.call);
  int out = 0;
  for (auto& address : known_addresses(person)) {
    person.address = std::move(address);
    out = std::max(out, sim::true_level(person, call.type, domains));
  }
  return out;
}

int BannerTruth::need(Instance const& at, std::string const& correlator, Uptime before,
                      sim::CmsDomains const& domains) const {
  auto const told = [&](Told const& one) { return one.at && *one.at <= before; };
  auto const call = calls_.find(at);
  if (call == calls_.end() || !told(call->second)) return 0;
  int out = 0;
  for (auto const& [no, known] : people_) {
    auto const found = cms_.people().find(no);
    if (found == cms_.people().end() || found->second.call.empty() || !told(known.second)) continue;
    auto const& person = found->second;
    if (cms_.bridge(person.bridge).calls.at(person.call).correlator != correlator) continue;
    auto const level = known_level(person, domains);
    if (level <= out) continue;
    out = level;
    worst_ = fmt::format(
        "person {} ({} on {}, legs {}), told at {}", no, person.address,
        cms_.bridge(person.bridge).options.name, fmt::join(person.legs, " "),
        std::chrono::duration_cast<Milliseconds>(known.second.at->time_since_epoch()).count());
  }
  return out;
}

std::map<std::string, int> BannerTruth::levels(sim::CmsDomains const& domains) const {
  std::map<std::string, int> out;
  for (auto const& [no, person] : cms_.people()) {
    if (person.call.empty()) continue;
    auto& level = out[cms_.bridge(person.bridge).calls.at(person.call).correlator];
    level = std::max(level, known_level(person, domains));
  }
  return out;
}

bool BannerTruth::may_say_more(sim::CmsConference const& conference) const {
  return maybe_machine(conference) || maybe_back_at_first_address(conference.correlator);
}

/// Only the record of its start tells that a SIP leg is a recorder or streamer: when that was lost
/// it is a stranger, and counts.
bool BannerTruth::maybe_machine(sim::CmsConference const& conference) const {
  return std::ranges::any_of(cms_.machines(), [&](auto const& one) {
    auto const& legs = cms_.bridge(one.second.bridge).legs;
    auto const leg = legs.find(one.second.leg);
    auto const call = conference.calls.find(one.second.bridge);
    return one.second.sip && leg != legs.end() && call != conference.calls.end() &&
           leg->second.call == call->second;
  });
}

/// Whose address changed and is again what it was at first, when the record that tells of it was
/// lost: the API has one address, which may be the first or the present one, so the worse counts.
bool BannerTruth::maybe_back_at_first_address(std::string const& correlator) const {
  using security_notices::host_part;
  return std::ranges::any_of(cms_.people(), [&](auto const& one) {
    auto const& [no, person] = one;
    if (person.call.empty() || !readdressed_.contains(no)) return false;
    auto const& bridge = cms_.bridge(person.bridge);
    return bridge.calls.at(person.call).correlator == correlator &&
           std::ranges::any_of(person.legs, [&](auto const& id) {
             auto const& leg = bridge.legs.at(id);
             return host_part(leg.remote_address).domain == host_part(leg.remote_party).domain;
           });
  });
}

}  // namespace wardroom::test
