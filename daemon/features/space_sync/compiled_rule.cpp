#include "features/space_sync/compiled_rule.hpp"

#include "base/encoding.hpp"
#include "features/space_sync/glob.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::space_sync {
namespace {

/// What an id of Webex names: "Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg" is id_full_admin;
/// anything else is itself.
std::string bare_id(std::string_view id) {
  constexpr std::string_view begin = "Y2lzY29zcGFyazovL";  // ciscospark://
  if (!id.starts_with(begin)) return std::string(id);
  auto const uri = from_base64(id);
  return uri ? uri->substr(uri->rfind('/') + 1) : std::string(id);
}

std::string folded_for(RuleKind kind, std::string_view pattern) {
  switch (kind) {
    case RuleKind::email:
    case RuleKind::email_file:
      return folded_address(pattern);
    case RuleKind::domain:
      return pattern.starts_with("*.") ? "*." + folded_domain(pattern.substr(2))
                                       : folded_domain(pattern);
    case RuleKind::group:
      return std::string(pattern);  // whoever reads it decides what it names
    case RuleKind::location:
    case RuleKind::licence:
    case RuleKind::role:
      return folded(bare_id(pattern));
    default:
      return folded(pattern);
  }
}

std::string_view domain_of(std::string_view email) {
  auto const at = email.rfind('@');
  return at == email.npos ? std::string_view() : email.substr(at + 1);
}

std::string_view word(AccountType type) {
  switch (type) {
    case AccountType::person:
      return "person";
    case AccountType::bot:
      return "bot";
    case AccountType::app_user:
      return "app_user";
    case AccountType::unknown:
      return "";
  }
  return "";
}

Fit known(bool fits) { return fits ? Fit::yes : Fit::no; }
/// Whether the fact is as `wanted`.
Fit known(std::optional<bool> fact, bool wanted) {
  return fact ? known(*fact == wanted) : Fit::unknown;
}

std::string joined(std::span<std::string_view const> texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::string_view PersonToRule::email(std::size_t i) {
  if (i >= emails_.size()) return room_.address(facts_.emails[i]);
  if (!emails_[i]) emails_[i] = room_.address(facts_.emails[i]);
  return *emails_[i];
}

std::string_view PersonToRule::department() {
  if (!department_) department_ = room_.text(facts_.department);
  return *department_;
}

std::string_view PersonToRule::title() {
  if (!title_) title_ = room_.text(facts_.title);
  return *title_;
}

CompiledRule::CompiledRule(Rule rule) : rule_(std::move(rule)) {
  // An empty pattern would be in every text; the configuration refuses it, and here it fits nobody.
  for (auto const& pattern : rule_.patterns)
    if (!pattern.empty()) patterns_.push_back(folded_for(rule_.kind, pattern));
  std::ranges::sort(patterns_);
  patterns_.erase(std::unique(patterns_.begin(), patterns_.end()), patterns_.end());
  compile();
}

void CompiledRule::compile() {
  switch (rule_.kind) {
    case RuleKind::department_contains:
    case RuleKind::department_file:
    case RuleKind::title_contains:
      words_.emplace(patterns_);
      return;
    case RuleKind::domain: {
      std::vector<std::string> exact, below;
      for (auto const& pattern : patterns_)
        if (pattern.starts_with("*."))
          below.push_back(pattern.substr(2));
        else
          exact.push_back(pattern);
      exact_ = TextSet(std::move(exact));
      below_ = TextSet(std::move(below));
      return;
    }
    default:
      exact_ = TextSet(patterns_);
  }
}

void CompiledRule::give_group(std::string_view wanted,
                              std::shared_ptr<Selection::Group const> const& members) {
  if (rule_.kind == RuleKind::group && exact_.contains(wanted))
    groups_.insert_or_assign(std::string(wanted), members);
}

bool CompiledRule::fits_domain(std::string_view domain) const {
  if (exact_.contains(domain)) return true;
  if (below_.empty()) return false;
  for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1))
    if (dot > 0 && below_.contains(domain.substr(dot + 1))) return true;
  return false;
}

bool CompiledRule::fits_email(std::string_view email) const {
  return rule_.kind == RuleKind::domain ? fits_domain(domain_of(email)) : exact_.contains(email);
}

bool CompiledRule::fits_id(std::string_view id) const {
  return !id.empty() && exact_.contains(folded(bare_id(id)));
}

bool CompiledRule::fits_text(std::string_view text) const {
  if (text.empty()) return false;
  switch (rule_.kind) {
    case RuleKind::department_contains:
    case RuleKind::department_file:
    case RuleKind::title_contains:
      return words_->any_in(text);
    case RuleKind::department_glob:
    case RuleKind::title_glob:
      return std::ranges::any_of(patterns_,
                                 [&](auto const& pattern) { return fits_glob(pattern, text); });
    default:
      return exact_.contains(text);
  }
}

Fit CompiledRule::fit_group(Uuid const& id) const {
  bool unknown = false;
  for (auto const& wanted : patterns_) {
    auto const group = groups_.find(wanted);
    if (group == groups_.end() || !group->second)
      unknown = true;
    else if (group->second->contains(id))
      return Fit::yes;
  }
  return unknown ? Fit::unknown : Fit::no;
}

Fit CompiledRule::fit_type(AccountType type) const {
  auto const told = word(type);
  return told.empty() ? Fit::unknown : known(exact_.contains(told));
}

Fit CompiledRule::fit(PersonToRule& person) const {
  auto const& facts = person.facts();
  switch (rule_.kind) {
    case RuleKind::all:
      return Fit::yes;
    case RuleKind::email:
    case RuleKind::email_file:
    case RuleKind::domain:
      for (std::size_t i = 0; i < person.emails(); ++i)
        if (fits_email(person.email(i))) return Fit::yes;
      return Fit::no;
    case RuleKind::department:
    case RuleKind::department_contains:
    case RuleKind::department_glob:
    case RuleKind::department_file:
      return known(fits_text(person.department()));
    case RuleKind::title:
    case RuleKind::title_contains:
    case RuleKind::title_glob:
      return known(fits_text(person.title()));
    case RuleKind::location:
      return known(fits_id(facts.location_id) || fits_id(facts.location));
    case RuleKind::licence:
      return known(
          std::ranges::any_of(facts.licenses, [&](auto const& id) { return fits_id(id); }));
    case RuleKind::role:
      return known(std::ranges::any_of(facts.roles, [&](auto const& id) { return fits_id(id); }));
    case RuleKind::group:
      return fit_group(facts.id);
    case RuleKind::type:
      return fit_type(facts.type);
    case RuleKind::inactive:
      return known(facts.login_enabled, false);
    case RuleKind::invite_pending:
      return known(facts.invite_pending, true);
  }
  return Fit::unknown;
}

std::string CompiledRule::compared(PersonToRule& person, Fit fit) const {
  auto const& facts = person.facts();
  auto const which = [&](std::span<std::string_view const> all, auto const& fits) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (fits(i)) return std::string(all[i]);
    return joined(all);
  };
  switch (rule_.kind) {
    case RuleKind::all:
      return "everybody";
    case RuleKind::email:
    case RuleKind::email_file:
    case RuleKind::domain:
      return which(facts.emails, [&](std::size_t i) { return fits_email(person.email(i)); });
    case RuleKind::department:
    case RuleKind::department_contains:
    case RuleKind::department_glob:
    case RuleKind::department_file:
      return std::string(facts.department);
    case RuleKind::title:
    case RuleKind::title_contains:
    case RuleKind::title_glob:
      return std::string(facts.title);
    case RuleKind::location:
      return std::string(facts.location.empty() ? facts.location_id : facts.location);
    case RuleKind::licence:
      return which(facts.licenses, [&](std::size_t i) { return fits_id(facts.licenses[i]); });
    case RuleKind::role:
      return which(facts.roles, [&](std::size_t i) { return fits_id(facts.roles[i]); });
    case RuleKind::group:
      for (auto const& [wanted, members] : groups_)
        if (members && members->contains(facts.id)) return wanted;
      return fit == Fit::unknown ? "a group that could not be read" : "";
    case RuleKind::type:
      return std::string(word(facts.type));
    case RuleKind::inactive:
      return fit == Fit::unknown ? "" : fit == Fit::yes ? "may not log in" : "may log in";
    case RuleKind::invite_pending:
      return fit == Fit::unknown ? "" : fit == Fit::yes ? "invite pending" : "has come";
  }
  return "";
}

std::string CompiledRule::canonical() const {
  std::string out(name(rule_.kind));
  // Lengths keep ["a", "b"] and ["a b"] apart.
  for (auto const& pattern : patterns_) out += fmt::format(" {}:{}", pattern.size(), pattern);
  return out + "\n";
}

}  // namespace wardroom::space_sync
