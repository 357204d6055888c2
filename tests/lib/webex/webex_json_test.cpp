// Webex's JSON: what is missing is unknown, and ids mean the same in every spelling.
#include "cisco/webex/webex_json.hpp"

#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace wardroom::webex {
namespace {
using nlohmann::json;

std::string const uuid = "f5b36187-c8dd-4727-8b2f-f9c447f29046";

std::string id(std::string const& uri) {
  auto text = to_base64(uri);
  while (text.ends_with('=')) text.pop_back();
  return text;
}
std::string person_id() { return id("ciscospark://us/PEOPLE/" + uuid); }

TEST(WebexIds, decode_to_what_they_name) {
  EXPECT_EQ(decode_id(person_id()), uuid);
  EXPECT_EQ(decode_id(person_id() + "=="), uuid);
  EXPECT_EQ(decode_id("F5B36187-C8DD-4727-8B2F-F9C447F29046"), uuid);
  EXPECT_EQ(decode_id("Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg"), "id_full_admin");
  for (auto const* bad :
       {"", "ada@acme.example", "!!!", "aGVsbG8", "f5b36187-c8dd-4727-8b2f-f9c447f2904"})
    EXPECT_FALSE(decode_id(bad)) << bad;
  EXPECT_FALSE(decode_id(id("ciscospark://us/PEOPLE/")));
}

TEST(WebexIds, are_the_same_in_every_cluster_and_spelling) {
  EXPECT_TRUE(same_id(person_id(), id("ciscospark://urn:TEAM:us-west-2_r/PEOPLE/" + uuid)));
  EXPECT_TRUE(same_id(person_id(), uuid));
  EXPECT_FALSE(same_id("", ""));
  EXPECT_FALSE(same_id(person_id(), "garbage"));
  EXPECT_FALSE(same_id("garbage", "other garbage"));
}

TEST(WebexPerson, is_read_with_all_it_has) {
  auto const person = person_of(json{{"id", person_id()},
                                     {"displayName", "Ada Müller"},
                                     {"emails", {"Ada@Acme.Example", "a.m@acme.example"}},
                                     {"department", "R&D"},
                                     {"locationId", "L1"},
                                     {"roles", {"r1", "r2"}},
                                     {"orgId", "o"},
                                     {"loginEnabled", "true"},
                                     {"invitePending", false},
                                     {"type", "person"},
                                     {"somethingNew", {{"a", 1}}}});
  ASSERT_TRUE(person);
  EXPECT_EQ(person->uuid, uuid);
  EXPECT_EQ(person->emails, (std::vector<std::string>{"ada@acme.example", "a.m@acme.example"}));
  EXPECT_EQ(person->login_enabled, true);
  EXPECT_EQ(person->invite_pending, false);
  EXPECT_EQ(person->roles.size(), 2u);
  EXPECT_TRUE(person->is_person);
}

TEST(WebexPerson, without_flags_is_unknown_and_not_false) {
  auto const person =
      person_of(json{{"id", person_id()}, {"loginEnabled", "perhaps"}, {"emails", 7}});
  ASSERT_TRUE(person);
  EXPECT_EQ(person->login_enabled, std::nullopt);
  EXPECT_EQ(person->invite_pending, std::nullopt);
  EXPECT_TRUE(person->emails.empty());
}

TEST(WebexPerson, that_is_a_bot_or_a_guest_is_no_person) {
  EXPECT_FALSE(person_of(json{{"id", person_id()}, {"type", "bot"}})->is_person);
  EXPECT_FALSE(person_of(json{{"id", person_id()}, {"type", "appuser"}})->is_person);
}

TEST(WebexPerson, without_an_id_is_an_error) {
  EXPECT_FALSE(person_of(json{{"displayName", "x"}}));
  EXPECT_FALSE(person_of(json{{"id", 5}}));
  EXPECT_FALSE(person_of(json::array()));
}

TEST(WebexOrganization, has_its_call_platform_only_when_xsi_is_enabled) {
  json body{{"id", id("ciscospark://us/ORGANIZATION/" + uuid)}, {"displayName", "Acme"}};
  EXPECT_FALSE(organization_of(body)->xsi);
  body["xsiActionsEndpoint"] = "https://x.test/com.broadsoft.xsi-actions/";
  body["xsiEventsEndpoint"] = "https://x.test/com.broadsoft.xsi-events";
  EXPECT_FALSE(organization_of(body)->xsi) << "half of it is not enough";
  body["xsiEventsChannelEndpoint"] = "https://x.test/com.broadsoft.async/com.broadsoft.xsi-events";
  body["xsiDomain"] = "x.test";
  auto const org = organization_of(body);
  EXPECT_EQ(org->uuid, uuid);
  EXPECT_EQ(org->xsi->actions, "https://x.test/com.broadsoft.xsi-actions");
  EXPECT_EQ(org->xsi->domain, "x.test");
}

TEST(WebexRoles, make_a_full_admin_by_id_or_by_name) {
  Person person;
  EXPECT_FALSE(is_full_admin(person, {}));
  person.roles = {"Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg"};
  EXPECT_TRUE(is_full_admin(person, {}));
  auto const old = id("ciscospark://us/ROLE/" + uuid);
  person.roles = {old};
  EXPECT_FALSE(is_full_admin(person, {}));
  EXPECT_TRUE(is_full_admin(person, {{old, "Full Administrator"}}));
  EXPECT_FALSE(is_full_admin(person, {{old, "Read-only administrator"}}));
}

TEST(WebexJson, of_any_shape_is_parsed_or_refused) {
  EXPECT_TRUE(parse_json(R"({"a":[{"a":1},{"a":2}]})"));
  EXPECT_FALSE(parse_json(R"({"a":1,"a":2})"));
  EXPECT_FALSE(parse_json(""));
  EXPECT_FALSE(parse_json("{\"a\":\"\xff\"}"));
  EXPECT_FALSE(parse_json("<html>"));
  EXPECT_TRUE(parse_json(std::string(30, '[') + std::string(30, ']')));
  EXPECT_FALSE(parse_json(std::string(40, '[') + std::string(40, ']')));
  EXPECT_FALSE(parse_json(std::string(100'000, '[')));
}

TEST(WebexLocations, give_countries_as_two_letters_and_names) {
  auto const all =
      places_of(json{{"items",
                      {{{"id", "L1"}, {"name", "Vienna"}, {"address", {{"country", "at"}}}},
                       {{"id", "L2"}, {"address", {{"country", "Austria"}}}},
                       {{"id", "L3"}}}}});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].first, "L1");
  EXPECT_EQ(all[0].second.country, "AT");
  EXPECT_EQ(all[0].second.name, "Vienna");
  EXPECT_EQ(all[1].second.country, "");
}

TEST(WebexPeople, have_the_number_of_their_desk_and_an_extension) {
  json person{{"id", "f5b36187-c8dd-4727-8b2f-f9c447f29046"}, {"extension", "2042"}};
  person["phoneNumbers"] = {{{"type", "mobile"}, {"value", "+43664123"}},
                            {{"type", "work_extension"}, {"value", "2042"}},
                            {{"type", "work"}, {"value", "+43 1 555-0100"}},
                            {{"type", "work"}, {"value", "+4315550101"}, {"primary", true}}};
  EXPECT_EQ(person_of(person)->number, "+4315550101");
  EXPECT_EQ(person_of(person)->extension, "2042");
  person["phoneNumbers"][3]["primary"] = false;
  EXPECT_EQ(person_of(person)->number, "+4315550100");
  person["phoneNumbers"] = {{{"type", "work"}, {"value", "5550100"}}};
  EXPECT_EQ(person_of(person)->number, "") << "nobody knows of which country";
  person["phoneNumbers"] = "none";
  EXPECT_EQ(person_of(person)->number, "");
}

TEST(WebexErrors, give_their_words_for_the_log) {
  EXPECT_EQ(words_of_error(R"({"message":"m","errors":[{"description":"d"}]})"), "m: d");
  EXPECT_EQ(words_of_error("<html>"), "");
  EXPECT_LE(words_of_error(R"({"message":")" + std::string(999, 'x') + R"("})").size(), 300u);
  EXPECT_EQ(words_of_error("{\"message\":\"a\\nb\"}"), "a b");
}

}  // namespace
}  // namespace wardroom::webex
