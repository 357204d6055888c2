/// How often something may happen for each of very many keys, in a table of fixed size.
///
/// Of a key only the moment is kept at which everything it did would have been fair; once that has
/// passed nothing is left to remember, so a place is needed for those alone who were busy in the
/// last seconds. Where more of them meet than there are places, whoever is the least ahead is
/// forgotten: a flood of new keys pushes out itself before it pushes out those who do too much.
#pragma once
#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace wardroom {

class RateTable {
 public:
  struct Limit {
    Milliseconds every;     ///< one in this time on average
    std::uint32_t at_once;  ///< that may come together
  };
  static constexpr std::size_t places_a_set = 4;

  /// `salt` = random, so that nobody can choose keys that meet in one set. `sets` = a power of two.
  RateTable(Limit limit, std::uint64_t salt, std::size_t sets = 4'096);

  /// 0 = go on, and it is counted; else the wait after which one more is allowed. No allocation.
  Milliseconds take(std::uint64_t key, Uptime now);

  /// The same without counting.
  Milliseconds wait(std::uint64_t key, Uptime now) const;

  /// Bytes, whatever comes; taken from the system as they are first used.
  std::size_t memory() const { return sets_count_ * sizeof(Set); }

 private:
  struct Set {
    std::array<std::uint64_t, places_a_set> keys;
    std::array<std::uint32_t, places_a_set> ready;
  };
  struct Free {
    void operator()(Set* sets) const { std::free(sets); }
  };
  /// Where a key is, or may go.
  struct Place {
    Set* set;
    std::size_t at;
    std::uint64_t hash;
    std::int32_t ahead;  ///< of this key; 0 when it is new
  };
  Place find(std::uint64_t key, std::uint32_t now) const;
  std::int32_t ahead(std::uint32_t ready, std::uint32_t now) const;

  std::int32_t every_, most_;
  std::uint64_t salt_;
  std::size_t sets_count_;
  std::unique_ptr<Set[], Free> sets_;
};

}  // namespace wardroom
