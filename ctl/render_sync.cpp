// Jobs that keep spaces equal to the directory, their plans and their history.
#include "render_sync.hpp"

#include "render.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

/// More rows than these are not read on a screen; a file gets them all.
constexpr std::size_t rows_on_a_screen = 100;

std::string mode_sentence(std::string_view mode) {
  if (mode == "off") return "The mode is off: no job runs.";
  if (mode == "observe")
    return "The mode is observe: runs are planned and told, no space is changed.";
  return "";
}

Cell last_cell(Json const& job, Look const& look) {
  auto const& last = part(job, "last");
  if (last.empty()) return {"never ran", Tone::faint};
  auto const when = ago(last, has(last, "ended") ? "ended" : "began", look);
  return {run_state_words(last) + " " + change_words(last) + (when.empty() ? "" : ", " + when),
          run_tone(last)};
}

Cell next_cell(Json const& job, Look const& look) {
  auto const& next = list(job, "next");
  if (has(job, "paused")) return {"paused", Tone::warning};
  if (next.empty() || !next.front().is_string()) return {has(job, "schedule") ? "" : "on demand"};
  auto const at = parse_time(next.front().get<std::string>());
  return {at ? relative_words(*at, look.now) : ""};
}

Cell note_cell(Json const& job) {
  if (has(job, "running")) {
    auto const& now = part(job, "running");
    std::string out = "run " + text(now, "run") + ": " + state_words(text(now, "stage"));
    if (auto const total = count(now, "total"); total > 0)
      out += " " + count_words(count(now, "done")) + " of " + count_words(total);
    return {out, Tone::good};
  }
  if (has(job, "held") || has(job, "held_undo")) return {"HELD", Tone::bad};
  return {""};
}

/// What waits for somebody, in full.
std::string waiting(Json const& job, Look const& look) {
  std::string out;
  auto const name = text(job, "name");
  for (auto const* what : {"held", "held_undo"}) {
    auto const& held = part(job, what);
    if (held.empty()) continue;
    out +=
        "\n" +
        paint(look, Tone::bad,
              wrap(name + ", run " + text(held, "id") + ": " + text(held, "hold"), look.width, 0)) +
        "\n  → " + next_command(held) + "\n";
  }
  if (auto const& paused = part(job, "paused"); !paused.empty()) {
    auto const since = ago(paused, "at", look);
    out += "\n" +
           wrap(fmt::format("{} is paused (by {}{}): {}", name, text(paused, "by"),
                            since.empty() ? "" : ", " + since, text(paused, "reason")),
                look.width, 0) +
           "\n  → wardroomctl sync resume " + name + "\n";
  }
  return out;
}

/// Adds, then removals, with their reasons.
std::string changes_table(Json const& answer, Look const& look) {
  Table table({{""}, {"PERSON", false, 20}, {"WHY", false, 12}});
  std::string below;
  auto const add = [&](Json const& changes, std::int64_t more, std::string_view sign, Tone tone) {
    std::size_t const most = look.width > 0 ? rows_on_a_screen : changes.size();
    std::size_t shown = 0;
    for (auto const& change : changes) {
      if (shown == most) break;
      ++shown;
      table.add({Cell(std::string(sign), tone), person_words(change), text(change, "why")});
    }
    if (auto const rest = static_cast<std::int64_t>(changes.size() - shown) + more; rest > 0)
      below += fmt::format("{}  {} more\n", sign, count_words(rest));
  };
  auto const& more = part(answer, "more");
  add(list(answer, "adds"), count(more, "adds"), "+", Tone::good);
  add(list(answer, "removals"), count(more, "removals"), "-", Tone::bad);
  return table.empty() ? "" : table.text(look) + below;
}

std::string spared_words(std::string_view why) {
  if (why == "self") return "our own login";
  if (why == "moderator") return "a moderator";
  if (why == "bot") return "a bot";
  if (why == "other_org") return "of another organisation";
  if (why == "guest") return "a guest";
  if (why == "listed") return "on the protect list";
  if (why == "unknown") return "not enough is known";
  if (why == "left") return "left by themselves: not added again";
  return std::string(why);
}

std::string spared_table(Json const& answer, Look const& look) {
  Table table({{""}, {"LEFT ALONE", false, 20}, {"BECAUSE", false, 12}, {"RULE", false, 12, 1}});
  auto const& spared = list(answer, "spared");
  std::size_t const most = look.width > 0 ? rows_on_a_screen / 4 : spared.size();
  std::size_t shown = 0;
  for (auto const& one : spared) {
    if (shown == most) break;
    ++shown;
    table.add({Cell("="), person_words(one), spared_words(text(one, "why")),
               Cell(text(one, "rule"), Tone::faint)});
  }
  if (table.empty()) return "";
  auto out = "\n" + table.text(look);
  auto const rest =
      static_cast<std::int64_t>(spared.size() - shown) + count(part(answer, "more"), "spared");
  return out + (rest > 0 ? "=  " + count_words(rest) + " more\n" : "");
}

std::string out_by_rule(Json const& answer, Look const& look) {
  Table table({{"PEOPLE", true}, {"IN THE DIRECTORY, BUT OUT BY", false, 20}});
  auto const& rules = part(answer, "out_by_rule");
  if (rules.is_object())
    for (auto const& [rule, people] : rules.items())
      table.add({people.is_number() ? count_words(people.get<std::int64_t>()) : "", clean(rule)});
  return table.empty() ? "" : "\n" + table.text(look);
}

/// How long a plan can still be run.
std::string life_of(Json const& run, Look const& look) {
  auto const expires = time(run, "expires");
  if (!expires || is_held(run) || next_command(run).empty()) return "";
  return *expires > look.now
             ? "It can be run as it is until " + short_clock_words(*expires, look.now) + " UTC.\n"
             : "";
}

Cell fit_cell(Json const& rule, bool belongs_decided) {
  auto const fit = text(rule, "fit");
  if (flag(rule, "decided")) return {"decided", Tone::strong};
  if (fit == "yes") return {belongs_decided ? "fits, but lost" : "fits", Tone::warning};
  if (fit == "unknown") return {"cannot be told", Tone::warning};
  return {"does not fit", Tone::faint};
}

}  // namespace

std::string render_sync_list(Json const& answer, Look const& look) {
  Table table({{"JOB"},
               {"SPACE", false, 10, 2},
               {"SCHEDULE", false, 10, 1},
               {"NEXT", false, 0, 3},
               {"LAST RUN", false, 24},
               {"NOTE", false, 12}});
  std::string below;
  for (auto const& job : list(answer, "jobs")) {
    auto const title = text(job, "title");
    table.add({Cell(text(job, "name"), Tone::strong), title.empty() ? "not read yet" : title,
               text(job, "schedule"), next_cell(job, look), last_cell(job, look), note_cell(job)});
    below += waiting(job, look);
  }
  if (table.empty())
    return "No space is kept equal to the directory: write a job under space_sync.jobs in "
           "wardroom.yaml, then wardroomctl reload.\n";
  auto const mode = mode_sentence(text(answer, "mode"));
  return table.text(look) + (mode.empty() ? "" : "\n" + mode + "\n") + below;
}

std::string render_sync_plan(Json const& answer, Look const& look) {
  auto const& run = part(answer, "run");
  auto out = changes_table(answer, look) + spared_table(answer, look) + out_by_rule(answer, look);
  if (out.starts_with('\n')) out.erase(0, 1);
  out += (out.empty() ? "" : "\n") + render_run_end(run, look, false) + life_of(run, look);
  if (!list(answer, "left").empty())
    out += "With --add-left it adds those again who left by themselves.\n";
  return out;
}

std::string render_sync_run(Json const& answer, Look const& look) {
  return render_run_end(answer, look, true);
}

std::string render_sync_explain(Json const& answer, Look const& look) {
  auto const belongs = text(answer, "belongs");
  auto const [words, tone] = belongs == "yes"  ? std::pair("belongs", Tone::good)
                             : belongs == "no" ? std::pair("does not belong", Tone::bad)
                                               : std::pair("nothing is decided", Tone::warning);
  std::string out =
      paint(look, Tone::strong, person_words(answer)) + "   " + paint(look, tone, words) + "\n";
  auto const spared = text(answer, "spared");
  std::string const member = !has(answer, "member")      ? ""
                             : !flag(answer, "member")   ? "no"
                             : flag(answer, "moderator") ? "yes, a moderator"
                                                         : "yes";
  out += render_facts({{"Decided by", text(answer, "decided_by")},
                       {"Member now", member},
                       {"Protected", spared.empty() ? "" : spared_words(spared)},
                       {"A run", Cell(text(answer, "outcome"), Tone::strong)}},
                      look);
  Table table({{"RULE", false, 20}, {"IT"}, {"COMPARED", false, 10}});
  for (auto const& rule : list(answer, "rules"))
    table.add({text(rule, "rule"), fit_cell(rule, belongs != "unknown"),
               Cell(text(rule, "what"), Tone::faint)});
  return out + (table.empty() ? "" : "\n" + table.text(look, 2));
}

std::string render_sync_history(Json const& answer, Look const& look) {
  Table table({{"RUN", true},
               {"JOB", false, 8},
               {"BEGAN (UTC)"},
               {"WHAT", false, 0, 2},
               {"STATE", false, 8},
               {"CHANGES", true},
               {"TOOK", true, 0, 3},
               {"BY", false, 6, 1}});
  for (auto const& run : list(answer, "runs")) {
    auto const at = time(run, "began");
    auto const took = number(run, "took_s");
    auto const undoes = text(run, "undoes");
    table.add({text(run, "id"), text(run, "job"), at ? short_clock_words(*at, look.now) : "",
               undoes.empty() ? state_words(text(run, "cause")) : "undo of " + undoes,
               Cell(run_state_words(run), run_tone(run)), change_words(run),
               took ? duration_words(*took) : "", text(run, "by")});
  }
  if (table.empty()) return "No run yet.\n";
  auto out = table.text(look);
  if (auto const next = text(answer, "next"); !next.empty() && look.width > 0)
    out += paint(look, Tone::faint, "Older ones: --before " + next) + "\n";
  return out;
}

std::string render_sync_show(Json const& answer, Look const& look) {
  auto const& run = part(answer, "run");
  auto out = render_run_end(run, look, false);
  auto const at = time(run, "began");
  out += render_facts(
      {{"Began", at ? clock_words(*at) + " UTC" : ""},
       {"Why", state_words(text(run, "cause")) +
                   (text(run, "by").empty() ? "" : ", by " + text(run, "by"))},
       {"Approved", has(run, "approved_removals")
                        ? plural(count(run, "approved_removals"), "removal", "removals")
                        : ""},
       {"Plan", text(run, "digest")}},
      look);
  std::string failures, steps;
  for (auto const& step : list(answer, "failures")) failures += step_line(step, look);
  for (auto const& step : list(answer, "steps"))
    if (text(step, "state") != "failed" || !has(answer, "failures")) steps += step_line(step, look);
  if (!failures.empty()) out += "\nFailed:\n" + failures;
  if (!steps.empty()) out += "\n" + steps;
  if (auto const next = text(answer, "next"); !next.empty())
    out += paint(look, Tone::faint,
                 "  more: wardroomctl sync show " + text(run, "id") + " --after " + next) +
           "\n";
  return out + spared_table(answer, look);
}

std::string render_sync_job(Json const& answer, Look const& look) {
  std::string out = text(answer, "message") + "\n";
  auto const& next = list(answer, "next");
  if (!next.empty() && next.front().is_string())
    if (auto const at = parse_time(next.front().get<std::string>()))
      out += "  The next run is " + relative_words(*at, look.now) + ", at " +
             short_clock_words(*at, look.now) + " UTC.\n";
  return out;
}

}  // namespace wardroom::ctl
