#include "features/call_blocking/people_verbs.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/group_report.hpp"
#include "features/call_blocking/override_verbs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using control::VerbCall;
using people::PersonRecord;

constexpr std::size_t kRowsAtOnce = 100;  // judged without a pause

double tenth(double value) { return std::round(value * 10) / 10; }

void add_where(Json& out, Judgement const& now) {
  out["standing"] = name(now.place.standing);
  out["allowed"] = !now.verdict.release;
  if (now.place.age) {
    out["fix_age_s"] = std::chrono::duration_cast<std::chrono::seconds>(*now.place.age).count();
    out["accuracy_m"] = tenth(now.place.accuracy->value);
  }
  if (!now.place.fence.empty()) out["fence"] = now.place.fence;
}

void add_ids(Json& out, PersonRecord const& person) {
  auto const add = [&](char const* key, std::string const& value) {
    if (!value.empty()) out[key] = value;
  };
  auto const e164 = person.e164();
  add("number", e164.empty() ? person.number : e164);
  add("extension", person.ext());
  add("location", person.location);
  add("country", person.country);
  out["mapping"] = name(person.mapping());
  add("conflict", person.conflict);
  add("xsi_user", person.xsi.text());
  add("person_id", person.id.text());
  add("uuid", person.uuid);
}

Json person_json(CallBlocking& feature, PersonRecord const& person) {
  auto const& ports = feature.ports();
  Json out{{"person_no", person.no}, {"name", person.name}, {"email", person.email}};
  add_where(out, feature.standings().judge_now(person.no));
  add_ids(out, person);
  if (auto const* decided = feature.overrides().find(person.no))
    out["override"] = override_json(*decided);
  if (auto notice = feature.notices().json(person.no); !notice.is_null())
    out["notice"] = std::move(notice);
  out["live_calls"] = ports.roster.has(person.no) ? ports.roster.row(person.no).live_calls : 0;
  return out;
}

Result<std::uint32_t> number_in(VerbCall const& call, std::string_view key, std::uint32_t fallback,
                                std::uint32_t least, std::uint32_t most) {
  auto const text = call.get(key);
  if (text.empty()) return fallback;
  std::uint32_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < least || n > most)
    return failure(ErrorKind::malformed,
                   fmt::format("{} must be a whole number from {} to {}", key, least, most));
  return n;
}

/// What `people list` was asked for.
struct Wanted {
  people::PeopleFilter filter;
  std::optional<Standing> standing;
  std::uint32_t limit = 50;
  PersonNo after = 0;
};

Result<Wanted> wanted_by(VerbCall const& call) {
  Wanted out;
  auto const limit = number_in(call, "limit", out.limit, 1, 10'000);
  if (!limit) return std::unexpected(limit.error());
  auto const after = number_in(call, "after", 0, 0, 0xFFFF'FFFF);
  if (!after) return std::unexpected(after.error());
  out.limit = *limit;
  out.after = *after;
  out.filter.text = call.get("search");
  if (auto const word = call.get("standing"); !word.empty()) {
    out.standing = parse_standing(word);
    if (!out.standing)
      return failure(ErrorKind::malformed,
                     "standing must be inside, outside, uncertain, stale or no_fix");
  }
  if (auto const word = call.get("mapping"); !word.empty()) {
    out.filter.mapping = people::parse_mapping(word);
    if (!out.filter.mapping || *out.filter.mapping == people::Mapping::gone)
      return failure(ErrorKind::malformed,
                     "mapping must be mapped, no_calling_user, no_person or conflict");
  }
  return out;
}

Answer people_list(CallBlocking& feature, VerbCall call) {
  auto const wanted = wanted_by(call);
  if (!wanted) co_return std::unexpected(wanted.error());
  auto rows = Json::array();
  std::size_t total = 0, before = 0;
  PersonNo last = 0;
  for (PersonNo after = 0;;) {
    auto const page = co_await feature.ports().people.page(after, kRowsAtOnce, wanted->filter);
    if (!page) co_return std::unexpected(page.error());
    for (auto const& person : page->people) {
      if (wanted->standing && feature.standings().current(person.no) != *wanted->standing) continue;
      ++total;
      if (person.no <= wanted->after) {
        ++before;
      } else if (rows.size() < wanted->limit) {
        rows.push_back(person_json(feature, person));
        last = person.no;
      }
    }
    if (page->next == 0) break;
    after = page->next;
  }
  bool const more = before + rows.size() < total;
  Json out{{"people", std::move(rows)}, {"total", total}};
  if (before > 0) out["before"] = before;
  if (more) out["next"] = last;
  out["directory"] = directory_json(feature.people_map().progress(), feature.ports().clock);
  co_return out;
}

Task<Result<PersonRecord>> person_of(CallBlocking& feature, VerbCall call) {
  if (call.get("person").empty())
    co_return failure(ErrorKind::malformed,
                      "which person? give a number, an e-mail address, an extension or a part of "
                      "the name");
  co_return co_await feature.ports().people.resolve(std::string(call.get("person")));
}

/// Which rules are for this person, and why.
void add_rules(Json& out, CallBlocking const& feature, PersonRecord const& person) {
  auto const& standings = feature.standings();
  std::vector<std::string> groups;
  for (auto const& [wanted, group] : feature.groups().groups())
    if (group->members->holds(person.no)) groups.push_back(wanted);
  out["enforced"] = standings.mode(person.no) == Mode::enforce;
  out["fences"] =
      fences_of_person_json(standings.policy(), standings.mask(person.no), person.emails, groups);
  out["groups"] = std::move(groups);
}

Answer people_show(CallBlocking& feature, VerbCall call) {
  auto const person = co_await person_of(feature, std::move(call));
  if (!person) co_return std::unexpected(person.error());
  auto out = person_json(feature, *person);
  out["emails"] = person->emails;
  add_rules(out, feature, *person);
  if (!person->calling_email.empty()) out["calling_email"] = person->calling_email;
  if (!person->department.empty()) out["department"] = person->department;
  if (feature.ports().sessions != nullptr) {
    auto const sessions = co_await feature.ports().sessions->sessions_of(person->no);
    if (!sessions) co_return std::unexpected(sessions.error());
    auto rows = Json::array();
    for (auto const& s : *sessions)
      rows.push_back({{"created", iso_text(s.created)},
                      {"last_used", iso_text(s.last_used)},
                      {"expires", iso_text(s.expires)}});
    out["sessions"] = std::move(rows);
  }
  co_return out;
}

}  // namespace

void add_people_verbs(control::Verbs& verbs, CallBlocking& feature) {
  auto& f = feature;
  verbs.handle("people list", [&f](VerbCall call) { return people_list(f, std::move(call)); });
  verbs.handle("people show", [&f](VerbCall call) { return people_show(f, std::move(call)); });
}

}  // namespace wardroom::call_blocking
