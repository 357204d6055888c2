// The join of two directories in the store, on both engines: what is written, and what is not.
#include "../store/engines.hpp"
#include "people/migrations.hpp"
#include "people/people_store.hpp"

namespace wardroom::people {
namespace {

std::vector<store::Migration> tables() { return {migrations().begin(), migrations().end()}; }

Person person(std::string uuid, std::vector<std::string> emails, std::string phone = "") {
  Person out;
  out.id = PersonId("id-" + uuid);
  out.display_name = "P " + uuid;
  out.uuid = std::move(uuid);
  out.emails = std::move(emails);
  out.number = std::move(phone);
  out.calling_known = true;
  return out;
}
CallingUser calling(std::string xsi, std::string email, std::string number = "") {
  CallingUser out;
  out.id = XsiUserId(std::move(xsi));
  out.email = std::move(email);
  out.number = std::move(number);
  out.display_name = "From calling";
  return out;
}
Seen everybody() {
  return {.person = [](PersonNo) { return true; }, .user = [](PersonNo) { return true; }};
}

template <class Engine>
struct Settling : test::EngineFixture<Engine> {
  Roster roster;
  std::unique_ptr<PeopleStore> people;

  void SetUp() override {
    this->open(tables());
    people = std::make_unique<PeopleStore>(*this->database, this->clock, roster);
  }
  template <class Item>
  Learned learn(std::vector<Item> page) {
    return test::run_task(this->io, people->learn(std::move(page))).value();
  }
  Settled settle(Seen seen = everybody()) {
    return test::run_task(this->io, people->settle(std::move(seen))).value();
  }
  PersonNo of_user(std::string const& user) { return roster.find(RosterKey::of_xsi(user)); }
  PersonRecord get(PersonNo no) { return test::run_task(this->io, people->person(no)).value(); }
  PersonRecord resolve(std::string text) {
    return test::run_task(this->io, people->resolve(std::move(text))).value();
  }
  Error refused(std::string text) {
    return test::run_task(this->io, people->resolve(std::move(text))).error();
  }
};
TYPED_TEST_SUITE(Settling, test::Engines, test::EngineNames);

TYPED_TEST(Settling, thousands_of_unchanged_people_are_read_and_not_written) {
  constexpr int all = 2'000;
  std::vector<Person> people;
  std::vector<CallingUser> users;
  for (int i = 0; i < all; ++i) {
    auto const mail = "p" + std::to_string(i) + "@acme.example";
    people.push_back(person("u-" + std::to_string(i), {mail}));
    users.push_back(calling("x" + std::to_string(i) + "@1", mail, std::to_string(5'550'000 + i)));
  }
  for (int from = 0; from < all; from += 500) {
    this->learn(std::vector<Person>(people.begin() + from, people.begin() + from + 500));
    this->learn(std::vector<CallingUser>(users.begin() + from, users.begin() + from + 500));
  }
  EXPECT_TRUE(this->settle().plan.empty()) << "page by page everything fell into its place";
  auto const commits = this->database->health().commits;
  for (int from = 0; from < all; from += 100)
    EXPECT_TRUE(this->learn(std::vector<Person>(people.begin() + from, people.begin() + from + 100))
                    .changed.empty());
  for (int from = 0; from < all; from += 50)
    EXPECT_TRUE(
        this->learn(std::vector<CallingUser>(users.begin() + from, users.begin() + from + 50))
            .changed.empty());
  auto const settled = this->settle();
  EXPECT_TRUE(settled.changed.empty());
  EXPECT_EQ(settled.counts.mapped, 2'000u);
  EXPECT_EQ(this->database->health().commits, commits) << "nothing was written";
}

TYPED_TEST(Settling, a_shared_address_takes_the_user_away_from_both_until_it_is_clear) {
  auto const ada = this->learn(std::vector{person("u-ada", {"ada@a"})}).numbers[0];
  this->learn(std::vector{calling("x@1", "ada@a")});
  EXPECT_EQ(this->of_user("x@1"), ada);
  this->learn(std::vector{person("u-bob", {"bob@a", "ada@a"})});
  auto const settled = this->settle();
  auto const own = this->of_user("x@1");
  EXPECT_NE(own, ada);
  EXPECT_EQ(this->get(own).mapping(), Mapping::conflict);
  EXPECT_EQ(this->get(ada).mapping(), Mapping::conflict);
  EXPECT_EQ(settled.counts.mapped, 0u);
  ASSERT_FALSE(settled.moved.empty());
  EXPECT_EQ(settled.moved.front().to, own);
  EXPECT_TRUE(this->settle().changed.empty()) << "told once, written once";
  this->learn(std::vector{person("u-bob", {"bob@a"})});
  this->settle();
  EXPECT_EQ(this->of_user("x@1"), ada);
  EXPECT_EQ(this->get(ada).mapping(), Mapping::mapped);
  EXPECT_EQ(this->get(own).mapping(), Mapping::gone) << "an empty row that is never used again";
}

TYPED_TEST(Settling, X3_of_two_users_with_one_address_neither_gets_the_person_when_it_changes) {
  auto const ada = this->learn(std::vector{person("u-ada", {"ada@a"})}).numbers[0];
  this->learn(std::vector{calling("x@1", "ada@a", "111")});
  this->learn(std::vector{calling("y@1", "ada@a", "222")});
  this->learn(std::vector{calling("x@1", "stranger@a", "111")});  // leaves
  EXPECT_TRUE(this->get(ada).xsi.empty());
  this->learn(std::vector{calling("x@1", "ada@a", "333")});  // comes back beside the other one
  EXPECT_NE(this->of_user("x@1"), ada);
  this->learn(std::vector{calling("y@1", "ada@a", "444")});
  EXPECT_NE(this->of_user("y@1"), ada);
  this->settle();
  EXPECT_EQ(this->get(ada).mapping(), Mapping::conflict);
}

TYPED_TEST(Settling, X3_a_user_whose_address_went_over_to_several_people_is_taken_for_nobody) {
  auto const ada = this->learn(std::vector{person("u-ada", {"ada@a"})}).numbers[0];
  this->learn(std::vector{calling("x@1", "ada@a", "111")});
  EXPECT_EQ(this->of_user("x@1"), ada);
  this->learn(std::vector{person("u-ada", {"lovelace@a"}), person("u-bob", {"ada@a"}),
                          person("u-eve", {"ada@a", "eve@a"})});
  this->learn(std::vector{calling("x@1", "ada@a", "222")});
  EXPECT_NE(this->of_user("x@1"), ada);
}

TYPED_TEST(Settling, a_user_whose_address_is_another_persons_leaves_at_once) {
  auto const ada = this->learn(std::vector{person("u-ada", {"ada@a"})}).numbers[0];
  auto const bob = this->learn(std::vector{person("u-bob", {"bob@a"})}).numbers[0];
  this->learn(std::vector{calling("x@1", "ada@a", "111")});
  auto const learned = this->learn(std::vector{calling("x@1", "bob@a", "111")});
  EXPECT_EQ(this->of_user("x@1"), bob);
  EXPECT_TRUE(this->get(ada).xsi.empty());
  EXPECT_EQ(this->get(ada).number, "") << "the number went along";
  ASSERT_FALSE(learned.moved.empty());
  EXPECT_EQ(learned.moved.back().to, bob);
  this->learn(std::vector{calling("x@1", "stranger@a", "111")});
  EXPECT_EQ(this->get(this->of_user("x@1")).mapping(), Mapping::no_person);
}

TYPED_TEST(Settling, somebody_absent_from_two_complete_readings_loses_the_join_not_after_one) {
  auto const ada = this->learn(std::vector{person("u-ada", {"ada@a"})}).numbers[0];
  this->learn(std::vector{calling("x@1", "ada@a")});
  Seen const without{.person = [](PersonNo) { return false; },
                     .user = [](PersonNo) { return true; }};
  this->settle(without);
  EXPECT_EQ(this->of_user("x@1"), ada);
  this->settle(without);
  EXPECT_NE(this->of_user("x@1"), ada);
  EXPECT_EQ(this->get(ada).mapping(), Mapping::gone);
  this->learn(std::vector{person("u-ada", {"ada@a"})});
  this->settle();
  EXPECT_EQ(this->of_user("x@1"), ada) << "back again, under the same number";
}

TYPED_TEST(Settling, a_new_platform_id_replaces_one_that_is_in_no_listing) {
  auto const ada = this->learn(std::vector{person("u-ada", {"ada@a"})}).numbers[0];
  this->learn(std::vector{calling("old@1", "ada@a")});
  this->learn(std::vector{calling("new@1", "ada@a")});
  auto const stranger = this->of_user("new@1");
  EXPECT_NE(stranger, ada);
  this->settle({.person = [](PersonNo) { return true; },
                .user = [stranger](PersonNo no) { return no == stranger; }});
  EXPECT_EQ(this->of_user("new@1"), ada);
  EXPECT_NE(this->of_user("old@1"), ada);
}

TYPED_TEST(Settling, survives_a_restart_with_everything_in_its_place) {
  auto const ada = this->learn(std::vector{person("u-ada", {"ada@a"}, "+4315550100")}).numbers[0];
  this->learn(std::vector{calling("x@1", "ada@a", "15550100")});
  this->people.reset();
  this->open(tables());
  this->roster = Roster();
  this->people = std::make_unique<PeopleStore>(*this->database, this->clock, this->roster);
  ASSERT_TRUE(test::run_task(this->io, this->people->load()));
  EXPECT_EQ(this->of_user("x@1"), ada);
  EXPECT_EQ(this->get(ada).e164(), "+4315550100");
  EXPECT_EQ(test::run_task(this->io, this->people->any_calling_user()).value(), "x@1");
}

TYPED_TEST(Settling, people_are_found_by_extension_unless_a_number_here_is_the_same) {
  auto one = person("u-one", {"one@a"}), two = person("u-two", {"two@a"});
  one.extension = "2042";
  two.extension = "1";
  auto const numbers = this->learn(std::vector{one, two}).numbers;
  ASSERT_EQ(numbers[0], 1u);
  EXPECT_EQ(this->resolve("2042").no, 1u);
  EXPECT_EQ(this->refused("1").kind, ErrorKind::conflict) << "person number 1, or extension 1?";
  EXPECT_EQ(this->resolve("no:1").no, 1u);
  EXPECT_EQ(this->resolve("ext:1").no, 2u);
  EXPECT_EQ(this->refused("ext:77").kind, ErrorKind::not_found);
  auto const near = this->refused("tow@a");
  EXPECT_EQ(near.kind, ErrorKind::not_found);
  EXPECT_NE(near.what.find("did you mean P u-two (2)?"), std::string::npos) << near.what;
}

TYPED_TEST(Settling, pages_show_only_whom_the_filter_wants) {
  std::vector<Person> many;
  for (int i = 0; i < 1'200; ++i)
    many.push_back(person("u-" + std::to_string(i), {std::to_string(i) + "@a"}));
  many[700].display_name = "Zoë Müller";
  this->learn(many);
  auto const page = [&](PersonNo after, std::size_t limit, PeopleFilter filter) {
    return test::run_task(this->io, this->people->page(after, limit, std::move(filter))).value();
  };
  EXPECT_EQ(page(0, 50, {.text = "muller"}).people.size(), 1u);
  EXPECT_EQ(page(0, 50, {.text = "muller"}).next, 0u);
  auto const first = page(0, 1'000, {});
  EXPECT_EQ(first.people.size(), 1'000u);
  EXPECT_EQ(page(first.next, 1'000, {}).people.size(), 200u);
  EXPECT_TRUE(page(0, 10, {.mapping = Mapping::mapped}).people.empty());
  EXPECT_EQ(page(0, 10, {.mapping = Mapping::no_calling_user}).people.size(), 10u);
}

}  // namespace
}  // namespace wardroom::people
