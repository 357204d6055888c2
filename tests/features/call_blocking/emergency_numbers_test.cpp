/// Emergency numbers: exact, in every spelling, for every country; X2 by generated dial strings.
#include "features/call_blocking/emergency_numbers.hpp"

#include "features/call_blocking/dialled.hpp"
#include "features/call_blocking/verdict.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace wardroom::call_blocking {
namespace {

std::vector<std::string> const kPrefixes{"0", "9"};

bool is_emergency(std::string_view dialled, std::string_view country = "",
                  std::string_view number = "", std::string_view code = "") {
  return is_emergency_number(dialled, code, {country, number, kPrefixes, {}});
}

TEST(EmergencyNumbers, pass_in_every_spelling) {
  for (std::string_view dialled :
       {"112", "tel:112", "tel:112;phone-context=+43", "TEL:112", "sip:112@as1.example;user=phone",
        "sips:112@h", "1-1-2", "1 1 2", "(112)", "0112", "9-112", "9,112",
        "\xEF\xBC\x91\xEF\xBC\x91\xEF\xBC\x92",
        "1\xC2\xA0"
        "12",
        "\xD9\xA1\xD9\xA1\xD9\xA2"})
    EXPECT_TRUE(is_emergency(dialled, "AT")) << dialled;
  EXPECT_TRUE(is_emergency("9-911", "US"));
  EXPECT_TRUE(is_emergency("911", "US"));
  EXPECT_TRUE(is_emergency("9999", "GB"));
  EXPECT_TRUE(is_emergency("000", "AU"));
  EXPECT_TRUE(is_emergency("0000", "AU"));
  EXPECT_TRUE(is_emergency("+1911", "US", "", "1"));
  EXPECT_TRUE(is_emergency("911", "AT"));  // every mobile reaches help by it
}

TEST(EmergencyNumbers, are_not_what_only_begins_or_ends_with_one) {
  EXPECT_FALSE(is_emergency("+43 1 112 5555", "AT"));
  EXPECT_FALSE(is_emergency("+43 1 112 5555", "AT", "", "43"));
  EXPECT_FALSE(is_emergency("9115551234", "US"));
  EXPECT_FALSE(is_emergency("1125", "AT"));
  EXPECT_FALSE(is_emergency("00112", "AT"));  // two prefixes
  EXPECT_FALSE(is_emergency("99911", "US"));  // two prefixes
  EXPECT_TRUE(is_emergency("+112", "AT"));    // no number of the world is that short
  EXPECT_FALSE(is_emergency("", "AT"));
  EXPECT_FALSE(is_emergency("sip:alice@112.example", "AT"));
  EXPECT_FALSE(is_emergency("112a", "AT"));
  EXPECT_FALSE(is_emergency("999", "AT"));
  EXPECT_FALSE(is_emergency("5112", "AT"));  // 5 is no outside-line prefix
}

TEST(EmergencyNumbers, come_from_the_location_then_the_number_then_anywhere) {
  EXPECT_FALSE(is_emergency("133", "US", "+4315550100"));  // the location wins over the number
  EXPECT_TRUE(is_emergency("133", "", "+43 1 5550100"));
  EXPECT_FALSE(is_emergency("133", "", "+1 408 555 0123"));
  EXPECT_TRUE(is_emergency("133", "", ""));      // nothing known: any country's
  EXPECT_TRUE(is_emergency("133", "ZZ", "12"));  // nothing known either
  EXPECT_TRUE(is_emergency("911", "", "+1 876 555 0123"));
}

TEST(EmergencyNumbers, may_be_extended_but_not_reduced) {
  std::vector<std::string> const extra{"5555"};
  EXPECT_TRUE(is_emergency_number("5555", "", {"AT", "", kPrefixes, extra}));
  EXPECT_TRUE(is_emergency_number("95555", "", {"AT", "", kPrefixes, extra}));
  EXPECT_TRUE(is_emergency_number("112", "", {"AT", "", {}, extra}));
  EXPECT_FALSE(is_emergency_number("9112", "", {"AT", "", {}, {}}));
}

TEST(EmergencyNumbers, of_sixty_countries_and_more_are_known) {
  EXPECT_GT(countries_with_emergency_numbers().size(), 200u);
  for (auto country : {"AT", "DE", "CH", "US", "CA", "GB", "AU", "NZ", "FR", "IT", "ES",
                       "JP", "KR", "CN", "IN", "BR", "MX", "ZA", "SE", "PL", "at"})
    EXPECT_FALSE(emergency_numbers_of(country).empty()) << country;
}

TEST(EmergencyNumbers, take_a_service_urn_for_what_it_is) {
  EXPECT_TRUE(is_emergency("urn:service:sos", "AT"));
  EXPECT_TRUE(is_emergency("URN:service:sos.police", "AT"));
  EXPECT_FALSE(is_emergency("urn:service:counseling", "AT"));
  EXPECT_FALSE(is_emergency("urn:service:sosa", "AT"));
}

/// The committed table is what its generator makes of the packaged data.
TEST(EmergencyNumbers, table_is_up_to_date) {
  std::string const source = WARDROOM_SOURCE_DIR;
  std::string const probe = "/usr/bin/python3 -c 'import phonenumbers' 2>/dev/null";
  if (std::system(probe.c_str()) != 0) GTEST_SKIP() << "python3-phonenumbers is not installed";
  std::string const check = "/usr/bin/python3 '" + source +
                            "/tests/tools/make_emergency_table.py' --check '" + source +
                            "/daemon/features/call_blocking/emergency_table.inc'";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

/// One emergency number dressed up as people, devices and platforms write it.
std::string dress(test::Dice& dice, std::string digits) {
  if (dice.one_in(3)) digits.insert(0, dice.one_in(2) ? "0" : "9");
  std::string out;
  bool const wide = dice.one_in(8);
  for (char c : digits) {
    static constexpr std::string_view separators[] = {"",  "",  "",         "", "-",
                                                      " ", ".", "\xC2\xA0", "/"};
    if (!out.empty()) out += dice.pick(separators);
    if (wide)
      out += std::string("\xEF\xBC") + static_cast<char>(0x90 + (c - '0'));
    else
      out += c;
  }
  switch (dice.below(6)) {
    case 0:
      return "tel:" + out;
    case 1:
      return "tel:" + out + ";phone-context=example.com";
    case 2:
      return "sip:" + out + "@as1.example.net;user=phone";
    case 3:
      return "sips:" + out + "@as1.example.net";
    case 4:
      return " " + out + " ";
    default:
      return out;
  }
}

std::chrono::seconds seconds_of(test::Dice& dice) { return std::chrono::seconds(dice.below(600)); }

Facts any_facts(test::Dice& dice) {
  Policy const policies[] = {
      {Policy::Kind::open}, {Policy::Kind::closed}, {Policy::Kind::grace, seconds_of(dice)}};
  auto const any = [&] { return policies[dice.below(3)]; };
  return {.incoming = dice.one_in(2),
          .internal = dice.one_in(2),
          .emergency_callback = dice.one_in(2),
          .override_ = static_cast<Override>(dice.below(4)),
          .fenced = !dice.one_in(4),
          .standing = static_cast<Standing>(dice.below(5)),
          .unsure_for = seconds_of(dice),
          .policies = {any(), any(), any(), any()},
          .degraded = dice.one_in(2),
          .internal_calls = static_cast<InternalCalls>(dice.below(2))};
}

TEST(EmergencyCalls, X2_are_never_rejected_whatever_the_place_the_policy_and_the_outage) {
  test::Dice dice(3);
  auto const& countries = countries_with_emergency_numbers();
  for (std::size_t i = 0; i < test::count(10'000); ++i) {
    auto const country = dice.pick(countries);
    bool const known = !dice.one_in(4);
    auto const dialled = dress(dice, std::string(dice.pick(emergency_numbers_of(country))));
    auto facts = any_facts(dice);
    facts.emergency = is_emergency(dialled, known ? country : "");
    ASSERT_TRUE(facts.emergency) << dialled << " in " << country;
    ASSERT_FALSE(judge(facts).release) << dialled << " in " << country;
  }
}

TEST(EmergencyCalls, X2_are_told_from_ordinary_numbers_that_contain_them) {
  test::Dice dice(4);
  auto const& countries = countries_with_emergency_numbers();
  for (std::size_t i = 0; i < test::count(10'000); ++i) {
    auto const country = dice.pick(countries);
    std::string number(dice.pick(emergency_numbers_of(country)));
    for (int n = 0; n < 7; ++n) number += static_cast<char>('0' + dice.below(10));
    ASSERT_FALSE(is_emergency(number, country)) << number << " in " << country;
    ASSERT_FALSE(is_emergency("+" + number, country)) << number << " in " << country;
  }
}

}  // namespace
}  // namespace wardroom::call_blocking
