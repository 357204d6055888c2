// People and fences.
#include "render.hpp"

namespace wardroom::ctl {
namespace {

Cell allowed_cell(Json const& person) {
  if (!has(person, "allowed")) return {};
  return flag(person, "allowed") ? Cell("allowed", Tone::good) : Cell("blocked", Tone::bad);
}

std::string metres(Json const& json, std::string_view name) {
  auto const value = number(json, name);
  return value ? distance_words(*value) : "";
}

std::string age(Json const& json, std::string_view name) {
  auto const value = number(json, name);
  return value ? duration_words(*value) + " ago" : "";
}

std::string number_words(Json const& person) {
  auto out = text(person, "number");
  if (auto const extension = text(person, "extension"); !extension.empty())
    out += (out.empty() ? "ext. " : " ext. ") + extension;
  return out;
}

/// `people: {all: true}` and the like, in few words.
std::string whom(Json const& fence) {
  auto const& people = part(fence, "people");
  if (!people.is_object()) return joined(people);
  if (flag(people, "all")) return "everyone";
  std::string out;
  for (auto const& [key, value] : people.items())
    out += (out.empty() ? "" : "; ") + clean(key) + " " + joined(value);
  return out;
}

}  // namespace

std::string render_people_list(Json const& answer, Look const& look) {
  Table table({{"NO", true},
               {"NAME", false, 16},
               {"STANDING"},
               {"CALLS"},
               {"LAST FIX"},
               {"ACCURACY", true, 0, 3},
               {"FENCE", false, 8, 4},
               {"NUMBER", false, 16, 2},
               {"LIVE", true},
               {"E-MAIL", false, 20, 1}});
  auto const& people = list(answer, "people");
  for (auto const& person : people) {
    auto const standing = text(person, "standing");
    auto const live = count(person, "live_calls");
    table.add({text(person, "person_no"), text(person, "name"), Cell(standing, tone_of(standing)),
               allowed_cell(person), age(person, "fix_age_s"), metres(person, "accuracy_m"),
               text(person, "fence"), number_words(person), live ? count_words(live) : "",
               Cell(text(person, "email"), Tone::faint)});
  }
  if (table.empty()) return "Nobody matches.\n";
  auto const total = count(answer, "total");
  auto const shown = static_cast<std::int64_t>(people.size());
  return table.text(look) +
         (total > shown
              ? paint(look, Tone::faint,
                      count_words(shown) + " of " + count_words(total) + "; --limit shows more") +
                    "\n"
              : "");
}

std::string render_people_show(Json const& answer, Look const& look) {
  auto const standing = text(answer, "standing");
  return paint(look, Tone::strong, text(answer, "name")) + "\n" +
         render_facts({{"Person number", text(answer, "person_no")},
                       {"E-mail", text(answer, "email")},
                       {"Standing", Cell(standing, tone_of(standing))},
                       {"Calls", allowed_cell(answer)},
                       {"Last fix", age(answer, "fix_age_s")},
                       {"Accuracy", metres(answer, "accuracy_m")},
                       {"Fence", text(answer, "fence")},
                       {"Number", number_words(answer)},
                       {"XSI user", text(answer, "xsi_user")},
                       {"Override", text(part(answer, "override"), "kind")},
                       {"Live calls", text(answer, "live_calls")},
                       {"Person id", text(answer, "person_id")},
                       {"UUID", text(answer, "uuid")},
                       {"Sessions", joined(part(answer, "sessions"))}},
                      look);
}

std::string render_fence_list(Json const& answer, Look const& look) {
  Table table({{"FENCE", false, 10},
               {"KIND"},
               {"RULE"},
               {"MARGIN", true},
               {"PEOPLE", false, 10},
               {"NO FIX"},
               {"STALE"},
               {"UNCERTAIN", false, 0, 3},
               {"DEGRADED", false, 0, 2},
               {"DATA", false, 8, 1}});
  for (auto const& fence : list(answer, "fences")) {
    auto const& policies = part(fence, "policies");
    auto const data = text(fence, "data_version");
    table.add({Cell(text(fence, "name"), Tone::strong), text(fence, "kind"),
               flag(fence, "deny") ? Cell("deny", Tone::bad) : Cell("allow", Tone::good),
               metres(fence, "margin_m"), whom(fence), text(policies, "no_fix"),
               text(policies, "stale"), text(policies, "uncertain"), text(policies, "degraded"),
               Cell(data.empty() ? text(fence, "digest") : data, Tone::faint)});
  }
  return table.empty() ? "There is no fence: everybody's calls pass.\n" : table.text(look);
}

std::string render_fence_test(Json const& answer, Look const& look) {
  Table table({{"FENCE", false, 10}, {"SIDE"}, {"TO THE BORDER", true}});
  for (auto const& fence : list(answer, "fences")) {
    auto const side = text(fence, "side");
    table.add({text(fence, "name"), Cell(side, tone_of(side)), metres(fence, "distance_m")});
  }
  std::string out =
      table.empty() ? "There is no fence: everybody's calls pass.\n" : table.text(look);
  if (has(answer, "allowed_for_all"))
    out += flag(answer, "allowed_for_all")
               ? paint(look, Tone::good, "Calls from there are allowed for everybody.") + "\n"
               : paint(look, Tone::bad, "Calls from there are blocked for at least some people.") +
                     "\n";
  return out;
}

}  // namespace wardroom::ctl
