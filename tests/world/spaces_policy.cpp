#include "spaces_policy.hpp"

#include "sim/organisation.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace wardroom::world {
namespace {
using nlohmann::json;
using Kind = SpaceRule::Kind;

char const* key_of(Kind kind) {
  switch (kind) {
    case Kind::all:
      return "all";
    case Kind::domain:
      return "domain";
    case Kind::email:
      return "email";
    case Kind::department:
      return "department";
    case Kind::department_contains:
      return "department_contains";
    case Kind::group:
      return "group";
  }
  return "all";
}

json text_of(std::vector<SpaceRule> const& rules) {
  auto out = json::array();
  for (auto const& rule : rules)
    out.push_back({{key_of(rule.kind), rule.kind == Kind::all ? json(true) : json(rule.words)}});
  return out;
}

json text_of(SpaceJob const& job) {
  json out{{"name", job.name},
           {"space", sim::api_id("ROOM", job.room)},
           {"include", text_of(job.include)},
           {"exclude_inactive", job.inactive},
           {"exclude_invite_pending", job.pending},
           {"hold_above", {{"count", job.hold_count}, {"percent", job.hold_percent}}},
           {"shrink_percent", job.shrink_percent}};
  if (!job.schedule.empty()) out["schedule"] = job.schedule;
  if (!job.exclude.empty()) out["exclude"] = text_of(job.exclude);
  if (!job.protect.empty()) out["protect"] = {{"people", job.protect}};
  return out;
}

/// Whether they fit with these of the groups.
bool fits(SpaceRule const& rule, SomebodyThen const& who, std::set<std::string> const& groups) {
  if (rule.kind == Kind::all) return true;
  return std::ranges::any_of(rule.words, [&](std::string const& written) {
    auto const word = sim::lower_case(written), department = sim::lower_case(who.department);
    switch (rule.kind) {
      case Kind::domain:
        return std::ranges::any_of(who.addresses, [&](std::string const& one) {
          return one.substr(one.find('@') + 1) == word;
        });
      case Kind::email:
        return who.has_address(word);
      case Kind::department:
        return !department.empty() && department == word;
      case Kind::department_contains:
        return department.contains(word);
      case Kind::group:
        return groups.contains(written);
      default:
        return false;
    }
  });
}

bool belongs(SpaceJob const& job, SomebodyThen const& who, std::set<std::string> const& groups) {
  if (!who.exists) return false;
  if ((job.inactive && !who.may_log_in) || (job.pending && who.invited_only)) return false;
  auto const any = [&](auto const& rules) {
    return std::ranges::any_of(rules, [&](auto const& rule) { return fits(rule, who, groups); });
  };
  return any(job.include) && !any(job.exclude);
}

/// Whether it comes out as `wanted` for some answer of the groups that are not known.
bool could(SpaceJob const& job, SomebodyThen const& who, bool wanted) {
  std::vector<std::string> const open(who.perhaps.begin(), who.perhaps.end());
  for (unsigned answer = 0; answer < 1u << open.size(); ++answer) {
    auto groups = who.groups;
    for (std::size_t i = 0; i < open.size(); ++i)
      if ((answer >> i & 1u) != 0)
        groups.insert(open[i]);
      else
        groups.erase(open[i]);
    if (belongs(job, who, groups) == wanted) return true;
  }
  return false;
}

}  // namespace

std::string SpacePolicy::yaml() const {
  json out{{"mode", mode}, {"concurrency", concurrency}, {"jobs", json::array()}};
  for (auto const& job : jobs) out["jobs"].push_back(text_of(job));
  return "space_sync: " + out.dump() + "\n";
}

SpaceJob const* SpacePolicy::of_room(std::string_view uuid) const {
  auto const found = std::ranges::find(jobs, uuid, &SpaceJob::room);
  return found == jobs.end() ? nullptr : &*found;
}

SpaceJob const* SpacePolicy::named(std::string_view name) const {
  auto const found = std::ranges::find(jobs, name, &SpaceJob::name);
  return found == jobs.end() ? nullptr : &*found;
}

bool SomebodyThen::has_address(std::string const& one) const {
  return std::ranges::find(addresses, one) != addresses.end();
}

bool could_belong(SpaceJob const& job, SomebodyThen const& who) { return could(job, who, true); }
bool could_be_out(SpaceJob const& job, SomebodyThen const& who) { return could(job, who, false); }

// --- over time -----------------------------------------------------------------------------------

void SpacePolicies::offered(SpacePolicy policy, Uptime now) {
  versions_.push_back({std::move(policy), now});
  look_at_mode(now);
}

/// One reload after the other, by the world and in the daemon: whatever reads the file from the
/// moment on that a reload left reads the newest one, also an older reload whose answer was lost.
void SpacePolicies::reloaded(Reload how, Uptime now) {
  if (versions_.empty()) return;
  auto& newest = versions_.back();
  if (how == Reload::taken) {
    newest.taken = true;
    for (auto& older : versions_)
      if (&older != &newest && !older.until) older.until = now;
  } else if (how == Reload::mistaken && !newest.taken) {
    newest.until = now;
  }  // else it stands in the file, and another reload may still take it
  look_at_mode(now);
}

void SpacePolicies::started(Uptime now) {
  for (auto& version : versions_)
    if (&version != &versions_.back() && !version.until) version.until = now;
  if (!versions_.empty()) versions_.back().taken = true;
  look_at_mode(now);
}

void SpacePolicies::gone(Uptime now) {
  for (auto& version : versions_)
    if (!version.until) version.until = now;
  observing_since_.reset();
}

std::vector<SpacePolicy const*> SpacePolicies::since(Uptime then) const {
  std::vector<SpacePolicy const*> out;
  for (auto const& version : versions_)
    if (!version.until || *version.until >= then) out.push_back(&version.policy);
  return out;
}

SpacePolicy const* SpacePolicies::surely() const {
  SpacePolicy const* out = nullptr;
  for (auto const& version : versions_) {
    if (version.until) continue;
    if (out || !version.taken) return nullptr;
    out = &version.policy;
  }
  return out;
}

void SpacePolicies::look_at_mode(Uptime now) {
  bool const may_act = std::ranges::any_of(versions_, [](Version const& version) {
    return !version.until && version.policy.mode == "enforce";
  });
  if (may_act)
    observing_since_.reset();
  else if (!observing_since_)
    observing_since_ = now;
}

}  // namespace wardroom::world
