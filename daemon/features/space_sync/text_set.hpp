/// A set of texts that is asked a million times whether it has one, and mostly has not: one look
/// into memory says so. Pure.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

class TextSet {
 public:
  TextSet() = default;
  explicit TextSet(std::vector<std::string> texts) : texts_(std::move(texts)) {
    if (texts_.empty()) return;
    std::size_t size = 8;
    while (size < texts_.size() * 2) size *= 2;
    slots_.resize(size);
    for (std::uint32_t i = 0; i < texts_.size(); ++i) {
      auto const hash = std::hash<std::string_view>()(texts_[i]);
      auto at = hash & (size - 1);
      while (slots_[at].number != 0) at = (at + 1) & (size - 1);
      slots_[at] = {tag_of(hash), i + 1};
    }
  }

  bool empty() const { return texts_.empty(); }
  bool contains(std::string_view text) const {
    if (slots_.empty()) return false;
    auto const hash = std::hash<std::string_view>()(text);
    for (auto at = hash & (slots_.size() - 1); slots_[at].number != 0;
         at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].tag == tag_of(hash) && texts_[slots_[at].number - 1] == text) return true;
    return false;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;     ///< the hash's other half
    std::uint32_t number = 0;  ///< of the text, from 1; 0 = nothing here
  };
  static std::uint32_t tag_of(std::size_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  std::vector<std::string> texts_;
  std::vector<Slot> slots_;  ///< a power of two, at most half full
};

}  // namespace wardroom::space_sync
