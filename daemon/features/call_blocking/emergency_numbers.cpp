#include "features/call_blocking/emergency_numbers.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace wardroom::call_blocking {
namespace {

struct TableRow {
  std::string_view key;
  std::string_view words;
};
constexpr TableRow kEmergency[] = {
#define EMERGENCY(region, numbers) {region, numbers},
#define CALLING_CODE(code, regions)
#include "features/call_blocking/emergency_table.inc"
#undef EMERGENCY
#undef CALLING_CODE
};
constexpr TableRow kCallingCodes[] = {
#define EMERGENCY(region, numbers)
#define CALLING_CODE(code, regions) {code, regions},
#include "features/call_blocking/emergency_table.inc"
#undef EMERGENCY
#undef CALLING_CODE
};

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> out;
  while (!words.empty()) {
    auto const end = std::min(words.find(' '), words.size());
    out.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

struct Tables {
  std::map<std::string_view, std::vector<std::string_view>> of_country;
  std::map<std::string_view, std::vector<std::string_view>> of_code;
  std::vector<std::string_view> countries;
  std::set<std::string_view> anywhere;
  std::vector<std::string_view> none;

  Tables() {
    for (auto const& row : kEmergency) {
      auto numbers = split(row.words);
      for (std::string_view everywhere : {"112", "911"})
        if (std::ranges::find(numbers, everywhere) == numbers.end()) numbers.push_back(everywhere);
      anywhere.insert(numbers.begin(), numbers.end());
      countries.push_back(row.key);
      of_country.emplace(row.key, std::move(numbers));
    }
    for (auto const& row : kCallingCodes) of_code.emplace(row.key, split(row.words));
  }
};
Tables const& tables() {
  static Tables const all;
  return all;
}

/// One UTF-8 character as an ASCII digit, if it is a decimal digit that keyboards of some script
/// give: full-width, Arabic-Indic, extended Arabic-Indic, Devanagari, Bengali, Thai.
std::optional<char> foreign_digit(std::string_view text, std::size_t& length) {
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  char32_t point = 0;
  if ((byte(0) & 0xE0) == 0xC0 && (byte(1) & 0xC0) == 0x80) {
    point = (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    length = 2;
  } else if ((byte(0) & 0xF0) == 0xE0 && (byte(1) & 0xC0) == 0x80 && (byte(2) & 0xC0) == 0x80) {
    point = (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    length = 3;
  }
  for (char32_t zero : {0xFF10u, 0x0660u, 0x06F0u, 0x0966u, 0x09E6u, 0x0E50u})
    if (point >= zero && point <= zero + 9) return static_cast<char>('0' + (point - zero));
  return std::nullopt;
}

/// Signs people and devices put between digits, as UTF-8: ASCII, no-break and thin spaces, dashes,
/// the full-width plus is not one of them.
std::size_t separator_length(std::string_view text) {
  constexpr std::string_view ascii = " \t-./()[]_";
  if (ascii.find(text.front()) != std::string_view::npos) return 1;
  for (std::string_view s :
       {"\xC2\xA0", "\xE2\x80\x91", "\xE2\x80\x90", "\xE2\x80\x92", "\xE2\x80\x93", "\xE2\x80\x94",
        "\xE2\x88\x92", "\xE2\x80\x89", "\xE2\x80\xAF", "\xE3\x80\x80", "\xEF\xBC\x8D",
        "\xEF\xBC\x88", "\xEF\xBC\x89", "\xEF\xBC\x8E"})
    if (text.starts_with(s)) return s.size();
  return 0;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

/// RFC 5031: urn:service:sos and its kinds (sos.police, sos.fire …).
bool is_sos_urn(std::string_view address) {
  constexpr std::string_view sos = "urn:service:sos";
  if (address.size() < sos.size() || !same_ignoring_case(address.substr(0, sos.size()), sos))
    return false;
  return address.size() == sos.size() || address[sos.size()] == '.' || address[sos.size()] == ';';
}

/// Without "tel:", "sip:", "sips:", and without what follows the user part.
std::string_view bare(std::string_view address) {
  while (!address.empty() && (address.front() == ' ' || address.front() == '<'))
    address.remove_prefix(1);
  while (address.starts_with("//")) address.remove_prefix(2);
  for (std::string_view scheme : {"tel:", "sip:", "sips:"})
    if (address.size() >= scheme.size() &&
        same_ignoring_case(address.substr(0, scheme.size() - 1),
                           scheme.substr(0, scheme.size() - 1)) &&
        address[scheme.size() - 1] == ':') {
      address.remove_prefix(scheme.size());
      break;
    }
  return address.substr(0, address.find_first_of("@;?>"));
}

}  // namespace

Dialled normalise(std::string_view address) {
  Dialled out;
  auto rest = bare(address);
  while (!rest.empty()) {
    std::size_t length = 1;
    if (rest.front() >= '0' && rest.front() <= '9') {
      out.digits.push_back(rest.front());
    } else if (auto const plus = rest.starts_with("\xEF\xBC\x8B") ? 3u
                                 : rest.front() == '+'            ? 1u
                                                                  : 0u;
               plus != 0) {
      if (out.international || !out.digits.empty()) return {};
      out.international = true;
      length = plus;
    } else if (auto const gap = separator_length(rest); gap != 0) {
      length = gap;
    } else if (auto const digit = foreign_digit(rest, length)) {
      out.digits.push_back(*digit);
    } else {
      return {};
    }
    rest.remove_prefix(length);
  }
  if (out.digits.empty()) return {};
  return out;
}

std::vector<std::string_view> const& emergency_numbers_of(std::string_view country) {
  if (country.size() != 2) return tables().none;
  char const upper[2] = {static_cast<char>(country[0] & ~0x20),
                         static_cast<char>(country[1] & ~0x20)};
  auto const it = tables().of_country.find(std::string_view(upper, 2));
  return it == tables().of_country.end() ? tables().none : it->second;
}

std::vector<std::string_view> countries_of_calling_code(std::string_view code) {
  auto const it = tables().of_code.find(code);
  return it == tables().of_code.end() ? std::vector<std::string_view>{} : it->second;
}

std::vector<std::string_view> countries_of_number(std::string_view number) {
  auto const dialled = normalise(number);
  if (!dialled.international) return {};
  for (std::size_t length : {1u, 2u, 3u})  // calling codes are prefix-free
    if (auto found = countries_of_calling_code(std::string_view(dialled.digits).substr(0, length));
        !found.empty())
      return found;
  return {};
}

std::vector<std::string_view> const& countries_with_emergency_numbers() {
  return tables().countries;
}

namespace {

bool is_listed(std::string_view digits, EmergencyPlace const& place) {
  if (std::ranges::find(place.extra_numbers, digits) != place.extra_numbers.end()) return true;
  if (auto const& own = emergency_numbers_of(place.country); !own.empty())
    return std::ranges::find(own, digits) != own.end();
  bool known = false;
  for (auto country : countries_of_number(place.number)) {
    auto const& shared = emergency_numbers_of(country);
    known = known || !shared.empty();
    if (std::ranges::find(shared, digits) != shared.end()) return true;
  }
  return !known && tables().anywhere.contains(digits);
}

}  // namespace

bool is_emergency_number(std::string_view address, std::string_view country_code,
                         EmergencyPlace const& place) {
  if (is_sos_urn(address)) return true;
  auto const dialled = normalise(address);
  std::string_view digits = dialled.digits;
  if (digits.empty()) return false;
  if (dialled.international) {
    if (country_code.empty() || !digits.starts_with(country_code)) return false;
    return is_listed(digits.substr(country_code.size()), place);
  }
  if (is_listed(digits, place)) return true;
  return std::ranges::any_of(place.outside_line_prefixes, [&](std::string const& prefix) {
    return !prefix.empty() && digits.starts_with(prefix) &&
           is_listed(digits.substr(prefix.size()), place);
  });
}

}  // namespace wardroom::call_blocking
