#include "features/space_sync/planning.hpp"

#include "base/encoding.hpp"
#include "base/sha256.hpp"
#include "features/space_sync/plan_hold.hpp"
#include "features/space_sync/protection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace wardroom::space_sync {
namespace {

constexpr std::size_t kAtOnce = 1'000;
constexpr std::size_t kLookBack = 200;

/// Whether it left a memory: one that was broken off did part of its plan and left none.
bool is_good(Run const& run) {
  return run.state == RunState::done || (run.state == RunState::partly && run.error.empty()) ||
         (run.state == RunState::observed && run.kind == RunKind::sync);
}

/// The run whose end is what the job remembers.
struct LastGood {
  RunId id = 0;       ///< 0 = none
  std::string space;  ///< of which the memory is; empty = not known
};

Task<Result<LastGood>> last_good_run(SpaceSyncStore& store, std::string job) {
  auto const runs = co_await store.history(job, kLookBack);
  if (!runs) co_return std::unexpected(runs.error());
  LastGood out;
  // An undo in a space that the job had before leaves no memory.
  auto const sync = std::ranges::find_if(
      *runs, [](Run const& run) { return is_good(run) && run.kind == RunKind::sync; });
  if (sync != runs->end()) out.space = sync->space;
  auto const found = std::ranges::find_if(*runs, [&](Run const& run) {
    return is_good(run) && (out.space.empty() || run.space == out.space);
  });
  if (found != runs->end()) out.id = found->id;
  co_return out;
}

bool is_of_another_space(LastGood const& good, Run const& run) {
  return !good.space.empty() && good.space != run.space;
}

std::optional<std::size_t> count_of(std::optional<std::int64_t> const& number) {
  if (!number) return std::nullopt;
  return std::size_t(std::max<std::int64_t>(0, *number));
}

std::vector<Step> steps_for(std::vector<Change> const& changes) {
  std::vector<Step> out;
  out.reserve(changes.size());
  for (auto const& change : changes)
    out.push_back({.number = std::ssize(out) + 1, .change = change});
  return out;
}

/// Nothing = what is remembered is of a space that the job had before: who is in no list of this
/// one never left it.
Task<Result<std::optional<PlanMemory>>> memory_of(RunWorld& world, ActiveRunPtr run) {
  auto const job = run->run.job;
  auto const good = co_await last_good_run(world.store, job);
  if (!good) co_return std::unexpected(good.error());
  if (is_of_another_space(*good, run->run)) co_return std::nullopt;
  PlanMemory out;
  auto left = co_await world.store.left(job);
  if (!left) co_return std::unexpected(left.error());
  auto before = co_await world.store.members_before(job);
  if (!before) co_return std::unexpected(before.error());
  auto removed = co_await world.store.removed_since(job, good->id, run->run.space);
  if (!removed) co_return std::unexpected(removed.error());
  out.left = std::move(*left);
  out.members_before = std::move(*before);
  out.removed = std::move(*removed);
  out.member_count_before = count_of(run->memory->members);
  co_return out;
}

std::string text_of(MemberSnapshot const& members, std::uint32_t where) {
  return std::string(members.text(where));
}

std::string digest_of(MembershipPlan const& plan, MemberSnapshot const& members) {
  auto bytes = members.digest();
  for (auto const& change : plan.changes) {
    bytes += char(change.act);
    bytes += change.person.text();
  }
  return to_hex(sha256(bytes)).substr(0, 12);
}

}  // namespace

Membership membership_of(MemberSnapshot const& members, MemberRow const& row) {
  return {members.membership(row),    row.person,   members.org(row), text_of(members, row.email),
          text_of(members, row.name), row.moderator};
}

Task<Result<Planned>> memory_for(RunWorld& world, ActiveRunPtr run) {
  auto const good = co_await last_good_run(world.store, run->run.job);
  if (!good) co_return std::unexpected(good.error());
  Planned out;
  out.other_space = is_of_another_space(*good, run->run);
  if (out.other_space) co_return out;
  auto before = co_await world.store.members_before(run->run.job);
  if (!before) co_return std::unexpected(before.error());
  out.members_before = std::move(*before);
  co_return out;
}

Task<Result<std::vector<Step>>> steps_of(SpaceSyncStore& store, RunId run) {
  std::vector<Step> out;
  for (;;) {
    auto some = co_await store.steps(run, out.empty() ? 0 : out.back().number, kAtOnce);
    if (!some) co_return std::unexpected(some.error());
    for (auto& step : *some) out.push_back(std::move(step));
    if (some->size() < kAtOnce) co_return out;
  }
}

Task<Result<Planned>> plan_sync(RunWorld& world, ActiveRunPtr run, Reading reading) {
  auto memory = co_await memory_of(world, run);
  if (!memory) co_return std::unexpected(memory.error());
  bool const other_space = !memory->has_value();
  auto known = std::move(*memory).value_or(PlanMemory{});
  known.people_before = count_of(run->memory->people);
  known.add_left_again = run->order.add_left_again;
  run->enter(Stage::planning);
  auto made = [reading, job = run->job, known = std::move(known), other_space]() mutable {
    Planned out;
    out.other_space = other_space;
    out.plan =
        make_plan({*reading.people, *reading.members, job, reading.self, reading.org, known});
    out.steps = steps_for(out.plan.changes);
    out.belonging = belonging_members(*reading.people, *reading.members);
    out.members_before = std::move(known.members_before);
    return out;
  };
  co_return co_await world.ports.helpers.run(std::move(made));
}

Task<Result<Planned>> plan_undo(RunWorld& world, ActiveRunPtr run, Reading reading) {
  auto known = co_await memory_for(world, run);
  if (!known) co_return std::unexpected(known.error());
  auto steps = co_await steps_of(world.store, run->run.undoes);
  if (!steps) co_return std::unexpected(steps.error());
  if (steps->empty())
    co_return failure(ErrorKind::conflict,
                      fmt::format("run {} cannot be undone: whom it added and removed is not known "
                                  "any more (space_sync.keep)",
                                  run->run.undoes));
  run->enter(Stage::planning);
  auto made = [reading, job = run->job, undone = run->run.undoes, steps = std::move(*steps),
               out = std::move(*known)]() mutable {
    out.plan = reverse_plan(undone, steps, *reading.members, job.protect, reading.self, reading.org,
                            job.hold_above);
    out.steps = steps_for(out.plan.changes);
    return std::move(out);
  };
  co_return co_await world.ports.helpers.run(std::move(made));
}

MembershipPlan reverse_plan(RunId undone, std::vector<Step> const& steps,
                            MemberSnapshot const& members, Protect const& protect, Uuid self,
                            Uuid org, HoldAbove const& limit) {
  MembershipPlan plan;
  Protection const protection(protect, self, org);
  auto const why = fmt::format("undoes run {}", undone);
  for (auto const& step : steps) {
    // Whom it may have removed is added again; whom it may have added stays, in doubt.
    bool const doubt = step.state == StepState::begun;
    if (step.state != StepState::done && !doubt) continue;
    auto change = step.change;
    change.why = why;
    auto const* row = members.find(change.person);
    if (step.change.act == Act::remove) {
      change.act = Act::add;
      change.target = change.person.text();  // the id is asked for when it is needed
      if (!row) plan.changes.push_back(std::move(change));
      continue;
    }
    if (!row) continue;  // gone already
    auto spared = protection.of(membership_of(members, *row));
    if (!spared && doubt) spared = Spared::unknown;
    if (spared) {
      ++plan.counts.spared[*spared];
      plan.spared.push_back({change.person, change.name, change.email, *spared, why});
      continue;
    }
    change.act = Act::remove;
    change.target = members.membership(*row);
    plan.changes.push_back(std::move(change));
  }
  std::ranges::sort(plan.changes, {}, [](Change const& change) {
    return std::tuple(change.act, std::string_view(change.name), change.person);
  });
  auto& counts = plan.counts;
  counts.members = members.members().size();
  for (auto const& row : members.members())
    if (!protection.of(membership_of(members, row))) ++counts.unprotected;
  counts.add = std::size_t(std::ranges::count(plan.changes, Act::add, &Change::act));
  counts.remove = plan.changes.size() - counts.add;
  plan.digest = digest_of(plan, members);
  plan.hold = removal_brake(limit, counts.remove, counts.unprotected);
  if (!plan.hold.empty())
    plan.hold = fmt::format(
        "Held, nothing was changed: {}. If it is right, say `wardroomctl sync undo {} --removals "
        "{}`.",
        plan.hold, undone, counts.remove);
  return plan;
}

}  // namespace wardroom::space_sync
