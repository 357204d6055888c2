#include "domain/address.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace wardroom {
namespace {

bool starts_without_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char t) {
           return l == (t >= 'A' && t <= 'Z' ? char(t - 'A' + 'a') : t);
         });
}

std::string_view trimmed(std::string_view text) {
  auto const from = text.find_first_not_of(" \t\r\n");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

bool looks_like_a_number(std::string_view text) {
  return text.find_first_of("0123456789") != text.npos &&
         text.find_first_not_of("0123456789+-.()*# ") == text.npos;
}

}  // namespace

std::string bare_address(std::string_view uri) {
  uri = trimmed(uri);
  if (auto const open = uri.find('<'); open != uri.npos)
    uri = uri.substr(open + 1, uri.find('>', open) - open - 1);
  for (std::string_view scheme : {"tel:", "sip:", "sips:"})
    if (starts_without_case(uri, scheme)) {
      uri.remove_prefix(scheme.size());
      break;
    }
  // Parameters may stand in the user part too (sip:+1408;phone-context=x@host), so cut the host
  // first.
  auto const at = uri.find('@');
  auto const user = uri.substr(0, std::min(uri.find_first_of(";?"), at));
  std::string plain_user = percent_decode(user).value_or(std::string(user));
  if (at == uri.npos || looks_like_a_number(plain_user)) return plain_user;
  auto const rest = uri.substr(at);
  return plain_user + std::string(rest.substr(0, rest.find_first_of(";?")));
}

}  // namespace wardroom
