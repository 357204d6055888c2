#include "features/space_sync/word_finder.hpp"

namespace wardroom::space_sync {

WordFinder::WordFinder(std::span<std::string const> words) {
  nodes_.emplace_back();
  for (auto const& word : words)
    if (!word.empty()) add(word);
  link();
}

std::uint32_t WordFinder::child(std::uint32_t node, char letter) const {
  if (node == 0) return begin_[static_cast<unsigned char>(letter)];
  auto at = nodes_[node].first_child;
  while (at != 0 && nodes_[at].letter != letter) at = nodes_[at].sibling;
  return at;
}

void WordFinder::add(std::string_view word) {
  std::uint32_t node = 0;
  for (char const letter : word) {
    auto to = child(node, letter);
    if (to == 0) {
      to = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({.sibling = nodes_[node].first_child, .letter = letter});
      nodes_[node].first_child = to;
      if (node == 0) begin_[static_cast<unsigned char>(letter)] = to;
    }
    node = to;
  }
  nodes_[node].hit = true;
}

std::uint32_t WordFinder::next(std::uint32_t node, char letter) const {
  for (;;) {
    if (auto const to = child(node, letter)) return to;
    if (node == 0) return 0;
    node = nodes_[node].fallback;
  }
}

/// Breadth first: a node's fallback is shorter than it, so it is done before.
void WordFinder::link() {
  std::vector<std::uint32_t> row;
  for (auto at = nodes_[0].first_child; at != 0; at = nodes_[at].sibling) row.push_back(at);
  for (std::size_t i = 0; i < row.size(); ++i) {
    for (auto at = nodes_[row[i]].first_child; at != 0; at = nodes_[at].sibling) {
      auto& node = nodes_[at];
      node.fallback = next(nodes_[row[i]].fallback, node.letter);
      node.hit = node.hit || nodes_[node.fallback].hit;
      row.push_back(at);
    }
  }
}

bool WordFinder::any_in(std::string_view text) const {
  std::uint32_t node = 0;
  for (char const letter : text) {
    node = next(node, letter);
    if (nodes_[node].hit) return true;
  }
  return false;
}

}  // namespace wardroom::space_sync
