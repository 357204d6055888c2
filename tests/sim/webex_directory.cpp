// People, organisations, roles and locations, as the caller may see them.
#include "base/encoding.hpp"
#include "sim/webex_sim.hpp"

#include <fmt/format.h>

#include <algorithm>
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
json flag(bool value, Faults const& faults) {
  return faults.flags_as_text ? json(value ? "true" : "false") : json(value);
}

void add_admin_fields(json& out, Person const& p, Organisation const& org, bool calling,
                      Faults const& faults) {
  out["invitePending"] = flag(p.invite_pending, faults);
  out["loginEnabled"] = flag(p.login_enabled, faults);
  if (!p.department.empty()) out["department"] = p.department;
  if (!p.title.empty()) out["title"] = p.title;
  out["licenses"] = json::array({org.messaging_licence()});
  if (p.calling) out["licenses"].push_back(org.calling_licence());
  out["roles"] = json::array();
  if (p.full_admin) out["roles"].push_back(api_id("ROLE", "id_full_admin"));
  if (!calling || !p.calling) return;
  out["locationId"] = p.office->id;
  out["phoneNumbers"] = json::array({{{"type", "work"}, {"value", p.e164()}, {"primary", true}}});
  if (p.extension.empty()) return;
  out["extension"] = p.extension;
  out["phoneNumbers"].push_back(
      {{"type", "work_extension"}, {"value", p.extension}, {"primary", false}});
}

json person_json(Person const& p, Organisation const& org, Bearer const& who, bool calling,
                 bool status, Faults const& faults) {
  bool const admin = who.person->full_admin && who.may("spark-admin:people_read");
  json out{{"id", api_id("PEOPLE", p.uuid)},
           {"emails", json::array({p.shown_email()})},
           {"displayName", p.name()},
           {"firstName", p.first_name},
           {"lastName", p.last_name},
           {"nickName", p.first_name},
           {"orgId", p.org.empty() ? org.id() : api_id("ORGANIZATION", p.org)},
           {"created", "2021-03-04T10:11:12.000Z"},
           {"lastModified", "2026-01-12T08:00:00.000Z"},
           {"type", p.type}};
  for (auto const& one : p.more_emails) out["emails"].push_back(one);
  if (status) out["status"] = "active";
  if (admin && p.org.empty()) add_admin_fields(out, p, org, calling, faults);
  return out;
}

// As a list has them: some damaged, or without what is switched off.
void spoil_entry(json& item, Person const& p, std::size_t index, Faults const& faults) {
  bool const nth = faults.item_errors > 0 && index % std::size_t(faults.item_errors) == 0;
  if (p.damaged || nth)
    item = {{"id", item["id"]},
            {"errors", {{"emails", {{"code", "lookup_failure"}, {"reason", "not now"}}}}}};
  for (auto left = std::string_view(faults.people_omit); !left.empty();) {
    auto const comma = std::min(left.find(','), left.size());
    item.erase(std::string(left.substr(0, comma)));
    left.remove_prefix(std::min(comma + 1, left.size()));
  }
}

bool starts_without_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && http::equal_ignoring_case(text.substr(0, with.size()), with);
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
  if (!p || p->gone) return webex_error(404, "Could not find a person with provided ID.", request);
  return webex_ok(person_json(*p, org_, who, true_in(*q, "callingData"), true, faults_));
}

void WebexSim::follow_faults() {
  memberships_.follow_faults();
  if (!faults_.people_stale) return stale_people_.reset();
  if (!stale_people_) stale_people_ = org_.people();
}

// By address or id: at once, whatever the size of the organisation.
Answer WebexSim::found(std::vector<Person const*> const& people, Bearer const& who,
                       PageWish const& wish) {
  json items = json::array();
  for (auto const* p : people)
    if (p && !p->gone && p->org.empty() && p->type == "person" && items.size() < wish.max)
      items.push_back(
          person_json(*p, org_, who, true_in(wish.query, "callingData"), false, faults_));
  ++pages_;
  return webex_ok({{"items", std::move(items)}, {"notFoundIds", json::array()}});
}

Answer WebexSim::people(Request const& request, Bearer const& who) {
  if (!who.may("spark:people_read") && !who.may("spark:all") && !who.may("spark-admin:people_read"))
    return webex_error(403, "The token lacks the scope spark:people_read", request);
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  auto const email = http::find(*q, "email"), ids = http::find(*q, "id");
  bool const admin = who.person->full_admin && who.may("spark-admin:people_read");
  if (!admin && !email && !http::find(*q, "displayName") && !ids)
    return webex_error(400, "Email, displayName, or id list should be specified.", request);
  bool const location = http::find(*q, "locationId").has_value();
  if (location && !admin) return webex_error(403, "locationId is for administrators", request);
  auto const limit = std::size_t(location ? 50 : true_in(*q, "callingData") ? 100 : 1000);
  auto const wish = page_wish(request, std::min(limit, std::size_t(faults_.people_page_max)));
  if (!wish) return webex_error(400, wish.error().what, request);
  if (email) return found({org_.by_email(*email)}, who, *wish);
  if (!ids) return everybody(request, who, *wish);
  std::vector<Person const*> people;
  for (auto left = std::string_view(*ids); !left.empty();) {
    auto const comma = std::min(left.find(','), left.size());
    people.push_back(org_.by_api_id(left.substr(0, comma)));
    left.remove_prefix(std::min(comma + 1, left.size()));
  }
  return found(people, who, *wish);
}

// All of them, or those of a name or a location; a cursor is a position.
Answer WebexSim::everybody(Request const& request, Bearer const& who, PageWish const& wish) {
  auto const shown = http::find(wish.query, "displayName"),
             location = http::find(wish.query, "locationId");
  auto const& all = stale_people_ ? *stale_people_ : org_.people();
  auto const size = faults_.people_shown == "none"   ? 0
                    : faults_.people_shown == "half" ? (all.size() + 1) / 2
                                                     : all.size();
  auto index = std::size_t(wish.from);
  auto const more = [&] {
    for (; index < size; ++index) {
      auto const& p = all[index];
      if (!p.gone && (!shown || starts_without_case(p.name(), *shown)) &&
          (!location || p.office->id == *location))
        return true;
    }
    return false;
  };
  bool const calling = true_in(wish.query, "callingData"),
             status = !true_in(wish.query, "excludeStatus");
  PageEnd end;
  json items = json::array();
  for (; more() && items.size() < wish.max; ++index) {
    items.push_back(person_json(all[index], org_, who, calling, status, faults_));
    spoil_entry(items.back(), all[index], index + 1, faults_);
    end.last = index;
  }
  ++pages_;
  end.more = more();
  end.next = index;
  end.skip = [&](std::size_t n) -> std::optional<std::uint64_t> {
    for (; n > 0 && more(); --n) ++index;
    return more() ? std::optional<std::uint64_t>(index) : std::nullopt;
  };
  auto answer = webex_ok({{"items", std::move(items)}, {"notFoundIds", json::array()}});
  add_next(answer, request, wish, end, faults_.people_next);
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
