// What other fences would have cut: the sum first, then the calls.
#include "render.hpp"
#include "render_fences.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

std::string calls_of_people(Json const& pair) {
  return plural(count(pair, "calls"), "call", "calls") + " of " +
         plural(count(pair, "people"), "person", "people");
}

std::string compared(Json const& answer) {
  auto const n = [&](std::string_view name) { return count_words(count(answer, name)); };
  return fmt::format("{} newly cut, {} no longer cut, {} as before", n("newly_cut"),
                     n("no_longer_cut"), n("same"));
}

std::string fences_of(Json const& answer) {
  std::string out;
  for (auto const& one : list(answer, "by_fence")) {
    auto const fence = text(one, "fence");
    out += (out.empty() ? "" : "; ") + (fence.empty() ? std::string("no fence") : fence) + ": " +
           count_words(count(one, "calls"));
  }
  return out;
}

std::string checked(Json const& check) {
  if (count(check, "calls") == 0) return "";
  return fmt::format("{} of {} recorded verdicts come out again under the rules in force",
                     count_words(count(check, "same")), count_words(count(check, "calls")));
}

std::string window_of(Json const& answer) {
  auto const since = time(answer, "since"), until = time(answer, "until");
  return since && until ? clock_words(*since) + " to " + clock_words(*until) + " UTC" : "";
}

Cell change_cell(Json const& row) {
  auto const change = text(row, "change");
  if (change == "newly_cut") return {"newly cut", Tone::bad};
  if (change == "no_longer_cut") return {"no longer", Tone::good};
  return {"as before", Tone::plain};
}

std::string who_of(Json const& row) {
  auto const name = text(row, "person");
  if (!name.empty()) return name;
  return count(row, "person_no") == 0 ? "nobody known" : "person " + text(row, "person_no");
}

std::string other_party(Json const& row) {
  auto const remote = text(row, "remote");
  auto const arrow = text(row, "direction") == "incoming" ? "←" : "→";
  return remote.empty() ? arrow : std::string(arrow) + " " + remote;
}

std::string reason_of(Json const& word) {
  auto const applied = text(word, "applied");
  auto const reason = text(word, "reason");
  return applied.empty() || applied == "none" ? reason : reason + " (" + applied + ")";
}

std::string table_of(Json const& answer, Look const& look) {
  Table table({{"When (UTC)"},
               {"Who", false, 8},
               {"Call", false, 6, 3},
               {"Change"},
               {"Now", false, 8},
               {"By fence", false, 6, 2},
               {"Then", false, 8, 1}});
  for (auto const& row : list(answer, "rows")) {
    auto const at = time(row, "at");
    auto const& now = part(row, "now");
    auto const& then = part(row, "then");
    table.add({at ? short_clock_words(*at, look.now) : "", who_of(row),
               Cell(other_party(row), Tone::faint), change_cell(row),
               reason_of(now) + (flag(row, "without_history") ? ", no position kept" : ""),
               text(now, "fence"), text(then, "decision") + ": " + reason_of(then)});
  }
  if (table.empty()) return "";
  auto out = "\n" + table.text(look);
  auto const shown = std::ssize(list(answer, "rows")), all = count(answer, "changed");
  if (shown < all)
    out += paint(look, Tone::faint,
                 fmt::format("{} more; --limit {} shows all", count_words(all - shown), all)) +
           "\n";
  return out;
}

}  // namespace

std::string render_fence_simulate(Json const& answer, Look const& look) {
  auto const would = calls_of_people(part(answer, "would_cut"));
  auto out = paint(look, Tone::strong, "Would have cut " + would) + ", of " +
             plural(count(answer, "calls"), "recorded call", "recorded calls") + "; " +
             count_words(count(answer, "really_cut")) + " of them were really cut.\n";
  out += render_facts(
      {{"Cut as recorded", calls_of_people(part(answer, "was_cut"))},
       {"Compared", compared(answer)},
       {"By fence", fences_of(answer)},
       {"Time", window_of(answer)},
       {"Positions", count_words(count(answer, "fixes"))},
       {"Check", checked(part(answer, "check"))},
       {"Rules", text(answer, "policy_digest") + ", in force " + text(answer, "in_force_digest")}},
      look);
  for (auto const& warning : list(answer, "warnings"))
    if (warning.is_string())
      out += "  ! " + wrap(clean(warning.get_ref<std::string const&>()), look.width, 4) + "\n";
  return out + table_of(answer, look);
}

}  // namespace wardroom::ctl
