/// A set of person numbers as bits: who has a fix that is not in `last_fix` yet, who is in a group.
#pragma once
#include "domain/person.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace wardroom::people {

class DirtySet {
 public:
  static constexpr std::uint64_t no_more = std::uint64_t{1} << 32;  ///< beyond every number

  void add(PersonNo person) {
    if (person / 64 >= words_.size()) words_.resize(person / 64 + 1);
    auto& word = words_[person / 64];
    count_ += (word & bit(person)) == 0 ? 1 : 0;
    word |= bit(person);
  }
  void remove(PersonNo person) {
    if (!holds(person)) return;
    words_[person / 64] &= ~bit(person);
    --count_;
  }
  bool holds(PersonNo person) const {
    return person / 64 < words_.size() && (words_[person / 64] & bit(person)) != 0;
  }
  /// The first member in [from, end), or `end`.
  std::uint64_t next(std::uint64_t from, std::uint64_t end) const {
    for (auto at = from; at < end && at / 64 < words_.size();) {
      auto const rest = words_[at / 64] >> (at % 64);
      if (rest == 0) {
        at = (at / 64 + 1) * 64;
        continue;
      }
      auto const found = at + static_cast<std::uint64_t>(std::countr_zero(rest));
      return found < end ? found : end;
    }
    return end;
  }
  std::size_t count() const { return count_; }
  /// How many are in at least one of them.
  static std::size_t count_any(std::span<DirtySet const* const> sets) {
    std::size_t most = 0, out = 0;
    for (auto const* set : sets) most = std::max(most, set->words_.size());
    for (std::size_t i = 0; i < most; ++i) {
      std::uint64_t word = 0;
      for (auto const* set : sets) word |= i < set->words_.size() ? set->words_[i] : 0;
      out += static_cast<std::size_t>(std::popcount(word));
    }
    return out;
  }

 private:
  static std::uint64_t bit(PersonNo person) { return std::uint64_t{1} << (person % 64); }

  std::vector<std::uint64_t> words_;
  std::size_t count_ = 0;
};

}  // namespace wardroom::people
