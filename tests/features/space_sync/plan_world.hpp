/// A directory, a space and a job in memory, from which a plan is made: for tests of the plan.
#pragma once
#include "features/space_sync/membership_plan.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::space_sync::test {

/// The n-th id: the same everywhere, in no order that says anything.
inline Uuid id_of(std::uint64_t n) {
  Uuid out;
  std::uint64_t mixed = (n + 1) * 0x9E3779B97F4A7C15u;
  for (std::size_t i = 0; i < 8; ++i) {
    out.bytes[i] = std::uint8_t(mixed >> (8 * i));
    out.bytes[15 - i] = std::uint8_t(n >> (8 * i));
  }
  return out;
}

inline Uuid const our_org = id_of(900'000'001), foreign_org = id_of(900'000'002);

/// Somebody as the directory tells of them.
struct Told {
  Uuid id{};
  std::string name{};
  std::vector<std::string> emails{};
  std::string department{};
  AccountType type = AccountType::person;
  Uuid org = our_org;
  std::optional<bool> login_enabled = true, invite_pending = false;
  bool whole = true;
};

/// Somebody as the list of members tells of them.
struct Member {
  Uuid id{};
  std::string name{}, email{};
  Uuid org = our_org;
  bool moderator = false, monitor = false, whole = true;
};

inline std::string membership_of(Uuid const& person) { return "membership of " + person.text(); }
inline std::string api_id_of(Uuid const& person) { return "person " + person.text(); }

/// Hands out pages of facts whose views live as long as this.
class Pages {
 public:
  PersonFacts facts(Told const& told) {
    auto& views = views_.emplace_back(told.emails.begin(), told.emails.end());
    return {.id = told.id,
            .api_id = texts_.emplace_back(api_id_of(told.id)),
            .name = told.name,
            .emails = views,
            .department = told.department,
            .type = told.type,
            .org = told.org,
            .login_enabled = told.login_enabled,
            .invite_pending = told.invite_pending,
            .whole = told.whole};
  }
  MemberFacts facts(Member const& member) {
    return {.id = texts_.emplace_back(membership_of(member.id)),
            .person = member.id,
            .email = member.email,
            .name = member.name,
            .org = member.org,
            .moderator = member.moderator,
            .monitor = member.monitor,
            .whole = member.whole};
  }

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<std::string_view>> views_;
};

template <class Facts, class Snapshot, class One>
void fill(Snapshot& snapshot, std::vector<One> const& all, std::size_t page_size = 3) {
  for (std::size_t begin = 0; begin < all.size(); begin += page_size) {
    Pages pages;
    std::vector<Facts> page;
    for (auto i = begin; i < all.size() && i < begin + page_size; ++i)
      page.push_back(pages.facts(all[i]));
    if (auto const taken = snapshot.take(page); !taken)
      throw std::runtime_error(taken.error().what);
  }
  snapshot.finish();
}

inline DirectorySnapshot directory_of(SelectionRules rules, std::vector<Told> const& people) {
  DirectorySnapshot out(std::make_shared<Selection const>(std::move(rules)));
  fill<PersonFacts>(out, people);
  return out;
}

inline MemberSnapshot members_of(std::vector<Member> const& members) {
  MemberSnapshot out;
  fill<MemberFacts>(out, members);
  return out;
}

inline MembershipPlan plan_of(std::vector<Told> const& people, std::vector<Member> const& members,
                              JobSettings const& job, PlanMemory const& memory, Uuid self,
                              Uuid org = our_org) {
  auto const directory = directory_of(job.rules, people);
  auto const space = members_of(members);
  return make_plan({directory, space, job, self, org, memory});
}

}  // namespace wardroom::space_sync::test
