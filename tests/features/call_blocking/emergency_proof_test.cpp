/// X2 in the pure rules, both ways: no spelling of an emergency number is ever released, whatever
/// the place, the policy, the operator's decision and the outage; nothing else passes as one.
#include "dial_strings.hpp"
#include "features/call_blocking/emergency_numbers.hpp"
#include "features/call_blocking/verdict.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wardroom::call_blocking {
namespace {

using test::Dice;

bool says_emergency(DialString const& dialled, DialPlace const& place, Dice& dice) {
  auto const& country = *place.country;
  std::string const number = "+" + std::string(country.code) + "15550100";
  // The number tells the country too, where no other shares its calling code.
  bool const by_number =
      place.known && dice.one_in(4) && countries_of_calling_code(country.code).size() == 1;
  return is_emergency_number(
      dialled.text, dialled.country_code,
      {place.known && !by_number ? country.letters : std::string_view(),
       by_number ? std::string_view(number) : std::string_view(), place.prefixes, place.extra});
}

std::string shown(DialString const& dialled, DialPlace const& place) {
  std::string bytes;
  for (char c : dialled.text) bytes += c >= ' ' && c < 127 ? std::string(1, c) : "?";
  return bytes + " (" + dialled.digits + ", code '" + dialled.country_code + "') in " +
         std::string(place.country->letters) + (place.known ? "" : ", not known");
}

std::chrono::seconds some_seconds(Dice& dice) { return std::chrono::seconds(dice.below(7200)); }

Policy any_policy(Dice& dice) {
  return {static_cast<Policy::Kind>(dice.below(3)), some_seconds(dice)};
}

/// Every standing, hint, policy, decision of an operator and outage.
Facts any_facts(Dice& dice) {
  Facts facts;
  facts.incoming = dice.one_in(2);
  facts.internal = dice.one_in(3);
  facts.emergency_callback = dice.one_in(4);
  facts.callback_unknown = dice.one_in(4);
  facts.running = dice.one_in(3);
  facts.override_ = static_cast<Override>(dice.below(4));
  facts.fenced = !dice.one_in(5);
  facts.standing = static_cast<Standing>(dice.below(5));
  facts.unsure_for = some_seconds(dice);
  facts.hints = static_cast<Hints>(dice.below(16));
  facts.suspicious_for = some_seconds(dice);
  facts.policies.no_fix = any_policy(dice);
  facts.policies.stale = any_policy(dice);
  facts.policies.uncertain = any_policy(dice);
  facts.policies.degraded = any_policy(dice);
  facts.policies.suspicious = any_policy(dice);
  facts.degraded = dice.one_in(2);
  facts.internal_calls = static_cast<InternalCalls>(dice.below(2));
  facts.end_running = static_cast<EndRunning>(dice.below(3));
  return facts;
}

/// Somebody whose ordinary calls must end: by an operator, or outside with nothing that excuses.
Facts blocked_facts(Dice& dice) {
  auto facts = any_facts(dice);
  facts.emergency_callback = facts.emergency_callback && !facts.incoming;
  facts.callback_unknown = facts.callback_unknown && !facts.incoming;
  if (dice.one_in(3)) {
    facts.override_ = Override::block;
    return facts;
  }
  facts.override_ = Override::none;
  facts.fenced = true;
  facts.internal_calls = InternalCalls::judge;
  facts.standing = Standing::outside;
  if (facts.end_running == EndRunning::never) facts.running = false;
  return facts;
}

TEST(EmergencyProof, X2_no_spelling_of_an_emergency_number_is_released_whatever_else_holds) {
  Dice dice(21);
  std::size_t missed = 0, released = 0;
  auto const n = test::count(100'000);
  for (std::size_t i = 0; i < n; ++i) {
    auto const place = any_place(dice);
    auto const dialled = emergency_string(dice, place);
    auto facts = any_facts(dice);
    facts.emergency = says_emergency(dialled, place, dice);
    if (!facts.emergency && ++missed <= 20) ADD_FAILURE() << "missed: " << shown(dialled, place);
    if (judge(facts).release) ++released;
  }
  EXPECT_EQ(released, 0u);
  std::cout << "[    X2    ] " << n << " emergency calls, " << missed << " not recognised, "
            << released << " released\n";
}

TEST(EmergencyProof, X2_no_ordinary_call_of_a_blocked_person_passes_as_an_emergency) {
  Dice dice(22);
  std::size_t taken = 0, let_through = 0;
  auto const n = test::count(100'000);
  for (std::size_t i = 0; i < n; ++i) {
    auto const place = any_place(dice);
    auto const dialled = ordinary_string(dice, place);
    auto facts = blocked_facts(dice);
    facts.emergency = says_emergency(dialled, place, dice);
    if (facts.emergency && ++taken <= 20)
      ADD_FAILURE() << "taken for an emergency: " << shown(dialled, place);
    if (!judge(facts).release) ++let_through;
  }
  EXPECT_EQ(let_through, 0u);
  std::cout << "[    X2    ] " << n << " ordinary calls of blocked people, " << let_through
            << " let through\n";
}

TEST(EmergencyProof, X2_the_call_back_of_an_emergency_service_passes_within_its_hour) {
  Dice dice(23);
  for (std::size_t i = 0; i < test::count(20'000); ++i) {
    auto facts = any_facts(dice);
    facts.incoming = true;
    // Also while nobody can tell whether it is one.
    (dice.one_in(2) ? facts.emergency_callback : facts.callback_unknown) = true;
    ASSERT_FALSE(judge(facts).release);
    facts.incoming = false;  // but it is for being called, not for calling
    facts.override_ = Override::block;
    ASSERT_TRUE(judge(facts).release);
  }
}

/// The committed table beside what the countries publish: each number in its bare form.
TEST(EmergencyProof, X2_the_table_has_the_numbers_that_countries_publish_and_not_their_other_ones) {
  std::vector<std::string> const prefixes{"0", "9"};
  for (auto const& country : dial_countries()) {
    auto const here = [&](std::string_view number) {
      return is_emergency_number(number, "", {country.letters, "", prefixes, {}});
    };
    for (auto const& number : country.emergency) {
      EXPECT_TRUE(here(number)) << number << " in " << country.letters;
      for (auto const& prefix : prefixes)
        EXPECT_TRUE(here(prefix + number)) << prefix << number << " in " << country.letters;
    }
    for (auto const& number : country.ordinary)
      EXPECT_FALSE(here(number)) << number << " in " << country.letters;
    EXPECT_EQ(countries_of_calling_code(country.code).empty(), false) << country.code;
  }
}

/// What platforms do to an address on its way, one example of each kind.
TEST(EmergencyProof, X2_spellings_by_example) {
  std::vector<std::string> const prefixes{"0", "9"};
  std::map<std::string, bool> const expected{
      {"tel:%31%31%32", true},
      {"sip:%2B43112@h", true},
      {"\u200E112\u200E", true},
      {"\u2066tel:112\u2069", true},
      {"1\uFE0F\u20E31\uFE0F\u20E32\uFE0F\u20E3", true},
      {"\u0661\u0661\u0662", true},
      {"+112", true},  // no number of the world is so short
      {"+43112", true},
      {"+1 112", true},
      {"\"Rettung\" <sip:144@as.example;user=phone>", true},
      {"9,112", true},
      {"#31#112", true},
      {"112#", true},
      {"sip:112:secret@h", true},
      {"callto:112", true},
      {"1\xA0"
       "12",  // Latin-1 without a declaration
       true},
      {"+43 1 112 5555", false},
      {"+431125555", false},
      {"+49 133", false},  // not a number there
      {"112#5", false},
      {"112*", false},
      {"+", false},
      {"tel:", false},
      {"%", false},
      {"tel:11%2", false},
      {"00112", false},
      {"0043112", false},
      {"sip:rescue@112", false},
  };
  for (auto const& [text, yes] : expected)
    EXPECT_EQ(is_emergency_number(text, "", {"AT", "", prefixes, {}}), yes) << text;
  // The platform places the call in another country than the directory: the numbers of both count.
  EXPECT_TRUE(is_emergency_number("133", "43", {"US", "", prefixes, {}}));
  EXPECT_FALSE(is_emergency_number("133", "1", {"US", "", prefixes, {}}));
  EXPECT_FALSE(is_emergency_number("211", "1", {"US", "", prefixes, {}}));  // one of Barbados
}

}  // namespace
}  // namespace wardroom::call_blocking
