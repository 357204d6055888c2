/// How often one person may post: ten a second on average, fifty at once. Four bytes a person.
#pragma once
#include "domain/person.hpp"

#include <cstdint>
#include <vector>

namespace wardroom::call_blocking {

class PostRate {
 public:
  /// 0 = go on; else the wait after which one more is allowed.
  Milliseconds take(PersonNo person, Uptime now) {
    if (person >= ready_at_.size()) ready_at_.resize(person + person / 4 + 64, 0);
    // Milliseconds since boot, wrapping every 49 days; differences stay right for 24 of them.
    auto const ms = static_cast<std::uint32_t>(
        std::chrono::duration_cast<Milliseconds>(now.time_since_epoch()).count());
    auto& ready = ready_at_[person];
    auto ahead = static_cast<std::int32_t>(ready - ms);
    if (ahead < 0 || ahead > kMost) ahead = 0;  // all was fair long ago
    if (ahead + kEvery > kMost) return Milliseconds(ahead + kEvery - kMost);
    ready = ms + static_cast<std::uint32_t>(ahead + kEvery);
    return Milliseconds(0);
  }

 private:
  static constexpr std::int32_t kEvery = 100;  // ms a post
  static constexpr std::int32_t kMost = 50 * kEvery;
  std::vector<std::uint32_t> ready_at_;  ///< when all that was posted would have been fair
};

}  // namespace wardroom::call_blocking
