/// Texts one behind the other in pieces of equal size, so that a million of them never move and
/// never need their memory twice; 4 bytes name one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

class TextArena {
 public:
  static constexpr std::size_t longest = 65'535;  ///< a longer text is cut, between characters

  std::uint32_t add(
      std::string_view text);  ///< 0 = the empty one. Throws std::length_error at 4 GiB
  std::string_view at(std::uint32_t where) const;
  /// Has memory brought near what at() is going to look at.
  void expect(std::uint32_t where) const {
    if (where != 0) __builtin_prefetch(pieces_[where / piece_size].get() + where % piece_size);
  }
  std::size_t memory() const { return pieces_.size() * piece_size; }

 private:
  static constexpr std::size_t piece_size = 256 * 1024;

  std::vector<std::unique_ptr<char[]>> pieces_;
  std::size_t used_ = piece_size;  ///< of the last piece
};

}  // namespace wardroom::space_sync
