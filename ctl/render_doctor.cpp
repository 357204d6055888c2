// What `doctor` found: a line for each area, then what is wrong, the worst first, each with the
// command that mends it.
#include "render.hpp"

#include <algorithm>
#include <array>

namespace wardroom::ctl {
namespace {

constexpr std::array<std::string_view, 4> worst_to_best{"failed", "warning", "ok", "skipped"};

/// From here on the names of checks have a column.
constexpr std::size_t roomy = 110;

struct Tally {
  std::array<std::int64_t, 4> numbers{};  ///< in the order of worst_to_best

  void count(std::string_view result) {
    auto const at = std::ranges::find(worst_to_best, result);
    if (at != worst_to_best.end()) ++numbers[static_cast<std::size_t>(at - worst_to_best.begin())];
  }
  std::int64_t failed() const { return numbers[0]; }
  std::int64_t warnings() const { return numbers[1]; }
  std::int64_t all() const { return numbers[0] + numbers[1] + numbers[2]; }
  std::string_view worst() const {
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] > 0) return worst_to_best[i];
    return "skipped";
  }
};

Tone tone_of_result(std::string_view result) {
  return result == "failed"    ? Tone::bad
         : result == "warning" ? Tone::warning
         : result == "ok"      ? Tone::good
                               : Tone::faint;
}
std::string_view word_of(std::string_view result) {
  return result == "skipped" ? "left out" : result;
}

/// Commands are never broken: a terminal may fold them, and they can still be pasted.
std::string remedy_lines(std::string const& remedy, std::size_t indent, Look const& look) {
  if (remedy.empty()) return {};
  std::string const gap(indent, ' ');
  auto const comment = remedy.find("   # ");
  auto const command = remedy.substr(0, comment);
  auto const rest = comment == remedy.npos ? std::string() : remedy.substr(comment + 3);
  // Some remedies are sentences.
  bool const sentence = !command.empty() && command[0] >= 'A' && command[0] <= 'Z';
  auto out = gap + paint(look, Tone::strong,
                         "→ " + (sentence ? wrap(command, look.width, indent + 2) : command));
  if (rest.empty()) return out + "\n";
  bool const fits =
      look.width == 0 || indent + 2 + columns(command) + 3 + columns(rest) <= look.width;
  if (fits) return out + "   " + paint(look, Tone::faint, rest) + "\n";
  return out + "\n" + gap + "  " + paint(look, Tone::faint, wrap(rest, look.width, indent + 2)) +
         "\n";
}

/// In the order they were told of, areas nobody announced last.
std::vector<std::string> areas_of(Json const& answer) {
  std::vector<std::string> out;
  for (auto const& area : list(answer, "areas")) out.push_back(joined(area));
  for (auto const& check : list(answer, "checks"))
    if (auto const area = text(check, "area"); std::ranges::find(out, area) == out.end())
      out.push_back(area);
  return out;
}

Tally tally_of(Json const& checks, std::string_view area) {
  Tally out;
  for (auto const& check : checks)
    if (area.empty() || text(check, "area") == area) out.count(text(check, "result"));
  return out;
}

/// What an area has to say in half a line.
std::string gist_of(Json const& checks, std::string_view area, Tally const& tally) {
  std::string out;
  if (tally.failed() > 0) out = plural(tally.failed(), "failed", "failed");
  if (tally.warnings() > 0)
    out += (out.empty() ? "" : ", ") + plural(tally.warnings(), "warning", "warnings");
  if (!out.empty()) return out;
  for (auto const& check : checks)
    if (text(check, "area") == area && text(check, "result") == tally.worst())
      return text(check, "sentence");
  return {};
}

/// `name_width` 0 = without names, where there is no room for them.
std::string every_check(Json const& checks, std::string_view area, std::size_t name_width,
                        Look const& look) {
  std::string out;
  for (auto const& check : checks) {
    if (text(check, "area") != area) continue;
    auto const result = text(check, "result");
    auto const indent = 4 + 8 + 2 + (name_width ? name_width + 2 : 0);
    auto const named = name_width
                           ? paint(look, Tone::faint, pad(text(check, "name"), name_width)) + "  "
                           : std::string();
    auto const ms = number(check, "took_ms");
    auto const took = ms && *ms >= 100 ? "  (" + duration_words(*ms / 1000) + ")" : std::string();
    out += "    " + paint(look, tone_of_result(result), pad(word_of(result), 8)) + "  " + named +
           wrap(text(check, "sentence") + took, look.width, indent) + "\n";
  }
  return out;
}

std::string table_of_areas(Json const& answer, Look const& look) {
  auto const& checks = list(answer, "checks");
  auto const areas = areas_of(answer);
  std::size_t widest = 0, name_width = 0;
  for (auto const& area : areas) widest = std::max(widest, columns(area));
  for (auto const& check : checks)
    if (look.width == 0 || look.width >= roomy)
      name_width = std::max(name_width, std::min<std::size_t>(columns(text(check, "name")), 30));
  std::string out;
  for (auto const& area : areas) {
    auto const tally = tally_of(checks, area);
    if (tally.all() + tally.numbers[3] == 0) continue;
    auto const worst = tally.worst();
    auto line = "  " + paint(look, tone_of_result(worst), pad(word_of(worst), 8)) + "  " +
                pad(area, widest) + "  " + pad(std::to_string(tally.all()), 2, true) + "  ";
    auto const used = 2 + 8 + 2 + widest + 2 + 2 + 2;
    auto const gist = gist_of(checks, area, tally);
    out += line + (look.width > used + 10 ? shorten(gist, look.width - used) : gist) + "\n";
    if (flag(answer, "verbose")) out += every_check(checks, area, name_width, look);
  }
  return out;
}

std::string troubles(Json const& checks, std::string_view result, Look const& look) {
  std::string out;
  std::size_t constexpr indent = 11;
  for (auto const& check : checks) {
    if (text(check, "result") != result) continue;
    out += "  " + paint(look, tone_of_result(result), pad(result, 7)) + "  " +
           wrap(text(check, "sentence"), look.width, indent) + "\n" +
           remedy_lines(text(check, "remedy"), indent, look);
  }
  return out;
}

}  // namespace

std::string render_doctor(Json const& answer, Look const& look) {
  auto const& checks = list(answer, "checks");
  auto const tally = tally_of(checks, "");
  auto out = table_of_areas(answer, look) + "\n";
  auto const bad = troubles(checks, "failed", look) + troubles(checks, "warning", look);
  if (!bad.empty()) out += bad + "\n";
  auto const took = number(answer, "took_ms").value_or(0);
  auto const looked = plural(tally.all(), "check", "checks") + " in " + duration_words(took / 1000);
  if (tally.failed() == 0 && tally.warnings() == 0)
    return out + paint(look, Tone::good, "All is well") + ": " + looked + ".\n";
  std::string verdict;
  if (tally.failed() > 0) verdict = paint(look, Tone::bad, count_words(tally.failed()) + " failed");
  if (tally.warnings() > 0)
    verdict += (verdict.empty() ? "" : ", ") +
               paint(look, Tone::warning, plural(tally.warnings(), "warning", "warnings"));
  return out + verdict + " of " + looked + "." +
         (flag(answer, "verbose") ? "" : "  -v shows every check.") + "\n";
}

}  // namespace wardroom::ctl
