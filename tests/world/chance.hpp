/// Dice of one seed, a stream of throws for each purpose: what one part throws changes nothing for
/// the others, so that a shorter world is the beginning of the longer one.
#pragma once
#include "base/units.hpp"
#include "runtime/random.hpp"

#include <cmath>
#include <cstdint>
#include <string_view>

namespace wardroom::world {

class Chance {
 public:
  Chance(std::uint64_t seed, std::string_view purpose) : dice_(mixed(seed, purpose)) {}

  std::uint64_t below(std::uint64_t n) { return dice_.number() % n; }  ///< 0 … n-1; even enough
  std::int64_t between(std::int64_t low, std::int64_t high) {          ///< both included
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  bool per_mille(std::uint64_t n) { return below(1000) < n; }
  double fraction() { return dice_.fraction(); }  ///< 0 … 1
  /// Exponentially distributed.
  Milliseconds around(Milliseconds mean) {
    return Milliseconds(
        static_cast<Milliseconds::rep>(-std::log(1 - fraction()) * double(mean.count())));
  }
  template <class Range>
  auto const& pick(Range const& range) {
    return range[below(std::size(range))];
  }
  /// For those who take randomness as a port.
  Random& port() { return dice_; }

 private:
  static std::uint64_t mixed(std::uint64_t seed, std::string_view purpose) {
    std::uint64_t hash = 1469598103934665603u ^ (seed * 0x9E3779B97F4A7C15u);
    for (char const c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
  }
  SeededRandom dice_;
};

}  // namespace wardroom::world
