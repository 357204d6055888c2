/// Whether any of many words stands somewhere in a text, in one pass over it however many they are
/// (Aho-Corasick). Compares bytes. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

class WordFinder {
 public:
  /// Empty words are in no text.
  explicit WordFinder(std::span<std::string const> words);
  bool any_in(std::string_view text) const;

 private:
  struct Node {
    std::uint32_t first_child = 0, sibling = 0;  ///< 0 = none
    std::uint32_t fallback = 0;  ///< the longest end of this that also begins a word
    char letter = 0;
    bool hit = false;  ///< a word ends here
  };
  void add(std::string_view word);
  void link();
  std::uint32_t child(std::uint32_t node, char letter) const;
  std::uint32_t next(std::uint32_t node, char letter) const;

  std::vector<Node> nodes_;
  std::array<std::uint32_t, 256> begin_{};  ///< the children of the root
};

}  // namespace wardroom::space_sync
