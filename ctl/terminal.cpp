#include "terminal.hpp"

#include <array>
#include <cstdint>
#include <locale.h>
#include <wchar.h>

namespace wardroom::ctl {
namespace {

struct Glyph {
  std::string_view bytes;
  char32_t point = 0;
  bool valid = false;
};

/// The first code point; one byte when it is not UTF-8.
Glyph first_glyph(std::string_view text) {
  auto const lead = static_cast<unsigned char>(text.front());
  std::size_t const length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return {text.substr(0, 1)};
  char32_t point = length == 1 ? lead : lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    auto const next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {text.substr(0, 1)};
    point = point << 6 | (next & 0x3fu);
  }
  std::array<char32_t, 5> constexpr smallest{0, 0, 0x80, 0x800, 0x10000};
  if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return {text.substr(0, 1)};
  return {text.substr(0, length), point, true};
}

/// Columns of one code point, by the C library's table whatever the locale.
std::size_t columns_of(Glyph const& glyph) {
  if (!glyph.valid) return 1;
  if (glyph.point < 0x7f) return glyph.point < 0x20 ? 0 : 1;
  static locale_t const utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (!utf8) return 1;
  auto const before = uselocale(utf8);
  auto const width = wcwidth(static_cast<wchar_t>(glyph.point));
  uselocale(before);
  return width < 0 ? 0 : static_cast<std::size_t>(width);
}

/// Steers a terminal or hides text: controls of both sets, and the marks that turn the direction.
bool is_harmful(Glyph const& glyph) {
  auto const c = glyph.point;
  return !glyph.valid || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string paint(Look const& look, Tone tone, std::string_view text) {
  if (!look.colour || tone == Tone::plain || text.empty()) return std::string(text);
  static std::array<std::string_view, 7> constexpr codes{"", "1", "2", "32", "33", "1;31", "1;36"};
  return "\033[" + std::string(codes[static_cast<std::size_t>(tone)]) + "m" + std::string(text) +
         "\033[0m";
}

std::size_t columns(std::string_view text) {
  std::size_t out = 0;
  while (!text.empty()) {
    auto const glyph = first_glyph(text);
    out += columns_of(glyph);
    text.remove_prefix(glyph.bytes.size());
  }
  return out;
}

std::string shorten(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    auto const glyph = first_glyph(text);
    auto const here = columns_of(glyph);
    if (used + here + 1 > width) break;
    out += glyph.bytes;
    used += here;
    text.remove_prefix(glyph.bytes.size());
  }
  return width == 0 ? std::string() : out + "…";
}

std::string pad(std::string_view text, std::size_t width, bool right) {
  auto const here = columns(text);
  std::string const gap(here < width ? width - here : 0, ' ');
  return right ? gap + std::string(text) : std::string(text) + gap;
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  if (width == 0 || width <= indent + 10) return std::string(text);
  std::string out;
  std::size_t used = 0;
  bool first = true;
  while (!text.empty()) {
    auto const space = text.find(' ');
    auto const word = text.substr(0, space);
    text = space == text.npos ? std::string_view{} : text.substr(space + 1);
    auto const here = columns(word);
    if (!first && used + 1 + here > width - indent) {
      out += "\n" + std::string(indent, ' ');
      used = 0;
    } else if (!first) {
      out += ' ';
      ++used;
    }
    out += word;
    used += here;
    first = false;
  }
  return out;
}

std::string clean(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const glyph = first_glyph(text);
    if (is_harmful(glyph))
      out += glyph.point == '\n' || glyph.point == '\t' ? " " : "?";
    else
      out += glyph.bytes;
    text.remove_prefix(glyph.bytes.size());
  }
  return out;
}

}  // namespace wardroom::ctl
