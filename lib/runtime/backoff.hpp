/// Delays between attempts: doubling up to a cap, with full jitter. Pure but for the dice.
#pragma once
#include "base/units.hpp"
#include "runtime/random.hpp"

#include <algorithm>

namespace wardroom {

class Backoff {
 public:
  Backoff(Milliseconds first, Milliseconds cap) : first_(first), cap_(cap) {}

  /// Uniform between 0 and min(cap, first * 2^attempt), as in "full jitter"; counts the attempt.
  Milliseconds next(Random& dice) {
    auto const ceiling = std::min(cap_, first_ * (std::int64_t{1} << std::min(attempt_, 30)));
    ++attempt_;
    return Milliseconds(static_cast<std::int64_t>(dice.fraction() * double(ceiling.count())));
  }
  void set_cap(Milliseconds cap) { cap_ = cap; }
  void reset() { attempt_ = 0; }
  int attempts() const { return attempt_; }

 private:
  Milliseconds first_;
  Milliseconds cap_;
  int attempt_ = 0;
};

}  // namespace wardroom
