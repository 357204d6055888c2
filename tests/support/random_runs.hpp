/// Seeds and counts of randomised tests: printed, and taken back from WARDROOM_SEED and
/// WARDROOM_COUNT.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace wardroom::test {

inline std::uint64_t number_from(char const* variable, std::uint64_t otherwise) {
  auto const* text = std::getenv(variable);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// The seed of this run; said on stdout so that a failure can be played again.
inline std::uint64_t random_seed() {
  auto const seed = number_from("WARDROOM_SEED", std::random_device{}());
  std::printf("WARDROOM_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

inline std::uint64_t random_count(std::uint64_t otherwise) {
  return number_from("WARDROOM_COUNT", otherwise);
}

/// Dice of a test; the same seed gives the same throws everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// Uniform enough in [0, n).
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace wardroom::test
