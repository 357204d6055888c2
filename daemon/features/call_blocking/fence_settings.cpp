#include "features/call_blocking/fence_settings.hpp"

#include "features/call_blocking/area_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

namespace wardroom::call_blocking {
namespace {

using config::Section;

Box parse_box(Section box) {
  for (std::string_view key : {"south", "north", "west", "east"})
    if (!box.has(key))
      box.complain("", fmt::format("the key '{}' is needed here, in degrees", key));
  Box out{.south = box.number("south", 0, -90, 90),
          .north = box.number("north", 0, -90, 90),
          .west = box.number("west", 0, -180, 180),
          .east = box.number("east", 0, -180, 180),
          .crosses_antimeridian = box.flag("crosses_antimeridian", false)};
  if (out.south >= out.north)
    box.complain("south", "must be less than north: the box would have no inside");
  if (!out.crosses_antimeridian && out.west >= out.east)
    box.complain(
        "west",
        "must be less than east; a box across the 180th meridian needs crosses_antimeridian: true");
  if (out.crosses_antimeridian && out.west <= out.east)
    box.complain("crosses_antimeridian",
                 "a box across the 180th meridian has its west border east of its east border; "
                 "this one has not");
  box.finish();
  return out;
}

Circle parse_circle(Section circle) {
  Circle out;
  auto const at = circle.numbers("at");
  bool const valid = at.size() == 2 && std::abs(at[0]) <= 90 && std::abs(at[1]) <= 180;
  if (valid)
    out.center = {at[0], at[1]};
  else
    circle.complain(circle.has("at") ? "at" : "", "'at' must be [latitude, longitude] in degrees");
  out.radius = circle.distance("radius", Meters{0});
  if (out.radius.value <= 0)
    circle.complain(circle.has("radius") ? "radius" : "",
                    "'radius' must be more than 0, such as 200m or 2km");
  circle.finish();
  return out;
}

Policy parse_policy_key(Section& section, std::string_view key, Policy fallback) {
  auto const policy = parse_policy(section.text(key, text(fallback)));
  section.choices(key, "open, closed or grace(DURATION) such as grace(5m)");
  if (policy) return *policy;
  section.complain(key, "must be open, closed or grace(DURATION) such as grace(5m)");
  return fallback;
}

void parse_shape(Section& fence, Fence& out) {
  constexpr std::array<std::string_view, 5> shapes{"box", "circle", "country", "polygon",
                                                   "geojson_file"};
  auto const given = std::ranges::count_if(shapes, [&](auto key) { return fence.has(key); });
  if (given != 1) {
    fence.section("box");
    fence.section("circle");
    fence.one_or_more("country");
    fence.points("polygon");
    fence.text("geojson_file");
    fence.text("feature");
    fence.complain("",
                   "needs one shape: country: AT, box: { south:, north:, west:, east: }, circle: { "
                   "at: [LAT, LON], radius: }, polygon: [[LAT, LON], …] or geojson_file:");
    return;
  }
  if (fence.has("box"))
    out.shape = parse_box(fence.section("box"));
  else if (fence.has("circle"))
    out.shape = parse_circle(fence.section("circle"));
  else if (auto area = parse_area(fence))
    out.shape = std::move(*area);
}

Schedule parse_schedule(Section& fence) {
  Schedule out;
  auto const entries = fence.one_or_more("schedule");
  if (entries.size() > kMostHours)
    fence.complain("schedule", fmt::format("at most {} entries are possible", kMostHours));
  for (auto const& entry : entries) {
    if (entry.empty()) continue;  // complained about already
    auto hours = parse_hours(entry);
    if (hours)
      out.hours.push_back(std::move(*hours));
    else
      fence.complain("schedule", hours.error().what);
  }
  return out;
}

Fence parse_fence(Section fence) {
  Fence out;
  out.name = fence.required_text("name");
  parse_shape(fence, out);
  out.deny = fence.flag("deny", false);
  out.margin = fence.distance("margin", out.margin);
  out.accuracy_limit = fence.distance("accuracy_limit", out.accuracy_limit);
  if (out.accuracy_limit.value <= 0)
    fence.complain("accuracy_limit", "must be more than 0: no position is ever exact");
  out.who = parse_people(fence, "people");
  out.policies.no_fix = parse_policy_key(fence, "no_fix", out.policies.no_fix);
  out.policies.stale = parse_policy_key(fence, "stale", out.policies.stale);
  out.policies.uncertain = parse_policy_key(fence, "uncertain", out.policies.uncertain);
  out.policies.degraded = parse_policy_key(fence, "degraded", out.policies.degraded);
  out.policies.suspicious = parse_policy_key(fence, "suspicious", out.policies.suspicious);
  out.schedule = parse_schedule(fence);
  fence.finish();
  seal(out);
  return out;
}

}  // namespace

PeopleChoice parse_people(Section& owner, std::string_view key) {
  PeopleChoice out;
  bool const there = owner.has(key);
  auto people = owner.section(key);
  out.emails = people.texts("emails");
  people.personal("emails");
  out.groups = people.texts("groups");
  bool const nobody_named = out.emails.empty() && out.groups.empty();
  out.everybody = people.flag("all", nobody_named);
  if (!there) return out;
  if (out.everybody && (!out.emails.empty() || !out.groups.empty()))
    people.complain(out.emails.empty() ? "groups" : "emails",
                    "all: true already names everybody; keep one of the two");
  bool const given = people.has("all") || (!people.has("emails") && !people.has("groups"));
  if (nobody_named && (!out.everybody || !given))
    people.complain("",
                    "names nobody: write all: true, emails: [ada@acme.example, …] or groups: "
                    "[Sales, …]");
  for (auto& email : out.emails) {
    std::ranges::transform(email, email.begin(), [](unsigned char c) { return std::tolower(c); });
    if (std::ranges::count(email, '@') != 1 || email.front() == '@' || email.back() == '@')
      people.complain("emails", fmt::format("'{}' is not an e-mail address", email));
  }
  std::ranges::sort(out.emails);
  for (auto const& group : out.groups)
    if (group.empty() || group.front() == ' ' || group.back() == ' ')
      people.complain("groups", fmt::format("'{}' is no group: write its name as Control Hub shows "
                                            "it, or its id",
                                            group));
  people.finish();
  return out;
}

std::vector<Fence> parse_fences(Section& section) {
  std::vector<Fence> out;
  std::set<std::string> names;
  for (auto& entry : section.list("fences")) {
    auto fence = parse_fence(entry);
    if (!fence.name.empty() && !names.insert(fence.name).second)
      entry.complain(
          "name",
          fmt::format("a fence named '{}' stands above already; names must differ", fence.name));
    out.push_back(std::move(fence));
  }
  if (out.size() > kMostFences)
    section.complain("fences", fmt::format("at most {} fences are possible", kMostFences));
  return out;
}

}  // namespace wardroom::call_blocking
