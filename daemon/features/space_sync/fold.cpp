#include "features/space_sync/fold.hpp"

#include "base/encoding.hpp"
#include "domain/idn.hpp"

#include <cstdint>
#include <cstdlib>
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
  auto known = to_a_labels(domain);
  return known ? *std::move(known) : folded(domain);
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
