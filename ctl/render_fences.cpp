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

}  // namespace

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
              {"People", joined(part(answer, "people"))},
              {"Margin", distance_of(answer, "margin_m")},
              {"Border known to", error > 0 ? distance_words(error) : ""},
              {"Accuracy limit", distance_of(answer, "accuracy_limit_m")},
              {"No fix", text(policies, "no_fix")},
              {"Stale", text(policies, "stale")},
              {"Uncertain", text(policies, "uncertain")},
              {"Degraded", text(policies, "degraded")},
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
