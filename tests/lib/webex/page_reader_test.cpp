// Pages of people and memberships: whole and right, or refused; what is missing is unknown.
#include "cisco/webex/page_reader.hpp"

#include "paged_service.hpp"
#include "support/random_runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::webex {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

TEST(WrittenIds, are_read_in_every_spelling) {
  auto const id = id_of(77);
  auto const plain = fmt::format("ciscospark://us/PEOPLE/{}", id.text());
  EXPECT_EQ(uuid_of_id(to_base64(plain)), id);
  EXPECT_EQ(uuid_of_id(to_base64url(plain)), id);
  EXPECT_EQ(uuid_of_id(written("PEOPLE", id)), id);
  EXPECT_EQ(uuid_of_id(id.text()), id);
  EXPECT_EQ(uuid_of_id(to_base64("ciscospark://urn:TEAM:us-west-2_r/ROOM/" + id.text())), id);
  auto upper = id.text();
  for (auto& c : upper) c = char(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(uuid_of_id(written("PEOPLE", upper)), id);
  for (auto const& bad :
       {std::string(), std::string("="), std::string("A"), std::string("no id"), plain,
        to_base64("http://us/PEOPLE/" + id.text()), written("PEOPLE", id.text() + "0"),
        written("PEOPLE", ""), written("PEOPLE", id) + "!", std::string(5'000, 'A'),
        to_base64(plain) + "A"})
    EXPECT_FALSE(uuid_of_id(bad)) << bad;
}

TEST(WrittenIds, are_read_as_the_other_reader_does) {
  test::Dice dice(test::random_seed());
  std::string const alphabet = "ABab01+/-_=";
  for (auto left = test::random_count(20'000); left > 0; --left) {
    auto text = written("PEOPLE", id_of(dice.below(100)));
    for (auto changes = dice.below(3); changes > 0; --changes)
      text[dice.below(text.size())] = alphabet[dice.below(alphabet.size())];
    if (dice.one_in(3)) text.resize(text.size() - dice.below(4));
    auto const other = decode_id(text);
    EXPECT_EQ(uuid_of_id(text), other ? Uuid::parse(*other) : std::nullopt) << text;
  }
}

/// What came, with its texts kept.
struct Person {
  PersonFacts facts;
  std::vector<std::string> emails, roles, licenses;
  std::string department, title, location_id, location, name;
};
std::vector<Person> kept(std::span<PersonFacts const> page) {
  std::vector<Person> out;
  for (auto const& one : page)
    out.push_back({one,
                   {one.emails.begin(), one.emails.end()},
                   {one.roles.begin(), one.roles.end()},
                   {one.licenses.begin(), one.licenses.end()},
                   std::string(one.department),
                   std::string(one.title),
                   std::string(one.location_id),
                   std::string(one.location),
                   std::string(one.name)});
  return out;
}
Result<std::vector<Person>> people(std::string body) {
  PageReader reader(std::make_shared<LocationNames>(LocationNames{{"63715", "Vienna"}}));
  std::vector<Person> out;
  auto const seen = reader.people(std::move(body), [&](auto page) -> Result<void> {
    out = kept(page);
    return {};
  });
  if (!seen) return std::unexpected(seen.error());
  EXPECT_EQ(seen->items, out.size());
  return out;
}
Person person(std::string_view more) {
  auto all = people(page_json(
      {fmt::format(R"({{"id":"{}","emails":["a@b.c"]{}}})", written("PEOPLE", id_of(1)), more)}));
  EXPECT_TRUE(all) << more << all.error().what;
  return all ? all->front() : Person{};
}

TEST(PagesOfPeople, tell_all_that_rules_look_at) {
  auto const all = people(page_json({fmt::format(
      R"({{"id":"{}","emails":["Ada@acme.example","al@acme.example"],"displayName":"Ada \u00c9 \"L\"",
      "orgId":"{}","roles":["{}"],"licenses":["{}","plain"],"department":"R&D","title":"Head",
      "locationId":"{}","loginEnabled":"false","invitePending":true,"type":"appuser",
      "phoneNumbers":[{{"type":"work","id":"x","emails":[]}}],"new":{{"errors":1}},"avatar":null}})",
      written("PEOPLE", id_of(1)), org_id, written("ROLE", "id_full_admin"),
      written("LICENSE", id_of(4)), written("LOCATION", "63715"))}));
  ASSERT_TRUE(all) << all.error().what;
  auto const& ada = all->front();
  EXPECT_EQ(ada.facts.id, id_of(1));
  EXPECT_THAT(ada.emails, ElementsAre("Ada@acme.example", "al@acme.example"));
  EXPECT_EQ(ada.name, "Ada É \"L\"");
  EXPECT_EQ(ada.facts.org, id_of(1'000'000));
  EXPECT_THAT(ada.roles, ElementsAre("id_full_admin"));
  EXPECT_THAT(ada.licenses, ElementsAre(id_of(4).text(), "plain"));
  EXPECT_EQ(ada.department + ada.title, "R&DHead");
  EXPECT_EQ(ada.location_id, "63715");
  EXPECT_EQ(ada.location, "Vienna");
  EXPECT_EQ(ada.facts.login_enabled, false);
  EXPECT_EQ(ada.facts.invite_pending, true);
  EXPECT_EQ(ada.facts.type, AccountType::app_user);
  EXPECT_TRUE(ada.facts.whole);
}

TEST(PagesOfPeople, leave_unknown_what_is_not_told) {
  auto const bare = person("");
  EXPECT_FALSE(bare.facts.login_enabled);
  EXPECT_FALSE(bare.facts.invite_pending);
  EXPECT_EQ(bare.facts.type, AccountType::unknown);
  EXPECT_TRUE(bare.facts.org.is_nil());
  EXPECT_TRUE(bare.facts.whole);
  EXPECT_FALSE(person(R"(,"loginEnabled":"maybe")").facts.login_enabled);
  EXPECT_FALSE(person(R"(,"loginEnabled":null)").facts.login_enabled);
  EXPECT_FALSE(person(R"(,"invitePending":0)").facts.invite_pending);
  EXPECT_EQ(person(R"(,"type":"robot")").facts.type, AccountType::unknown);
  EXPECT_TRUE(
      person(R"(,"department":null,"roles":null,"errors":null,"errors2":{"a":1})").facts.whole);
}

TEST(PagesOfPeople, say_who_is_not_whole) {
  for (auto const* damage :
       {R"(,"errors":{"displayName":{"code":"kms_failure"}})", R"(,"errors":["x"])",
        R"(,"errors":"x")", R"(,"department":7)", R"(,"roles":"x")", R"(,"licenses":[1])",
        R"(,"orgId":"?")", R"(,"displayName":{})"})
    EXPECT_FALSE(person(damage).facts.whole) << damage;
  EXPECT_TRUE(person(R"(,"errors":{})").facts.whole);
  auto const nobody =
      people(page_json({fmt::format(R"({{"id":"{}","emails":[]}})", written("PEOPLE", id_of(1))),
                        fmt::format(R"({{"id":"{}"}})", written("PEOPLE", id_of(2)))}));
  ASSERT_TRUE(nobody);
  EXPECT_FALSE((*nobody)[0].facts.whole);
  EXPECT_FALSE((*nobody)[1].facts.whole);
}

TEST(PagesOfPeople, are_refused_when_they_are_not_what_they_should_be) {
  std::string deep = R"({"items":[],"x":)" + std::string(40, '[') + std::string(40, ']') + "}";
  std::string const id = written("PEOPLE", id_of(1));
  for (auto const& bad :
       {std::string(),
        std::string("<html>"),
        std::string("null"),
        std::string("[]"),
        std::string("{}"),
        std::string(R"({"items":null})"),
        std::string(R"({"items":{}})"),
        std::string(R"({"items":[]})") + "x",
        std::string(R"({"items":[]}{"items":[]})"),
        std::string(R"({"items":[],"items":[]})"),
        std::string(R"({"items":[1]})"),
        std::string(R"({"items":[null]})"),
        page_json({"{}"}),
        page_json({R"({"id":null})"}),
        page_json({R"({"id":"x"})"}),
        page_json({R"({"id":7})"}),
        page_json({fmt::format(R"({{"id":"{}","id":"{}"}})", id, id)}),
        page_json({fmt::format(R"({{"id":"{}","emails":["a"],"emails":["b"]}})", id)}),
        deep,
        page_json({"{\"id\":\"" + id + "\",\"displayName\":\"\xff\"}"}),
        page_json({person_json(1)}).substr(0, 200)}) {
    auto const refused = people(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::malformed);
    EXPECT_EQ(refused.error().what.find("p1@"), std::string::npos) << "no addresses in errors";
  }
}

TEST(PagesOfPeople, that_bring_nobody_new_are_told) {
  PageReader reader;
  auto const known = [&](std::vector<std::string> const& items) {
    return reader.people(page_json(items), [](auto) { return Result<void>{}; })->known;
  };
  EXPECT_FALSE(known({person_json(1), person_json(2), person_json(3)}));
  EXPECT_TRUE(known({person_json(3), person_json(1, R"(,"title":"x")")}));
  EXPECT_FALSE(known({person_json(3), person_json(4)}));
  EXPECT_FALSE(known({person_json(4)})) << "the list may have moved on by one";
  EXPECT_FALSE(known({}));
  reader.begin();
  EXPECT_FALSE(known({person_json(1), person_json(2), person_json(3)}));
}

TEST(PagesOfPeople, that_bring_somebody_new_are_hardly_ever_mistaken) {
  PageReader reader;
  std::vector<std::string> items;
  for (std::uint64_t n = 0; n < 50'000; ++n) {
    items.push_back(person_json(n));
    if (items.size() < 2) continue;
    auto const seen = reader.people(page_json(items), [](auto) { return Result<void>{}; });
    ASSERT_TRUE(seen && !seen->known) << n;
    items.clear();
  }
}

struct Member {
  MemberFacts facts;
  std::string id, email, name;
};
Result<Member> member(std::string item) {
  PageReader reader;
  Member out;
  auto const seen =
      reader.members(page_json({std::move(item)}), room_id, [&](auto page) -> Result<void> {
        auto const& one = page.front();
        out = {one, std::string(one.id), std::string(one.email), std::string(one.name)};
        return {};
      });
  if (!seen) return std::unexpected(seen.error());
  return out;
}
std::string with(std::string_view key, std::string_view value) {
  auto item = nlohmann::json::parse(member_json(3));
  value.empty() ? void(item.erase(std::string(key)))
                : void(item[std::string(key)] = nlohmann::json::parse(value));
  return item.dump();
}

TEST(PagesOfMembers, tell_what_a_sync_needs) {
  auto const one = member(member_json(3));
  ASSERT_TRUE(one) << one.error().what;
  EXPECT_EQ(one->facts.person, id_of(3));
  EXPECT_EQ(one->facts.org, id_of(1'000'000));
  EXPECT_EQ(one->email, "p3@acme.example");
  EXPECT_EQ(one->name, "P 3");
  EXPECT_FALSE(one->facts.moderator);
  EXPECT_TRUE(one->facts.whole);
  EXPECT_TRUE(member(with("isModerator", "true"))->facts.moderator);
  EXPECT_TRUE(member(with("isModerator", "\"true\""))->facts.moderator);
  EXPECT_TRUE(member(with("isMonitor", "true"))->facts.monitor);
  EXPECT_TRUE(member(with("personOrgId", ""))->facts.org.is_nil());
}

TEST(PagesOfMembers, say_who_is_not_whole) {
  for (auto const& [key, value] : {std::pair("isModerator", ""),
                                   {"isModerator", "1"},
                                   {"id", ""},
                                   {"id", "7"},
                                   {"errors", R"({"a":1})"},
                                   {"personOrgId", "\"?\""},
                                   {"personEmail", "[]"}}) {
    auto const one = member(with(key, value));
    ASSERT_TRUE(one) << key << one.error().what;
    EXPECT_FALSE(one->facts.whole) << key << value;
  }
}

TEST(PagesOfMembers, of_another_space_or_of_nobody_are_refused) {
  for (auto const& [key, value] : {std::pair("roomId", std::string()),
                                   {"roomId", "\"" + written("ROOM", id_of(9)) + "\""},
                                   {"roomId", "null"},
                                   {"personId", ""},
                                   {"personId", "\"x\""}})
    EXPECT_FALSE(member(with(key, value))) << key << value;
  auto const same = to_base64("ciscospark://urn:TEAM:x/ROOM/" + id_of(2'000'000).text());
  EXPECT_TRUE(member(with("roomId", "\"" + same + "\""))) << "the same one, otherwise written";
}

TEST(Pages, with_damaged_bytes_are_refused_or_read_and_nothing_else_happens) {
  test::Dice dice(test::random_seed());
  std::string const seeds[] = {
      page_json(
          {person_json(1, R"(,"roles":["x"],"errors":{"a":[1,2.5e3,true,null]})"), person_json(2)}),
      page_json({member_json(1), member_json(2)})};
  std::string const spice = "{}[]\",:\\u0000\xff\xc3truenul0-9eE.";
  PageReader reader;
  std::size_t taken = 0;
  auto const count = test::random_count(20'000);
  for (auto left = count; left > 0; --left) {
    auto body = seeds[dice.below(2)];
    for (auto changes = dice.below(4); changes > 0 && !body.empty(); --changes) {
      auto const at = dice.below(body.size());
      if (dice.one_in(3))
        body.erase(at, 1 + dice.below(20));
      else if (dice.one_in(2))
        body.insert(at, 1, spice[dice.below(spice.size())]);
      else
        body[at] = char(dice.bits());
    }
    auto const checked = [&](auto page) -> Result<void> {
      for (auto const& one : page) taken += one.name.size() + one.whole;
      return {};
    };
    auto const as_people = reader.people(body, checked);
    auto const as_members = reader.members(std::move(body), room_id, checked);
    if (!as_people) EXPECT_EQ(as_people.error().kind, ErrorKind::malformed);
    if (!as_members) EXPECT_EQ(as_members.error().kind, ErrorKind::malformed);
  }
  EXPECT_GT(taken, count / 10);
}

}  // namespace
}  // namespace wardroom::webex
