/// Randomness as a port: the system's for the daemon, a seeded one for tests.
#pragma once
#include <cstdint>
#include <string>

namespace wardroom {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::string bytes(std::size_t count) = 0;

  std::uint64_t number();  ///< uniform over all 64 bits
  double fraction();       ///< uniform in [0, 1)
  std::string token();     ///< 256 random bits, base64url: sessions, state, verifiers
  std::string uuid();      ///< version 4, lower case
};

class SystemRandom final : public Random {
 public:
  std::string bytes(std::size_t count) override;
};

/// The same seed gives the same sequence on every machine (splitmix64).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::string bytes(std::size_t count) override;

 private:
  std::uint64_t state_;
};

}  // namespace wardroom
