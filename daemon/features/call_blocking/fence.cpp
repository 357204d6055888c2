#include "features/call_blocking/fence.hpp"

#include "base/encoding.hpp"
#include "config/yaml_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace wardroom::call_blocking {

std::string text(Policy const& policy) {
  switch (policy.kind) {
    case Policy::Kind::open:
      return "open";
    case Policy::Kind::closed:
      return "closed";
    case Policy::Kind::grace:
      break;
  }
  return "grace(" + config::format_duration(policy.grace) + ")";
}

std::optional<Policy> parse_policy(std::string_view text) {
  if (text == "open") return Policy{Policy::Kind::open};
  if (text == "closed") return Policy{Policy::Kind::closed};
  if (!text.starts_with("grace(") || !text.ends_with(")")) return std::nullopt;
  auto const length = config::parse_duration(text.substr(6, text.size() - 7));
  if (!length) return std::nullopt;
  return Policy{Policy::Kind::grace, *length};
}

Policy stricter(Policy const& a, Policy const& b) {
  if (a.kind != b.kind) return a.kind > b.kind ? a : b;
  return a.grace <= b.grace ? a : b;
}

std::string digest_of(Fence const& fence) {
  std::string who = fence.who.everybody ? "all" : "";
  for (auto const& email : fence.who.emails) who += email + " ";
  for (auto const& group : fence.who.groups) who += "group " + group + "\n";
  auto canonical_text =
      fmt::format("{}\n{}\n{}\nmargin {:.3f}\naccuracy {:.3f}\npeople {}\n{} {} {} {} {}\n",
                  fence.name, canonical(fence.shape), fence.deny ? "deny" : "allow",
                  fence.margin.value, fence.accuracy_limit.value, who, text(fence.policies.no_fix),
                  text(fence.policies.stale), text(fence.policies.uncertain),
                  text(fence.policies.degraded), text(fence.policies.suspicious));
  if (!fence.schedule.hours.empty())
    canonical_text += fmt::format("hours {}\n", text(fence.schedule));
  return to_hex(sha256(canonical_text)).substr(0, 12);
}

FenceMask awake(std::span<Fence const> fences, Instant now) {
  FenceMask out = 0;
  for (std::size_t i = 0; i < std::min(fences.size(), kMostFences); ++i)
    if (fences[i].schedule.active_at(now)) out |= FenceMask{1} << i;
  return out;
}

namespace {
/// Whether `a` speaks more against the person than `b`: outside before inside, then the greater
/// distance.
bool worse(Position const& a, Position const& b) {
  return a.inside != b.inside ? !a.inside : a.to_border > b.to_border;
}
}  // namespace

std::optional<Position> locate(std::span<Fence const> fences, FenceMask mask, GeoPoint point) {
  std::optional<Position> allow;  // the most favourable allow fence
  std::optional<Position> deny;   // the least favourable deny fence
  auto const count = static_cast<std::uint16_t>(std::min(fences.size(), kMostFences));
  for (std::uint16_t i = 0; i < count; ++i) {
    if ((mask >> i & 1) == 0) continue;
    bool const has = contains(fences[i].shape, point);
    double const d = signed_distance(fences[i].shape, point, clear_of_border(fences[i])).value;
    if (fences[i].deny) {
      Position const here{!has, Meters{d == 0 ? 0.0 : -d}, i};
      if (!deny || worse(here, *deny)) deny = here;
    } else {
      Position const here{has, Meters{d}, i};
      if (!allow || worse(*allow, here)) allow = here;
    }
  }
  if (!allow) return deny;
  return deny && worse(*deny, *allow) ? deny : allow;
}

std::optional<Position> locate_exactly(std::span<Fence const> fences, FenceMask mask,
                                       GeoPoint point) {
  auto out = locate(fences, mask, point);
  if (!out) return out;
  auto const& fence = fences[out->fence];
  auto const d = signed_distance(fence.shape, point).value;
  out->to_border = Meters{fence.deny && d != 0 ? -d : d};
  return out;
}

std::optional<Governing> governing(std::span<Fence const> fences, FenceMask mask) {
  std::optional<Governing> out;
  auto const count = static_cast<std::uint16_t>(std::min(fences.size(), kMostFences));
  for (std::uint16_t i = 0; i < count; ++i) {
    if ((mask >> i & 1) == 0) continue;
    auto const& p = fences[i].policies;
    if (!out) {
      out = Governing{p, i};
      continue;
    }
    auto& sum = out->policies;
    if (auto const no_fix = stricter(sum.no_fix, p.no_fix); !(no_fix == sum.no_fix)) {
      sum.no_fix = no_fix;
      out->fence = i;
    }
    sum.stale = stricter(sum.stale, p.stale);
    sum.uncertain = stricter(sum.uncertain, p.uncertain);
    sum.degraded = stricter(sum.degraded, p.degraded);
    sum.suspicious = stricter(sum.suspicious, p.suspicious);
  }
  return out;
}

}  // namespace wardroom::call_blocking
