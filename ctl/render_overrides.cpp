// What operators decided about single people.
#include "render.hpp"
#include "words.hpp"

namespace wardroom::ctl {
namespace {

Tone tone_of_kind(std::string_view kind) {
  return kind == "block" ? Tone::bad : kind == "allow" ? Tone::good : Tone::warning;
}

std::string until_words(Json const& entry, Look const& look) {
  auto const until = time(entry, "until");
  if (!until) return "for good";
  return look.now == Instant{} ? clock_words(*until) + " UTC" : relative_words(*until, look.now);
}

}  // namespace

std::string render_override(Json const& answer, Look const& look) {
  auto out = wrap(paint(look, tone_of_kind(text(answer, "kind")), text(answer, "message")),
                  look.width, 0) +
             "\n";
  if (auto const& before = part(answer, "replaced"); !before.empty())
    out += wrap("It replaces '" + text(before, "kind") + "' by " + text(before, "by") + ": " +
                    text(before, "reason"),
                look.width, 0) +
           "\n";
  return out;
}

std::string render_override_list(Json const& answer, Look const& look) {
  Table table({{"NO", true},
               {"PERSON", false, 10},
               {"OVERRIDE"},
               {"ENDS"},
               {"BY", false, 8, 1},
               {"SINCE", false, 0, 2},
               {"REASON", false, 16}});
  for (auto const& row : list(answer, "overrides"))
    table.add({text(row, "person_no"), text(row, "person"),
               Cell(text(row, "kind"), tone_of_kind(text(row, "kind"))), until_words(row, look),
               text(row, "by"), ago(row, "since", look), text(row, "reason")});
  return table.empty() ? "There is no override: everybody's place decides.\n" : table.text(look);
}

std::string render_override_remove(Json const& answer, Look const& look) {
  auto const& gone = part(answer, "removed");
  return wrap("Removed: '" + text(gone, "kind") + "' by " + text(gone, "by") + " (" +
                  text(gone, "reason") + ").",
              look.width, 0) +
         "\n" + wrap(text(answer, "message"), look.width, 0) + "\n";
}

}  // namespace wardroom::ctl
