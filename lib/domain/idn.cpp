#include "domain/idn.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <idn2.h>
#include <memory>
#include <unicase.h>
#include <uninorm.h>

namespace wardroom {
namespace {

using Freed = std::unique_ptr<std::uint8_t, decltype(&std::free)>;

char lower(char c) { return static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 'a' - 'A' : 0)); }

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<std::string> look_up(std::string const& domain) {
  std::uint8_t* out = nullptr;
  bool const known = idn2_lookup_u8(reinterpret_cast<std::uint8_t const*>(domain.c_str()), &out,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK;
  Freed const held(out, &std::free);
  if (!known) return std::nullopt;
  return std::string(reinterpret_cast<char const*>(out));
}

/// "müller.example" of "xn--mller-kva.example"; empty when it is none.
std::string to_u_labels(std::string const& a_labels) {
  char* out = nullptr;
  bool const known = idn2_to_unicode_8z8z(a_labels.c_str(), &out, 0) == IDN2_OK;
  Freed const held(reinterpret_cast<std::uint8_t*>(out), &std::free);
  return known ? std::string(out) : std::string();
}

/// Lower case and normal form C, and nothing else that UTS 46 would do.
std::string lower_composed(std::string_view text) {
  std::size_t length = 0;
  Freed const wide(u8_tolower(reinterpret_cast<std::uint8_t const*>(text.data()), text.size(),
                              nullptr, UNINORM_NFC, nullptr, &length),
                   &std::free);
  return wide ? std::string(reinterpret_cast<char const*>(wide.get()), length) : std::string();
}

bool begins_with_a_label_mark(std::string_view label) { return label.starts_with("xn--"); }

template <class Check>
bool all_labels(std::string_view domain, Check check) {
  while (true) {
    auto const dot = domain.find('.');
    if (!check(domain.substr(0, dot))) return false;
    if (dot == domain.npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, is_host_character);
}

/// A label beyond ASCII stays one, and reads back as it was written.
bool reads_back(std::string_view written, std::string const& a_labels) {
  std::string const back = to_u_labels(a_labels);
  if (back.empty() || back != lower_composed(written)) return false;
  return std::ranges::count(back, '.') == std::ranges::count(written, '.') &&
         (is_ascii(written) || !is_ascii(back));
}

/// A written label beyond ASCII must not have become plain ASCII (the Kelvin sign, a long s).
bool no_label_turned_plain(std::string_view written, std::string_view a_labels) {
  while (true) {
    auto const dot = written.find('.'), ascii_dot = a_labels.find('.');
    if (!is_ascii(written.substr(0, dot)) &&
        !begins_with_a_label_mark(a_labels.substr(0, ascii_dot)))
      return false;
    if (dot == written.npos || ascii_dot == a_labels.npos) return dot == ascii_dot;
    written.remove_prefix(dot + 1);
    a_labels.remove_prefix(ascii_dot + 1);
  }
}

}  // namespace

std::optional<std::string> to_a_labels(std::string_view domain) {
  if (domain.find('\0') != domain.npos || !is_valid_utf8(domain)) return std::nullopt;
  std::string text = lower_ascii(domain);
  if (is_ascii(text) &&
      all_labels(text, [](std::string_view label) { return !begins_with_a_label_mark(label); }))
    return text;
  return look_up(text);
}

std::optional<std::string> strict_domain(std::string_view domain) {
  auto made = to_a_labels(domain);
  if (!made || made->size() > 253 || !all_labels(*made, is_label)) return std::nullopt;
  if (!is_ascii(domain) && !(reads_back(domain, *made) && no_label_turned_plain(domain, *made)))
    return std::nullopt;
  return made;
}

}  // namespace wardroom
