#include "features/space_sync/text_arena.hpp"

#include <cstring>
#include <limits>
#include <stdexcept>

namespace wardroom::space_sync {
namespace {

using Length = std::uint16_t;  // stands before each text

std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  auto end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::uint32_t TextArena::add(std::string_view text) {
  text = cut(text, longest);
  if (text.empty()) return 0;
  auto const needed = sizeof(Length) + text.size();
  if (used_ + needed > piece_size) {
    if ((pieces_.size() + 1) * piece_size > std::numeric_limits<std::uint32_t>::max())
      throw std::length_error("a list of people is longer than 4 GiB");
    pieces_.push_back(std::make_unique_for_overwrite<char[]>(piece_size));
    used_ = pieces_.size() == 1 ? 1 : 0;  // no text is at 0
  }
  auto* const place = pieces_.back().get() + used_;
  auto const length = Length(text.size());
  std::memcpy(place, &length, sizeof length);
  std::memcpy(place + sizeof length, text.data(), text.size());
  auto const where = (pieces_.size() - 1) * piece_size + used_;
  used_ += needed;
  return std::uint32_t(where);
}

std::string_view TextArena::at(std::uint32_t where) const {
  if (where == 0) return {};
  auto const* const place = pieces_[where / piece_size].get() + where % piece_size;
  Length length = 0;
  std::memcpy(&length, place, sizeof length);
  return {place + sizeof length, length};
}

}  // namespace wardroom::space_sync
