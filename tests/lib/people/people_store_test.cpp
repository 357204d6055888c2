// People from two listings becoming rows with numbers, and found again.
#include "people/people_store.hpp"

#include "people/migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::people {
namespace {
using namespace std::chrono_literals;

std::vector<store::Migration> tables() { return {migrations().begin(), migrations().end()}; }

Person person(std::string uuid, std::string name, std::vector<std::string> emails,
              std::string country = "AT") {
  Person out;
  out.id = PersonId("id-" + uuid);
  out.uuid = std::move(uuid);
  out.display_name = std::move(name);
  out.emails = std::move(emails);
  out.country = std::move(country);
  return out;
}

CallingUser calling(std::string xsi, std::string email, std::string uuid = "",
                    std::string number = "") {
  return {.id = XsiUserId(std::move(xsi)),
          .email = std::move(email),
          .number = std::move(number),
          .extension = {},
          .country_code = "43",
          .display_name = "From calling",
          .person_uuid = std::move(uuid)};
}

struct People : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeDatabase database{io, clock, tables()};
  Roster roster;
  PeopleStore people{database, clock, roster};

  PersonNo add(Person p) {
    return test::run_task(io, people.upsert(std::vector{std::move(p)})).value().front();
  }
  PersonNo add(CallingUser u) {
    return test::run_task(io, people.upsert(std::vector{std::move(u)})).value().front();
  }
  PersonRecord get(PersonNo no) { return test::run_task(io, people.person(no)).value(); }
  Error refused(std::string text) {
    return test::run_task(io, people.resolve(std::move(text))).error();
  }
};

TEST_F(People, get_a_number_and_are_found_by_uuid_and_platform_id) {
  auto const ada = add(person("u-ada", "Ada", {"Ada@Acme.example", "ada.l@acme.example"}));
  EXPECT_EQ(add(calling("ada@xsi.example", "ada@acme.example", "U-ADA", "+43123")), ada);
  EXPECT_EQ(roster.find(RosterKey::of_uuid("u-ada")), ada);
  EXPECT_EQ(roster.find(RosterKey::of_xsi("ada@xsi.example")), ada);
  EXPECT_EQ(roster.row(ada).country, (std::array<char, 2>{'A', 'T'}));
  auto const record = get(ada);
  EXPECT_EQ(record.name, "Ada");
  EXPECT_EQ(record.email, "ada@acme.example");
  EXPECT_EQ(record.number, "+43123");
  EXPECT_EQ(record.country_code, "43");
  EXPECT_TRUE(record.active);
}

TEST_F(People, of_the_two_listings_meet_by_any_mail_address_whichever_came_first) {
  auto const ada = add(calling("ada@xsi", "ada.l@acme.example"));
  EXPECT_EQ(add(person("u-ada", "Ada", {"ada@acme.example", "ADA.L@acme.example"})), ada);
  auto const bob = add(person("u-bob", "Bob", {"bob@acme.example", "bobby@acme.example"}));
  EXPECT_EQ(add(calling("bob@xsi", "Bobby@acme.example")), bob);
  EXPECT_NE(ada, bob);
  EXPECT_EQ(get(ada).name, "Ada") << "the directory's name wins";
}

TEST_F(People, without_any_mail_address_stay_apart) {
  auto const a = add(calling("a@xsi", ""));
  auto const b = add(calling("b@xsi", ""));
  EXPECT_NE(a, b);
  EXPECT_EQ(add(calling("a@xsi", "")), a);
  EXPECT_EQ(add(person("", "Nobody", {})), 0u);
}

TEST_F(People, who_turn_out_to_be_one_are_joined_under_the_number_with_the_uuid) {
  auto const stray = add(calling("ada@xsi", ""));
  auto const ada = add(person("u-ada", "Ada", {"ada@acme.example"}));
  ASSERT_NE(stray, ada);
  EXPECT_EQ(add(calling("ada@xsi", "", "u-ada")), ada);
  EXPECT_EQ(roster.find(RosterKey::of_xsi("ada@xsi")), ada);
  EXPECT_FALSE(get(stray).active);
  EXPECT_TRUE(get(stray).xsi.empty());
}

TEST_F(People, with_a_new_platform_id_are_not_found_by_the_old_one) {
  auto const ada = add(person("u-ada", "Ada", {"ada@acme.example"}));
  EXPECT_EQ(add(calling("old@xsi", "ada@acme.example", "u-ada")), ada);
  auto const stranger = add(calling("new@xsi", "ada@acme.example", "u-ada"));
  EXPECT_NE(stranger, ada) << "two users at once: who is who shows in a complete reading";
  Seen const seen{.person = [](PersonNo) { return true; },
                  .user = [=](PersonNo no) { return no == stranger; }};
  ASSERT_TRUE(test::run_task(io, people.settle(seen)));
  EXPECT_EQ(roster.find(RosterKey::of_xsi("new@xsi")), ada);
  EXPECT_NE(roster.find(RosterKey::of_xsi("old@xsi")), ada);
}

TEST_F(People, unchanged_are_not_written_again) {
  auto const ada = add(person("u-ada", "Ada", {"ada@acme.example"}));
  auto const before = get(ada).updated;
  clock.advance(1h);
  add(person("u-ada", "Ada", {"ada@acme.example"}));
  EXPECT_EQ(get(ada).updated, before);
  add(person("u-ada", "Ada L.", {"ada@acme.example"}));
  EXPECT_EQ(get(ada).updated, clock.now());
}

TEST_F(People, are_all_in_the_roster_after_a_restart) {
  std::vector<Person> many;
  for (int i = 0; i < 1'234; ++i)
    many.push_back(person("u-" + std::to_string(i), "P", {std::to_string(i) + "@acme.example"}));
  auto const numbers = test::run_task(io, people.upsert(many)).value();
  ASSERT_EQ(numbers.size(), many.size());
  add(calling("77@xsi", "77@acme.example"));
  Roster fresh;
  PeopleStore next(database, clock, fresh);
  ASSERT_TRUE(test::run_task(io, next.load()));
  for (std::size_t i = 0; i < many.size(); ++i)
    ASSERT_EQ(fresh.find(RosterKey::of_uuid(many[i].uuid)), numbers[i]);
  EXPECT_EQ(fresh.find(RosterKey::of_xsi("77@xsi")), numbers[77]);
  EXPECT_EQ(fresh.row(numbers[5]).country, (std::array<char, 2>{'A', 'T'}));
}

TEST_F(People, are_resolved_from_what_an_operator_types) {
  auto const ada = add(person("u-ada", "Ada Lovelace", {"ada@acme.example", "al@acme.example"}));
  auto const bob = add(person("u-bob", "Bob_100% Ada", {"bob@acme.example"}));
  add(calling("bob@xsi", "bob@acme.example", "", "+43199"));
  auto const resolve = [&](std::string text) {
    return test::run_task(io, people.resolve(std::move(text))).value().no;
  };
  EXPECT_EQ(resolve(std::to_string(ada)), ada);
  EXPECT_EQ(resolve("AL@acme.example"), ada);
  EXPECT_EQ(resolve("lovel"), ada);
  EXPECT_EQ(resolve("_100%"), bob) << "no wildcards";
  EXPECT_EQ(resolve("+43199"), bob);
  EXPECT_EQ(refused("nobody").kind, ErrorKind::not_found);
  EXPECT_EQ(refused("999").kind, ErrorKind::not_found);
  auto const several = refused("ada");
  EXPECT_EQ(several.kind, ErrorKind::conflict);
  EXPECT_NE(several.what.find("Ada Lovelace (1)"), std::string::npos) << several.what;
  EXPECT_EQ(test::run_task(io, people.page(ada, 10)).value().size(), 1u);
  EXPECT_EQ(test::run_task(io, people.search("ada", 1)).value().size(), 1u);
}

TEST_F(People, have_names_in_a_cache_that_follows_changes) {
  auto const ada = add(person("u-ada", "Ada", {"ada@acme.example"}));
  EXPECT_EQ(people.cached_name(ada), nullptr);
  EXPECT_EQ(test::run_task(io, people.display_name(ada)), "Ada");
  ASSERT_NE(people.cached_name(ada), nullptr);
  EXPECT_EQ(people.cached_name(ada)->email, "ada@acme.example");
  add(person("u-ada", "Ada L.", {"ada@acme.example"}));
  EXPECT_EQ(people.cached_name(ada)->name, "Ada L.");
  EXPECT_EQ(test::run_task(io, people.display_name(999)), "person 999");
}

TEST_F(People, a_failed_commit_changes_nothing_in_the_roster) {
  database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  EXPECT_FALSE(test::run_task(io, people.upsert(std::vector{person("u-ada", "Ada", {})})));
  EXPECT_EQ(roster.find(RosterKey::of_uuid("u-ada")), 0u);
}

}  // namespace
}  // namespace wardroom::people
