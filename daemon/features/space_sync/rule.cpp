#include "features/space_sync/rule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace wardroom::space_sync {
namespace {

constexpr std::size_t most_shown = 3;

/// What nobody sees: spaces, tabs, CR, and what editors leave behind (no-break and zero-width
/// spaces, byte order marks).
std::string_view trimmed(std::string_view text) {
  constexpr std::array<std::string_view, 8> unseen{
      " ", "\t", "\r", "\f", "\xC2\xA0", "\xE2\x80\x8B", "\xEF\xBB\xBF", "\v"};
  for (bool again = true; again;) {
    again = false;
    for (auto const one : unseen) {
      while (text.starts_with(one)) text.remove_prefix(one.size()), again = true;
      while (text.ends_with(one)) text.remove_suffix(one.size()), again = true;
    }
  }
  return text;
}

}  // namespace

std::string_view name(RuleKind kind) {
  switch (kind) {
    case RuleKind::all:
      return "all";
    case RuleKind::email:
      return "email";
    case RuleKind::email_file:
      return "email_file";
    case RuleKind::domain:
      return "domain";
    case RuleKind::department:
      return "department";
    case RuleKind::department_contains:
      return "department_contains";
    case RuleKind::department_glob:
      return "department_glob";
    case RuleKind::department_file:
      return "department_file";
    case RuleKind::title:
      return "title";
    case RuleKind::title_contains:
      return "title_contains";
    case RuleKind::title_glob:
      return "title_glob";
    case RuleKind::location:
      return "location";
    case RuleKind::licence:
      return "licence";
    case RuleKind::role:
      return "role";
    case RuleKind::group:
      return "group";
    case RuleKind::type:
      return "type";
    case RuleKind::inactive:
      return "inactive";
    case RuleKind::invite_pending:
      return "invite_pending";
  }
  return "";
}

std::string text(Rule const& rule) {
  auto const kind = name(rule.kind);
  if (!rule.file.empty() && rule.patterns.empty())
    return fmt::format("{}: {} (empty: it fits nobody)", kind, rule.file);
  if (!rule.file.empty())
    return fmt::format("{}: {} ({} {})", kind, rule.file, rule.patterns.size(),
                       rule.patterns.size() == 1 ? "entry" : "entries");
  if (rule.patterns.empty()) return std::string(kind);
  std::vector<std::string> const shown(
      rule.patterns.begin(), rule.patterns.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                         rule.patterns.size(), most_shown)));
  auto const more = rule.patterns.size() - shown.size();
  return fmt::format("{}: {}{}", kind, fmt::join(shown, ", "),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

std::vector<ListLine> numbered_lines_of_list(std::string_view text) {
  std::vector<ListLine> out;
  int number = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (!line.empty() && !line.starts_with('#')) out.push_back({number, std::string(line)});
  }
  return out;
}

std::vector<std::string> lines_of_list(std::string_view text) {
  std::vector<std::string> out;
  for (auto& line : numbered_lines_of_list(text)) out.push_back(std::move(line.text));
  return out;
}

}  // namespace wardroom::space_sync
