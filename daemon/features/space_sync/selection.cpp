#include "features/space_sync/selection.hpp"

#include "base/encoding.hpp"
#include "features/space_sync/compiled_rule.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::space_sync {

/// The rules in the order in which they are counted: includes, then excludes.
struct Selection::Compiled {
  std::vector<CompiledRule> rules;
  std::size_t includes = 0;
  bool exclude(std::size_t rule) const { return rule >= includes; }
};

namespace {

/// The first rule of [begin, end) that fits, and the first of which nobody knows.
struct First {
  std::optional<std::size_t> yes, unknown;
};

First first_fit(std::vector<CompiledRule> const& rules, std::size_t begin, std::size_t end,
                PersonToRule& person) {
  First out;
  for (auto i = begin; i < end && !out.yes; ++i) {
    auto const fit = rules[i].fit(person);
    if (fit == Fit::yes) out.yes = i;
    if (fit == Fit::unknown && !out.unknown) out.unknown = i;
  }
  return out;
}

Ruling ruling(Belongs belongs, std::size_t rule) {
  return {belongs, static_cast<std::uint16_t>(rule)};
}

}  // namespace

Selection::Selection(SelectionRules rules)
    : rules_(std::move(rules)), compiled_(std::make_shared<Compiled>()) {
  for (auto const& rule : rules_.include) compiled_->rules.emplace_back(rule);
  compiled_->includes = rules_.include.size();
  for (auto const& rule : rules_.exclude) compiled_->rules.emplace_back(rule);
}

bool Selection::wants_locations() const {
  return std::ranges::any_of(compiled_->rules, [](CompiledRule const& rule) {
    return rule.rule().kind == RuleKind::location;
  });
}

std::vector<std::string> Selection::groups() const {
  std::vector<std::string> out;
  for (auto const& compiled : compiled_->rules) {
    if (compiled.rule().kind != RuleKind::group) continue;
    for (auto const& wanted : compiled.rule().patterns)
      if (std::ranges::find(out, wanted) == out.end()) out.push_back(wanted);
  }
  return out;
}

void Selection::give_group(std::string_view wanted, std::shared_ptr<Group const> members) {
  for (auto& rule : compiled_->rules) rule.give_group(wanted, members);
}

Ruling Selection::rule_on(PersonFacts const& facts) const {
  if (!facts.whole) return {Belongs::unknown, Ruling::not_whole};
  PersonToRule person(facts);
  auto const& rules = compiled_->rules;
  auto const in = first_fit(rules, 0, compiled_->includes, person);
  if (!in.yes && !in.unknown) return {Belongs::no, Ruling::no_include};
  auto const out = first_fit(rules, compiled_->includes, rules.size(), person);
  if (out.yes) return ruling(Belongs::no, *out.yes);
  if (!in.yes) return ruling(Belongs::unknown, *in.unknown);
  if (out.unknown) return ruling(Belongs::unknown, *out.unknown);
  return ruling(Belongs::yes, *in.yes);
}

std::vector<RuleFinding> Selection::explain(PersonFacts const& facts) const {
  auto const decided = rule_on(facts);
  PersonToRule person(facts);
  std::vector<RuleFinding> out;
  for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
    auto const& rule = compiled_->rules[i];
    auto const number = static_cast<std::uint16_t>(i);
    auto const fit = rule.fit(person);
    out.push_back({.rule = number,
                   .exclude = compiled_->exclude(i),
                   .text = text(number),
                   .fit = fit,
                   .what = rule.compared(person, fit),
                   .decided = decided.rule == number});
  }
  return out;
}

std::string Selection::text(std::uint16_t rule) const {
  if (rule == Ruling::no_include) return "no include fits";
  if (rule == Ruling::not_whole) return "the entry was damaged";
  if (rule >= compiled_->rules.size()) return "a rule that is gone";
  return fmt::format("{} {}", compiled_->exclude(rule) ? "exclude" : "include",
                     space_sync::text(compiled_->rules[rule].rule()));
}

std::string Selection::digest() const {
  std::string all;
  for (std::size_t i = 0; i < compiled_->rules.size(); ++i)
    all += (compiled_->exclude(i) ? "exclude " : "include ") + compiled_->rules[i].canonical();
  return to_hex(sha256(all)).substr(0, 12);
}

}  // namespace wardroom::space_sync
