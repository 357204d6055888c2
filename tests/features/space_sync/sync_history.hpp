/// A random company, its space and a job, over some days: people come, go and change, services
/// tell only part of it, and runs are held, approved, done in full or in part.
#pragma once
#include "features/space_sync/plan_world.hpp"
#include "support/random_runs.hpp"

#include <map>
#include <set>

namespace wardroom::space_sync::test {

using wardroom::test::Dice;

/// Somebody as they truly are.
struct Somebody {
  Told facts;                 ///< all of it, and true
  bool in_directory = false;  ///< bots and strangers never are
  bool is_bot = false;        ///< by what they are, not by what is told
};

class SyncHistory {
 public:
  explicit SyncHistory(std::uint64_t seed);

  /// What the services tell today: true, but not the whole truth.
  std::vector<Told> tell_people();
  std::vector<Member> tell_members();

  /// Truth: whether the rules want them there, and whether they must be left alone.
  bool truly_belongs(Uuid const& id) const;
  bool truly_protected(Uuid const& id) const;

  /// Carries a plan out; each step succeeds unless the dice say otherwise.
  void apply(MembershipPlan const& plan, std::vector<Uuid> const& belonging, std::size_t people,
             bool some_fail);
  void next_day();

  Dice dice;
  JobSettings job;
  PlanMemory memory;
  Uuid self, org = our_org;
  std::map<Uuid, Somebody> everybody;
  std::map<Uuid, Member> space;

 private:
  Somebody somebody(std::uint64_t n);
  Rule rule(bool include);
  std::string email(std::uint64_t n);
  void put_into_space(Uuid const& id);
  void change(Somebody& one);

  std::uint64_t next_ = 0;
};

/// What listings tell after a plan was carried out whole, nothing else having changed.
std::vector<Member> members_after(MembershipPlan const& plan, std::vector<Told> const& people,
                                  std::vector<Member> members);
/// What the job remembers then.
PlanMemory memory_after(MembershipPlan const& plan, PlanMemory memory, std::vector<Uuid> belonging,
                        std::size_t people, std::size_t members);

}  // namespace wardroom::space_sync::test
