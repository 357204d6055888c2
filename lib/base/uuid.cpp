#include "base/uuid.hpp"

namespace wardroom {
namespace {

constexpr std::size_t kLength = 36;
constexpr std::string_view kDigits = "0123456789abcdef";

constexpr bool is_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

constexpr std::uint8_t kNoDigit = 0x80;

/// What each character is worth. Digits of a UUID are random, so branches on them would cost.
constexpr auto kWorth = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 16; ++i) {
    out[static_cast<unsigned char>(kDigits[i])] = i;
    if (i >= 10) out[static_cast<unsigned char>(kDigits[i] - 'a' + 'A')] = i;
  }
  return out;
}();

/// Where each byte is written.
constexpr std::array<std::uint8_t, 16> kPlaces{0,  2,  4,  6,  9,  11, 14, 16,
                                               19, 21, 24, 26, 28, 30, 32, 34};

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  Uuid out;
  unsigned wrong = 0;
  for (std::size_t i = 0; i < kPlaces.size(); ++i) {
    auto const worth = [&](std::size_t at) {
      return unsigned{kWorth[static_cast<unsigned char>(text[at])]};
    };
    auto const high = worth(kPlaces[i]), low = worth(kPlaces[i] + std::size_t{1});
    wrong |= high | low;
    out.bytes[i] = std::uint8_t(high << 4 | low);
  }
  if ((wrong & kNoDigit) != 0) return std::nullopt;
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
