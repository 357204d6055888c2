#include "features/space_sync/sync_history.hpp"

#include "features/space_sync/sync_oracle.hpp"

#include <algorithm>

namespace wardroom::space_sync::test {
namespace {

constexpr std::array domains{"acme.example", "Acme.Example", "emea.acme.example", "rival.example"};
constexpr std::array departments{"",    "Sales", "sales EMEA", "Contractor", "CONTRACTORS EMEA",
                                 "R&D", "Board"};
constexpr std::array words{"Sales", "Contractor", "contractors emea", "board", "EMEA", "R&D"};

/// Most worlds are small, some have many people: there the percentages decide.
std::uint64_t size_of_world(Dice& dice) {
  if (dice.one_in(1000)) return 100 + dice.below(500);
  if (dice.one_in(40)) return 20 + dice.below(100);
  return dice.below(14);
}

}  // namespace

SyncHistory::SyncHistory(std::uint64_t seed) : dice(seed) {
  job.name = "model";
  for (std::uint64_t i = 0, n = 1 + dice.below(2); i < n; ++i)
    job.rules.include.push_back(rule(true));
  for (std::uint64_t i = 0, n = dice.below(4); i < n; ++i) job.rules.exclude.push_back(rule(false));
  job.protect.moderators = !dice.one_in(4);
  job.protect.bots = !dice.one_in(4);
  if (dice.one_in(3))
    job.hold_above = {.count = dice.between(0, 20), .percent = 5 * double(dice.below(12))};
  if (dice.one_in(4)) job.shrink_percent = double(dice.below(60));
  if (dice.one_in(100)) org = {};

  for (auto left = size_of_world(dice); left > 0; --left) {
    auto one = somebody(next_++);
    if (dice.one_in(20))
      job.protect.people.push_back(one.facts.emails[dice.below(one.facts.emails.size())]);
    auto const id = one.facts.id;
    everybody.emplace(id, std::move(one));
    if (dice.below(3) != 0) put_into_space(id);
  }
  auto us = somebody(next_++);
  us.in_directory = true;
  us.is_bot = false;
  us.facts.org = our_org;
  us.facts.type = AccountType::person;
  self = us.facts.id;
  everybody.emplace(self, std::move(us));
  put_into_space(self);
}

std::string SyncHistory::email(std::uint64_t n) {
  return (dice.one_in(2) ? "person" : "Person") + std::to_string(n) + "@" +
         domains[dice.below(domains.size())];
}

Somebody SyncHistory::somebody(std::uint64_t n) {
  Somebody out;
  out.facts = {.id = id_of(n), .name = "Person " + std::to_string(n), .emails = {email(n)}};
  out.facts.department = departments[dice.below(departments.size())];
  out.facts.login_enabled = !dice.one_in(8);
  out.facts.invite_pending = dice.one_in(8);
  out.in_directory = dice.below(8) != 0;
  if (dice.one_in(5) && out.in_directory) out.facts.emails.push_back(email(n + 1'000'000));
  if (dice.one_in(12)) {
    out.is_bot = true;
    out.in_directory = false;
    out.facts.type = AccountType::bot;
    out.facts.emails = {"bot" + std::to_string(n) +
                        (dice.one_in(2) ? "@webex.bot" : "@SparkBot.io")};
  } else if (dice.one_in(12)) {
    out.in_directory = false;
    out.facts.org = foreign_org;
  } else if (out.in_directory && dice.one_in(16)) {
    out.facts.type = AccountType::app_user;
  }
  return out;
}

Rule SyncHistory::rule(bool include) {
  constexpr std::array kinds{
      RuleKind::domain, RuleKind::department, RuleKind::department_contains, RuleKind::email,
      RuleKind::type,   RuleKind::inactive,   RuleKind::invite_pending};
  if (include && dice.below(3) != 0) return {RuleKind::all, {}};
  auto const kind = kinds[dice.below(kinds.size() - (include ? 2 : 0))];
  Rule out{kind, {}};
  for (std::uint64_t i = 0, n = 1 + dice.below(2); i < n; ++i) {
    if (kind == RuleKind::domain) {
      constexpr std::array patterns{"acme.example", "EMEA.acme.example", "*.acme.example",
                                    "rival.example"};
      out.patterns.emplace_back(patterns[dice.below(patterns.size())]);
    } else if (kind == RuleKind::email) {
      out.patterns.push_back(email(dice.below(12)));
    } else if (kind == RuleKind::type) {
      constexpr std::array types{"person", "bot", "app_user"};
      out.patterns.emplace_back(types[include && i == 0 ? 0 : dice.below(types.size())]);
    } else if (kind == RuleKind::department || kind == RuleKind::department_contains) {
      out.patterns.emplace_back(words[dice.below(words.size())]);
    }
  }
  return out;
}

void SyncHistory::put_into_space(Uuid const& id) {
  auto const& one = everybody.at(id);
  space[id] = {.id = id,
               .name = one.facts.name,
               .email = one.facts.emails[dice.below(one.facts.emails.size())],
               .org = one.facts.org,
               .moderator = dice.one_in(10),
               .monitor = one.is_bot && dice.one_in(5)};
}

std::vector<Told> SyncHistory::tell_people() {
  std::vector<Told> out;
  bool const gaps = dice.one_in(2);
  for (auto const& [id, one] : everybody) {
    if (!one.in_directory) continue;
    auto told = one.facts;
    if (gaps && dice.one_in(6)) told.login_enabled.reset();
    if (gaps && dice.one_in(6)) told.invite_pending.reset();
    if (gaps && dice.one_in(12)) told.type = AccountType::unknown;
    if (gaps && dice.one_in(12)) {
      told.whole = false;  // then nothing else of it can be relied on
      told.department.clear();
      if (dice.one_in(2)) told.emails.clear();
    }
    // Lists are no snapshots: somebody may come twice, and have changed meanwhile.
    if (dice.one_in(20)) {
      out.push_back(told);
      if (dice.one_in(2)) told.department = departments[dice.below(departments.size())];
    }
    out.push_back(std::move(told));
  }
  for (auto i = out.size(); i > 1; --i) std::swap(out[i - 1], out[dice.below(i)]);
  return out;
}

std::vector<Member> SyncHistory::tell_members() {
  std::vector<Member> out;
  bool const gaps = dice.one_in(2);
  for (auto const& [id, member] : space) {
    auto told = member;
    if (gaps && dice.one_in(10)) told.org = {};
    if (gaps && dice.one_in(20)) told.email.clear();
    if (gaps && dice.one_in(10)) {
      told.whole = false;
      told.moderator = false;
      if (dice.one_in(2)) told.email.clear();
    }
    out.push_back(std::move(told));
  }
  for (auto i = out.size(); i > 1; --i) std::swap(out[i - 1], out[dice.below(i)]);
  return out;
}

bool SyncHistory::truly_belongs(Uuid const& id) const {
  auto const& one = everybody.at(id);
  return one.in_directory && wanted(job.rules, one.facts) == Wanted::yes;
}

bool SyncHistory::truly_protected(Uuid const& id) const {
  auto const& one = everybody.at(id);
  auto const member = space.find(id);
  if (id == self || one.facts.org != our_org || one.facts.type == AccountType::app_user)
    return true;
  if (one.is_bot && job.protect.bots) return true;
  if (member != space.end() && member->second.moderator && job.protect.moderators) return true;
  // Of somebody outside the directory only the address of the membership can be known.
  auto addresses = one.in_directory ? one.facts.emails : std::vector<std::string>{};
  if (member != space.end()) addresses.push_back(member->second.email);
  return std::ranges::any_of(addresses, [&](std::string const& address) {
    return std::ranges::count(job.protect.people, address) != 0;
  });
}

void SyncHistory::apply(MembershipPlan const& plan, std::vector<Uuid> const& belonging,
                        std::size_t people, bool some_fail) {
  auto done = plan;
  if (some_fail) std::erase_if(done.changes, [&](auto const&) { return dice.one_in(6); });
  auto after = memory_after(done, memory, belonging, people, space.size());
  if (some_fail && dice.one_in(2)) {
    // Not a good run: what was before stays what is known, but for whom it removed.
    auto const removed = after.removed;
    after = std::move(memory);
    after.removed.insert(removed.begin(), removed.end());
  }
  memory = std::move(after);
  for (auto const& change : done.changes) {
    if (change.act == Act::add)
      put_into_space(change.person);
    else
      space.erase(change.person);
  }
}

void SyncHistory::change(Somebody& one) {
  switch (dice.below(6)) {
    case 0:
      one.facts.department = departments[dice.below(departments.size())];
      break;
    case 1:
      one.facts.login_enabled = !*one.facts.login_enabled;
      break;
    case 2:
      one.facts.invite_pending = !*one.facts.invite_pending;
      break;
    case 3:
      if (!one.is_bot && one.facts.org == our_org && one.facts.type == AccountType::person)
        one.in_directory = !one.in_directory;
      break;
    case 4:
      if (space.contains(one.facts.id))
        space.erase(one.facts.id);
      else
        put_into_space(one.facts.id);
      break;
    default:
      if (auto const member = space.find(one.facts.id); member != space.end())
        member->second.moderator = !member->second.moderator;
  }
}

void SyncHistory::next_day() {
  auto const often = 2 + dice.below(20);
  for (auto& [id, one] : everybody)
    if (id != self && dice.one_in(often)) change(one);
  for (auto const& id : memory.left)
    if (!space.contains(id) && dice.one_in(4)) put_into_space(id);
  // Some are taken back, as they were when they came.
  for (auto const& id : memory.removed)
    if (auto& one = everybody.at(id); !one.is_bot && dice.one_in(3)) {
      one.in_directory = true;
      one.facts.login_enabled = true;
      one.facts.invite_pending = false;
      one.facts.department = dice.one_in(2) ? "Board" : "";
    }
  memory.add_left_again = dice.one_in(6);
}

std::vector<Member> members_after(MembershipPlan const& plan, std::vector<Told> const& people,
                                  std::vector<Member> members) {
  for (auto const& change : plan.changes) {
    if (change.act == Act::remove) {
      std::erase_if(members, [&](Member const& one) { return one.id == change.person; });
      continue;
    }
    auto const told = std::ranges::find(people, change.person, &Told::id);
    members.push_back({.id = told->id,
                       .name = told->name,
                       .email = told->emails.empty() ? "" : told->emails.front(),
                       .org = told->org});
  }
  return members;
}

PlanMemory memory_after(MembershipPlan const& plan, PlanMemory memory, std::vector<Uuid> belonging,
                        std::size_t people, std::size_t members) {
  memory.removed.clear();
  for (auto const& change : plan.changes) {
    if (change.act == Act::add) {
      belonging.push_back(change.person);
      ++members;
    } else {
      memory.removed.insert(change.person);
      --members;
    }
  }
  std::ranges::sort(belonging);
  memory.members_before = std::move(belonging);
  memory.people_before = people;
  memory.member_count_before = members;
  memory.left.insert(plan.left_now.begin(), plan.left_now.end());
  for (auto const& id : plan.back) memory.left.erase(id);
  memory.add_left_again = false;
  return memory;
}

}  // namespace wardroom::space_sync::test
