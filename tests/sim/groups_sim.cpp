#include "sim/groups_sim.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace wardroom::sim {
namespace {
using nlohmann::json;

constexpr std::size_t most_members = 500, usual_groups = 100;

std::optional<std::size_t> positive(std::string const& text) {
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0) return std::nullopt;
  return n;
}

/// startIndex and count of a query; `most` is also what is meant without a count.
struct Window {
  std::size_t start = 1, count = 0;
};
std::optional<Window> window_of(http::QueryPairs const& q, std::size_t most) {
  Window out{1, most};
  if (auto const start = http::find(q, "startIndex")) {
    auto const n = positive(*start);
    if (!n) return std::nullopt;
    out.start = *n;
  }
  if (auto const count = http::find(q, "count")) {
    auto const n = positive(*count);
    if (!n || *n > most) return std::nullopt;
    out.count = *n;
  }
  return out;
}

bool starts_without_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && http::equal_ignoring_case(text.substr(0, with.size()), with);
}

/// `displayName eq "Sales"`, `displayName sw "Sa"`; nothing else.
struct NameFilter {
  bool whole = true;
  std::string text;
  bool fits(std::string_view name) const {
    return whole ? http::equal_ignoring_case(name, text) : starts_without_case(name, text);
  }
};
std::optional<NameFilter> filter_of(std::string_view text) {
  NameFilter out;
  constexpr std::string_view eq = "displayName eq \"", sw = "displayName sw \"";
  if (text.starts_with(eq))
    text.remove_prefix(eq.size());
  else if (text.starts_with(sw)) {
    out.whole = false;
    text.remove_prefix(sw.size());
  } else
    return std::nullopt;
  if (!text.ends_with('"')) return std::nullopt;
  text.remove_suffix(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.text += text[i];
  }
  return out;
}

std::optional<std::size_t> nested_in(json const& wish) {
  auto const n = wish.value("nested", json());
  if (!n.is_number_integer() || n.get<std::int64_t>() < 0) return std::nullopt;
  return n.get<std::size_t>();
}

}  // namespace

GroupsSim::GroupsSim(Organisation const& org, Faults& faults) : org_(org), faults_(faults) {
  std::map<std::string, Group*> by_department;
  for (auto const& person : org.people()) {
    auto& group = by_department[person.department];
    if (group == nullptr) group = &add(person.department);
    group->members.push_back(&person);
  }
  auto& pilot = add("Pilot");
  for (auto const* email : {"zoe.mueller@acme.example", "umit.ozdemir@acme.example"})
    pilot.members.push_back(org.by_email(email));
}

GroupsSim::Group& GroupsSim::add(std::string name) {
  auto const hex = to_hex(sha256(fmt::format("{} group {} {}", org_.uuid(), ++made_, name)));
  Group group;
  group.uuid = fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                           hex.substr(13, 3), hex.substr(17, 3), hex.substr(20, 12));
  group.id = api_id("SCIM_GROUP", group.uuid + ":" + org_.uuid());
  group.name = std::move(name);
  return groups_.emplace_back(std::move(group));
}

GroupsSim::Group const* GroupsSim::by_id(std::string const& id) const {
  for (auto const& group : groups_)
    if (group.id == id || group.uuid == id || value_of_api_id(id) == group.uuid + ":" + org_.uuid())
      return &group;
  return nullptr;
}

Result<GroupsSim::Group*> GroupsSim::find(std::string const& name_or_id) {
  if (auto const* group = by_id(name_or_id)) return const_cast<Group*>(group);
  Group* found = nullptr;
  for (auto& group : groups_) {
    if (group.name != name_or_id) continue;
    if (found) return failure(ErrorKind::conflict, "several groups are called " + name_or_id);
    found = &group;
  }
  if (!found) return failure(ErrorKind::not_found, "no group is called " + name_or_id);
  return found;
}

Result<std::vector<Person const*>> GroupsSim::people_in(json const& wish, char const* key) const {
  std::vector<Person const*> out;
  auto const it = wish.find(key);
  if (it == wish.end()) return out;
  if (!it->is_array())
    return failure(ErrorKind::malformed, fmt::format("\"{}\" must be a list of addresses", key));
  for (auto const& email : *it) {
    auto const* person = email.is_string() ? org_.by_email(email.get<std::string>()) : nullptr;
    if (!person)
      return failure(ErrorKind::not_found, "nobody here has the address " + email.dump());
    out.push_back(person);
  }
  return out;
}

Result<json> GroupsSim::make(json const& wish) {
  auto const name = wish.value("name", json());
  if (!name.is_string() || name.get<std::string>().empty())
    return failure(ErrorKind::malformed, "name, a text, is needed");
  auto people = people_in(wish, "members");
  if (!people) return std::unexpected(people.error());
  auto& group = add(name.get<std::string>());
  group.members = std::move(*people);
  group.nested = nested_in(wish).value_or(0);
  return told(group);
}

Result<json> GroupsSim::change(std::string const& name_or_id, json const& wish) {
  auto const group = find(name_or_id);
  if (!group) return std::unexpected(group.error());
  auto const add = people_in(wish, "add"), remove = people_in(wish, "remove"),
             all = people_in(wish, "members");
  for (auto const* list : {&add, &remove, &all})
    if (!*list) return std::unexpected(list->error());
  auto& members = (*group)->members;
  if (wish.contains("members")) members = *all;
  for (auto const* person : *remove) std::erase(members, person);
  for (auto const* person : *add)
    if (std::ranges::find(members, person) == members.end()) members.push_back(person);
  (*group)->nested = nested_in(wish).value_or((*group)->nested);
  if (auto const name = wish.value("rename", json()); name.is_string()) (*group)->name = name;
  return told(**group);
}

Result<void> GroupsSim::drop(std::string const& name_or_id) {
  auto const group = find(name_or_id);
  if (!group) return std::unexpected(group.error());
  std::erase_if(groups_, [&](Group const& g) { return &g == *group; });
  return {};
}

json GroupsSim::told(Group const& group) const {
  constexpr std::size_t shown_members = 20;
  json out{{"id", group.id},
           {"name", group.name},
           {"size", group.members.size()},
           {"nested", group.nested},
           {"members", json::array()}};
  for (std::size_t i = 0; i < std::min(shown_members, group.members.size()); ++i)
    out["members"].push_back(group.members[i]->email);
  return out;
}

json GroupsSim::state() const {
  json out = json::array();
  for (auto const& group : groups_) out.push_back(told(group));
  return out;
}

json GroupsSim::shown(Group const& group) const {
  return {{"id", group.id},
          {"displayName", group.name},
          {"orgId", org_.id()},
          {"created", "2021-03-04T10:11:12.000Z"},
          {"lastModified", "2026-01-12T08:00:00.000Z"},
          {"memberSize", group.size()}};
}

json GroupsSim::member(Group const& group, std::size_t index) const {
  if (index < group.members.size()) {
    auto const& person = *group.members[index];
    return {{"id", person.id}, {"type", "user"}, {"displayName", person.name()}};
  }
  auto const inner = api_id("SCIM_GROUP", fmt::format("{}:inner{}", group.uuid, index));
  return {{"id", inner}, {"type", "group"}, {"displayName", "A group within it"}};
}

json GroupsSim::members_from(Group const& group, std::size_t from, std::size_t count) const {
  json out = json::array();
  for (auto i = from; i < std::min(group.size(), from + count); ++i)
    out.push_back(member(group, i));
  return out;
}

Answer GroupsSim::list(Request const& request) {
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  auto const window = window_of(*q, usual_groups);
  if (!window) return webex_error(400, "startIndex and count must be positive numbers", request);
  std::optional<NameFilter> filter;
  if (auto const text = http::find(*q, "filter")) {
    filter = filter_of(*text);
    if (!filter) return webex_error(400, "The filter is not supported", request);
  }
  bool const with_members = http::find(*q, "includeMembers").value_or("") == "true";
  std::vector<Group const*> fitting;
  for (auto const& group : groups_)
    if (!filter || filter->fits(group.name)) fitting.push_back(&group);
  json groups = json::array();
  for (auto i = window->start - 1; i < fitting.size() && groups.size() < window->count; ++i) {
    groups.push_back(shown(*fitting[i]));
    if (with_members) groups.back()["members"] = members_from(*fitting[i], 0, most_members);
  }
  return webex_ok({{"totalResults", fitting.size()},
                   {"startIndex", window->start},
                   {"itemsPerPage", groups.size()},
                   {"groups", std::move(groups)}});
}

Answer GroupsSim::members(Request const& request, Group const& group) {
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  auto const window = window_of(*q, most_members);
  if (!window)
    return webex_error(400, "startIndex must be a positive number and count from 1 to 500",
                       request);
  ++pages_;
  auto const& fault = faults_.group_pages;
  auto from = window->start - 1;
  if (fault == "repeat") from = 0;
  if (fault == "duplicate" && from > 0) --from;
  auto out = shown(group);
  out["members"] = members_from(group, from, window->count);
  if (fault == "short" && !out["members"].empty() && from + window->count >= group.size())
    out["members"].erase(out["members"].size() - 1);
  if (fault == "total_grows") out["memberSize"] = group.size() + window->start - 1;
  if (fault == "no_total") out.erase("memberSize");
  return webex_ok(out);
}

Answer GroupsSim::handle(Request const& request, Bearer const& who, std::string const& rest) {
  if (!who.may("identity:groups_read") || !who.person->full_admin)
    return webex_error(403, "Needs identity:groups_read and an administrator", request);
  if (rest.empty()) return list(request);
  auto const slash = std::min(rest.find('/'), rest.size());
  auto const* group = by_id(rest.substr(0, slash));
  if (!group) return webex_error(404, "Could not find a group with provided ID.", request);
  auto const behind = rest.substr(slash);
  if (behind == "/members") return members(request, *group);
  if (!behind.empty()) return webex_error(404, "No such resource", request);
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  auto out = shown(*group);
  if (http::find(*q, "includeMembers").value_or("") == "true")
    out["members"] = members_from(*group, 0, most_members);
  return webex_ok(out);
}

}  // namespace wardroom::sim
