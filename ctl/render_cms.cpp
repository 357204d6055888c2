// Conferences and the security level they show.
#include "render_cms.hpp"

#include "render.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

std::string level_words(std::int64_t level) {
  if (level == 3) return "3 external";
  if (level == 2) return "2 internal";
  if (level == 1) return "1 secure";
  return "none";
}

/// "2 external, 1 internal, 1 recorder or link"
std::string company_words(Json const& conference) {
  auto const& people = part(conference, "participants");
  std::string out;
  for (auto const* kind : {"external", "internal", "secure"})
    if (auto const n = count(people, kind); n > 0)
      out += (out.empty() ? "" : ", ") + count_words(n) + " " + kind;
  if (auto const machines = count(conference, "machines"); machines > 0)
    out += (out.empty() ? "" : ", ") + plural(machines, "machine", "machines");
  return out.empty() ? "nobody" : out;
}

/// Whether its screens show what they should.
Cell screens_cell(Json const& conference) {
  if (flag(conference, "observed")) return {"observed only"};
  if (flag(conference, "settled"))
    return {count(conference, "level") > 0 ? "shown" : "empty", Tone::good};
  for (auto const& call : list(conference, "calls"))
    if (has(call, "trouble"))
      return {"NOT YET, " + text(call, "bridge") + ": " + text(call, "trouble"), Tone::bad};
  return {"being set", Tone::warning};
}

/// Why it does not show less: doubt, or what a fall waits for.
std::string holds_words(Json const& conference) {
  auto const waits = text(conference, "waits_for");
  if (auto const doubt = text(conference, "doubt"); !doubt.empty()) return "in doubt: " + doubt;
  if (!flag(conference, "lowering")) return "";
  auto const evident = count(conference, "evident");
  auto const to = evident > 0 ? "may fall to " + level_words(evident) : "may be cleared";
  if (waits.empty()) return to;
  return to + ", waits for " + (waits == "calm" ? "2 s without a change" : waits);
}

std::string mode_sentence(std::string_view mode) {
  if (mode == "off") return "The mode is off: no screen is touched.\n";
  if (mode == "observe")
    return "The mode is observe: levels are told here, no screen is touched.\n";
  return "";
}

std::string facts_of(Json const& conference, Look const& look) {
  auto const holds = holds_words(conference);
  auto const since = ago(conference, "since", look);
  return render_facts(
      {{"Since", since},
       {"Because of", text(conference, "cause")},
       {"Held there", Cell(holds, has(conference, "doubt") ? Tone::warning : Tone::plain)},
       {"In it", company_words(conference)},
       {"Screens", screens_cell(conference)},
       {"Space", text(conference, "space")}},
      look);
}

std::string calls_table(Json const& conference, Look const& look) {
  Table table({{"BRIDGE"}, {"CALL", false, 8, 1}, {"SHOWS", false, 12}, {"", false, 12}});
  for (auto const& call : list(conference, "calls")) {
    auto const trouble = text(call, "trouble");
    table.add({text(call, "bridge"), text(call, "call"),
               has(call, "shown") ? Cell(text(call, "shown")) : Cell("nothing", Tone::faint),
               !trouble.empty()        ? Cell(trouble, Tone::bad)
               : flag(call, "settled") ? Cell("as wanted", Tone::good)
                                       : Cell("being set", Tone::warning)});
  }
  return table.empty() ? "" : "\n" + table.text(look, 2);
}

Cell who_cell(Json const& person) {
  auto const name = text(person, "name"), address = text(person, "address");
  if (name.empty() && address.empty())
    return {text(person, "machine").empty() ? "nothing is known" : "a machine", Tone::faint};
  if (name.empty() || name == address) return {address};
  return {address.empty() ? name : name + " <" + address + ">"};
}

Cell class_cell(Json const& person) {
  auto const machine = text(person, "machine");
  if (!machine.empty()) return {machine, Tone::faint};
  return level_cell(count(person, "level"));
}

std::string where_words(Json const& person) {
  if (flag(person, "lobby")) return "in the lobby";
  if (flag(person, "ringing")) return "ringing";
  return !text(person, "machine").empty() || flag(person, "counts") ? "" : "does not count";
}

/// How an address would be judged says nothing of a machine.
std::string why_words(Json const& person) {
  auto const machine = text(person, "machine");
  if (machine == "link") return "joins two bridges; does not count";
  return machine.empty() ? text(person, "why") : "does not count";
}

std::string people_table(Json const& people, Look const& look) {
  Table table({{"WHO", false, 16},
               {"LEVEL"},
               {"WHY", false, 12},
               {"", false, 8},
               {"BRIDGE", false, 0, 2},
               {"JOINED", false, 0, 1}});
  for (auto const& person : people)
    table.add({who_cell(person), class_cell(person), Cell(why_words(person), Tone::faint),
               where_words(person), text(person, "bridge"), ago(person, "since", look)});
  return table.empty() ? "  Nobody is in it.\n" : table.text(look, 2);
}

Cell shown_cell(Json const& row) {
  auto const at = time(row, "at"), shown = time(row, "shown");
  auto const trouble = text(row, "trouble");
  if (!trouble.empty()) return {trouble, shown ? Tone::plain : Tone::warning};
  if (!shown) return {"not shown", Tone::warning};
  if (!at) return {"shown"};
  return {"shown after " +
          duration_words(std::max(0.0, std::chrono::duration<double>(*shown - *at).count()))};
}

std::string levels_table(Json const& levels, Look const& look) {
  Table table({{"AT (UTC)"}, {"LEVEL"}, {"", false, 10, 1}, {"BECAUSE OF", false, 12}});
  for (auto const& row : levels) {
    auto const at = time(row, "at");
    table.add({at ? short_clock_words(*at, look.now) : "", level_cell(count(row, "level")),
               shown_cell(row), text(row, "cause")});
  }
  return table.empty() ? "" : table.text(look, 2);
}

std::string span_words(Json const& row, std::string_view from, std::string_view to,
                       Look const& look) {
  auto const begin = time(row, from), end = time(row, to);
  if (!begin) return "";
  return short_clock_words(*begin, look.now) + " - " +
         (end ? short_clock_words(*end, look.now) : "now");
}

std::string stays_table(Json const& stays, Look const& look) {
  Table table({{"WHO", false, 16},
               {"LEVEL"},
               {"WHY", false, 12, 2},
               {"BRIDGE", false, 0, 3},
               {"FROM - TO (UTC)"},
               {"LEFT BY", false, 8, 1}});
  for (auto const& stay : stays)
    table.add({who_cell(stay), class_cell(stay), Cell(why_words(stay), Tone::faint),
               text(stay, "bridge"), span_words(stay, "joined", "left", look),
               Cell(text(stay, "reason"), Tone::faint)});
  return table.empty() ? "  Nobody is known to have been in it.\n" : table.text(look, 2);
}

}  // namespace

Tone level_tone(std::int64_t level) {
  if (level == 3) return Tone::bad;
  if (level == 2) return Tone::warning;
  return level == 1 ? Tone::good : Tone::faint;
}

Cell level_cell(std::int64_t level) { return {level_words(level), level_tone(level)}; }

std::string conference_title(Json const& conference) {
  auto const name = text(conference, "name"), id = text(conference, "id");
  return name.empty() ? id : name + " (" + id + ")";
}

std::string render_cms_calls(Json const& answer, Look const& look) {
  Table table({{"LEVEL"},
               {"CONFERENCE", false, 12},
               {"ID", false, 8, 1},
               {"IN IT", false, 12, 3},
               {"SINCE", false, 0, 2},
               {"SCREENS", false, 12}});
  std::string below;
  for (auto const& conference : list(answer, "conferences")) {
    auto const name = text(conference, "name");
    table.add({level_cell(count(conference, "level")),
               name.empty() ? Cell("unnamed", Tone::faint) : Cell(name, Tone::strong),
               text(conference, "id"), company_words(conference), ago(conference, "since", look),
               screens_cell(conference)});
    if (auto const holds = holds_words(conference); !holds.empty())
      below +=
          wrap((name.empty() ? text(conference, "id") : name) + ": " + holds, look.width, 2) + "\n";
  }
  auto const mode = mode_sentence(text(answer, "mode"));
  if (table.empty()) {
    if (has(answer, "bridges") && count(answer, "bridges") == 0)
      return "No meeting server is watched: write one under security_notices.bridges in "
             "wardroom.yaml, then restart.\n";
    if (count(answer, "running") > 0)
      return "No conference is like that; " + count_words(count(answer, "running")) +
             " run in all: wardroomctl cms calls\n" + mode;
    return "No conference runs. Those that were: wardroomctl cms report\n" + mode;
  }
  auto out = table.text(look);
  if (auto const more = count(answer, "more"); more > 0)
    out += count_words(more) + " more; narrow them down with --level or --bridge\n";
  if (!below.empty()) out += "\n" + below;
  return out + (mode.empty() ? "" : "\n" + mode);
}

std::string render_cms_show(Json const& answer, Look const& look) {
  auto const& conference = part(answer, "conference");
  auto const level = level_cell(count(conference, "level"));
  auto out = paint(look, Tone::strong, conference_title(conference)) + "   level " +
             paint(look, level.tone, level.text) + "\n" + facts_of(conference, look) +
             calls_table(conference, look) + "\n" + people_table(list(answer, "people"), look);
  auto const levels = levels_table(list(answer, "levels"), look);
  return out + (levels.empty() ? "" : "\n" + levels);
}

std::string render_cms_report(Json const& line, Look const& look) {
  auto const& conference = part(line, "conference");
  auto const highest = level_cell(count(conference, "highest"));
  return paint(look, Tone::strong, conference_title(conference)) + "\n  " +
         span_words(conference, "began", "ended", look) + " UTC, highest level " +
         paint(look, highest.tone, highest.text) + "\n" + stays_table(list(line, "stays"), look) +
         levels_table(list(line, "levels"), look);
}

}  // namespace wardroom::ctl
