#include "store_verbs.hpp"

#include "base/iso_moment.hpp"
#include "control/verb_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {

using nlohmann::json;

std::string words_of_path(std::string const& path) {
  auto words = path.substr(0, path.find('?'));
  if (!words.starts_with("/v1/")) return {};
  words.erase(0, 4);
  std::ranges::replace(words, '/', ' ');
  return words;
}

std::string override_key(std::int64_t person) { return fmt::format("override {:06}", person); }

/// Nothing is known of what it did: no answer, or the store failed on the way.
bool unclear(Answered const* answer) {
  return answer == nullptr || answer->status == 0 || answer->status >= 500;
}

struct OverrideRow {
  std::string kind, reason;
};
std::optional<OverrideRow> override_of(store::Sql& sql, std::int64_t person) {
  auto const row =
      sql.one("SELECT kind, reason FROM person_override WHERE person_no = $1", {person});
  if (!row) return std::nullopt;
  return OverrideRow{row->text(0), row->text(1)};
}

}  // namespace

void VerbLedger::hear(std::string const& path, std::string const& body, Answered const* answer) {
  auto const words = words_of_path(path);
  auto const* row = control::find_verb(words);
  if (row == nullptr || !row->changes) return;
  if (words == "allow" || words == "block" || words == "exempt" || words == "override remove")
    override_asked(words, body, answer);
  if (words == "monitor start" || words == "monitor stop") wish(words, answer);
  if (answer == nullptr || answer->status != 200) return;
  count(words);
  told_();
}

/// The record that it was asked is committed before the verb runs.
void VerbLedger::count(std::string const& words) {
  auto const least = ++acknowledged_[words];
  ledger_.acknowledged("audit " + words, "A1", [words, least](store::Sql& sql) -> std::string {
    auto const found = sql.one("SELECT count(*) FROM audit WHERE action = $1", {words + " asked"});
    if (found->integer(0) >= least) return {};
    return fmt::format("'{}' was answered {} times, the audit knows of {}", words, least,
                       found->integer(0));
  });
}

void VerbLedger::override_asked(std::string const& words, std::string const& body,
                                Answered const* answer) {
  auto const asked = json::parse(body, nullptr, false);
  auto const who = asked.is_object() ? asked.value("person", "") : std::string();
  if (unclear(answer)) {
    // Of one who has never been named in an answer it may be anybody.
    if (auto const known = person_of_.find(who); known != person_of_.end())
      ledger_.in_doubt(override_key(known->second));
    else
      ledger_.all_in_doubt("override ");
    return;
  }
  if (answer->status != 200) return;
  auto const said = answer->json();
  if (!said.is_object() || !said.contains("person_no")) return;
  person_of_[who] = said["person_no"].get<std::int64_t>();
  if (words == "override remove") return override_removed(said);
  override_set(said);
}

void VerbLedger::override_set(json const& answer) {
  auto const person = answer["person_no"].get<std::int64_t>();
  // One that ends by itself may have ended.
  if (answer.contains("until")) return ledger_.in_doubt(override_key(person));
  ledger_.acknowledged(override_key(person), "D1",
                       [person, kind = answer.value("kind", ""),
                        reason = answer.value("reason", "")](store::Sql& sql) -> std::string {
                         auto const row = override_of(sql, person);
                         if (row && row->kind == kind && row->reason == reason) return {};
                         return fmt::format(
                             "'{}' of person {} was acknowledged, the store has {}", kind, person,
                             row ? "'" + row->kind + "' with the reason '" + row->reason + "'"
                                 : std::string("none"));
                       });
}

void VerbLedger::override_removed(json const& answer) {
  auto const person = answer["person_no"].get<std::int64_t>();
  ledger_.acknowledged(override_key(person), "D1", [person](store::Sql& sql) -> std::string {
    auto const row = override_of(sql, person);
    if (!row) return {};
    return fmt::format("the removal of person {}'s override was acknowledged, '{}' is back", person,
                       row->kind);
  });
}

void VerbLedger::wish(std::string const& words, Answered const* answer) {
  if (unclear(answer)) return ledger_.in_doubt("monitoring");
  if (answer->status != 200) return;
  ledger_.acknowledged("monitoring", "D1", [words](store::Sql& sql) -> std::string {
    auto const wanted = words == "monitor start" ? "on" : "off";
    auto const row = sql.one("SELECT value FROM meta WHERE key = 'call_blocking.monitoring'");
    auto const found = row ? row->text(0) : "on";  // nobody decided: protection is on
    return found == wanted ? std::string()
                           : fmt::format("'{}' was acknowledged, the store has {}", words, found);
  });
}

}  // namespace wardroom::world
