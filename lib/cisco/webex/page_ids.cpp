#include "cisco/webex/page_ids.hpp"

#include <algorithm>

namespace wardroom::webex {
namespace {

constexpr std::size_t longest_id = 512;
constexpr std::size_t most_decoded = 8'192;
constexpr std::string_view scheme = "ciscospark://";

constexpr auto sextets = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(0xFF);
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<unsigned char>(alphabet[i])] = std::uint8_t(i);
  out['-'] = 62;
  out['_'] = 63;
  return out;
}();

/// A decoded id: "ciscospark://us/PEOPLE/<uuid>".
struct Decoded {
  std::array<char, longest_id> bytes;
  std::size_t length = 0;  ///< 0 = it cannot be decoded
  std::string_view text() const { return {bytes.data(), length}; }
};

/// Takes what from_base64() takes, without an allocation.
void decode(std::string_view id, Decoded& out) {
  out.length = 0;
  while (id.ends_with('=')) id.remove_suffix(1);
  if (id.empty() || id.size() > longest_id || id.size() % 4 == 1) return;
  auto const at = [&](std::size_t i) {
    return std::uint32_t(sextets[static_cast<unsigned char>(id[i])]);
  };
  std::uint32_t wrong = 0;
  std::size_t used = 0, i = 0;
  for (; i + 4 <= id.size(); i += 4) {
    auto const a = at(i), b = at(i + 1), c = at(i + 2), d = at(i + 3);
    wrong |= a | b | c | d;
    auto const bits = a << 18 | b << 12 | c << 6 | d;
    out.bytes[used++] = char(bits >> 16);
    out.bytes[used++] = char(bits >> 8);
    out.bytes[used++] = char(bits);
  }
  if (auto const left = id.size() - i; left > 0) {
    auto const a = at(i), b = at(i + 1), c = left == 3 ? at(i + 2) : 0;
    wrong |= a | b | c;
    auto const bits = a << 18 | b << 12 | c << 6;
    out.bytes[used++] = char(bits >> 16);
    if (left == 3) out.bytes[used++] = char(bits >> 8);
    wrong |= (bits & (left == 3 ? 0xFFu : 0xFFFFu)) != 0 ? 0x80u : 0;  // as libsodium: no rest
  }
  if (wrong < 64) out.length = used;
}

/// What stands after the last '/' of a decoded id; empty = it is no id.
std::string_view tail_of(Decoded const& decoded) {
  auto const text = decoded.text();
  if (!text.starts_with(scheme)) return {};
  return text.substr(text.rfind('/') + 1);
}

}  // namespace

std::optional<Uuid> uuid_of_id(std::string_view id) {
  if (id.size() == 36)
    if (auto bare = Uuid::parse(id)) return bare;
  Decoded decoded;
  decode(id, decoded);
  return Uuid::parse(tail_of(decoded));
}

std::string_view DecodedIds::operator()(std::string_view id) {
  if (auto const known = ids_.find(id); known != ids_.end()) return known->second;
  Decoded decoded;
  decode(id, decoded);
  auto const tail = tail_of(decoded);
  std::string plain(tail.empty() ? id : tail);
  for (auto& c : plain)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return ids_.emplace(std::string(id), std::move(plain)).first->second;
}

void DecodedIds::forget_many() {
  if (ids_.size() > most_decoded) ids_.clear();
}

}  // namespace wardroom::webex
