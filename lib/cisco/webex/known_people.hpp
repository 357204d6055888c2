/// Who was on an earlier page of a list, in little memory: a page that brings nobody new is a list
/// that goes in circles. Pure.
#pragma once
#include "base/uuid.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace wardroom::webex {

/// Who was on a page before, with a few bits each: whether a page brings nobody new. A million
/// people are mistaken for known ones once in 5,000, a page of two of them never.
class KnownPeople {
 public:
  void forget() { bits_.reset(); }

  /// Counts in, and tells whether all of them were.
  template <class Facts>
  bool knew(std::vector<Facts> const& page, Uuid Facts::* id) {
    if (!bits_) bits_.reset(static_cast<std::uint64_t*>(std::calloc(words, sizeof(std::uint64_t))));
    if (!bits_) throw std::bad_alloc();
    bool all = true;
    for (auto const& one : page) all &= count(one.*id);
    return all && page.size() > 1;  // one alone may come again when the list moves on meanwhile
  }

 private:
  static constexpr std::size_t words = std::size_t{1} << 19;

  bool count(Uuid const& id) {
    std::array<std::uint64_t, 2> parts;
    std::memcpy(parts.data(), id.bytes.data(), sizeof parts);
    auto mixed = (parts[0] * 0x9E3779B97F4A7C15u) ^ (parts[1] * 0xBF58476D1CE4E5B9u);
    mixed ^= mixed >> 32;
    mixed *= 0x94D049BB133111EBu;
    mixed ^= mixed >> 29;
    bool known = true;
    auto const step = (mixed >> 32) | 1;
    for (int probe = 0; probe < 4; ++probe, mixed += step) {
      auto& word = bits_.get()[(mixed >> 6) % words];
      auto const bit = std::uint64_t{1} << (mixed & 63);
      known &= (word & bit) != 0;
      word |= bit;
    }
    return known;
  }

  struct Free {
    void operator()(std::uint64_t* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::uint64_t, Free> bits_;  // from calloc: what is not touched costs nothing
};

}  // namespace wardroom::webex
