#include "cisco/cms/cms_text.hpp"

#include "base/uuid.hpp"

#include <algorithm>
#include <charconv>

namespace wardroom::cms {
namespace {

constexpr std::string_view white = " \t\r\n";
constexpr std::uint64_t largest = std::uint64_t{1} << 53;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(white);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

conference::Text text_of(std::string_view text) {
  auto const inner = trimmed(text);
  if (inner.empty()) return std::nullopt;
  return std::string(inner);
}

std::string guid_of(std::string_view text) {
  auto const inner = trimmed(text);
  auto const guid = Uuid::parse(inner);
  return guid ? guid->text() : std::string(inner);
}

conference::Flag flag_of(std::string_view text) {
  auto const word = trimmed(text);
  if (word == "1" || same_word(word, "true")) return true;
  if (word == "0" || same_word(word, "false")) return false;
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  auto const digits = trimmed(text);
  std::uint64_t value = 0;
  auto const end = digits.data() + digits.size();
  auto const [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end || value > largest) return std::nullopt;
  return value;
}

}  // namespace wardroom::cms
