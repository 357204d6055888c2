// XSI-Actions: profile, calls, release, directory. Source: xsi.md 8.
#include "base/encoding.hpp"
#include "sim/xsi_documents.hpp"
#include "sim/xsi_door.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::sim {
namespace {

// A user acts on own calls with spark:xsi; on everybody's only as an administrator.
bool may_act_for(Bearer const& who, Person const& person) {
  if (who.may("spark-admin:xsi") && who.person->full_admin) return true;
  return who.may("spark:xsi") && who.person == &person;
}

std::string leaf(std::string_view element, std::string_view text) {
  return fmt::format("<{0}>{1}</{0}>", element, xml_escape(text));
}
std::string leaf_if_any(std::string_view element, std::string_view text) {
  return text.empty() ? std::string() : leaf(element, text);
}

std::string profile(Person const& p, Organisation const& org) {
  auto const at = fmt::format("/v2.0/user/{}/profile", p.xsi_user);
  return xsi_document("Profile",
                      "<details>" + leaf("userId", p.xsi_user) + leaf("firstName", p.first_name) +
                          leaf("lastName", p.last_name) + leaf("groupId", p.office->group) +
                          leaf("serviceProvider", org.uuid()) + leaf("number", p.number) +
                          leaf_if_any("extension", p.extension) + "</details><additionalDetails>" +
                          leaf("emailAddress", p.email) + "</additionalDetails>" +
                          leaf("fac", at + "/Fac") + leaf("registrations", at + "/Registrations") +
                          leaf("scheduleList", at + "/Schedule") +
                          leaf("countryCode", p.office->country_code));
}

std::string directory_row(Person const& p) {
  return "<directoryDetails>" + leaf("userId", p.xsi_user) + leaf("firstName", p.first_name) +
         leaf("lastName", p.last_name) + leaf("groupId", p.office->group) +
         leaf("number", p.number) + leaf_if_any("extension", p.extension) + "<additionalDetails>" +
         leaf_if_any("department", p.department) + leaf("emailAddress", p.email) +
         "</additionalDetails></directoryDetails>";
}

std::size_t number_in(http::QueryPairs const& q, std::string_view key, std::size_t otherwise) {
  auto const text = http::find(q, key).value_or("");
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size() && n > 0 ? n : otherwise;
}

// "value" matches exactly, "value/i" without regard to case, "*" inside as a wildcard at the ends.
bool matches(std::string_view text, std::string wish) {
  bool const any_case = wish.ends_with("/i");
  if (any_case) wish.resize(wish.size() - 2);
  bool const head = wish.starts_with('*'), tail = wish.size() > 1 && wish.ends_with('*');
  auto const core = std::string_view(wish).substr(head, wish.size() - head - tail);
  auto same_text = [&](std::string_view a) {
    return any_case ? http::equal_ignoring_case(a, core) : a == core;
  };
  if (!head && !tail) return same_text(text);
  for (std::size_t at = 0; at + core.size() <= text.size(); ++at) {
    if ((!head && at > 0) || (!tail && at + core.size() != text.size())) continue;
    if (same_text(text.substr(at, core.size()))) return true;
  }
  return false;
}

bool wanted(Person const& p, http::QueryPairs const& q) {
  for (auto const& [key, value] : q) {
    auto const text = key == "userId"         ? p.xsi_user
                      : key == "emailAddress" ? p.email
                      : key == "number"       ? p.number
                      : key == "extension"    ? p.extension
                      : key == "firstName"    ? p.first_name
                      : key == "lastName"     ? p.last_name
                      : key == "groupId"      ? p.office->group
                      : key == "department"   ? p.department
                                              : std::string();
    bool const filter = key != "start" && key != "results" && key != "format";
    if (filter && !matches(text, value)) return false;
  }
  return p.calling;
}

}  // namespace

Answer XsiDoor::actions(Call const& call) {
  auto const& path = call.path;
  bool const queue = path.size() >= 3 && path[0] == "callcenter" && path[2] == "calls";
  if (path.size() < 3 || (path[0] != "user" && !queue))
    return xsi_error(404, 4404, "No such resource.");
  auto const* person = org_.by_any_id(path[1]);
  bool const fits = person && (queue ? person == &org_.queue() : person->calling);
  if (!fits) return xsi_error(404, 4008, "User not found.");
  if (!may_act_for(call.who, *person))
    return xsi_error(403, 4410, "The operation is not permitted.");
  bool const reads = call.request.method == http::Method::get;
  auto wrong_method = [](std::string allow) {
    auto answer = xsi_error(405, 4405, "Method not allowed.");
    answer.response.headers.add("Allow", std::move(allow));
    return answer;
  };
  if (path[2] == "profile" && path.size() == 3)
    return reads ? xsi_ok(profile(*person, org_)) : wrong_method("GET");
  if (path[2] == "calls" && path.size() == 3)
    return reads ? calls_of(call, *person) : wrong_method("GET");
  if (path[2] == "calls" && path.size() == 4) {
    if (reads) return one_call(call, *person, path[3]);
    if (call.request.method == http::Method::delete_) return delete_call(call, *person, path[3]);
    return wrong_method("GET, DELETE");
  }
  if (path[2] == "directories" && path.size() == 4 && path[3] == "Enterprise")
    return reads ? directory(call) : wrong_method("GET");
  return xsi_error(404, 4404, "No such resource.");
}

Answer XsiDoor::calls_of(Call const&, Person const& person) {
  std::string inner;
  for (auto const& h : calls_.halves_of(person))
    inner += fmt::format(
        "<call inConference=\"{2}\"><callId>{0}</callId>"
        "<uri>/v2.0/{3}/{1}/calls/{0}</uri></call>",
        h.leg->id, person.xsi_user, h.leg->in_conference,
        &person == &org_.queue() ? "callcenter" : "user");
  return xsi_ok(xsi_document("Calls", inner));
}

Answer XsiDoor::one_call(Call const&, Person const& person, std::string const& id) {
  auto const h = calls_.half(person, id);
  if (!h) return xsi_error(404, 4409, "Call not found.");
  return xsi_ok("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
                call_xml(*h.call, *h.leg, "", "Call"));
}

bool XsiDoor::delete_fault(Person const& person) const {
  return faults_.delete_faults_for.empty() || faults_.delete_faults_for == person.email;
}

Answer XsiDoor::delete_call(Call const& call, Person const& person, std::string const& id) {
  auto const q = http::parse_query(call.request.query).value_or(http::QueryPairs{});
  bool const decline = http::find(q, "decline").value_or("") == "true";
  bool const faulty = delete_fault(person);
  auto const h = calls_.half(person, id);
  auto answer = xsi_error(404, 4409, "Call not found.");
  if (faulty) answer.delay = Milliseconds(faults_.delete_delay_ms);
  if (decline && h && (h.leg->originator || h.leg->state != LegState::alerting))
    return xsi_error(403, 4411, "The call is not in the state for this.");
  if (faulty && faults_.delete_404_race && h && !h.call->emergency) {
    calls_.hang_up(h.call->id, "caller");
    calls_.release(person, id, decline);  // for the record: not found
    return answer;
  }
  if (faulty && faults_.delete_id_change && h && !h.call->emergency && !h.leg->id_changed) {
    calls_.change_id(h);
    calls_.release(person, id, decline);  // for the record: not found
    return answer;
  }
  if (!calls_.release(person, id, decline)) return answer;
  auto done = xsi_ok("");
  done.delay = answer.delay;
  return done;
}

Answer XsiDoor::directory(Call const& call) {
  auto const q = http::parse_query(call.request.query);
  if (!q) return xsi_error(400, 4400, "The query cannot be read.");
  auto const& odd = faults_.directory_pages;
  auto const asked = number_in(*q, "start", 1);
  auto start = odd == "repeat" ? 1 : asked;
  if (odd == "duplicate" && start > 1) --start;
  auto results = std::min<std::size_t>(number_in(*q, "results", 50), 50);
  if (odd == "too_many") results *= 2;
  ++directory_pages_;
  std::size_t total = 0, sent = 0;
  std::string rows;
  for (auto const& p : org_.people()) {
    if (!wanted(p, *q)) continue;
    ++total;
    if (total < start || sent >= results) continue;
    ++sent;
    if (odd != "short" || sent < results) rows += directory_row(p);
  }
  if (odd == "total_grows") total += directory_pages_;
  if (odd == "total_shrinks" && asked > 1) total -= std::min<std::size_t>(total, 3);
  if (odd == "empty_last") total += 50;
  return xsi_ok(xsi_document(
      "Enterprise",
      fmt::format("<startIndex>{}</startIndex><numberOfRecords>{}</numberOfRecords>{}"
                  "<enterpriseDirectory>{}</enterpriseDirectory>",
                  start, sent,
                  odd == "no_total"
                      ? std::string()
                      : fmt::format("<totalAvailableRecords>{}</totalAvailableRecords>", total),
                  rows)));
}

}  // namespace wardroom::sim
