#include "features/call_blocking/emergency_numbers.hpp"

#include "features/call_blocking/dialled.hpp"

#include <algorithm>
#include <map>
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
#undef CALLING_CODE
#include "features/call_blocking/emergency_additions.inc"
#undef EMERGENCY
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
    for (auto const& row : kEmergency)
      for (auto number : split(row.words)) add(row.key, number);
    for (auto country : countries)
      for (std::string_view everywhere : {"112", "911"}) add(country, everywhere);
    for (auto const& row : kCallingCodes) of_code.emplace(row.key, split(row.words));
  }
  void add(std::string_view country, std::string_view number) {
    auto const [it, is_new] = of_country.try_emplace(country);
    if (is_new) countries.push_back(country);
    if (std::ranges::find(it->second, number) == it->second.end()) it->second.push_back(number);
    anywhere.insert(number);
  }
};
Tables const& tables() {
  static Tables const all;
  return all;
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

}  // namespace

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

bool has(auto const& list, std::string_view word) {
  return std::ranges::find(list, word) != std::ranges::end(list);
}

bool is_listed(std::string_view digits, EmergencyPlace const& place) {
  if (has(place.extra_numbers, digits)) return true;
  if (auto const& own = emergency_numbers_of(place.country); !own.empty()) return has(own, digits);
  bool known = false;
  for (auto country : countries_of_number(place.number)) {
    auto const& shared = emergency_numbers_of(country);
    known = known || !shared.empty();
    if (has(shared, digits)) return true;
  }
  return !known && tables().anywhere.contains(digits);
}

/// In the country of this calling code: the place's own where it is one of those that share the
/// code; any of them where the place is elsewhere or not known.
bool is_listed_under(std::string_view code, std::string_view digits, EmergencyPlace const& place) {
  auto const sharing = countries_of_calling_code(code);
  if (sharing.empty()) return false;
  if (has(place.extra_numbers, digits)) return true;
  auto const& own = emergency_numbers_of(place.country);
  bool const here = std::ranges::any_of(
      sharing, [&](auto country) { return &emergency_numbers_of(country) == &own; });
  if (here && !own.empty()) return has(own, digits);
  return std::ranges::any_of(
      sharing, [&](auto country) { return has(emergency_numbers_of(country), digits); });
}

/// "+43 112", "+1911": a calling code stands before what was dialled, with or without the
/// attribute that says so. "+112": no number of the world is that short, so it is what was dialled.
bool is_international_emergency(std::string_view digits, EmergencyPlace const& place) {
  constexpr std::size_t longest_that_is_no_number = 6;  // ITU-T E.164: "+2904xxx" are the shortest
  if (digits.size() <= longest_that_is_no_number && is_listed(digits, place)) return true;
  for (std::size_t length : {1u, 2u, 3u})
    if (digits.size() > length &&
        is_listed_under(digits.substr(0, length), digits.substr(length), place))
      return true;
  return false;
}

bool is_national_emergency(std::string_view digits, std::string_view code,
                           EmergencyPlace const& place) {
  if (is_listed(digits, place)) return true;
  if (code.empty() || has(countries_of_calling_code(code), place.country)) return false;
  // The platform places the call in another country than the directory does.
  return is_listed_under(code, digits, place);
}

}  // namespace

bool is_emergency_number(std::string_view address, std::string_view country_code,
                         EmergencyPlace const& place) {
  if (is_sos_urn(address)) return true;
  auto const dialled = normalise(address);
  std::string_view const digits = dialled.digits;
  if (digits.empty()) return false;
  if (dialled.international) return is_international_emergency(digits, place);
  auto const code = normalise(country_code).digits;
  if (is_national_emergency(digits, code, place)) return true;
  return std::ranges::any_of(place.outside_line_prefixes, [&](std::string const& prefix) {
    return !prefix.empty() && digits.starts_with(prefix) &&
           is_national_emergency(digits.substr(prefix.size()), code, place);
  });
}

}  // namespace wardroom::call_blocking
