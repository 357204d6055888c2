#include "features/call_blocking/override_verbs.hpp"

#include "base/time_text.hpp"
#include "config/yaml_section.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/words.hpp"

#include <fmt/format.h>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using control::VerbCall;

/// For the audit: without the reason, which is a text that can be erased.
std::string for_audit(std::optional<OverrideEntry> const& entry) {
  if (!entry) return "null";
  Json out{{"override", name(entry->kind)}, {"since", iso_text(entry->since)}};
  if (entry->until) out["until"] = iso_text(*entry->until);
  return out.dump();
}

std::string who_is(people::PersonRecord const& person) {
  return person.name.empty() ? person.email : person.name;
}

std::string sentence(people::PersonRecord const& person, OverrideEntry const& entry) {
  std::string_view const what =
      entry.kind == Override::allow   ? "'s calls are allowed wherever they are"
      : entry.kind == Override::block ? "'s calls are blocked wherever they are"
                                      : " is exempt: no call is judged";
  auto out = who_is(person) + std::string(what);
  if (entry.until) out += fmt::format(", for {}", duration_words(*entry.until - entry.since));
  return out + (entry.kind == Override::block ? ". Emergency numbers always work." : ".");
}

Result<OverrideEntry> entry_of(VerbCall const& call, Override kind, Instant now) {
  OverrideEntry out{.kind = kind,
                    .reason = std::string(call.get("reason")),
                    .by = call.caller.name,
                    .since = now};
  if (auto const given = call.get("for"); !given.empty()) {
    auto const time = config::parse_duration(given);
    if (!time || time->count() <= 0)
      return failure(ErrorKind::malformed,
                     fmt::format("'{}' is no duration; write 30m, 8h or 2d", given));
    out.until = now + *time;
  }
  return out;
}

Answer decide(CallBlocking& feature, VerbCall call, Override kind) {
  auto entry = entry_of(call, kind, feature.ports().clock.now());
  if (!entry) co_return std::unexpected(entry.error());
  auto const person = co_await feature.ports().people.resolve(std::string(call.get("person")));
  if (!person) co_return std::unexpected(person.error());
  call.change->object = fmt::format("person {}", person->no);
  call.change->text = entry->reason;
  call.change->text_about = person->no;
  auto const before = co_await feature.overrides().set(person->no, *entry);
  if (!before) co_return std::unexpected(before.error());
  call.change->before = for_audit(*before);
  call.change->after = for_audit(*entry);
  Json out{{"person_no", person->no}, {"person", who_is(*person)}};
  out.update(override_json(*entry));
  out["message"] = sentence(*person, *entry);
  if (*before) out["replaced"] = override_json(**before);
  co_return out;
}

Answer list(CallBlocking& feature) {
  auto rows = Json::array();
  for (auto const& [person, entry] : feature.overrides().list()) {
    Json row{{"person_no", person},
             {"person", co_await feature.ports().people.display_name(person)}};
    row.update(override_json(entry));
    rows.push_back(std::move(row));
  }
  co_return Json{{"overrides", std::move(rows)}};
}

Answer remove(CallBlocking& feature, VerbCall call) {
  auto const person = co_await feature.ports().people.resolve(std::string(call.get("person")));
  if (!person) co_return std::unexpected(person.error());
  call.change->object = fmt::format("person {}", person->no);
  auto const gone = co_await feature.overrides().remove(person->no);
  if (!gone) co_return std::unexpected(gone.error());
  call.change->before = for_audit(*gone);
  call.change->after = "null";
  auto const now = feature.standings().judge_now(person->no);
  co_return Json{
      {"person_no", person->no},
      {"person", who_is(*person)},
      {"removed", override_json(*gone)},
      {"message", words_about_person(who_is(*person), now, feature.standings().policy())}};
}

}  // namespace

Json override_json(OverrideEntry const& entry) {
  Json out{{"kind", name(entry.kind)},
           {"reason", entry.reason},
           {"by", entry.by},
           {"since", iso_text(entry.since)}};
  if (entry.until) out["until"] = iso_text(*entry.until);
  return out;
}

void add_override_verbs(control::Verbs& verbs, CallBlocking& feature) {
  auto& f = feature;
  for (auto const kind : {Override::allow, Override::block, Override::exempt})
    verbs.handle(name(kind),
                 [&f, kind](VerbCall call) { return decide(f, std::move(call), kind); });
  verbs.handle("override list", [&f](VerbCall) { return list(f); });
  verbs.handle("override remove", [&f](VerbCall call) { return remove(f, std::move(call)); });
}

}  // namespace wardroom::call_blocking
