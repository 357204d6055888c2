#include "features/space_sync/rule_settings.hpp"

#include "base/encoding.hpp"
#include "features/space_sync/rule_lists.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace wardroom::space_sync {
namespace {

using config::Section;

constexpr std::array kinds{RuleKind::all,
                           RuleKind::email,
                           RuleKind::email_file,
                           RuleKind::domain,
                           RuleKind::department,
                           RuleKind::department_contains,
                           RuleKind::department_glob,
                           RuleKind::department_file,
                           RuleKind::title,
                           RuleKind::title_contains,
                           RuleKind::title_glob,
                           RuleKind::location,
                           RuleKind::licence,
                           RuleKind::role,
                           RuleKind::group,
                           RuleKind::type};

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

/// Empty = nothing is wrong.
std::string mistake_in_domain(std::string_view pattern) {
  if (pattern.starts_with('@'))
    return fmt::format("'{}': write {} without the @", pattern, pattern.substr(1));
  auto domain = pattern;
  if (domain.starts_with("*.")) domain.remove_prefix(2);
  bool const odd = domain.find_first_of("*@/ \t,;:?") != domain.npos || domain.empty() ||
                   domain.starts_with('.') || domain.ends_with('.') || domain.contains("..");
  return odd ? fmt::format(
                   "'{}' is no domain such as acme.example, or *.acme.example for all below it",
                   pattern)
             : "";
}

std::string mistake_in(RuleKind kind, std::string const& pattern) {
  if (is_blank(pattern)) return "an empty pattern would fit everybody; write what to look for";
  bool const edges = pattern.front() == ' ' || pattern.back() == ' ';
  switch (kind) {
    case RuleKind::email:
      return is_address(pattern) ? "" : fmt::format("'{}' is not an e-mail address", pattern);
    case RuleKind::domain:
      return mistake_in_domain(pattern);
    case RuleKind::department_contains:
    case RuleKind::title_contains:
      return "";  // blanks at its ends are meant
    case RuleKind::department_glob:
    case RuleKind::title_glob:
      return pattern.find_first_not_of("* ") != pattern.npos
                 ? ""
                 : "would fit everybody who has one; name a part of it, such as Sales*";
    case RuleKind::type: {
      static std::vector<std::string> const words{"person", "bot", "app_user"};
      if (std::ranges::find(words, pattern) != words.end()) return "";
      auto const near = nearest(pattern, words);
      return fmt::format("'{}' is not one of person, bot, app_user{}", pattern,
                         near ? fmt::format("; did you mean '{}'?", *near) : "");
    }
    default:
      return edges ? fmt::format("'{}' has blanks around it, and is compared whole: remove them",
                                 pattern)
                   : "";
  }
}

void take_patterns(Section& entry, std::string_view key, Rule& rule) {
  rule.patterns = entry.one_or_more(key);
  if (rule.kind == RuleKind::email) entry.personal(key);
  if (rule.patterns.empty())
    entry.complain(key, "names nothing: write what to look for, one or a list");
  for (auto const& pattern : rule.patterns)
    if (auto const mistake = mistake_in(rule.kind, pattern); !mistake.empty())
      entry.complain(key, mistake);
}

void take_list(Section& entry, std::string_view key, RuleSide side, Rule& rule) {
  rule.file = entry.text(key);
  if (!rule.file.starts_with('/'))
    return entry.complain(key, "must be an absolute path, such as /etc/wardroom/excluded.txt");
  auto list = read_list(rule.kind, rule.file);
  if (!list) return entry.complain(key, list.error().what);
  rule.patterns = std::move(*list);
  if (rule.patterns.empty() && side == RuleSide::include)
    entry.complain(
        key, fmt::format("{} holds nobody: an include of nobody would empty the space", rule.file));
}

void take_everybody(Section& entry, RuleSide side) {
  if (!entry.flag("all", true))
    entry.complain("all", "must be true; leave the entry out instead");
  else if (side == RuleSide::exclude)
    entry.complain("all", "would leave nobody in the space; to stop a job, remove it");
}

std::optional<Rule> parse_rule(Section entry, RuleSide side) {
  static auto const by_name = [] {
    std::map<std::string, RuleKind, std::less<>> out;
    for (auto const kind : kinds) out.emplace(name(kind), kind);
    return out;
  }();
  std::vector<std::string> names;
  for (auto const& [one, kind] : by_name) names.push_back(one);
  auto const keys = entry.keys();
  if (keys.size() != 1) {
    entry.complain("", keys.empty()
                           ? "names no rule: write one, such as domain: acme.example"
                           : fmt::format("holds {} rules ({}): an entry is one rule; begin an "
                                         "entry of its own for each, with '-'",
                                         keys.size(), fmt::join(keys, ", ")));
    return std::nullopt;
  }
  auto const found = by_name.find(keys.front());
  if (found == by_name.end()) {
    auto const near = nearest(keys.front(), names);
    entry.complain(keys.front(),
                   near ? fmt::format("is no rule; did you mean '{}'?", *near)
                        : fmt::format("is no rule; the rules are {}", fmt::join(names, ", ")));
    return std::nullopt;
  }
  Rule out{.kind = found->second};
  if (out.kind == RuleKind::all)
    take_everybody(entry, side);
  else if (is_list(out.kind))
    take_list(entry, found->first, side, out);
  else
    take_patterns(entry, found->first, out);
  entry.finish();
  return out;
}

}  // namespace

std::vector<Rule> parse_rules(Section& job, RuleSide side) {
  std::string_view const key = side == RuleSide::include ? "include" : "exclude";
  std::vector<Rule> out;
  std::vector<std::string> texts;
  auto const entries = job.list(key);
  for (auto const& entry : entries) {
    auto rule = parse_rule(entry, side);
    if (!rule) continue;
    texts.push_back(text(*rule));
    out.push_back(std::move(*rule));
  }
  job.use(key, fmt::format("{}", fmt::join(texts, "; ")));
  job.personal(key);
  if (out.size() > most_rules)
    job.complain(
        key, fmt::format("at most {} rules are possible: keep long lists in a file", most_rules));
  if (entries.empty() && side == RuleSide::include)
    job.complain(job.has(key) ? key : "",
                 "who belongs is not said: write include: [{ domain: acme.example }], or "
                 "include: [{ all: true }]");
  return out;
}

}  // namespace wardroom::space_sync
