/// Dial strings for the proofs of X2: numbers of many countries, typed here from public knowledge
/// and not from the committed table, dressed as people, devices and platforms write them.
#pragma once
#include "support/seed.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::call_blocking {

struct DialCountry {
  std::string_view letters, code;
  std::vector<std::string> emergency;  ///< what the country's own authorities publish
  std::vector<std::string> ordinary;   ///< short numbers that reach no emergency service
};
std::vector<DialCountry> const& dial_countries();

/// What is dialled at one place.
struct DialPlace {
  DialCountry const* country = nullptr;
  bool known = true;  ///< whether the daemon knows the country
  std::vector<std::string> prefixes, extra;
};
DialPlace any_place(test::Dice& dice);

struct DialString {
  std::string text, country_code;  ///< as the platform tells them
  std::string digits;              ///< what it stands for
};
/// A number that must pass, in some spelling.
DialString emergency_string(test::Dice& dice, DialPlace const& place);
/// A number that must not be taken for one, however near it comes.
DialString ordinary_string(test::Dice& dice, DialPlace const& place);

/// By digits alone, with at most one outside-line prefix: independent of the code under test but
/// for the numbers of its table, all of which count.
bool passes_as_dialled(std::string const& digits, DialPlace const& place);

}  // namespace wardroom::call_blocking
