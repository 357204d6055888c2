#include "features/security_notices/notice_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::security_notices {
namespace {

constexpr std::array<std::string_view, 4> standard{"", "Security level 1", "Security level 2",
                                                   "Security level 3 - external participants"};

/// The next code point of good UTF-8; takes it off `text`.
char32_t next(std::string_view& text) {
  auto const first = static_cast<unsigned char>(text.front());
  std::size_t const size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t out = size == 1 ? first : first & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i)
    out = out << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  text.remove_prefix(std::min(size, text.size()));
  return out;
}

/// Breaks the line, is not seen, or turns the direction of what follows.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

}  // namespace

std::string_view standard_text(int level) { return standard.at(static_cast<std::size_t>(level)); }

std::optional<std::string> wrong_with_text(std::string_view text) {
  if (text.empty())
    return "must not be empty: conferences of that level would show nothing; write what people "
           "shall read, or set mode: off";
  // Bridges trim what they keep, and it would look as if somebody had changed it.
  if (text.front() == ' ' || text.back() == ' ')
    return "must not begin or end with a space: remove it";
  std::size_t letters = 0;
  for (auto rest = text; !rest.empty(); ++letters)
    if (is_control(next(rest)))
      return fmt::format("holds a control character in place {}: write one line of plain text",
                         letters + 1);
  if (letters > longest_text)
    return fmt::format("has {} characters; at most {} fit on the screens", letters, longest_text);
  return std::nullopt;
}

}  // namespace wardroom::security_notices
