#include "features/call_blocking/dialled.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <optional>

namespace wardroom::call_blocking {
namespace {

struct Character {
  char32_t point;
  std::size_t length;
};

/// The first character of UTF-8 text. A byte that begins none is taken as Latin-1, which some
/// devices send undeclared.
Character first_of(std::string_view text) {
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  auto const follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if ((byte(0) & 0xE0) == 0xC0 && follows(1))
    return {(byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu), 2};
  if ((byte(0) & 0xF0) == 0xE0 && follows(1) && follows(2))
    return {(byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu), 3};
  if ((byte(0) & 0xF8) == 0xF0 && follows(1) && follows(2) && follows(3))
    return {(byte(0) & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 |
                (byte(3) & 0x3Fu),
            4};
  return {byte(0), 1};
}

/// The zeros of the scripts whose digits keyboards give. Source: Unicode, General_Category=Nd.
constexpr char32_t kZeros[] = {U'0',   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66,
                               0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50,
                               0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10};

std::optional<char> digit_of(char32_t point) {
  for (auto zero : kZeros)
    if (point >= zero && point <= zero + 9) return static_cast<char>('0' + (point - zero));
  return std::nullopt;
}

struct Range {
  char32_t first, last;
};
/// What people and devices put between digits, and what nobody sees: white space, dashes, dots,
/// slashes, brackets, quotes, the pause ',', joiners, direction marks, keycaps.
constexpr Range kIgnored[] = {
    {0x09, 0x0D},     {0x20, 0x20},     {0x22, 0x22},     {0x27, 0x29},     {0x2C, 0x2F},
    {0x5B, 0x5B},     {0x5D, 0x5D},     {0x5F, 0x5F},     {0x85, 0x85},     {0xA0, 0xA0},
    {0xAD, 0xAD},     {0xB7, 0xB7},     {0x061C, 0x061C}, {0x1680, 0x1680}, {0x180E, 0x180E},
    {0x2000, 0x2015}, {0x2018, 0x201F}, {0x2022, 0x2024}, {0x2028, 0x202F}, {0x2043, 0x2044},
    {0x205F, 0x206F}, {0x20E3, 0x20E3}, {0x2212, 0x2212}, {0x2215, 0x2215}, {0x2219, 0x2219},
    {0x3000, 0x3000}, {0x30FB, 0x30FC}, {0xFE00, 0xFE0F}, {0xFE58, 0xFE58}, {0xFE63, 0xFE63},
    {0xFEFF, 0xFEFF}, {0xFF08, 0xFF09}, {0xFF0C, 0xFF0F}, {0xFF65, 0xFF65}};

bool is_ignored(char32_t point) {
  return std::ranges::any_of(
      kIgnored, [&](Range const& range) { return point >= range.first && point <= range.last; });
}

bool is_plus(char32_t point) {
  return point == U'+' || point == 0xFF0B || point == 0xFE62 || point == 0x207A;
}

/// Dialled before a number so that the other side does not see one's own, or does this time.
/// Source: NANP vertical service codes 67 and 82; 3GPP TS 22.030, CLIR 31.
constexpr std::string_view kHidingCodes[] = {"*67", "*82", "#31#", "*31#"};

void skip_ignored(std::string_view& text) {
  while (!text.empty()) {
    auto const next = first_of(text);
    if (!is_ignored(next.point)) return;
    text.remove_prefix(next.length);
  }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// "tel:", "SIPS:", "callto:" … RFC 3986, 3.1.
void skip_scheme(std::string_view& address) {
  if (address.empty() || !is_letter(address.front())) return;
  auto const end = std::ranges::find_if(address, [](char c) {
    return !is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.';
  });
  if (end == address.end() || *end != ':') return;
  address.remove_prefix(static_cast<std::size_t>(end - address.begin()) + 1);
}

/// The user part alone: no display name, scheme, password, host, parameters.
std::string user_part(std::string_view address) {
  if (auto const open = address.find('<'); open != std::string_view::npos)
    address.remove_prefix(open + 1);
  skip_ignored(address);
  skip_scheme(address);
  address = address.substr(0, address.find_first_of("@;?>:"));
  auto plain = percent_decode(address).value_or(std::string(address));
  return plain.substr(0, plain.find_first_of(";?"));
}

}  // namespace

Dialled normalise(std::string_view address) {
  Dialled out;
  auto const user = user_part(address);
  std::string_view rest = user;
  skip_ignored(rest);
  for (auto code : kHidingCodes)
    if (rest.starts_with(code)) {
      rest.remove_prefix(code.size());
      break;
    }
  bool closed = false;
  while (!rest.empty()) {
    auto const [point, length] = first_of(rest);
    rest.remove_prefix(length);
    if (is_ignored(point)) continue;
    if (closed) return {};
    if (auto const digit = digit_of(point)) {
      out.digits.push_back(*digit);
    } else if (is_plus(point) && !out.international && out.digits.empty()) {
      out.international = true;
    } else if (point == U'#' && !out.digits.empty()) {
      closed = true;
    } else {
      return {};
    }
  }
  if (out.digits.empty()) return {};
  return out;
}

}  // namespace wardroom::call_blocking
