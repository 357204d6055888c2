#include "mail/header_text.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace wardroom::mail {
namespace {

constexpr std::size_t wanted_line = 78;
/// RFC 5322 allows 998; an encoded word can be folded where a longer plain one cannot.
constexpr std::size_t longest_word = 200;

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::size_t longest_run(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (char const c : text) {
    run = c == ' ' ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  return longest;
}

bool needs_encoding(std::string_view text) {
  return !is_plain(text) || text.contains("=?") || text.starts_with(' ') || text.ends_with(' ') ||
         longest_run(text) > longest_word;
}

/// Bytes of the UTF-8 character that begins with `lead`.
std::size_t width(char lead) {
  auto const byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/// Words of at most 75 characters, each a whole number of UTF-8 characters.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t bytes_a_word = 45;  // "=?UTF-8?B?" + 60 + "?=" = 72
  auto const whole = mend_utf8(text);
  std::string out;
  std::string piece;
  auto flush = [&] {
    if (!out.empty()) out += ' ';
    out += "=?UTF-8?B?" + to_base64(piece) + "?=";
    piece.clear();
  };
  for (std::size_t i = 0; i < whole.size();) {
    auto const n = width(whole[i]);
    if (piece.size() + n > bytes_a_word) flush();
    piece.append(whole, i, n);
    i += n;
  }
  if (!piece.empty()) flush();
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

bool fits_a_header(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos;
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 76 &&
         std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

std::string encode_text(std::string_view text) {
  return needs_encoding(text) ? encoded_words(text) : std::string(text);
}

std::string encode_phrase(std::string_view name) {
  if (needs_encoding(name)) return encoded_words(name);
  bool const simple = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" !#$%&'*+-/=?^_`{|}~").contains(c);
  });
  return simple ? std::string(name) : quoted(name);
}

std::string encode_parameter(std::string_view name, std::string_view value) {
  if (is_plain(value) && value.size() <= longest_word)
    return std::string(name) + "=" + quoted(value);
  return std::string(name) + "*=UTF-8''" + percent_encode(mend_utf8(value));
}

std::string fold(std::string_view name, std::string_view encoded) {
  std::string out = std::string(name) + ":";
  std::size_t column = out.size();
  for (std::size_t i = 0; i < encoded.size();) {
    auto const blanks = std::min(encoded.find_first_not_of(' ', i), encoded.size());
    auto const end = std::min(encoded.find(' ', blanks), encoded.size());
    auto const word = encoded.substr(blanks, end - blanks);
    auto const space = std::max<std::size_t>(blanks - i, i == 0 ? 1 : 0);
    // Never a line of nothing but blanks: the obsolete syntax ends headers there.
    if (column + space + word.size() > wanted_line && i != 0 && !word.empty()) {
      out += "\r\n";
      column = 0;
    }
    out.append(space, ' ').append(word);
    column += space + word.size();
    i = end;
  }
  return out + "\r\n";
}

std::string mend_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    auto const n = width(text[i]);
    auto const piece = text.substr(i, n);
    if (piece.size() == n && is_valid_utf8(piece)) {
      out += piece;
      i += n;
    } else {
      out += "\xef\xbf\xbd";
      ++i;
    }
  }
  return out;
}

}  // namespace wardroom::mail
