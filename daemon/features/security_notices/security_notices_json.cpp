#include "features/security_notices/security_notices_json.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::security_notices {
namespace {

Json moment(std::optional<Instant> at) { return at ? Json(iso_text(*at)) : Json(nullptr); }
Json text_or_null(std::string const& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string_view machine_name(Machine machine) {
  switch (machine) {
    case Machine::none:
      return "";
    case Machine::recorder:
      return "recorder";
    case Machine::streamer:
      return "streamer";
    case Machine::link:
      break;
  }
  return "link";
}

std::string_view words(Registration registration) {
  switch (registration) {
    case Registration::unknown:
      return "unknown";
    case Registration::registered:
      return "registered";
    case Registration::missing:
      return "missing";
    case Registration::full:
      break;
  }
  return "full";
}

std::string const& bridge_name(SecurityNotices const& feature, BridgeNo bridge) {
  return feature.settings().bridges.at(bridge).name;
}

/// The address that counts: the last one signalled. Source: cms.md 4.3.
std::string address_of(conference::LegFacts const& facts) {
  for (auto const* one : {&facts.remote_address, &facts.remote_party, &facts.original_remote_party})
    if (*one && !(*one)->empty()) return **one;
  return "";
}

Json call_json(SecurityNotices const& feature, ShownView const& shown) {
  return {{"bridge", bridge_name(feature, shown.call.bridge)},
          {"call", shown.call.id.text()},
          {"shown", shown.shown && shown.shown->shown() ? Json(shown.shown->text) : Json(nullptr)},
          {"settled", shown.settled},
          {"trouble", text_or_null(shown.trouble)}};
}

/// Until the board has looked at it: nothing is known of what its calls show.
NoticeView view_of(SecurityNotices const& feature, ConferenceId const& id) {
  if (auto view = feature.board().view(id)) return std::move(*view);
  auto const evidence = feature.ledger().evidence(id);
  NoticeView out{.wanted = evidence.doubt.empty() ? evidence.level : SecurityLevel::external,
                 .evident = evidence.level,
                 .cause = evidence.doubt.empty() ? evidence.cause : evidence.doubt,
                 .doubt = evidence.doubt,
                 .since = feature.ports().clock.now()};
  for (auto const& call : feature.ledger().calls(id)) out.calls.push_back({.call = call});
  return out;
}

struct Company {
  std::size_t secure = 0, internal = 0, external = 0, machines = 0;
};
Company company_of(ConferenceLedger const& ledger, ConferenceId const& id) {
  Company out;
  for (auto const* leg : ledger.people(id)) {
    if (leg->machine != Machine::none) ++out.machines;
    if (!leg->counts()) continue;
    auto const level = leg->classified.level;
    ++(level == SecurityLevel::secure     ? out.secure
       : level == SecurityLevel::internal ? out.internal
                                          : out.external);
  }
  return out;
}

/// Name and space, from whichever of its calls knows them.
conference::CallFacts facts_of(ConferenceLedger const& ledger, ConferenceId const& id) {
  conference::CallFacts out;
  for (auto const& key : ledger.calls(id))
    if (auto const* call = ledger.call(key)) {
      if (!out.name) out.name = call->facts.name;
      if (!out.space) out.space = call->facts.space;
    }
  return out;
}

std::size_t participants_of(ConferenceLedger const& ledger) {
  std::size_t out = 0;
  for (auto const n : ledger.participants()) out += n;
  return out;
}

Json counters_json(BridgeCounters const& c) {
  return {{"posts", c.posts},
          {"records", c.records},
          {"duplicates", c.duplicates},
          {"late", c.late},
          {"old", c.old},
          {"gaps", c.gaps},
          {"lost", c.lost},
          {"malformed", c.malformed},
          {"unknown_types", c.unknown_types},
          {"strangers", c.strangers},
          {"sessions", c.sessions},
          {"resyncs", c.resyncs},
          {"resyncs_failed", c.resyncs_failed},
          {"refused", c.refused},
          {"store_failures", c.store_failures}};
}

Json stay_json(StayRow const& row) {
  return {{"bridge", row.bridge},
          {"leg", row.leg},
          {"call", row.call},
          {"name", row.name},
          {"address", row.address},
          {"domain", row.domain},
          {"level", number(row.level)},
          {"level_name", name(row.level)},
          {"why", row.why},
          {"machine", row.machine},
          {"joined", iso_text(row.began)},
          {"left", moment(row.ended)},
          {"reason", row.end_reason}};
}

}  // namespace

std::string_view name(FeatureMode mode) {
  switch (mode) {
    case FeatureMode::off:
      return "off";
    case FeatureMode::observe:
      return "observe";
    case FeatureMode::enforce:
      break;
  }
  return "enforce";
}

std::string shown_id(SecurityNotices const& feature, ConferenceId const& conference) {
  auto const& text = conference.text();
  auto const tilde = text.find('~');
  std::size_t no = 0;
  auto const [end, error] =
      std::from_chars(text.data(), text.data() + std::min(tilde, text.size()), no);
  bool const is_numbered = tilde != std::string::npos && error == std::errc{} &&
                           end == text.data() + tilde && no < feature.settings().bridges.size();
  return is_numbered ? feature.settings().bridges[no].name + text.substr(tilde) : text;
}

Json conference_json(SecurityNotices const& feature, ConferenceId const& id) {
  auto const view = view_of(feature, id);
  auto const facts = facts_of(feature.ledger(), id);
  auto const company = company_of(feature.ledger(), id);
  bool settled = !view.calls.empty(), observed = false;
  auto calls = Json::array();
  for (auto const& call : view.calls) {
    settled = settled && call.settled;
    observed = observed || call.observed;
    calls.push_back(call_json(feature, call));
  }
  return {{"id", shown_id(feature, id)},
          {"name", facts.name.value_or("")},
          {"space", facts.space.value_or("")},
          {"level", number(view.wanted)},
          {"level_name", name(view.wanted)},
          {"since", iso_text(view.since)},
          {"evident", number(view.evident)},
          {"cause", view.cause},
          {"doubt", text_or_null(view.doubt)},
          {"lowering", view.lowering},
          {"waits_for", text_or_null(view.waits_for)},
          {"settled", settled},
          {"observed", observed},
          {"calls", std::move(calls)},
          {"participants",
           {{"secure", company.secure},
            {"internal", company.internal},
            {"external", company.external}}},
          {"machines", company.machines}};
}

Json person_json(SecurityNotices const& feature, Leg const& leg) {
  bool const is_person = leg.machine == Machine::none;
  auto const level = is_person ? leg.classified.level : SecurityLevel::none;
  return {{"bridge", bridge_name(feature, leg.key.bridge)},
          {"leg", leg.key.id.text()},
          {"name", leg.facts.display_name.value_or("")},
          {"address", address_of(leg.facts)},
          {"domain", leg.classified.domain},
          {"level", number(level)},
          {"level_name", name(level)},
          {"why", leg.classified.why},
          {"machine", machine_name(leg.machine)},
          {"counts", leg.counts()},
          {"lobby", leg.in_lobby()},
          {"ringing", is_person && !leg.connected},
          {"since", moment(leg.joined)}};
}

Json level_json(LevelRow const& row) {
  return {{"at", iso_text(row.at)},        {"level", number(row.level)},
          {"level_name", name(row.level)}, {"cause", row.cause},
          {"shown", moment(row.shown)},    {"trouble", text_or_null(row.trouble)}};
}

Json bridge_json(BridgeView const& view) {
  return {{"name", view.settings->name},
          {"api", view.settings->api},
          {"up", view.last_answer.has_value() && !view.silent_since},
          {"trouble", text_or_null(view.trouble)},
          {"doubt", text_or_null(view.doubt)},
          {"resyncing", view.resyncing},
          {"version", view.version},
          {"clustered", view.clustered ? Json(*view.clustered) : Json(nullptr)},
          {"session", view.session},
          {"last_post", moment(view.last_post)},
          {"last_answer", moment(view.last_answer)},
          {"silent_since", moment(view.silent_since)},
          {"behind", view.behind ? Json(*view.behind) : Json(nullptr)},
          {"registration", words(view.registration)},
          {"receivers", view.receivers},
          {"calls", view.calls},
          {"legs", view.legs},
          {"counters", counters_json(view.counters)}};
}

Json status_json(SecurityNotices const& feature) {
  auto bridges = Json::array();
  for (auto const& view : feature.bridges()) bridges.push_back(bridge_json(view));
  auto const& levels = feature.board().levels();
  return {{"mode", name(feature.settings().policy.mode)},
          {"bridges", std::move(bridges)},
          {"conferences", feature.ledger().size()},
          {"participants", participants_of(feature.ledger())},
          {"levels", {{"1", levels[1]}, {"2", levels[2]}, {"3", levels[3]}, {"none", levels[0]}}}};
}

Task<Result<Json>> conference_detail(SecurityNotices& feature, std::string id) {
  auto levels = co_await feature.store().levels(id);
  if (!levels) co_return std::unexpected(levels.error());
  for (auto const& conference : feature.ledger().conferences()) {
    if (shown_id(feature, conference) != id) continue;
    auto people = Json::array(), rows = Json::array();
    for (auto const* leg : feature.ledger().people(conference))
      people.push_back(person_json(feature, *leg));
    for (auto const& row : *levels) rows.push_back(level_json(row));
    co_return Json{{"conference", conference_json(feature, conference)},
                   {"people", std::move(people)},
                   {"levels", std::move(rows)}};
  }
  co_return failure(ErrorKind::not_found,
                    fmt::format("no conference \"{}\" runs now; `cms calls` shows those that do, "
                                "`cms report --conference {}` what was",
                                id, id));
}

Json report_json(ConferenceRow const& conference, std::span<StayRow const> stays,
                 std::span<LevelRow const> levels) {
  Json out{{"conference",
            {{"id", conference.id},
             {"name", conference.name},
             {"space", conference.space},
             {"began", iso_text(conference.began)},
             {"ended", moment(conference.ended)},
             {"highest", number(conference.highest)},
             {"highest_name", name(conference.highest)}}},
           {"stays", Json::array()},
           {"levels", Json::array()}};
  for (auto const& row : stays) out["stays"].push_back(stay_json(row));
  for (auto const& row : levels) out["levels"].push_back(level_json(row));
  return out;
}

}  // namespace wardroom::security_notices
