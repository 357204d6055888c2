#include "base/uuid.hpp"

namespace wardroom {
namespace {

constexpr std::size_t kLength = 36;
constexpr std::string_view kDigits = "0123456789abcdef";

constexpr bool is_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  Uuid out;
  std::size_t nibble = 0;
  for (std::size_t at = 0; at < kLength; ++at) {
    if (is_dash(at)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    int const digit = digit_of(text[at]);
    if (digit < 0) return std::nullopt;
    auto& byte = out.bytes[nibble / 2];
    byte = std::uint8_t(nibble % 2 == 0 ? digit << 4 : byte | digit);
    ++nibble;
  }
  return out;
}

std::string Uuid::text() const {
  std::string out;
  out.reserve(kLength);
  for (auto const byte : bytes) {
    if (is_dash(out.size())) out += '-';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace wardroom
