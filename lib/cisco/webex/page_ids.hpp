/// Ids as Webex writes them in lists, decoded without an allocation for each. Pure. Source:
/// webex-rest.md 2.6.
#pragma once
#include "base/uuid.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace wardroom::webex {

/// The UUID in an id of the API, written in either alphabet, with padding or without, or bare.
std::optional<Uuid> uuid_of_id(std::string_view id);

/// Decoded ids of roles, licences and locations, each of which thousands of people have.
class DecodedIds {
 public:
  /// As it is decoded, lower case; as it came when it is no such id. Good until forget_many().
  std::string_view operator()(std::string_view id);
  /// Between pages, when nobody holds views.
  void forget_many();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const {
      std::array<std::uint64_t, 2> words{};  // ids differ in their ends
      auto const count = std::min(id.size(), sizeof words);
      std::memcpy(words.data(), id.data() + id.size() - count, count);
      auto const mixed = (words[0] ^ id.size()) * 0x9E3779B97F4A7C15u + words[1];
      return std::size_t((mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9u >> 7);
    }
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> ids_;
};

}  // namespace wardroom::webex
