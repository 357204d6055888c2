#include "features/space_sync/membership_plan.hpp"

#include "base/encoding.hpp"
#include "base/sha256.hpp"
#include "features/space_sync/plan_hold.hpp"
#include "features/space_sync/protection.hpp"

#include <algorithm>
#include <tuple>

namespace wardroom::space_sync {
namespace {

/// Goes through two lists sorted by person: `only_first(a)`, `only_second(b)` or `both(a, b)`, once
/// a person.
template <class OnlyPerson, class OnlyMember, class Both>
void merge(std::span<PersonRow const> people, std::span<MemberRow const> members,
           OnlyPerson only_person, OnlyMember only_member, Both both) {
  auto person = people.begin();
  auto member = members.begin();
  while (person != people.end() && member != members.end()) {
    auto const order = person->id <=> member->person;
    if (order < 0) {
      only_person(*person++);
    } else if (order > 0) {
      only_member(*member++);
    } else {
      both(*person++, *member++);
    }
  }
  while (person != people.end()) only_person(*person++);
  while (member != members.end()) only_member(*member++);
}

class Planner {
 public:
  explicit Planner(PlanInput const& input)
      : in_(input),
        protection_(input.job.protect, input.self, input.org),
        before_(input.memory.members_before.begin()) {}

  MembershipPlan plan() {
    merge(
        in_.directory.people(), in_.members.members(),
        [&](PersonRow const& person) { judge_outsider(person); },
        [&](MemberRow const& member) { judge_member(member, nullptr); },
        [&](PersonRow const& person, MemberRow const& member) {
          look_ahead(person);
          judge_member(member, &person);
        });
    put_in_order();
    count();
    for (auto const& person : in_.memory.left)
      if (in_.members.find(person)) plan_.back.push_back(person);
    std::ranges::sort(plan_.back);
    plan_.digest = digest();
    plan_.hold = hold_of(in_.job, plan_.counts, in_.memory);
    return std::move(plan_);
  }

 private:
  /// Counts somebody of the directory; what the rules say of them.
  Belongs ruling(PersonRow const& person) {
    // Nobody can be told by a nil id: what came without one is nobody in particular.
    if (person.id.is_nil() || person.belongs == Belongs::unknown) {
      ++plan_.counts.undecided;
      return Belongs::unknown;
    }
    if (person.belongs == Belongs::yes) {
      ++plan_.counts.belong;
    } else {
      auto const slot = slot_of(person.rule);
      if (out_by_rule_.size() <= slot) out_by_rule_.resize(slot + std::size_t{1});
      ++out_by_rule_[slot];
    }
    return person.belongs;
  }

  /// The two rulings that no rule made, which are numbered from the end, come first.
  static std::size_t slot_of(std::uint16_t rule) { return std::uint16_t(rule + 2); }
  static std::uint16_t rule_of(std::size_t slot) { return std::uint16_t(slot - 2); }

  /// Addresses are compared with those of `protect.people`; they lie all over the memory.
  void look_ahead(PersonRow const& person) {
    constexpr std::ptrdiff_t how_far = 16;
    auto const people = in_.directory.people();
    if (!in_.job.protect.people.empty() && &person - people.data() + how_far < std::ssize(people))
      in_.directory.expect_text((&person)[how_far].email);
  }

  void judge_outsider(PersonRow const& person) {
    if (ruling(person) != Belongs::yes) return;
    bool const newly_left = was_member(person.id) && !in_.memory.removed.contains(person.id);
    if (!in_.memory.add_left_again && (newly_left || in_.memory.left.contains(person.id))) {
      if (!in_.memory.left.contains(person.id)) plan_.left_now.push_back(person.id);
      return spare(Spared::left, person.id, nullptr, &person);
    }
    add(person);
  }

  void judge_member(MemberRow const& member, PersonRow const* person) {
    auto const belongs = person ? ruling(*person) : Belongs::no;
    auto const protection = protection_.of(in_.members, member, in_.directory, person);
    if (!protection && belongs != Belongs::unknown) ++plan_.counts.unprotected;
    if (belongs == Belongs::yes) return;
    if (protection) return spare(*protection, member.person, &member, person);
    if (belongs == Belongs::unknown) return spare(Spared::unknown, member.person, &member, person);
    remove(member, person);
  }

  bool was_member(Uuid const& person) {
    auto const end = in_.memory.members_before.end();
    while (before_ != end && *before_ < person) ++before_;
    return before_ != end && *before_ == person;
  }

  void add(PersonRow const& person) {
    plan_.changes.push_back({Act::add, person.id, in_.directory.api_id(person), text(person.name),
                             text(person.email), why(&person)});
  }
  void remove(MemberRow const& member, PersonRow const* person) {
    plan_.changes.push_back({Act::remove, member.person, in_.members.membership(member),
                             name_of(&member, person), email_of(&member, person), why(person)});
  }
  void spare(Spared reason, Uuid const& id, MemberRow const* member, PersonRow const* person) {
    if (++plan_.counts.spared[reason] > most_spared) return;
    plan_.spared.push_back(
        {id, name_of(member, person), email_of(member, person), reason, why(person)});
  }

  std::string text(std::uint32_t where) const { return std::string(in_.directory.text(where)); }
  std::string name_of(MemberRow const* member, PersonRow const* person) const {
    if (person && (person->name != 0 || !member)) return text(person->name);
    return std::string(in_.members.text(member->name));
  }
  std::string email_of(MemberRow const* member, PersonRow const* person) const {
    if (person && (person->email != 0 || !member)) return text(person->email);
    return std::string(in_.members.text(member->email));
  }
  std::string why(PersonRow const* person) const {
    return person ? in_.directory.selection().text(person->rule) : std::string(not_in_directory);
  }

  void put_in_order() {
    std::ranges::sort(plan_.changes, {}, [](Change const& change) {
      return std::tuple(change.act, std::string_view(change.name), change.person);
    });
    std::ranges::sort(plan_.spared, {}, [](SparedPerson const& spared) {
      return std::tuple(spared.why, std::string_view(spared.name), spared.person);
    });
  }

  void count() {
    auto& counts = plan_.counts;
    counts.people = in_.directory.people().size();
    counts.members = in_.members.members().size();
    counts.add = std::size_t(std::ranges::count(plan_.changes, Act::add, &Change::act));
    counts.remove = plan_.changes.size() - counts.add;
    for (std::size_t slot = 0; slot < out_by_rule_.size(); ++slot)
      if (out_by_rule_[slot] != 0)
        counts.out_by_rule[in_.directory.selection().text(rule_of(slot))] += out_by_rule_[slot];
  }

  std::string digest() const {
    auto const add = [](std::string& bytes, Uuid const& id) {
      bytes.append(reinterpret_cast<char const*>(id.bytes.data()), id.bytes.size());
    };
    std::string bytes = in_.directory.digest() + in_.members.digest();
    add(bytes, in_.self);
    add(bytes, in_.org);
    for (auto const& change : plan_.changes) {
      bytes += char(change.act);
      add(bytes, change.person);
      bytes += change.target;
      bytes += '\0';
      if (bytes.size() > most_at_once) bytes = wardroom::sha256(bytes);
    }
    return to_hex(wardroom::sha256(bytes)).substr(0, 12);
  }
  static constexpr std::size_t most_at_once = 1 << 16;

  PlanInput const& in_;
  Protection protection_;
  std::vector<Uuid>::const_iterator before_;
  std::vector<std::size_t> out_by_rule_;  ///< by slot
  MembershipPlan plan_;
};

}  // namespace

std::string_view name(Spared why) {
  switch (why) {
    case Spared::self:
      return "self";
    case Spared::moderator:
      return "moderator";
    case Spared::bot:
      return "bot";
    case Spared::other_org:
      return "other_org";
    case Spared::guest:
      return "guest";
    case Spared::listed:
      return "listed";
    case Spared::unknown:
      return "unknown";
    case Spared::left:
      return "left";
  }
  return "unknown";
}

std::string_view name(Act act) { return act == Act::add ? "add" : "remove"; }

MembershipPlan make_plan(PlanInput const& input) { return Planner(input).plan(); }

std::vector<Uuid> belonging_members(DirectorySnapshot const& directory,
                                    MemberSnapshot const& members) {
  std::vector<Uuid> out;
  out.reserve(std::min(directory.people().size(), members.members().size()));
  merge(
      directory.people(), members.members(), [](auto const&) {}, [](auto const&) {},
      [&](PersonRow const& person, MemberRow const& member) {
        if (person.belongs == Belongs::yes) out.push_back(member.person);
      });
  return out;
}

}  // namespace wardroom::space_sync
