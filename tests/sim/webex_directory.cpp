// People, organisations, roles and locations, as the caller may see them.
#include "base/encoding.hpp"
#include "sim/webex_sim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace wardroom::sim {
namespace {
using nlohmann::json;

struct Role {
  char const *key, *name;
};
constexpr std::array role_table{Role{"id_full_admin", "Full Administrator"},
                                Role{"id_readonly_admin", "Read-only Administrator"},
                                Role{"id_user_admin", "User Administrator"},
                                Role{"id_device_admin", "Device Administrator"}};

// What the caller may see of a person. Absent is not false: non-admins get no admin fields.
json person_json(Person const& p, Organisation const& org, Bearer const& who, bool calling,
                 bool status) {
  bool const admin = who.person->full_admin && who.may("spark-admin:people_read");
  json out{{"id", p.id},
           {"emails", {p.email}},
           {"displayName", p.name()},
           {"firstName", p.first_name},
           {"lastName", p.last_name},
           {"nickName", p.first_name},
           {"orgId", org.id()},
           {"created", "2021-03-04T10:11:12.000Z"},
           {"lastModified", "2026-01-12T08:00:00.000Z"},
           {"type", p.type}};
  if (status) out["status"] = "active";
  if (!admin) return out;
  out["invitePending"] = p.invite_pending;
  out["loginEnabled"] = p.login_enabled;
  out["department"] = p.department;
  out["licenses"] = json::array();
  out["roles"] = json::array();
  if (p.full_admin) out["roles"].push_back(api_id("ROLE", "id_full_admin"));
  if (!calling || !p.calling) return out;
  out["locationId"] = p.office->id;
  out["phoneNumbers"] = json::array({{{"type", "work"}, {"value", p.e164()}, {"primary", true}}});
  if (!p.extension.empty()) {
    out["extension"] = p.extension;
    out["phoneNumbers"].push_back(
        {{"type", "work_extension"}, {"value", p.extension}, {"primary", false}});
  }
  return out;
}

std::optional<std::size_t> number(std::string const& text) {
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0) return std::nullopt;
  return n;
}

bool starts_without_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && http::equal_ignoring_case(text.substr(0, with.size()), with);
}

// Opaque to the client: nothing in it can be built by hand.
std::string cursor_at(std::size_t index) {
  return to_base64url(fmt::format("after:{}:{}", index, index * 7919));
}
std::optional<std::size_t> index_of(std::string const& cursor) {
  auto const plain = from_base64(cursor).value_or("");
  std::size_t index = 0, proof = 0;
  if (std::sscanf(plain.c_str(), "after:%zu:%zu", &index, &proof) != 2 || proof != index * 7919)
    return std::nullopt;
  return index;
}

bool true_in(http::QueryPairs const& q, std::string_view key) {
  return http::find(q, key).value_or("") == "true";
}

}  // namespace

Answer WebexSim::person(Request const& request, Bearer const& who, std::string const& id) {
  if (!who.may("spark:people_read") && !who.may("spark:all") && !who.may("spark-admin:people_read"))
    return webex_error(403, "The token lacks the scope spark:people_read", request);
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  auto const* p = id == "me" ? who.person : org_.by_api_id(id);
  if (id != "me" && value_of_api_id(id).empty())
    return webex_error(400, "The person id is malformed", request);
  if (!p) return webex_error(404, "Could not find a person with provided ID.", request);
  return webex_ok(person_json(*p, org_, who, true_in(*q, "callingData"), true));
}

Answer WebexSim::people(Request const& request, Bearer const& who) {
  if (!who.may("spark:people_read") && !who.may("spark:all") && !who.may("spark-admin:people_read"))
    return webex_error(403, "The token lacks the scope spark:people_read", request);
  auto const query = http::parse_query(request.query);
  if (!query) return webex_error(400, "The query cannot be read", request);
  auto const& q = *query;
  auto const email = http::find(q, "email"), shown = http::find(q, "displayName"),
             ids = http::find(q, "id"), location = http::find(q, "locationId");
  bool const admin = who.person->full_admin && who.may("spark-admin:people_read");
  if (!admin && !email && !shown && !ids)
    return webex_error(400, "Email, displayName, or id list should be specified.", request);
  if (location && !admin) return webex_error(403, "locationId is for administrators", request);
  bool const calling = true_in(q, "callingData");
  auto limit = std::size_t(location ? 50 : calling ? 100 : 1000);
  limit = std::min(limit, std::size_t(faults_.people_page_max));
  std::size_t max = std::min<std::size_t>(100, limit);
  if (auto asked = http::find(q, "max")) {
    auto const n = number(*asked);
    if (!n) return webex_error(400, "max must be a positive number", request);
    max = std::min(*n, limit);  // silently lowered, not an error
  }
  std::size_t index = 0;
  if (auto cursor = http::find(q, "cursor")) {
    auto const at = index_of(*cursor);
    if (!at) return webex_error(400, "The cursor is not one of ours", request);
    index = *at;
  }

  json items = json::array();
  auto wanted = [&](Person const& p) {
    if (email && !http::equal_ignoring_case(p.email, *email)) return false;
    if (shown && !starts_without_case(p.name(), *shown)) return false;
    if (location && p.office->id != *location) return false;
    return !ids || ("," + *ids + ",").find("," + p.id + ",") != std::string::npos;
  };
  auto const& all = org_.people();
  for (; index < all.size() && items.size() < max; ++index)
    if (wanted(all[index]))
      items.push_back(
          person_json(all[index], org_, who, calling, !true_in(q, "excludeStatus") && !ids));
  ++pages_;
  while (index < all.size() && !wanted(all[index])) ++index;

  auto answer = webex_ok({{"items", std::move(items)}, {"notFoundIds", json::array()}});
  bool const more = index < all.size();
  auto link = [&](std::string const& origin, std::size_t at) {
    http::QueryPairs next;
    for (auto const& pair : q)
      if (pair.first != "cursor" && pair.first != "max" && faults_.people_next != "lost_filter")
        next.push_back(pair);
    next.emplace_back("max", faults_.people_next == "null_max" ? "null" : std::to_string(max));
    next.emplace_back("cursor", cursor_at(at));
    answer.response.headers.add(
        "Link", fmt::format("<{}/v1/people?{}>; rel=\"next\"", origin, http::to_query(next)));
  };
  if (faults_.people_next == "foreign" && more)
    link("http://127.0.0.2:9", index);
  else if (faults_.people_next == "loop")
    link(request.origin(), 0);
  else if (faults_.people_next == "duplicate" && more)
    link(request.origin(), index - 1);  // the last one comes again
  else if (more || (faults_.people_next == "empty_last" && !http::find(q, "cursor")))
    link(request.origin(), index);
  return answer;
}

json WebexSim::organisation_json(bool calling) const {
  json out{
      {"id", org_.id()}, {"displayName", org_.name()}, {"created", "2021-03-04T10:11:12.000Z"}};
  if (calling && faults_.calling_data && !xsi_.actions.empty()) {
    out["xsiActionsEndpoint"] = xsi_.actions;
    out["xsiEventsEndpoint"] = xsi_.events;
    out["xsiEventsChannelEndpoint"] = xsi_.channel;
    out["xsiDomain"] = xsi_.domain;
  }
  return out;
}

Answer WebexSim::organisations(Request const& request, Bearer const& who, std::string const& id) {
  if (!who.may("spark-admin:organizations_read") || !who.person->full_admin)
    return webex_error(403, "Needs spark-admin:organizations_read and an administrator", request);
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  // The XSI members also need the right to use XSI at all. Source: xsi.md 1.1.
  auto const one = organisation_json(true_in(*q, "callingData") && who.may("spark-admin:xsi"));
  if (id.empty()) return webex_ok({{"items", {one}}});
  if (value_of_api_id(id) != org_.uuid())
    return webex_error(404, "Could not find an organization with provided ID.", request);
  return webex_ok(one);
}

Answer WebexSim::roles(Request const& request, Bearer const& who, std::string const& id) {
  if (!who.may("spark-admin:roles_read") || !who.person->full_admin)
    return webex_error(403, "Needs spark-admin:roles_read and an administrator", request);
  json items = json::array();
  for (auto const& r : role_table)
    items.push_back({{"id", api_id("ROLE", r.key)}, {"name", r.name}});
  if (id.empty()) return webex_ok({{"items", items}});
  for (auto const& item : items)
    if (item["id"] == id) return webex_ok(item);
  return webex_error(404, "Could not find a role with provided ID.", request);
}

Answer WebexSim::locations(Request const& request, Bearer const& who, std::string const& id) {
  bool const scope = who.may("spark-admin:locations_read") || who.may("spark-admin:people_read");
  if (!scope || !who.person->full_admin)
    return webex_error(403, "Needs spark-admin:locations_read and an administrator", request);
  json items = json::array();
  for (auto const& o : org_.offices())
    items.push_back(
        {{"id", o.id},
         {"name", o.name},
         {"orgId", org_.id()},
         {"timeZone", o.time_zone},
         {"preferredLanguage", "en_US"},
         {"address",
          {{"address1", "1 Example Street"}, {"city", o.city}, {"country", o.country}}}});
  if (id.empty()) return webex_ok({{"items", items}});
  for (auto const& item : items)
    if (item["id"] == id) return webex_ok(item);
  return webex_error(404, "Could not find a location with provided ID.", request);
}

}  // namespace wardroom::sim
