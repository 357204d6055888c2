/// Bytes as text and back: hex, base64 in both alphabets, percent-encoding, UTF-8 checks.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace wardroom {

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view hex);

std::string to_base64(std::string_view bytes);
/// URL-safe alphabet, no padding (RFC 4648 section 5): tokens, PKCE.
std::string to_base64url(std::string_view bytes);
/// Takes both alphabets, with or without padding, as Webex ids need; nothing else.
std::optional<std::string> from_base64(std::string_view text);

/// Everything but RFC 3986 unreserved characters is escaped; `also_plain` stays as it is.
std::string percent_encode(std::string_view text, std::string_view also_plain = "");
/// Empty on a broken escape. `plus_is_space` for form bodies and queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

bool is_valid_utf8(std::string_view text);
/// For HTML text and attribute values.
std::string html_escape(std::string_view text);
/// For XML text.
std::string xml_escape(std::string_view text);

std::string sha256(std::string_view bytes);  ///< 32 raw bytes

/// The nearest of `known` when it is near enough to be a slip of the finger, for "did you mean".
template <class Range>
std::optional<std::string> nearest(std::string_view word, Range const& known);
std::size_t edit_distance(std::string_view a, std::string_view b);

template <class Range>
std::optional<std::string> nearest(std::string_view word, Range const& known) {
  std::optional<std::string> best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (auto const& candidate : known) {
    auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = std::string(candidate);
    }
  }
  return best;
}

}  // namespace wardroom
