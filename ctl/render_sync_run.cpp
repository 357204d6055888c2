// A run of space_sync in words: its state, its steps, its end.
#include "render.hpp"
#include "render_sync.hpp"

#include <fmt/format.h>

#include <array>

namespace wardroom::ctl {
namespace {

Json const& counts_of(Json const& run) { return part(run, "counts"); }

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::string title_of(Json const& run) {
  auto const title = text(run, "title"), job = text(run, "job");
  return title.empty() || title == job ? job : title + " (" + job + ")";
}

/// "3 added, 1 removed, 2 so already": what is not 0.
std::string done_words(Json const& counts) {
  struct Figure {
    std::string_view member, one, many;
  };
  static constexpr std::array figures{Figure{"added", "added", "added"},
                                      Figure{"removed", "removed", "removed"},
                                      Figure{"already", "so already", "so already"},
                                      Figure{"spared", "left alone", "left alone"},
                                      Figure{"failed", "FAILED", "FAILED"},
                                      Figure{"skipped", "not tried", "not tried"}};
  std::string out;
  for (auto const& [member, one, many] : figures)
    if (auto const n = count(counts, member); n > 0)
      out += (out.empty() ? "" : ", ") + plural(n, one, many);
  return out.empty() ? "nothing was changed" : out;
}

std::string planned_words(Json const& counts) {
  auto const adds = count(counts, "to_add"), removals = count(counts, "to_remove");
  if (adds == 0 && removals == 0) return "nothing to do: the space is as the rules want it";
  return count_words(adds) + " to add, " + count_words(removals) + " to remove";
}

/// What is said about the run, after its name.
std::string headline(Json const& run) {
  auto const state = text(run, "state");
  auto const& counts = counts_of(run);
  bool const equal = count(counts, "to_add") == 0 && count(counts, "to_remove") == 0;
  if (state == "held") return "HELD";
  if (state == "failed") return "FAILED: " + done_words(counts);
  if (state == "partly")
    return (count(counts, "failed") > 0 ? "ended with failures: " : "not all was done: ") +
           done_words(counts);
  if (state == "observed")
    return "observed, nothing was changed: " +
           (equal ? planned_words(counts)
                  : count_words(count(counts, "to_add")) + " would be added, " +
                        count_words(count(counts, "to_remove")) + " removed");
  if (state == "planned" && equal) return planned_words(counts);
  if (state == "planned")
    return "planned: " + planned_words(counts) + (is_held(run) ? "; a run would be HELD" : "");
  if (state == "superseded") return "a later plan took its place";
  if (is_one_of(state, {"reading", "applying"})) return "under way";
  return equal && count(counts, "added") == 0 ? planned_words(counts) : done_words(counts);
}

std::string figures_of(Json const& run) {
  auto const& counts = counts_of(run);
  if (!has(counts, "people")) return "";
  auto out = plural(count(counts, "members"), "member", "members");
  if (auto const people = count(counts, "people"); people > 0)
    out = plural(people, "person", "people") + " in the directory, " + out;
  if (auto const calls = count(counts, "calls"); calls > 0)
    out += ", " + plural(calls, "request", "requests");
  if (auto const took = number(run, "took_s")) out += ", " + duration_words(*took);
  return out;
}

std::string outcome_words(Json const& step) {
  bool const add = text(step, "act") == "add";
  auto const state = text(step, "state");
  if (state == "done") return add ? "added" : "removed";
  if (state == "already") return add ? "there already" : "gone already";
  if (state == "spared") return "left alone";
  if (state == "failed") return add ? "NOT ADDED" : "NOT REMOVED";
  if (state == "skipped") return "not tried";
  if (state == "begun" && !text(step, "outcome").empty()) return "NOT KNOWN";
  if (state == "begun") return add ? "being added" : "being removed";
  return add ? "to add" : "to remove";
}

Tone tone_of_step(Json const& step) {
  auto const state = text(step, "state");
  if (state == "failed") return Tone::bad;
  if (is_one_of(state, {"spared", "skipped", "begun"})) return Tone::warning;
  if (state == "done") return text(step, "act") == "add" ? Tone::good : Tone::plain;
  return Tone::faint;
}

}  // namespace

bool is_held(Json const& run) {
  auto const state = text(run, "state");
  return state == "held" || (state == "planned" && has(run, "hold"));
}

std::string person_words(Json const& person) {
  auto const name = text(person, "name"), email = text(person, "email");
  if (name.empty() && email.empty()) return text(person, "person");
  if (name.empty()) return email;
  return email.empty() ? name : name + " <" + email + ">";
}

std::string change_words(Json const& run) {
  auto const& counts = counts_of(run);
  bool const applied = is_one_of(text(run, "state"), {"done", "partly", "failed", "applying"});
  auto const adds = count(counts, applied ? "added" : "to_add");
  auto const removals = count(counts, applied ? "removed" : "to_remove");
  if (adds == 0 && removals == 0) return "0";
  std::string out = adds > 0 ? "+" + count_words(adds) : "";
  if (removals > 0) out += (out.empty() ? "-" : " -") + count_words(removals);
  return out;
}

std::string run_state_words(Json const& run) {
  auto const failed = count(counts_of(run), "failed");
  auto const state = text(run, "state");
  return failed > 0 ? state + ", " + count_words(failed) + " failed" : state;
}

Tone run_tone(Json const& run) {
  auto const state = text(run, "state");
  if (state == "done") return Tone::good;
  if (is_one_of(state, {"held", "failed"})) return Tone::bad;
  if (is_one_of(state, {"partly", "planned", "observed"})) return Tone::warning;
  return Tone::plain;
}

std::string step_line(Json const& step, Look const& look) {
  constexpr std::size_t width = 13;
  auto const outcome = text(step, "outcome"), why = text(step, "why");
  auto const said =
      is_one_of(text(step, "state"), {"failed", "spared", "skipped", "begun"}) && !outcome.empty()
          ? outcome
          : why;
  auto line = person_words(step) + (said.empty() ? "" : "   " + said);
  if (text(step, "state") == "failed")
    line = wrap(line, look.width > width + 3 ? look.width - width - 3 : 0, width + 3);
  else if (look.width > width + 3)
    line = shorten(line, look.width - width - 3);
  return "  " + paint(look, tone_of_step(step), pad(outcome_words(step), width)) + " " + line +
         "\n";
}

std::string next_command(Json const& run) {
  auto const state = text(run, "state"), id = text(run, "id"), job = text(run, "job");
  auto const& counts = counts_of(run);
  auto const removals = text(counts, "to_remove");
  if (is_held(run))
    return text(run, "kind") == "undo"
               ? fmt::format("wardroomctl sync undo {} --removals {}", text(run, "undoes"),
                             removals)
               : fmt::format("wardroomctl sync approve {} --removals {}", job, removals);
  if (state == "planned" && (count(counts, "to_add") > 0 || count(counts, "to_remove") > 0))
    return fmt::format("wardroomctl sync run {} --plan {}", job, id);
  if (is_one_of(state, {"reading", "applying"})) return "wardroomctl sync watch " + id;
  if (state == "partly") return "wardroomctl sync run " + job + "   # tries again what failed";
  return "";
}

std::string render_run_end(Json const& run, Look const& look, bool with_failures) {
  auto const what = text(run, "kind") == "undo" ? "Undo of run " + text(run, "undoes") + " as run "
                                                : std::string("Run ");
  auto const begin = what + text(run, "id") + " of " + title_of(run) + ": ";
  auto out = wrap(begin + headline(run) + ".", look.width, 2);
  if (out.starts_with(begin))
    out = begin + paint(look, run_tone(run), std::string_view(out).substr(begin.size()));
  out += "\n";
  if (auto const figures = figures_of(run); !figures.empty())
    out += "  " + paint(look, Tone::faint, wrap(figures, look.width, 2)) + "\n";
  for (auto const& said : {is_held(run) ? text(run, "hold") : "", text(run, "error")})
    if (!said.empty()) out += "  " + wrap(said, look.width, 2) + "\n";
  if (with_failures) {
    for (auto const& step : list(run, "failures")) out += step_line(step, look);
    auto const more = count(counts_of(run), "failed") - std::ssize(list(run, "failures"));
    if (more > 0 && has(run, "failures"))
      out +=
          fmt::format("  {} more: wardroomctl sync show {}\n", count_words(more), text(run, "id"));
  }
  if (text(run, "kind") == "undo" && is_one_of(text(run, "state"), {"done", "partly"}))
    out += "  The job is paused, or its next run would do it again.\n  → wardroomctl sync resume " +
           text(run, "job") + "\n";
  else if (auto const next = next_command(run); !next.empty())
    out += "  → " + next + "\n";
  return out;
}

}  // namespace wardroom::ctl
