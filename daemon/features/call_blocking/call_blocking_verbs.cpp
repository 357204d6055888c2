#include "features/call_blocking/call_blocking_verbs.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/fence_json.hpp"
#include "features/call_blocking/override_verbs.hpp"
#include "features/call_blocking/watch_report.hpp"
#include "features/call_blocking/words.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using control::VerbCall;

Result<std::size_t> limit_of(VerbCall const& call) {
  auto const text = call.get("limit");
  if (text.empty()) return 50;
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n == 0 || n > 10'000)
    return failure(ErrorKind::malformed, "limit must be a whole number from 1 to 10000");
  return n;
}

Task<Json> with_name(CallBlocking& feature, Json row) {
  PersonNo const no = row.value("person_no", PersonNo{0});
  if (no != 0) row["person"] = co_await feature.ports().people.display_name(no);
  co_return row;
}

Answer calls_list(CallBlocking& feature, VerbCall call) {
  auto const limit = limit_of(call);
  if (!limit) co_return std::unexpected(limit.error());
  PersonNo person = 0;
  if (auto const who = call.get("person"); !who.empty()) {
    auto const found = co_await feature.ports().people.resolve(std::string(who));
    if (!found) co_return std::unexpected(found.error());
    person = found->no;
  }
  auto const documents = co_await feature.store().latest(*limit, person);
  if (!documents) co_return std::unexpected(documents.error());
  auto calls = Json::array();
  for (auto const& document : *documents) {
    auto row = document.value("show", Json::object());
    row.erase("events");
    row.erase("tracking");
    calls.push_back(co_await with_name(feature, std::move(row)));
  }
  co_return Json{{"calls", std::move(calls)}};
}

Answer call_part(CallBlocking& feature, VerbCall call, char const* part) {
  if (call.get("call").empty())
    co_return failure(ErrorKind::malformed, "which call? give its id or a unique end of it");
  auto const document = co_await feature.store().find(std::string(call.get("call")));
  if (!document) co_return std::unexpected(document.error());
  co_return co_await with_name(feature, document->value(part, Json::object()));
}

Answer monitor_status(CallBlocking& feature) {
  co_return Json{{"monitoring", monitoring_json(feature)}};
}

/// What the command did, in words.
std::string switched_words(bool on, bool was_on) {
  if (on)
    return was_on
               ? "Monitoring was on already; nothing changed."
               : "Monitoring was started; it begins by itself after every restart of the daemon.";
  return was_on ? "Monitoring was stopped: every call passes unseen until `wardroomctl monitor "
                  "start`, also after a restart of the daemon."
                : "Monitoring was off already: every call passes unseen.";
}

Answer monitor_switch(CallBlocking& feature, VerbCall call, bool on) {
  *call.change = monitoring_change(feature, on);
  bool const was_on = feature.monitoring().on();
  auto const done = co_await feature.set_monitoring(on);
  if (!done) co_return std::unexpected(done.error());
  co_return Json{{"said", switched_words(on, was_on)},
                 {"changed", on != was_on},
                 {"monitoring", monitoring_json(feature)}};
}

double tenth(double value) { return std::round(value * 10) / 10; }

Json person_json(CallBlocking& feature, people::PersonRecord const& person) {
  auto const& ports = feature.ports();
  auto const now = feature.standings().judge_now(person.no);
  Json out{{"person_no", person.no},
           {"name", person.name},
           {"email", person.email},
           {"standing", name(now.place.standing)},
           {"allowed", !now.verdict.release}};
  if (now.place.age) {
    out["fix_age_s"] = std::chrono::duration_cast<std::chrono::seconds>(*now.place.age).count();
    out["accuracy_m"] = tenth(now.place.accuracy->value);
  }
  if (!now.place.fence.empty()) out["fence"] = now.place.fence;
  if (!person.xsi.empty()) out["xsi_user"] = person.xsi.text();
  if (!person.number.empty()) out["number"] = person.number;
  if (!person.extension.empty()) out["extension"] = person.extension;
  if (auto const* decided = feature.overrides().find(person.no))
    out["override"] = override_json(*decided);
  out["live_calls"] = ports.roster.has(person.no) ? ports.roster.row(person.no).live_calls : 0;
  return out;
}

Answer people_list(CallBlocking& feature, VerbCall call) {
  auto const limit = limit_of(call);
  if (!limit) co_return std::unexpected(limit.error());
  std::optional<Standing> only;
  if (auto const word = call.get("standing"); !word.empty()) {
    only = parse_standing(word);
    if (!only)
      co_return failure(ErrorKind::malformed,
                        "standing must be inside, outside, uncertain, stale or no_fix");
  }
  auto people = Json::array();
  std::size_t total = 0;
  for (PersonNo after = 0;;) {
    auto const page = co_await feature.ports().people.page(after, 500);
    if (!page) co_return std::unexpected(page.error());
    if (page->empty()) break;
    after = page->back().no;
    for (auto const& person : *page) {
      if (!person.active || (only && feature.standings().current(person.no) != *only)) continue;
      ++total;
      if (people.size() < *limit) people.push_back(person_json(feature, person));
    }
  }
  co_return Json{{"people", std::move(people)}, {"total", total}};
}

Task<Result<people::PersonRecord>> person_of(CallBlocking& feature, VerbCall call) {
  if (call.get("person").empty())
    co_return failure(ErrorKind::malformed,
                      "which person? give a number, an e-mail address or a part of the name");
  co_return co_await feature.ports().people.resolve(std::string(call.get("person")));
}

Answer people_show(CallBlocking& feature, VerbCall call) {
  auto const person = co_await person_of(feature, std::move(call));
  if (!person) co_return std::unexpected(person.error());
  auto out = person_json(feature, *person);
  if (!person->id.empty()) out["person_id"] = person->id.text();
  if (!person->uuid.empty()) out["uuid"] = person->uuid;
  out["emails"] = person->emails;
  if (!person->country.empty()) out["country"] = person->country;
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

Answer people_why(CallBlocking& feature, VerbCall call) {
  auto const person = co_await person_of(feature, std::move(call));
  if (!person) co_return std::unexpected(person.error());
  auto& standings = feature.standings();
  auto const now = standings.judge_now(person->no);
  auto const who = person->name.empty() ? person->email : person->name;
  Json out{{"person_no", person->no},
           {"person", who},
           {"standing", name(now.place.standing)},
           {"allowed", !now.verdict.release},
           {"reason", name(now.verdict.reason)},
           {"sentence", words_about_person(who, now, standings.policy().timeout)}};
  if (now.place.age)
    out["fix"] = {
        {"age_s", std::chrono::duration_cast<std::chrono::seconds>(*now.place.age).count()},
        {"accuracy_m", tenth(now.place.accuracy->value)},
        {"received_at", iso_text(*now.place.received_at)}};
  if (!now.place.fence.empty())
    out["fence"] = {{"name", now.place.fence},
                    {"digest", now.place.fence_digest},
                    {"data_version", kDataVersion}};
  if (now.place.to_border) out["distance_m"] = tenth(now.place.to_border->value);
  if (auto const* decided = feature.overrides().find(person->no))
    out["override"] = override_json(*decided);
  out["policy"] = {{"digest", now.policy_digest},
                   {"applied", name(now.verdict.applied)},
                   {"mode", name(now.mode)}};
  co_return out;
}

Result<double> number_of(VerbCall const& call, std::string_view param, double least, double most,
                         bool needed) {
  auto const text = call.get(param);
  if (text.empty() && !needed) return 0.0;
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
      value < least || value > most)
    return failure(ErrorKind::malformed,
                   fmt::format("{} must be a number from {} to {}", param, least, most));
  return value;
}

std::string_view side_word(Side side) {
  return side == Side::inside ? "inside" : side == Side::outside ? "outside" : "uncertain";
}

Answer fence_test(CallBlocking& feature, VerbCall call) {
  auto const latitude = number_of(call, "latitude", -90, 90, true);
  if (!latitude) co_return std::unexpected(latitude.error());
  auto const longitude = number_of(call, "longitude", -180, 180, true);
  if (!longitude) co_return std::unexpected(longitude.error());
  auto const accuracy = number_of(call, "accuracy", 0, 1e8, false);
  if (!accuracy) co_return std::unexpected(accuracy.error());
  auto const& policy = feature.standings().policy();
  GeoPoint const point{*latitude, *longitude};
  auto const side = [&](Position const& at) {
    auto const& fence = policy.fences[at.fence];
    return side_of({.inside = at.inside,
                    .to_border = at.to_border,
                    .accuracy = {*accuracy},
                    .margin = fence.margin,
                    .accuracy_limit = fence.accuracy_limit});
  };
  auto rows = Json::array();
  FenceMask everybody = 0;
  for (std::size_t i = 0; i < policy.fences.size(); ++i) {
    auto const& fence = policy.fences[i];
    if (fence.everybody) everybody |= FenceMask{1} << i;
    // The side of the area itself: for a deny fence "inside" is where calls are blocked.
    auto const here = side({contains(fence.shape, point), signed_distance(fence.shape, point),
                            static_cast<std::uint16_t>(i)});
    rows.push_back({{"name", fence.name},
                    {"deny", fence.deny},
                    {"side", side_word(here)},
                    {"distance_m", tenth(signed_distance(fence.shape, point).value)}});
  }
  auto const together = locate(policy.fences, everybody, point);
  co_return Json{{"fences", std::move(rows)},
                 {"allowed_for_all", !together || side(*together) == Side::inside}};
}

}  // namespace

control::Change monitoring_change(CallBlocking const& feature, bool on) {
  return {.object = "monitoring",
          .before = Json{{"on", feature.monitoring().on()}}.dump(),
          .after = Json{{"on", on}}.dump()};
}

void add_call_blocking_verbs(control::Verbs& verbs, CallBlocking& feature) {
  auto& f = feature;
  verbs.handle("calls list", [&f](VerbCall call) { return calls_list(f, std::move(call)); });
  verbs.handle("calls show", [&f](VerbCall call) { return call_part(f, std::move(call), "show"); });
  verbs.handle("calls why", [&f](VerbCall call) { return call_part(f, std::move(call), "why"); });
  verbs.handle("monitor start",
               [&f](VerbCall call) { return monitor_switch(f, std::move(call), true); });
  verbs.handle("monitor stop",
               [&f](VerbCall call) { return monitor_switch(f, std::move(call), false); });
  verbs.handle("monitor status", [&f](VerbCall) { return monitor_status(f); });
  verbs.handle("people list", [&f](VerbCall call) { return people_list(f, std::move(call)); });
  verbs.handle("people show", [&f](VerbCall call) { return people_show(f, std::move(call)); });
  verbs.handle("people why", [&f](VerbCall call) { return people_why(f, std::move(call)); });
  verbs.handle("fence list", [&f](VerbCall) -> Answer {
    co_return Json{{"fences", fences_json(f.standings().policy())}};
  });
  verbs.handle("fence test", [&f](VerbCall call) { return fence_test(f, std::move(call)); });
}

}  // namespace wardroom::call_blocking
