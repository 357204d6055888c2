#include "features/space_sync/plan_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace wardroom::space_sync {
namespace {

using Pointers = std::vector<Change const*>;

auto key(Change const* change) { return std::tuple(change->act, change->person); }

Pointers sorted(std::span<Change const> changes) {
  Pointers out;
  out.reserve(changes.size());
  for (auto const& change : changes) out.push_back(&change);
  std::ranges::sort(out, {}, key);
  return out;
}

Pointers only_in(Pointers const& these, Pointers const& those) {
  Pointers out;
  std::ranges::set_difference(these, those, std::back_inserter(out), {}, key, key);
  return out;
}

std::string part(std::size_t count, std::string_view what, std::string_view is,
                 std::string_view are) {
  return fmt::format("{} {}{} {}", count, what, count == 1 ? "" : "s", count == 1 ? is : are);
}

}  // namespace

std::string PlanDiff::text() const {
  std::vector<std::string> parts;
  if (new_removals) parts.push_back(part(new_removals, "removal", "is new", "are new"));
  if (new_adds) parts.push_back(part(new_adds, "add", "is new", "are new"));
  constexpr std::string_view is = "is not needed any more", are = "are not needed any more";
  if (gone_removals) parts.push_back(part(gone_removals, "removal", is, are));
  if (gone_adds) parts.push_back(part(gone_adds, "add", is, are));
  return fmt::format("{}", fmt::join(parts, ", "));
}

PlanDiff diff_of_plans(std::span<Change const> shown, std::span<Change const> now) {
  auto const before = sorted(shown), after = sorted(now);
  PlanDiff out;
  auto const tell = [&](Pointers const& changes, bool is_new) {
    for (auto const act : {Act::remove, Act::add})
      for (auto const* change : changes) {
        if (change->act != act) continue;
        auto& count = act == Act::add ? (is_new ? out.new_adds : out.gone_adds)
                                      : (is_new ? out.new_removals : out.gone_removals);
        ++count;
        if (out.first.size() < most_differences) out.first.push_back({*change, is_new});
      }
  };
  tell(only_in(after, before), true);
  tell(only_in(before, after), false);
  return out;
}

}  // namespace wardroom::space_sync
