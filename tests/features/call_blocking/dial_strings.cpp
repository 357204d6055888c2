#include "dial_strings.hpp"

#include "domain/address.hpp"
#include "features/call_blocking/emergency_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

using test::Dice;

std::string digits_of(Dice& dice, std::size_t n) {
  std::string out;
  while (out.size() < n) out += static_cast<char>('0' + dice.below(10));
  return out;
}

std::set<std::string> numbers_of(DialCountry const& country) {
  std::set<std::string> out{"112", "911"};
  out.insert(country.emergency.begin(), country.emergency.end());
  for (auto number : emergency_numbers_of(country.letters)) out.emplace(number);
  return out;
}
std::set<std::string> const& numbers_of_all() {
  static std::set<std::string> const all = [] {
    std::set<std::string> out;
    for (auto country : countries_with_emergency_numbers())
      for (auto number : emergency_numbers_of(country)) out.emplace(number);
    for (auto const& country : dial_countries()) out.merge(numbers_of(country));
    return out;
  }();
  return all;
}

using Texts = std::vector<std::string>;

// What may stand between digits; the empty one is the usual.
Texts const kBetween{"",
                     "",
                     "",
                     "",
                     "",
                     "",
                     "-",
                     " ",
                     ".",
                     "/",
                     "  ",
                     "\u00A0",
                     "\u2009",
                     "\u202F",
                     "\u2011",
                     "\u2013",
                     "\u2212",
                     "\u200B",
                     "\u2060",
                     "\u00AD",
                     "_",
                     "\u30FC",
                     "\u3000",
                     "\uFF0D",
                     "\u2044",
                     "\u00B7",
                     "\t",
                     ",",
                     "\uFE0F\u20E3"};
// What nobody sees, before and behind.
Texts const kAround{"",       "",       "",       "",       " ",      "\u200E",
                    "\u200F", "\u202A", "\u202C", "\u2066", "\u2069", "\uFEFF",
                    "\u200B", "\u200D", "\u061C", "\u00A0", "\r\n",   "\u2060"};
// First zero of a script, as a code point of at most three bytes.
std::vector<char32_t> const kScripts{0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x17E0};

std::string utf8(char32_t point) {
  std::string out;
  if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
  } else {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
  }
  return out + static_cast<char>(0x80 | (point & 0x3F));
}

std::string percent(std::string_view text) {
  std::string out;
  for (unsigned char c : text) out += fmt::format("%{:02X}", c);
  return out;
}

/// The digits (with '+' perhaps), written with separators and in some script.
std::string spelled(Dice& dice, std::string_view digits) {
  bool const plain = dice.one_in(3), foreign = dice.one_in(6), bracketed = dice.one_in(8);
  auto const zero = dice.pick(kScripts);
  std::string out;
  for (char c : digits) {
    if (!out.empty() && !plain && out.back() != '(') out += dice.pick(kBetween);
    if (c == '+')
      out += dice.one_in(8) ? "\uFF0B" : "+";
    else
      out += foreign ? utf8(zero + static_cast<char32_t>(c - '0')) : std::string(1, c);
    if (bracketed && out.size() == 1 && c != '+') out += '(';
  }
  if (out.find('(') != std::string::npos) out += ')';
  if (!plain) out = dice.pick(kAround) + out + dice.pick(kAround);
  return out;
}

std::string wrapped(Dice& dice, std::string number) {
  if (dice.one_in(10)) number = percent(number);
  static Texts const hosts{"as1.example.net", "10.1.2.3", "112.example", "acme.example:5061"};
  static Texts const context{";phone-context=+43", ";phone-context=acme.example", ";isub=12",
                             ";ext=4711", ";npdi;rn=+14085550100"};
  static Texts const tel{"tel:", "TEL:", "Tel:", "tel://"}, sip{"sip:", "SIP:", "sips:", "Sips:"};
  static Texts const behind{"", ";user=phone", ";transport=tls;user=phone", "?priority=emergency"};
  switch (dice.below(9)) {
    case 0:
      return dice.pick(tel) + number;
    case 1:
      return dice.pick(tel) + number + dice.pick(context);
    case 2:
      return dice.pick(sip) + number + "@" + dice.pick(hosts) + dice.pick(behind);
    case 3:
      return dice.pick(sip) + number + dice.pick(context) + "@" + dice.pick(hosts) +
             dice.pick(behind);
    case 4:
      return "<" + dice.pick(sip) + number + "@" + dice.pick(hosts) + ">" + dice.pick(behind);
    case 5:
      return "\"Call 0800 555\" <" + dice.pick(tel) + number + ">";
    case 6:
      return number + "@" + dice.pick(hosts);
    default:
      return number;
  }
}

/// As it comes out of the platform's adapter half of the time.
DialString told(Dice& dice, DialPlace const& place, std::string_view digits) {
  DialString out{wrapped(dice, spelled(dice, digits)), {}, std::string(digits)};
  if (dice.one_in(2)) out.text = bare_address(out.text);
  if (dice.one_in(3)) out.country_code = place.country->code;
  return out;
}

}  // namespace

std::vector<DialCountry> const& dial_countries() {
  static std::vector<DialCountry> const all{
      {"AT", "43", {"112", "122", "133", "144", "140", "141"}, {"1450", "118899", "120", "123"}},
      {"DE", "49", {"110", "112"}, {"115", "116117", "11833", "19222"}},
      {"CH", "41", {"112", "117", "118", "144", "1414", "145"}, {"111", "163", "1811", "140"}},
      {"LI", "423", {"112", "117", "118", "144"}, {"163", "1811"}},
      {"FR", "33", {"112", "15", "17", "18", "114", "196", "115"}, {"10", "1014", "118218"}},
      {"IT", "39", {"112", "113", "115", "118", "1530", "1515"}, {"187", "1254", "412"}},
      {"ES", "34", {"112", "061", "062", "080", "091", "092"}, {"010", "012", "1004", "11818"}},
      {"PT", "351", {"112", "117"}, {"118", "1820"}},
      {"GB", "44", {"999", "112", "18000"}, {"101", "111", "105", "118118", "1471"}},
      {"IE", "353", {"999", "112"}, {"11811", "1850"}},
      {"NL", "31", {"112"}, {"1888", "14020"}},
      {"BE", "32", {"112", "100", "101"}, {"1207", "1313"}},
      {"LU", "352", {"112", "113"}, {"12321", "11817"}},
      {"DK", "45", {"112"}, {"118", "1811", "1813"}},
      {"NO", "47", {"110", "112", "113"}, {"02800", "116117", "1881"}},
      {"SE", "46", {"112"}, {"11414", "1177", "118118", "11313"}},
      {"FI", "358", {"112"}, {"116117", "0100"}},
      {"PL", "48", {"112", "997", "998", "999"}, {"118913", "19115"}},
      {"CZ", "420", {"112", "150", "155", "158"}, {"1188", "1180"}},
      {"SK", "421", {"112", "150", "155", "158"}, {"1181", "12111"}},
      {"HU", "36", {"112", "104", "105", "107"}, {"1414", "198"}},
      {"SI", "386", {"112", "113"}, {"1188", "080"}},
      {"HR", "385", {"112", "192", "193", "194", "195"}, {"18981", "11880"}},
      {"GR", "30", {"112", "100", "166", "199", "108"}, {"11888", "1535"}},
      {"US", "1", {"911"}, {"211", "311", "411", "511", "611", "811"}},
      {"CA", "1", {"911"}, {"211", "311", "411", "611", "811"}},
      {"MX", "52", {"911"}, {"030", "040"}},
      {"BR", "55", {"190", "191", "192", "193", "197", "199"}, {"102", "156", "10315"}},
      {"AR", "54", {"911", "100", "101", "107", "106"}, {"110", "113"}},
      {"AU", "61", {"000", "106", "112"}, {"1194", "1234", "12455"}},
      {"NZ", "64", {"111"}, {"018", "105"}},
      {"JP", "81", {"110", "118", "119"}, {"104", "115", "117", "171", "177"}},
      {"KR", "82", {"112", "119"}, {"114", "120", "131"}},
      {"CN", "86", {"110", "119", "120", "122"}, {"114", "10086", "12306"}},
      {"HK", "852", {"999"}, {"1083", "18501"}},
      {"SG", "65", {"995", "999"}, {"1711"}},
      {"IN", "91", {"112", "100", "101", "102", "108"}, {"139", "197"}},
      {"ZA", "27", {"10111", "10177", "112"}, {"1023", "10212"}},
      {"TR", "90", {"112", "110", "155", "156"}, {"182", "11811"}},
      {"IL", "972", {"100", "101", "102"}, {"144", "166"}},
      {"AE", "971", {"997", "998", "999"}, {"181", "7000"}},
      {"SA", "966", {"911", "997", "998", "999"}, {"905", "1900"}},
      {"EG", "20", {"122", "123", "180"}, {"140", "144"}},
      {"RU", "7", {"112", "101", "102", "103"}, {"09", "109", "118"}},
      {"UA", "380", {"101", "102", "103", "112"}, {"109", "1551"}},
  };
  return all;
}

bool passes_as_dialled(std::string const& digits, DialPlace const& place) {
  auto const own = place.known ? numbers_of(*place.country) : std::set<std::string>{};
  auto const& numbers = place.known ? own : numbers_of_all();
  auto const is_one = [&](std::string const& d) {
    return numbers.contains(d) || std::ranges::find(place.extra, d) != place.extra.end();
  };
  return is_one(digits) || std::ranges::any_of(place.prefixes, [&](auto const& prefix) {
           return digits.starts_with(prefix) && is_one(digits.substr(prefix.size()));
         });
}

DialPlace any_place(Dice& dice) {
  static std::vector<Texts> const prefixes{{"0", "9"}, {"0", "9"}, {"0"}, {}, {"7", "71", "9"}};
  static std::vector<Texts> const extra{{}, {}, {"5555"}, {"933", "700112"}};
  return {&dice.pick(dial_countries()), !dice.one_in(4), dice.pick(prefixes), dice.pick(extra)};
}

DialString emergency_string(Dice& dice, DialPlace const& place) {
  auto const& country = *place.country;
  std::string digits = dice.pick(country.emergency);
  if (dice.one_in(6)) digits = dice.one_in(2) ? "112" : "911";
  if (!place.extra.empty() && dice.one_in(6)) digits = dice.pick(place.extra);
  bool const national = !place.prefixes.empty() && dice.one_in(3);
  if (national)
    digits.insert(0, dice.pick(place.prefixes));
  else if (dice.one_in(8))
    return told(dice, place, "+" + std::string(country.code) + digits);
  else if (dice.one_in(12) && digits.size() <= 6)
    return told(dice, place, "+" + digits);
  auto out = told(dice, place, digits);
  static Texts const hiding{"*67", "*82", "#31#", "*31#"};
  if (dice.one_in(20)) out.text = dice.pick(hiding) + digits;
  if (dice.one_in(20)) out.text = digits + "#";
  return out;
}

DialString ordinary_string(Dice& dice, DialPlace const& place) {
  auto const& country = *place.country;
  static Texts const known{"+43 1 112 5555",
                           "9115551234",
                           "1120",
                           "0112345",
                           "tel:+431 112-5555",
                           "sip:alice@112.example",
                           "112abc",
                           "sip:a112@h",
                           "urn:service:counseling",
                           "tel:+4311255;ext=112",
                           "1 800 911 0112",
                           "+1 911 555 0112",
                           "sip:anonymous@911.invalid",
                           "*112*",
                           "112*"};
  for (;;) {
    std::string digits;
    switch (dice.below(8)) {
      case 0: {
        DialString out{dice.pick(known), dice.one_in(2) ? std::string(country.code) : "", {}};
        if (dice.one_in(2)) out.text = bare_address(out.text);
        return out;
      }
      case 1:  // a number abroad or at home, in full
        digits = "+" + std::string(dice.pick(dial_countries()).code) +
                 dice.pick(country.emergency) + digits_of(dice, 5 + dice.below(4));
        return told(dice, place, digits);
      case 2:
        digits = dice.pick(country.emergency) + digits_of(dice, 5 + dice.below(5));
        break;
      case 3:
        digits = dice.pick(country.emergency) + digits_of(dice, 1 + dice.below(2));
        break;
      case 4:
        digits = digits_of(dice, 1 + dice.below(3)) + dice.pick(country.emergency);
        break;
      case 5:
        digits = digits_of(dice, 2 + dice.below(10));
        break;
      case 6:
        digits = "00" + dice.pick(country.emergency);
        break;
      default:
        digits = dice.pick(country.ordinary);
        if (!place.prefixes.empty() && dice.one_in(2)) digits.insert(0, dice.pick(place.prefixes));
    }
    // By bad luck it is one.
    if (!passes_as_dialled(digits, place)) return told(dice, place, digits);
  }
}

}  // namespace wardroom::call_blocking
