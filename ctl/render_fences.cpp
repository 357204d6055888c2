#include "render_fences.hpp"

#include "render.hpp"

#include <fmt/format.h>

namespace wardroom::ctl {
namespace {

std::string square_kilometers(Json const& fence) {
  auto const value = number(fence, "square_km");
  if (!value) return "";
  return *value < 10 ? fmt::format("{:.4g} km²", *value)
                     : count_words(static_cast<std::int64_t>(*value)) + " km²";
}

std::string distance_of(Json const& json, std::string_view name) {
  auto const value = number(json, name);
  return value ? distance_words(*value) : "";
}

/// `people: {all: true}` and the like, in few words.
std::string whom(Json const& fence) {
  auto const& people = part(fence, "people");
  if (auto const groups = joined(part(fence, "groups")); !groups.empty())
    return (people.empty() ? "" : joined(people) + "; ") + "groups " + groups;
  if (!people.is_object()) return joined(people);
  if (flag(people, "all")) return "everyone";
  std::string out;
  for (auto const& [key, value] : people.items())
    out += (out.empty() ? "" : "; ") + clean(key) + " " + joined(value);
  return out;
}

/// "now, ends in 3 h"; empty for a fence that always applies.
Cell hours_cell(Json const& fence, Look const& look) {
  if (!has(fence, "active")) return {};
  auto const next = time(fence, "next_change_at");
  bool const active = flag(fence, "active");
  std::string out = active ? "now" : "not now";
  if (next) out += (active ? ", ends " : ", begins ") + relative_words(*next, look.now);
  return {std::move(out), active ? Tone::good : Tone::faint};
}

/// "AT (Austria), 12 km from the nearest border".
std::string country_words(Json const& country) {
  auto const code = text(country, "code"), name = text(country, "name");
  auto const where = !flag(country, "land") ? "In the sea"
                     : code.empty()         ? name + " (has no code of its own)"
                                            : code + " (" + name + ")";
  return fmt::format("{}, {} from the nearest {}.", where, distance_of(country, "border_m"),
                     flag(country, "land") ? "border or coast" : "coast");
}

}  // namespace

std::string render_fence_list(Json const& answer, Look const& look) {
  Table table({{"FENCE", false, 10},
               {"KIND"},
               {"RULE"},
               {"MARGIN", true},
               {"PEOPLE", false, 10},
               {"HOURS", false, 8},
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
               distance_of(fence, "margin_m"), whom(fence), hours_cell(fence, look),
               text(policies, "no_fix"), text(policies, "stale"), text(policies, "uncertain"),
               text(policies, "degraded"),
               Cell(data.empty() ? text(fence, "digest") : data, Tone::faint)});
  }
  return table.empty() ? "There is no fence: everybody's calls pass.\n" : table.text(look);
}

std::string render_fence_test(Json const& answer, Look const& look) {
  Table table({{"FENCE", false, 10}, {"SIDE"}, {"TO THE BORDER", true}, {"AREA", false, 6}});
  for (auto const& fence : list(answer, "fences")) {
    auto const side = text(fence, "side");
    bool const asleep = has(fence, "active") && !flag(fence, "active");
    table.add({text(fence, "name") + (asleep ? " (not now)" : ""), Cell(side, tone_of(side)),
               distance_of(fence, "distance_m"), Cell(text(fence, "area"), Tone::faint)});
  }
  std::string out =
      table.empty() ? "There is no fence: everybody's calls pass.\n" : table.text(look);
  if (has(answer, "country")) out += country_words(part(answer, "country")) + "\n";
  if (has(answer, "allowed_for_all"))
    out += flag(answer, "allowed_for_all")
               ? paint(look, Tone::good, "Calls from there are allowed for everybody.") + "\n"
               : paint(look, Tone::bad, "Calls from there are blocked for at least some people.") +
                     "\n";
  return out;
}

std::string render_fence_show(Json const& answer, Look const& look) {
  auto const& policies = part(answer, "policies");
  auto const vertices = count(answer, "vertices");
  auto const error = number(answer, "border_error_m").value_or(0);
  return paint(look, Tone::strong, text(answer, "name")) + "\n" +
         render_facts(
             {{"Area", text(answer, "kind")},
              {"Countries", joined(part(answer, "country"))},
              {"File", text(answer, "geojson_file")},
              {"Features", joined(part(answer, "features"))},
              {"Size", square_kilometers(answer)},
              {"Points", vertices > 0 ? count_words(vertices) : ""},
              {"Rule", flag(answer, "deny") ? Cell("deny", Tone::bad) : Cell("allow", Tone::good)},
              {"People", whom(answer)},
              {"Hours", joined(part(answer, "schedule"))},
              {"In force", hours_cell(answer, look)},
              {"Margin", distance_of(answer, "margin_m")},
              {"Border known to", error > 0 ? distance_words(error) : ""},
              {"Accuracy limit", distance_of(answer, "accuracy_limit_m")},
              {"No fix", text(policies, "no_fix")},
              {"Stale", text(policies, "stale")},
              {"Uncertain", text(policies, "uncertain")},
              {"Degraded", text(policies, "degraded")},
              {"Suspicious", text(policies, "suspicious")},
              {"Data", text(answer, "data_version")},
              {"Digest", text(answer, "digest")}},
             look);
}

std::string render_fence_import(Json const& answer, Look const&) {
  // Our own YAML, quoted where it must be: the line breaks are meant.
  return has(answer, "yaml") && answer["yaml"].is_string() ? answer["yaml"].get<std::string>()
                                                           : std::string();
}

}  // namespace wardroom::ctl
