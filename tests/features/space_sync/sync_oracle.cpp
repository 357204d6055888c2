#include "features/space_sync/sync_oracle.hpp"

#include <algorithm>
#include <cctype>

namespace wardroom::space_sync::test {
namespace {

std::string small(std::string text) {
  for (auto& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool ends(std::string const& text, std::string const& end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool domain_fits(std::string const& pattern, std::string const& email) {
  auto const at = email.find('@');
  if (at == std::string::npos) return false;
  auto const domain = small(email.substr(at + 1));
  if (pattern.substr(0, 2) == "*.")
    return ends(domain, pattern.substr(1)) && domain != pattern.substr(1);
  return domain == pattern;
}

Wanted known(bool fits) { return fits ? Wanted::yes : Wanted::no; }

Wanted fits(Rule const& rule, Told const& person) {
  if (rule.kind == RuleKind::all) return Wanted::yes;
  if (rule.kind == RuleKind::inactive)
    return person.login_enabled ? known(!*person.login_enabled) : Wanted::nobody_knows;
  if (rule.kind == RuleKind::invite_pending)
    return person.invite_pending ? known(*person.invite_pending) : Wanted::nobody_knows;
  if (rule.kind == RuleKind::type && person.type == AccountType::unknown)
    return Wanted::nobody_knows;
  for (auto const& written : rule.patterns) {
    auto const pattern = small(written);
    auto const department = small(person.department);
    for (auto const& email : person.emails) {
      if (rule.kind == RuleKind::email && small(email) == pattern) return Wanted::yes;
      if (rule.kind == RuleKind::domain && domain_fits(pattern, email)) return Wanted::yes;
    }
    if (rule.kind == RuleKind::department && department == pattern) return Wanted::yes;
    if (rule.kind == RuleKind::department_contains && department.find(pattern) != std::string::npos)
      return Wanted::yes;
    if (rule.kind == RuleKind::type &&
        ((pattern == "person" && person.type == AccountType::person) ||
         (pattern == "bot" && person.type == AccountType::bot) ||
         (pattern == "app_user" && person.type == AccountType::app_user)))
      return Wanted::yes;
  }
  return Wanted::no;
}

/// Yes when any of them fits, else "nobody knows" when that is so of any.
Wanted any_fits(std::vector<Rule> const& rules, Told const& person) {
  auto out = Wanted::no;
  for (auto const& rule : rules) {
    auto const one = fits(rule, person);
    if (one == Wanted::yes) return Wanted::yes;
    if (one == Wanted::nobody_knows) out = one;
  }
  return out;
}

/// Of all entries about somebody; none = they are not in the directory.
Wanted wanted_by_all(SelectionRules const& rules, std::vector<Told const*> const& entries) {
  std::set<Wanted> verdicts;
  for (auto const* entry : entries) verdicts.insert(wanted(rules, *entry));
  if (verdicts.empty()) return Wanted::no;
  return verdicts.size() == 1 ? *verdicts.begin() : Wanted::nobody_knows;
}

bool smaller(std::size_t now, std::optional<std::size_t> before, double percent) {
  return before && double(now) < double(*before) - double(*before) * percent / 100 - 1e-9;
}

}  // namespace

Wanted wanted(SelectionRules const& rules, Told const& person) {
  if (!person.whole) return Wanted::nobody_knows;
  auto const in = any_fits(rules.include, person), out = any_fits(rules.exclude, person);
  if (in == Wanted::no || out == Wanted::yes) return Wanted::no;
  if (in == Wanted::yes && out == Wanted::no) return Wanted::yes;
  return Wanted::nobody_knows;
}

std::set<Spared> reasons_to_stay(Member const& member, std::vector<Told const*> const& entries,
                                 Protect const& protect, Uuid self, Uuid org) {
  std::set<Spared> out;
  if (member.id == self) out.insert(Spared::self);
  if (member.moderator && protect.moderators) out.insert(Spared::moderator);
  if (member.monitor) out.insert(Spared::bot);
  auto const mail = small(member.email);
  if (entries.empty() && protect.bots && (ends(mail, "@webex.bot") || ends(mail, "@sparkbot.io")))
    out.insert(Spared::bot);
  if (member.org != Uuid{} && org != Uuid{} && member.org != org) out.insert(Spared::other_org);
  std::set<std::string> addresses{mail};
  for (auto const* entry : entries)
    for (auto const& email : entry->emails) addresses.insert(small(email));
  for (auto const& listed : protect.people)
    if (addresses.contains(small(listed))) out.insert(Spared::listed);
  if (!entries.empty()) {
    auto const type = entries.back()->type;
    if (type == AccountType::bot && protect.bots) out.insert(Spared::bot);
    if (type == AccountType::app_user) out.insert(Spared::guest);
    if (type == AccountType::unknown) out.insert(Spared::unknown);
  }
  if (!member.whole || member.id == Uuid{} || member.org == Uuid{} || org == Uuid{} ||
      (entries.empty() && mail.empty()))
    out.insert(Spared::unknown);
  return out;
}

Expected expected_plan(std::vector<Told> const& people, std::vector<Member> const& members,
                       JobSettings const& job, PlanMemory const& memory, Uuid self, Uuid org) {
  Expected out;
  std::map<Uuid, std::vector<Told const*>> directory;
  for (auto const& person : people) directory[person.id].push_back(&person);
  std::map<Uuid, Member const*> space;
  for (auto const& member : members) space[member.id] = &member;

  for (auto const& [id, entries] : directory) {
    auto const verdict = wanted_by_all(job.rules, entries);
    if (verdict == Wanted::nobody_knows) ++out.undecided;
    if (verdict == Wanted::no) ++out.out;
    if (verdict != Wanted::yes) continue;
    out.belong.insert(id);
    if (space.contains(id)) continue;
    bool const before = std::ranges::count(memory.members_before, id) != 0;
    bool const left_now = before && !memory.removed.contains(id) && !memory.left.contains(id);
    if (memory.add_left_again || (!left_now && !memory.left.contains(id))) {
      out.adds.insert(id);
    } else {
      out.spared[id] = {Spared::left};
      if (left_now) out.left_now.insert(id);
    }
  }
  for (auto const& [id, member] : space) {
    auto const found = directory.find(id);
    auto const entries = found == directory.end() ? std::vector<Told const*>{} : found->second;
    auto const verdict = wanted_by_all(job.rules, entries);
    auto reasons = reasons_to_stay(*member, entries, job.protect, self, org);
    if (verdict == Wanted::nobody_knows) reasons.insert(Spared::unknown);
    if (reasons.empty()) ++out.unprotected;
    if (memory.left.contains(id)) out.back.insert(id);
    if (verdict == Wanted::yes) continue;
    if (reasons.empty())
      out.removals.insert(id);
    else
      out.spared[id] = reasons;
  }

  double const most = std::max(double(job.hold_above.count),
                               job.hold_above.percent / 100 * double(out.unprotected));
  bool const too_many = double(out.removals.size()) > most + 1e-9;
  bool const nobody =
      out.belong.empty() && (!out.removals.empty() || !memory.members_before.empty());
  out.held = directory.empty() || too_many || nobody ||
             smaller(directory.size(), memory.people_before, job.shrink_percent) ||
             smaller(space.size(), memory.member_count_before, job.shrink_percent);
  return out;
}

}  // namespace wardroom::space_sync::test
