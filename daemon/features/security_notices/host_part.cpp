// Addresses of participants, taken apart. Each step either goes on or ends with "no domain, because
// …"; in doubt it ends. Source: cms.md 4.4, reliability.md "Remote address".
#include "domain/idn.hpp"
#include "features/security_notices/participant_class.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <expected>

namespace wardroom::security_notices {
namespace {

using Step = std::expected<std::string_view, std::string>;
auto none(std::string why) { return std::unexpected(std::move(why)); }

constexpr std::string_view blanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  auto const first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::ranges::equal(text.substr(0, word.size()), word, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

/// What may stand before "<": nothing, words, or one whole quoted text.
bool is_display_name(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('"')) return text.find_first_of("\"@,;:") == text.npos;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1 == text.size();
  }
  return false;
}

/// What may stand after ">": parameters of the header.
bool is_rest(std::string_view text) {
  text = trim(text);
  return text.empty() || (text.front() == ';' && text.find_first_of("@<>\",") == text.npos);
}

Step inside_brackets(std::string_view text) {
  auto const open = text.find('<'), close = text.find('>');
  if (open == text.npos && close == text.npos) return text;
  if (std::ranges::count(text, '<') > 1 || std::ranges::count(text, '>') > 1)
    return none("two pairs of angle brackets");
  if (open == text.npos || close == text.npos || close < open)
    return none("an angle bracket without its other half");
  if (!is_display_name(text.substr(0, open)) || !is_rest(text.substr(close + 1)))
    return none("something beside the angle brackets that is no name");
  return trim(text.substr(open + 1, close - open - 1));
}

Step without_scheme(std::string_view text) {
  if (begins_with_word(text, "tel:")) return none("a phone number");
  for (std::string_view scheme : {"sips:", "sip:", "h323:", "im:", "pres:"})
    if (begins_with_word(text, scheme)) return text.substr(scheme.size());
  return text;
}

bool is_phone_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || std::string_view("+-.() *#").find(c) != std::string_view::npos;
  });
}

bool is_ip_literal(std::string_view host) {
  if (host.size() > 64) return false;
  std::string const text(host.substr(0, host.find('%')));  // fe80::1%eth0
  std::array<unsigned char, 16> room{};
  return inet_pton(AF_INET, text.c_str(), room.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), room.data()) == 1;
}

/// Old spellings of IPv4 addresses: "0x7f.1", "3232235777". No top-level domain is a number.
bool ends_in_number(std::string_view host) {
  auto const label = host.substr(host.rfind('.') + 1);
  if (label.empty()) return false;
  if (begins_with_word(label, "0x"))
    return std::ranges::all_of(label.substr(2),
                               [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); });
  return std::ranges::all_of(label, is_digit);
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

HostPart without(std::string why) {
  return {.domain = {}, .is_address = false, .why = std::move(why)};
}
HostPart ip_address() { return {.domain = {}, .is_address = true, .why = "an IP address"}; }

/// "[2001:db8::1]:5060"
HostPart bracketed(std::string_view host) {
  auto const close = host.find(']');
  if (close == host.npos) return without("a square bracket without its other half");
  auto const rest = host.substr(close + 1);
  if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1))))
    return without("a broken port");
  if (!is_ip_literal(host.substr(1, close - 1))) return without("a broken IP address");
  return ip_address();
}

HostPart named(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return without("no host after the @ sign");
  if (ends_in_number(host)) return ip_address();
  auto domain = strict_domain(host);
  if (!domain) return without("no valid domain name");
  return {.domain = *std::move(domain), .is_address = false, .why = {}};
}

HostPart host_and_port(std::string_view host) {
  if (host.starts_with('[')) return bracketed(host);
  if (is_ip_literal(host)) return ip_address();
  auto const colon = host.find(':');
  if (colon == host.npos) return named(host);
  if (!is_port(host.substr(colon + 1))) return without("a broken port");
  return named(host.substr(0, colon));
}

HostPart without_at_sign(std::string_view text) {
  auto const host = text.substr(0, text.find_first_of(";?,"));
  if (auto const part = host_and_port(host); part.is_address && !is_phone_number(host)) return part;
  if (is_ip_literal(host)) return ip_address();
  return without(is_phone_number(host) ? "a phone number" : "no @ sign");
}

HostPart of_uri(std::string_view text) {
  auto const signs = std::ranges::count(text, '@');
  if (signs > 1) return without("two @ signs");
  if (signs == 0) return without_at_sign(text);
  auto const at = text.find('@');
  if (text.substr(0, at).find_first_of(" \t\"") != text.npos)
    return without("a blank or a quotation mark");
  auto const host = text.substr(at + 1);
  return host_and_port(host.substr(0, host.find_first_of(";?,")));
}

}  // namespace

HostPart host_part(std::string_view address) {
  auto const text = trim(address);
  if (text.empty()) return without("no address");
  if (std::ranges::any_of(text, is_control)) return without("a control character");
  auto const inside = inside_brackets(text);
  if (!inside) return without(inside.error());
  auto const uri = without_scheme(*inside);
  if (!uri) return without(uri.error());
  return of_uri(trim(*uri));
}

}  // namespace wardroom::security_notices
