/// Seed and count of randomised tests: from WARDROOM_SEED and WARDROOM_COUNT, else a new seed and
/// the test's own count; the seed is printed, so that a failure can be repeated.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace wardroom::test {

inline std::uint64_t seed() {
  static std::uint64_t const chosen = [] {
    char const* given = std::getenv("WARDROOM_SEED");
    std::uint64_t const value = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "[   SEED   ] WARDROOM_SEED=" << value << '\n';
    return value;
  }();
  return chosen;
}

inline std::size_t count(std::size_t usual) {
  char const* given = std::getenv("WARDROOM_COUNT");
  return given ? std::strtoull(given, nullptr, 10) : usual;
}

/// Dice that give the same throws for the same seed.
class Dice {
 public:
  explicit Dice(std::uint64_t salt = 0) : engine_(seed() + salt) {}
  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(engine_);
  }
  double between(double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(engine_);
  }
  double normal(double sigma) { return std::normal_distribution<double>(0, sigma)(engine_); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class Range>
  auto const& pick(Range const& range) {
    return range[below(std::size(range))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace wardroom::test
