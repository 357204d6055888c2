#include "cisco/webex/webex_json.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace wardroom::webex {
namespace {
using nlohmann::json;

constexpr int deepest = 32;
constexpr std::string_view full_admin_id = "id_full_admin";
constexpr std::string_view full_admin_name = "Full Administrator";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string text(json const& item, char const* key) {
  auto const it = item.find(key);
  return it != item.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::vector<std::string> texts(json const& item, char const* key) {
  std::vector<std::string> out;
  if (auto const it = item.find(key); it != item.end() && it->is_array())
    for (auto const& value : *it)
      if (value.is_string()) out.push_back(value.get<std::string>());
  return out;
}

/// The schema says "true"/"false", the service sends booleans. Source: webex-rest.md 3.2.
std::optional<bool> flag(json const& item, char const* key) {
  auto const it = item.find(key);
  if (it == item.end()) return std::nullopt;
  if (it->is_boolean()) return it->get<bool>();
  if (it->is_string()) {
    auto const word = lower(it->get<std::string>());
    if (word == "true") return true;
    if (word == "false") return false;
  }
  return std::nullopt;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

/// The primary work number, else the first work number; only what is written internationally.
std::string desk_number(json const& item) {
  std::string first;
  auto const all = item.find("phoneNumbers");
  if (all == item.end() || !all->is_array()) return first;
  for (auto const& entry : *all) {
    if (!entry.is_object() || text(entry, "type") != "work") continue;
    auto value = text(entry, "value");
    std::erase_if(value, [](char c) { return c == ' ' || c == '-' || c == '(' || c == ')'; });
    if (!value.starts_with('+')) continue;
    if (flag(entry, "primary").value_or(false)) return value;
    if (first.empty()) first = std::move(value);
  }
  return first;
}

json const* items(json const& body) {
  if (!body.is_object()) return nullptr;
  auto const it = body.find("items");
  return it != body.end() && it->is_array() ? &*it : nullptr;
}

std::string without_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

}  // namespace

std::optional<std::string> decode_id(std::string_view id) {
  if (is_uuid(id)) return lower(id);
  auto const uri = from_base64(id);
  if (!uri || !uri->starts_with("ciscospark://")) return std::nullopt;
  auto const slash = uri->rfind('/');
  if (slash + 1 >= uri->size()) return std::nullopt;
  return lower(std::string_view(*uri).substr(slash + 1));
}

bool same_id(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return false;
  if (a == b) return true;
  auto const left = decode_id(a);
  return left && left == decode_id(b);
}

Result<json> parse_json(std::string_view body) {
  bool too_deep = false, twice = false;
  std::vector<std::set<std::string>> keys;
  auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > deepest) too_deep = true;
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.empty() &&
        !keys.back().insert(parsed.get<std::string>()).second)
      twice = true;
    return !too_deep;
  };
  auto value = json::parse(body, watch, false);
  if (too_deep) return failure(ErrorKind::malformed, "its JSON is nested too deep");
  if (value.is_discarded()) return failure(ErrorKind::malformed, "it is not JSON");
  if (twice) return failure(ErrorKind::malformed, "its JSON names a key twice");
  return value;
}

Result<Person> person_of(json const& item) {
  if (!item.is_object()) return failure(ErrorKind::malformed, "a person is not a JSON object");
  Person person;
  person.id = PersonId(text(item, "id"));
  auto const uuid = decode_id(person.id.text());
  if (!uuid) return failure(ErrorKind::malformed, "a person has no id that can be decoded");
  person.uuid = *uuid;
  person.display_name = text(item, "displayName");
  for (auto const& email : texts(item, "emails")) person.emails.push_back(lower(email));
  if (person.display_name.empty() && !person.emails.empty())
    person.display_name = person.emails.front();
  person.department = text(item, "department");
  person.location_id = text(item, "locationId");
  person.extension = text(item, "extension");
  person.number = desk_number(item);
  person.roles = texts(item, "roles");
  person.org_id = text(item, "orgId");
  person.login_enabled = flag(item, "loginEnabled");
  person.invite_pending = flag(item, "invitePending");
  auto const type = text(item, "type");
  person.is_person = type.empty() || type == "person";
  return person;
}

Result<Organization> organization_of(json const& item) {
  if (!item.is_object())
    return failure(ErrorKind::malformed, "an organisation is not a JSON object");
  Organization out;
  out.id = text(item, "id");
  auto const uuid = decode_id(out.id);
  if (!uuid) return failure(ErrorKind::malformed, "an organisation has no id that can be decoded");
  out.uuid = *uuid;
  out.name = text(item, "displayName");
  XsiEndpoints xsi{without_slash(text(item, "xsiActionsEndpoint")),
                   without_slash(text(item, "xsiEventsEndpoint")),
                   without_slash(text(item, "xsiEventsChannelEndpoint")), text(item, "xsiDomain")};
  if (!xsi.actions.empty() && !xsi.events.empty() && !xsi.channel.empty()) out.xsi = std::move(xsi);
  return out;
}

std::vector<Role> roles_of(json const& body) {
  std::vector<Role> out;
  if (auto const* all = items(body))
    for (auto const& item : *all)
      if (item.is_object()) out.push_back({text(item, "id"), text(item, "name")});
  return out;
}

std::vector<std::pair<std::string, Place>> places_of(json const& body) {
  std::vector<std::pair<std::string, Place>> out;
  auto const* all = items(body);
  if (!all) return out;
  for (auto const& item : *all) {
    if (!item.is_object()) continue;
    auto const address = item.find("address");
    auto country = address != item.end() && address->is_object() ? text(*address, "country") : "";
    std::ranges::transform(country, country.begin(),
                           [](unsigned char c) { return std::toupper(c); });
    bool const alpha2 = country.size() == 2 && std::ranges::all_of(country, [](unsigned char c) {
                          return c >= 'A' && c <= 'Z';
                        });
    out.emplace_back(text(item, "id"), Place{alpha2 ? country : "", text(item, "name")});
  }
  return out;
}

bool is_full_admin(Person const& person, std::vector<Role> const& known) {
  return std::ranges::any_of(person.roles, [&](std::string const& id) {
    if (decode_id(id) == full_admin_id || id == full_admin_id) return true;
    return std::ranges::any_of(known, [&](Role const& role) {
      return role.name == full_admin_name && same_id(role.id, id);
    });
  });
}

std::string words_of_error(std::string_view body) {
  auto const parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) return "";
  std::string out = text(parsed, "message");
  if (auto const errors = parsed.find("errors"); errors != parsed.end() && errors->is_array())
    for (auto const& item : *errors)
      if (item.is_object())
        if (auto const words = text(item, "description"); !words.empty() && words != out)
          out += (out.empty() ? "" : ": ") + words;
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  while (out.size() > 300 || !is_valid_utf8(out)) out.pop_back();
  return out;
}

}  // namespace wardroom::webex
