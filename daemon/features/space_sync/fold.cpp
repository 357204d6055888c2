#include "features/space_sync/fold.hpp"

#include "base/encoding.hpp"

#include <cstdint>
#include <cstdlib>
#include <idn2.h>
#include <memory>
#include <unicase.h>
#include <uninorm.h>

namespace wardroom::space_sync {
namespace {

using Freed = std::unique_ptr<std::uint8_t, decltype(&std::free)>;

char lower(char c) { return static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 'a' - 'A' : 0)); }

/// False when something beyond ASCII is in it.
bool fold_ascii(std::string_view text, char* out) {
  unsigned char all = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    all |= static_cast<unsigned char>(text[i]);
    out[i] = lower(text[i]);
  }
  return all < 0x80;
}

std::uint8_t const* bytes(std::string const& text) {
  return reinterpret_cast<std::uint8_t const*>(text.c_str());
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out(text.size(), '\0');
  if (fold_ascii(text, out.data())) return out;
  if (!is_valid_utf8(text)) return out;
  std::size_t length = 0;
  Freed const wide(u8_casefold(reinterpret_cast<std::uint8_t const*>(text.data()), text.size(),
                               nullptr, UNINORM_NFC, nullptr, &length),
                   &std::free);
  if (wide) out.assign(reinterpret_cast<char const*>(wide.get()), length);
  return out;
}

std::string folded_domain(std::string_view domain) {
  std::string out(domain.size(), '\0');
  if (fold_ascii(domain, out.data())) return out;
  std::uint8_t* looked_up = nullptr;
  bool const known = idn2_lookup_u8(bytes(std::string(domain)), &looked_up,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK;
  Freed const held(looked_up, &std::free);
  return known ? std::string(reinterpret_cast<char const*>(looked_up)) : folded(domain);
}

std::string folded_address(std::string_view address) {
  auto const at = address.rfind('@');
  if (at == address.npos) return folded(address);
  return folded(address.substr(0, at)) + "@" + folded_domain(address.substr(at + 1));
}

bool FoldRoom::take(std::string_view text, std::string_view& out) {
  if (text.size() > room_.size() - used_) return false;
  char* const at = room_.data() + used_;
  if (!fold_ascii(text, at)) return false;
  used_ += text.size();
  out = {at, text.size()};
  return true;
}

std::string_view FoldRoom::text(std::string_view text) {
  std::string_view out;
  return take(text, out) ? out : others_.emplace_front(folded(text));
}

std::string_view FoldRoom::address(std::string_view address) {
  std::string_view out;
  return take(address, out) ? out : others_.emplace_front(folded_address(address));
}

}  // namespace wardroom::space_sync
