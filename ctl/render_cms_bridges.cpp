// Meeting servers: how they are, what a reading or a registration did.
#include "render.hpp"
#include "render_cms.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

Cell state_cell(Json const& bridge, Look const& look) {
  if (has(bridge, "silent_since")) {
    auto const since = time(bridge, "silent_since");
    auto const lasts =
        since ? " for " + duration_words(std::max(
                              0.0, std::chrono::duration<double>(look.now - *since).count()))
              : "";
    return {"NO ANSWER" + lasts, Tone::bad};
  }
  if (!flag(bridge, "up")) return {"not asked yet", Tone::warning};
  if (flag(bridge, "resyncing")) return {"being read", Tone::warning};
  return has(bridge, "doubt") ? Cell("in doubt", Tone::warning) : Cell("up", Tone::good);
}

Cell receiver_cell(Json const& bridge) {
  auto const state = text(bridge, "registration");
  if (state == "registered") return {"entered", Tone::good};
  if (state == "missing") return {"MISSING", Tone::bad};
  if (state == "full") return {"NO PLACE", Tone::bad};
  return {"not known", Tone::faint};
}

std::string paragraph(Look const& look, std::string const& words, std::string const& command) {
  return "\n" + wrap(words, look.width, 0) + (command.empty() ? "" : "\n  → " + command) + "\n";
}

std::string receivers_of(Json const& row, std::string_view member) {
  auto const all = joined(part(row, member));
  return all.empty() ? "" : " (" + clean(all) + ")";
}

/// How to get a place: receivers are removed by whoever entered them.
std::string full_words(std::string const& bridge, std::string const& receivers) {
  return bridge + ": all places for receivers are taken" + receivers +
         ". Remove one that nobody needs at the bridge (DELETE /api/v1/system/cdrReceivers/ID), "
         "then enter ours.";
}

/// What is wrong with it, each with what to do.
std::string troubles(Json const& bridge, Look const& look) {
  auto const name = text(bridge, "name");
  std::string out;
  if (has(bridge, "silent_since"))
    out += paragraph(look,
                     name + " does not answer: " + text(bridge, "trouble") +
                         ". Its conferences keep their levels or show level 3.",
                     "wardroomctl doctor security_notices");
  if (has(bridge, "doubt"))
    out += paragraph(look,
                     name + " is in doubt: " + text(bridge, "doubt") +
                         ". Conferences it may share show level 3 until it was read.",
                     flag(bridge, "resyncing") ? "" : "wardroomctl cms resync " + name);
  auto const registration = text(bridge, "registration");
  if (registration == "missing")
    out += paragraph(look,
                     name +
                         ": our receiver is not entered, so no record comes from it; levels "
                         "follow its API once a minute only.",
                     "wardroomctl cms register " + name);
  if (registration == "full")
    out += paragraph(look, full_words(name, receivers_of(bridge, "receivers")),
                     "wardroomctl cms register " + name);
  if (auto const behind = count(bridge, "behind"); behind > 0)
    out += paragraph(
        look, name + ": " + plural(behind, "record", "records") + " that it made did not come.",
        "wardroomctl cms resync " + name);
  return out;
}

std::string levels_words(Json const& levels) {
  std::string out;
  for (auto const& [member, word] :
       {std::pair{"3", "external"}, std::pair{"2", "internal"}, std::pair{"1", "secure"},
        std::pair{"none", "without a level"}})
    if (auto const n = count(levels, member); n > 0)
      out += (out.empty() ? ": " : ", ") + count_words(n) + " " + word;
  return out;
}

std::string failure_of(Json const& row) { return text(part(row, "error"), "message"); }

/// What was in the way is named by the failure; else the examination finds it.
std::string next_after(Json const& row) {
  return text(part(row, "error"), "code") == "conflict"
             ? "wardroomctl cms register " + text(row, "bridge")
             : "wardroomctl doctor security_notices";
}

}  // namespace

std::string render_cms_status(Json const& answer, Look const& look) {
  Table table({{"BRIDGE"},
               {"STATE", false, 10},
               {"CALLS", true},
               {"LEGS", true},
               {"LAST POST", false, 0, 2},
               {"RECEIVER"},
               {"RECORDS", true, 0, 3},
               {"LOST", true, 0, 4},
               {"VERSION", false, 5, 1}});
  std::string below;
  for (auto const& bridge : list(answer, "bridges")) {
    auto const& counters = part(bridge, "counters");
    auto const lost = count(counters, "lost");
    table.add({Cell(text(bridge, "name"), Tone::strong), state_cell(bridge, look),
               count_words(count(bridge, "calls")), count_words(count(bridge, "legs")),
               has(bridge, "last_post") ? ago(bridge, "last_post", look) : "never",
               receiver_cell(bridge), count_words(count(counters, "records")),
               Cell(count_words(lost), lost > 0 ? Tone::warning : Tone::plain),
               text(bridge, "version")});
    below += troubles(bridge, look);
  }
  if (table.empty())
    return "No meeting server is watched: write one under security_notices.bridges in "
           "wardroom.yaml, restart, then wardroomctl cms register.\n";
  auto const mode = text(answer, "mode");
  auto const words = plural(count(answer, "conferences"), "conference", "conferences") +
                     levels_words(part(answer, "levels")) + "; " +
                     plural(count(answer, "participants"), "participant", "participants") + ".";
  std::string out = wrap(words, look.width, 0) + "\n";
  if (mode == "off") out += "The mode is off: no screen is touched.\n";
  if (mode == "observe")
    out += "The mode is observe: levels are told here, no screen is touched.\n";
  return out + "\n" + table.text(look) + below;
}

std::string render_cms_resync(Json const& answer, Look const& look) {
  Table table({{"BRIDGE"}, {"", false, 12}, {"CALLS", true}, {"LEGS", true}, {"TOOK", true}});
  for (auto const& row : list(answer, "bridges")) {
    auto const took = number(row, "took_s");
    bool const ok = flag(row, "ok");
    table.add({Cell(text(row, "bridge"), Tone::strong),
               ok ? Cell("read", Tone::good) : Cell("FAILED: " + failure_of(row), Tone::bad),
               ok ? count_words(count(row, "calls")) : "",
               ok ? count_words(count(row, "legs")) : "", took ? duration_words(*took) : ""});
  }
  auto out = table.text(look);
  if (count(answer, "failed") > 0)
    out +=
        "Conferences of bridges that were not read keep their levels or show level 3.\n"
        "  → wardroomctl doctor security_notices\n";
  return out;
}

std::string render_cms_register(Json const& answer, Look const& look) {
  std::string out;
  for (auto const& row : list(answer, "bridges")) {
    auto const name = text(row, "bridge");
    if (flag(row, "ok")) {
      auto const done = flag(row, "changed") ? "was entered" : "was there already";
      out += wrap(fmt::format("{}: our receiver {}: {}", name, done, text(row, "uri")), look.width,
                  2) +
             "\n";
    } else {
      out += paint(look, Tone::bad, "NOT ENTERED  ") +
             wrap(name + ": " + failure_of(row), look.width, 2) + "\n  → " + next_after(row) + "\n";
    }
  }
  return out;
}

}  // namespace wardroom::ctl
