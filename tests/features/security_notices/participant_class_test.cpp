// Who is trusted how far: the address table, the lists, and the kinds of participants.
#include "features/security_notices/participant_class.hpp"

#include "domain/idn.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::security_notices {
namespace {

using enum SecurityLevel;

DomainList list(std::vector<std::string> const& entries) {
  auto made = DomainList::make(entries);
  if (!made) ADD_FAILURE() << made.error().what;
  return made ? *made : DomainList();
}

ClassRules rules() {
  return {list({"acme.example", "secure.acme.example", "*.rooms.acme.example", "Müller.example"}),
          list({"staff.example", "xn--strae-oqa.example", "secure.example.com"})};
}

struct Case {
  std::string address;
  SecurityLevel level;
  std::string why;
};

constexpr auto secure_acme = "secure_domains: acme.example";
constexpr auto secure_rooms = "secure_domains: *.rooms.acme.example";
constexpr auto secure_mueller = "secure_domains: Müller.example";
constexpr auto internal_staff = "internal_domains: staff.example";
constexpr auto internal_strasse = "internal_domains: xn--strae-oqa.example";
constexpr auto in_none = "in no list";
constexpr auto two_signs = "two @ signs";
constexpr auto no_sign = "no @ sign";
constexpr auto phone = "a phone number";
constexpr auto ip = "an IP address";
constexpr auto broken = "no valid domain name";
constexpr auto port = "a broken port";
constexpr auto beside = "something beside the angle brackets that is no name";
constexpr auto half = "an angle bracket without its other half";
constexpr auto brackets = "two pairs of angle brackets";
constexpr auto control = "a control character";
constexpr auto nothing = "no address yet";
constexpr auto blank = "a blank or a quotation mark";

std::string const nul("x@acme.example\0.evil.org", 24);

std::vector<Case> const table = {
    // whole labels, never a part of the text
    {"boss@acme.example", secure, secure_acme},
    {"boss@staff.example", internal, internal_staff},
    {"boss@evil.org", external, in_none},
    {"boss@secure.example.com.evil.org", external, in_none},
    {"x@badacme.example", external, in_none},
    {"x@acme.example.net", external, in_none},
    {"x@acme.exampl", external, in_none},
    {"x@cme.example", external, in_none},
    {"acme.example@evil.org", external, in_none},
    {"x@sub.acme.example", external, in_none},
    {"x@a.rooms.acme.example", secure, secure_rooms},
    {"x@a.b.rooms.acme.example", secure, secure_rooms},
    {"x@rooms.acme.example", external, in_none},
    {"x@brooms.acme.example", external, in_none},
    {"x@secure.acme.example", secure, "secure_domains: secure.acme.example"},
    // upper case and dots
    {"BOSS@ACME.EXAMPLE", secure, secure_acme},
    {"x@Staff.Example", internal, internal_staff},
    {"x@acme.example.", secure, secure_acme},
    {"x@acme.example..", external, broken},
    {"x@acme..example", external, broken},
    {"x@.acme.example", external, broken},
    {"x@.", external, "no host after the @ sign"},
    {"x@", external, "no host after the @ sign"},
    {"@acme.example", secure, secure_acme},
    // white space around is nothing, inside it is broken
    {"  x@acme.example\t", secure, secure_acme},
    {"x@acme.example\r\n", secure, secure_acme},
    {"x@acme .example", external, broken},
    {"x@ acme.example", external, broken},
    {"x y@acme.example", external, blank},
    {"x@acme.example\n.evil.org", external, control},
    {"x@evil.org\nx@acme.example", external, control},
    {nul, external, control},
    {"", external, nothing},
    {"   ", external, nothing},
    // schemes
    {"sip:x@acme.example", secure, secure_acme},
    {"SIPS:x@acme.example", secure, secure_acme},
    {"h323:x@acme.example", secure, secure_acme},
    {"im:x@staff.example", internal, internal_staff},
    {"pres:x@staff.example", internal, internal_staff},
    {"sip: x@acme.example", secure, secure_acme},
    {"tel:+43123456", external, phone},
    {"tel:+43123456@acme.example", external, phone},
    {"TEL:+43123456;phone-context=acme.example", external, phone},
    {"+43123456", external, phone},
    {"4711", external, phone},
    {"acme.example", external, no_sign},
    {"sip:acme.example", external, no_sign},
    {"boss", external, no_sign},
    {"+43123456@staff.example;user=phone", internal, internal_staff},
    // parameters, headers, ports
    {"x@evil.org;domain=acme.example", external, in_none},
    {"x@evil.org;domain=@acme.example", external, two_signs},
    {"x@evil.org?from=acme.example", external, in_none},
    {"x@evil.org,acme.example", external, in_none},
    {"sip:x@acme.example;transport=tls", secure, secure_acme},
    {"sip:x@acme.example?subject=hello", secure, secure_acme},
    {"user;phone-context=x@staff.example;user=phone", internal, internal_staff},
    {"user;phone-context=acme.example@evil.org", external, in_none},
    {"x@acme.example:5061", secure, secure_acme},
    {"x@acme.example.:5061;transport=tls", secure, secure_acme},
    {"x@acme.example:", external, port},
    {"x@acme.example:sip", external, port},
    {"x@acme.example:506100", external, port},
    {"x@acme.example:5061:5061", external, port},
    // one @ sign, written out
    {"user@evil.com@secure.acme.example", external, two_signs},
    {"a@acme.example@evil.org", external, two_signs},
    {"x@@acme.example", external, two_signs},
    {"\"x@evil.org\"@acme.example", external, two_signs},
    {"x%40evil.org@acme.example", secure, secure_acme},
    {"x%40acme.example", external, no_sign},
    {"x@evil.org%2eacme.example", external, broken},
    {"x@acme%2eexample", external, broken},
    {"x@acme.example%00.evil.org", external, broken},
    {"x@acme.example/evil", external, broken},
    {"x@acme.example#evil", external, broken},
    {"x@acme.example\\evil", external, broken},
    {"x@(comment)acme.example", external, broken},
    {"x@acme.example(comment)", external, broken},
    {"x@*.rooms.acme.example", external, broken},
    // display names and brackets
    {"<sip:x@acme.example>", secure, secure_acme},
    {"<sips:x@a.rooms.acme.example:5061;user=phone>", secure, secure_rooms},
    {"\"Boss\" <sip:x@acme.example>;tag=4711", secure, secure_acme},
    {"Boss Room <sip:x@acme.example>", secure, secure_acme},
    {"\"boss@acme.example\" <sip:x@evil.org>", external, in_none},
    {"\"a \\\" b\" <sip:x@acme.example>", secure, secure_acme},
    {"boss@acme.example <sip:x@evil.org>", external, beside},
    {"x@evil.org <sip:boss@acme.example>", external, beside},
    {"\"x\" y <sip:boss@acme.example>", external, beside},
    {"<sip:x@acme.example>@evil.org", external, beside},
    {"<sip:x@acme.example> evil.org", external, beside},
    {"<sip:x@evil.org><sip:x@acme.example>", external, brackets},
    {"<<sip:x@acme.example>>", external, brackets},
    {"\"<x@acme.example>\" <sip:x@evil.org>", external, brackets},
    {"<sip:x@acme.example", external, half},
    {"sip:x@acme.example>", external, half},
    {">x@acme.example<", external, half},
    {"<>", external, no_sign},
    // IP addresses are no domains
    {"x@10.20.0.5", external, ip},
    {"x@10.20.0.5:5060", external, ip},
    {"10.2.0.1", external, ip},
    {"x@[2001:db8::1]", external, ip},
    {"x@[2001:db8::1]:5060", external, ip},
    {"x@2001:db8::1", external, ip},
    {"x@[fe80::1%eth0]", external, ip},
    {"x@3232235777", external, ip},
    {"x@0x7f.1", external, ip},
    {"x@[2001:db8::1", external, "a square bracket without its other half"},
    {"x@[2001:db8::1]acme.example", external, port},
    {"x@[acme.example]", external, "a broken IP address"},
    // labels
    {"x@a_b.rooms.acme.example", secure, secure_rooms},
    {"x@" + std::string(63, 'a') + ".rooms.acme.example", secure, secure_rooms},
    {"x@" + std::string(64, 'a') + ".rooms.acme.example", external, broken},
    {"x@-a.rooms.acme.example", external, broken},
    {"x@a-.rooms.acme.example", external, broken},
    // beyond ASCII: both spellings of a name, and no look-alikes
    {"x@müller.example", secure, secure_mueller},
    {"x@MÜLLER.Example", secure, secure_mueller},
    {"x@mu\u0308ller.example", secure, secure_mueller},
    {"x@xn--mller-kva.example", secure, secure_mueller},
    {"x@XN--MLLER-KVA.example", secure, secure_mueller},
    {"x@muller.example", external, in_none},
    {"x@straße.example", internal, internal_strasse},
    {"x@strasse.example", external, in_none},
    {"x@\u0430cme.example", external, in_none},            // Cyrillic a
    {"x@\u0430\u0441m\u0435.example", external, in_none},  // Cyrillic a, es, ie
    {"x@\u03b1cme.example", external, in_none},            // Greek alpha
    {"x@ａｃｍｅ.example", external, broken},              // full-width
    {"x@acme．example", external, broken},                 // full-width dot
    {"x@acme。example", external, broken},                 // ideographic dot
    {"x@evil.org。acme.example", external, broken},
    {"x@ac\u200bme.example", external, broken},  // zero-width space
    {"x@ac\u200dme.example", external, broken},  // zero-width joiner
    {"x@ac\u00adme.example", external, broken},  // soft hyphen
    {"x@\u202eacme.example", external, broken},  // right-to-left override
    {"x@staf\u017f.example", external, broken},  // long s
    {"x＠acme.example", external, no_sign},      // full-width @
    {"x@xn--a.example", external, broken},
    {"x@xn--zzzzzzz999.example", external, broken},
    {"x@xn--acme-.example", external, broken},
    {"x@xn--.example", external, broken},
    {"x@acme.example\xff", external, broken},
    {"x@ac\xc3me.example", external, broken},
    {"anonymous@anonymous.invalid", external, in_none},
};

TEST(AddressTable, has_the_expected_level_and_reason_for_each_address) {
  auto const lists = rules();
  EXPECT_GE(table.size(), 60U);
  for (Case const& each : table) {
    auto const got = classify(lists, {.type = "sip", .address = each.address});
    EXPECT_EQ(got.level, each.level) << each.address << ": " << got.why;
    EXPECT_EQ(got.why, each.why) << each.address;
    EXPECT_EQ(got.domain.empty(), host_part(each.address).domain.empty()) << each.address;
  }
}

TEST(AddressTable, of_the_reference_holds) {
  ClassRules const lists{list({"secure.example", "*.rooms.secure.example"}),
                         list({"staff.example.com"})};
  for (auto const& [address, level] : std::vector<std::pair<std::string, int>>{
           {"bob@staff.example.com", 2},
           {"sip:Bob@STAFF.example.com.;transport=tls", 2},
           {"<sips:x@a.rooms.secure.example:5061;user=phone>", 1},
           {"x@notsecure.example", 3},
           {"x@secure.example.evil.net", 3},
           {"secure.example@evil.net", 3},
           {"a@secure.example@evil.net", 3},
           {"x@evil.net;foo=@secure.example", 3},
           {"user;phone-context=x@staff.example.com;user=phone", 2},
           {"4711@10.20.0.5", 3},
           {"x@[2001:db8::1]:5060", 3},
           {"+4930123456", 3},
           {"+4930123456@gw.staff.example.com;user=phone", 3}})
    EXPECT_EQ(number(classify(lists, {.type = "sip", .address = address}).level), level) << address;
}

/// Says independently of host_part what may be trusted at all.
bool may_be_trusted(std::string address) {
  auto const at = address.rfind('@');
  if (at == address.npos) return false;
  auto host = address.substr(at + 1);
  host = host.substr(0, host.find_first_of(";?,:> \t\r\n"));
  if (host.ends_with('.')) host.pop_back();
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (std::string_view listed :
       {"acme.example", "secure.acme.example", "staff.example", "secure.example.com",
        "xn--mller-kva.example", "müller.example", "mÜller.example", "mu\u0308ller.example",
        "xn--strae-oqa.example", "straße.example"})
    if (host == listed) return true;
  return host.ends_with(".rooms.acme.example");
}

TEST(AddressTable, has_no_mutation_that_is_trusted_without_its_domain) {
  wardroom::test::Dice dice(5);
  auto const lists = rules();
  std::string const seasoning("@@<>\";:?,.%[] \t\n\\\0aA-_\xc3\xe2", 24);
  std::size_t trusted = 0;
  for (std::size_t i = 0; i < wardroom::test::count(20'000); ++i) {
    std::string text = dice.pick(table).address;
    for (auto n = dice.below(4) + 1; n > 0; --n) {
      auto const at = static_cast<std::ptrdiff_t>(dice.below(text.size() + 1));
      if (dice.one_in(3))
        text.insert(static_cast<std::size_t>(at), dice.pick(table).address);
      else if (dice.one_in(2) && !text.empty())
        text.erase(static_cast<std::size_t>(at) % text.size(), 1);
      else
        text.insert(text.begin() + at, dice.pick(seasoning));
    }
    auto const got = classify(lists, {.type = "sip", .address = text});
    trusted += got.level != external ? 1 : 0;
    EXPECT_TRUE(got.level == external || may_be_trusted(text)) << text << ": " << got.why;
    EXPECT_TRUE(got.level != external || !got.why.empty()) << text;
  }
  EXPECT_GT(trusted, 0U);
}

TEST(StrictDomain, takes_what_dns_knows_and_nothing_that_only_becomes_it) {
  EXPECT_EQ(strict_domain("Acme.Example"), "acme.example");
  EXPECT_EQ(strict_domain("Straße.example"), "xn--strae-oqa.example");
  EXPECT_EQ(strict_domain("acme.example."), std::nullopt);
  EXPECT_EQ(strict_domain(""), std::nullopt);
  EXPECT_EQ(strict_domain("\u212aelvin.example"), std::nullopt) << "the Kelvin sign";
  EXPECT_EQ(strict_domain(std::string("a\0b.example", 11)), std::nullopt);
  std::string const label(60, 'a');
  EXPECT_EQ(strict_domain(label + "." + label + "." + label + "." + label + "." + label),
            std::nullopt);
  EXPECT_EQ(to_a_labels("ａｃｍｅ.example"), "acme.example") << "as UTS 46 has it";
  EXPECT_EQ(to_a_labels("xn--a.example"), std::nullopt);
}

TEST(HostPart, gives_the_one_spelling_of_a_domain) {
  EXPECT_EQ(host_part("sip:x@MÜLLER.Example.:5061;transport=tls").domain, "xn--mller-kva.example");
  EXPECT_TRUE(host_part("x@[::1]").is_address);
  EXPECT_TRUE(host_part("x@[::1]").domain.empty());
  EXPECT_FALSE(host_part("x@acme.example").is_address);
}

TEST(DomainList, refuses_what_would_fit_too_much_or_nothing) {
  auto const complaint = [](std::string const& entry) {
    auto const made = DomainList::make({"acme.example", entry});
    return made ? std::string("taken") : made.error().what;
  };
  EXPECT_NE(complaint("").find("empty entry"), std::string::npos);
  EXPECT_NE(complaint("  ").find("empty entry"), std::string::npos);
  EXPECT_NE(complaint(".acme.example").find("\"*.acme.example\""), std::string::npos);
  for (std::string const star : {"*", "acme.*", "*acme.example", "*.*.example", "a.*.example"})
    EXPECT_NE(complaint(star).find("star"), std::string::npos) << star;
  for (std::string const address : {"10.20.0.5", "2001:db8::1", "[2001:db8::1]", "*.10.20.0.5"})
    EXPECT_NE(complaint(address).find("IP address"), std::string::npos) << address;
  EXPECT_NE(complaint("x@acme.example").find("after the @ sign"), std::string::npos);
  for (std::string const none : {"acme..example", "sip:acme.example", "acme.example:5061", "a b",
                                 "*.", "-acme.example", "ａｃｍｅ.example", "xn--a.example"})
    EXPECT_NE(complaint(none).find("no domain name"), std::string::npos) << none << complaint(none);
  EXPECT_EQ(complaint("ACME.Example."), "taken");
  EXPECT_EQ(complaint("localdomain"), "taken");
}

TEST(DomainList, finds_the_entry_as_it_was_written) {
  auto const made = list({"ACME.example", "*.Acme.Example", "Straße.example"});
  EXPECT_EQ(made.match("acme.example"), "ACME.example");
  EXPECT_EQ(made.match("a.b.acme.example"), "*.Acme.Example");
  EXPECT_EQ(made.match("xn--strae-oqa.example"), "Straße.example");
  EXPECT_EQ(made.match("example"), "");
  EXPECT_EQ(made.match(""), "");
  EXPECT_EQ(DomainList().match("acme.example"), "");
}

TEST(DomainList, tells_entries_of_both_lists) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(in_both({list({"a.example"}), list({"b.example", "A.example"})}),
            Strings{"A.example (by a.example)"});
  EXPECT_EQ(in_both({list({"*.a.example"}), list({"*.a.example"})}), Strings{"*.a.example"});
  EXPECT_EQ(in_both({list({"*.a.example"}), list({"guests.a.example"})}),
            Strings{"guests.a.example (by *.a.example)"});
  EXPECT_EQ(in_both({list({"*.a.example"}), list({"*.guests.a.example"})}),
            Strings{"*.guests.a.example (by *.a.example)"});
  EXPECT_TRUE(in_both({list({"rooms.a.example"}), list({"*.a.example", "a.example"})}).empty())
      << "the narrower one in the more trusted list is looked at first, as it should";
  EXPECT_TRUE(in_both({list({"*.a.example"}), list({"a.example"})}).empty());
  EXPECT_TRUE(in_both({}).empty());
}

TEST(Classify, lets_the_kind_decide_before_the_address) {
  auto const lists = rules();
  auto const level = [&](Party party) {
    if (party.address.empty()) party.address = "x@acme.example";
    return classify(lists, party);
  };
  EXPECT_EQ(level({.type = "sip"}).level, secure);
  EXPECT_EQ(level({.type = "SIP", .sub_type = "Lync"}).level, secure);
  EXPECT_EQ(level({.type = "sip", .sub_type = "avaya"}).level, secure);
  for (Party const& outsider : std::vector<Party>{{.type = "acano"},
                                                  {.type = "Acano"},
                                                  {.type = "sip", .sub_type = "webApp"},
                                                  {.sub_type = "WEBAPP", .has_sip_call_id = true},
                                                  {.type = "sip", .guest = true},
                                                  {.type = "sip", .has_user_jid = true}}) {
    EXPECT_EQ(level(outsider).level, external);
    EXPECT_EQ(level(outsider).why, "web or app");
    EXPECT_EQ(level(outsider).domain, "acme.example") << "for the report";
  }
  EXPECT_EQ(level({.type = "sip", .in_lync_conference = true}).level, external);
  EXPECT_EQ(level({}).level, external);
  EXPECT_EQ(level({}).why, "its kind is not known");
  EXPECT_EQ(level({.has_sip_call_id = true}).level, secure);
  EXPECT_EQ(level({.type = "h323"}).why, "an unknown kind");
  EXPECT_EQ(level({.type = "sip", .sub_type = "hologram"}).why, "an unknown kind");
  EXPECT_EQ(classify(lists, {.type = "sip"}).why, "no address yet");
}

TEST(Classify, trusts_nobody_without_lists) {
  EXPECT_EQ(classify({}, {.type = "sip", .address = "x@acme.example"}).level, external);
}

TEST(SecurityLevel, has_names_and_an_order) {
  EXPECT_EQ(least_trusted(secure, external), external);
  EXPECT_EQ(least_trusted(internal, none), internal);
  EXPECT_EQ(name(none), "none");
  EXPECT_EQ(name(secure), "secure");
  EXPECT_EQ(name(internal), "internal");
  EXPECT_EQ(name(external), "external");
}

}  // namespace
}  // namespace wardroom::security_notices
