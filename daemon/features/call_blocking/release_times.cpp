#include "features/call_blocking/release_times.hpp"

#include <algorithm>
#include <vector>

namespace wardroom::call_blocking {
namespace {
constexpr auto kHour = std::chrono::hours(1);
constexpr std::size_t kMostKept = 10'000;
}  // namespace

void ReleaseTimes::note(Decision how, bool answered, Milliseconds took, Uptime now) {
  ++counts_[static_cast<std::size_t>(how)][answered ? 1 : 0];
  if (how != Decision::rejected) return;
  recent_.emplace_back(now, took);
  while (recent_.size() > kMostKept || now - recent_.front().first > kHour) recent_.pop_front();
  if (hear_) hear_(std::chrono::duration<double>(took).count());
}

std::uint64_t ReleaseTimes::count(Decision how, bool answered) const {
  return counts_[static_cast<std::size_t>(how)][answered ? 1 : 0];
}

ReleaseTimes::Hour ReleaseTimes::last_hour(Uptime now) const {
  std::vector<Milliseconds> took;
  for (auto const& [at, length] : recent_)
    if (now - at <= kHour) took.push_back(length);
  if (took.empty()) return {};
  // The smallest value that so many per cent do not exceed.
  auto const rank = [&](std::size_t percent) {
    auto const at = took.begin() + std::ptrdiff_t((took.size() * percent + 99) / 100 - 1);
    std::ranges::nth_element(took, at);
    return *at;
  };
  return {took.size(), rank(50), rank(99)};
}

}  // namespace wardroom::call_blocking
