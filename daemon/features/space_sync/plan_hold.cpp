#include "features/space_sync/plan_hold.hpp"

#include "base/planted.hpp"

#include <fmt/format.h>

namespace wardroom::space_sync {
namespace {

/// Whether `now` is smaller than `before` by more than so many percent of it.
bool shrank(std::size_t now, std::optional<std::size_t> before, double percent) {
  return before && now<*before&& double(*before - now) * 100> percent * double(*before);
}

std::string shrink_sentence(std::string_view what, std::string_view whom, std::size_t now,
                            std::size_t before, double percent) {
  return fmt::format(
      "{} has {} {}, {:.1f} % fewer than the {} of the last good run ({:g} % is the limit)", what,
      now, whom, 100 * double(before - now) / double(before), before, percent);
}

}  // namespace

bool too_many(HoldAbove const& limit, std::size_t removals, std::size_t unprotected) {
  auto const count = limit.count < 0 ? 0 : std::size_t(limit.count);
  if (WARDROOM_PLANTED("hold-takes-percent-for-a-share"))
    return removals > count && double(removals) > limit.percent * double(unprotected);
  return removals > count && double(removals) * 100 > limit.percent * double(unprotected);
}

std::string removal_brake(HoldAbove const& limit, std::size_t removals, std::size_t unprotected) {
  if (!too_many(limit, removals, unprotected)) return {};
  return fmt::format("{} {} more than {} and more than {:g} % of the {} unprotected members",
                     removals, removals == 1 ? "removal is" : "removals are", limit.count,
                     limit.percent, unprotected);
}

std::string hold_of(JobSettings const& job, PlanCounts const& counts, PlanMemory const& memory) {
  std::vector<std::string> reasons;
  if (counts.people == 0)
    reasons.push_back("the directory came back empty");
  else if (shrank(counts.people, memory.people_before, job.shrink_percent))
    reasons.push_back(shrink_sentence("the directory", "people", counts.people,
                                      *memory.people_before, job.shrink_percent));
  if (shrank(counts.members, memory.member_count_before, job.shrink_percent))
    reasons.push_back(shrink_sentence("the space", "members", counts.members,
                                      *memory.member_count_before, job.shrink_percent));
  if (counts.people != 0 && counts.belong == 0 &&
      (counts.remove != 0 || !memory.members_before.empty()))
    reasons.push_back(
        fmt::format("by its rules none of {} people belongs into the space", counts.people));
  if (auto brake = removal_brake(job.hold_above, counts.remove, counts.unprotected); !brake.empty())
    reasons.push_back(std::move(brake));
  if (reasons.empty()) return {};
  // Whoever shows it stands the command that approves it beside it.
  return fmt::format("Held, nothing was changed: {}.", fmt::join(reasons, "; "));
}

}  // namespace wardroom::space_sync
