/// A UUID as 16 bytes: a key that is compared and hashed without text. Pure.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  /// "f5b36187-c8dd-4727-8b2f-f9c447f29046", any case; nothing for anything else.
  static std::optional<Uuid> parse(std::string_view text);
  std::string text() const;  ///< lower case, 36 characters
  bool is_nil() const { return *this == Uuid{}; }
  auto operator<=>(Uuid const&) const = default;
};

}  // namespace wardroom

template <>
struct std::hash<wardroom::Uuid> {
  std::size_t operator()(wardroom::Uuid const& id) const noexcept {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), id.bytes.data(), sizeof words);
    return std::size_t((words[0] ^ (words[1] * 0x9E3779B97F4A7C15u)) * 0xBF58476D1CE4E5B9u >> 7);
  }
};
