// Who is in a group, in the store, on both engines: only differences are written, and nothing that
// was not stored to its end is loaded.
#include "people/group_store.hpp"

#include "../store/engines.hpp"
#include "people/migrations.hpp"
#include "people/people_store.hpp"

namespace wardroom::people {
namespace {

std::vector<store::Migration> tables() { return {migrations().begin(), migrations().end()}; }

KnownGroup group(std::string wanted, std::vector<PersonNo> members,
                 std::vector<std::string> strangers = {}) {
  KnownGroup out{.wanted = std::move(wanted),
                 .id = "id",
                 .name = "Name",
                 .read = from_unix_ms(1'700'000'000'000),
                 .others = 2};
  for (auto const no : members) out.members.add(no);
  out.strangers = std::move(strangers);
  return out;
}

std::vector<PersonNo> numbers(DirtySet const& set) {
  std::vector<PersonNo> out;
  for (auto no = set.next(0, DirtySet::no_more); no < DirtySet::no_more;
       no = set.next(no + 1, DirtySet::no_more))
    out.push_back(static_cast<PersonNo>(no));
  return out;
}

template <class Engine>
struct Groups : test::EngineFixture<Engine> {
  std::unique_ptr<GroupStore> groups;

  void SetUp() override {
    this->open(tables());
    groups = std::make_unique<GroupStore>(*this->database);
  }
  void save(KnownGroup what) {
    ASSERT_TRUE(test::run_task(this->io, groups->save(std::move(what))));
  }
  std::vector<KnownGroup> load(std::vector<std::string> wanted) {
    return test::run_task(this->io, groups->load(std::move(wanted))).value();
  }
};
TYPED_TEST_SUITE(Groups, test::Engines, test::EngineNames);

TYPED_TEST(Groups, come_back_as_they_were_saved) {
  this->save(group("Sales", {3, 70'000, 5}, {"u-x"}));
  auto const known = this->load({"Pilot", "Sales"});
  ASSERT_EQ(known.size(), 1u) << "nobody ever read Pilot";
  EXPECT_EQ(known[0].wanted, "Sales");
  EXPECT_EQ(known[0].id, "id");
  EXPECT_EQ(known[0].name, "Name");
  EXPECT_EQ(known[0].others, 2u);
  EXPECT_EQ(unix_ms(known[0].read), 1'700'000'000'000);
  EXPECT_EQ(numbers(known[0].members), (std::vector<PersonNo>{3, 5, 70'000}));
  EXPECT_EQ(known[0].strangers, std::vector<std::string>{"u-x"});
}

TYPED_TEST(Groups, thousands_of_members_are_written_once_and_then_only_who_came_or_went) {
  std::vector<PersonNo> all;
  for (PersonNo no = 1; no <= 5'300; ++no) all.push_back(no);
  this->save(group("Sales", all));
  this->save(group("Other", {7}));
  auto const commits = this->database->health().commits;
  all.erase(all.begin());
  all.push_back(9'000);
  this->save(group("Sales", all));
  EXPECT_LE(this->database->health().commits - commits, 4u)
      << "its number, one in, one out, its row";
  EXPECT_EQ(numbers(this->load({"Sales"})[0].members), all);
  EXPECT_EQ(numbers(this->load({"Other"})[0].members), std::vector<PersonNo>{7});
}

TYPED_TEST(Groups, that_are_not_named_any_more_leave_nothing_behind) {
  this->save(group("Sales", {1, 2, 25'000}, {"u-x"}));
  this->save(group("Pilot", {2}));
  ASSERT_TRUE(test::run_task(this->io, this->groups->keep_only({"Pilot"})));
  EXPECT_TRUE(this->load({"Sales"}).empty());
  EXPECT_EQ(this->load({"Pilot"}).size(), 1u);
  auto const rows =
      test::run_task(this->io, this->database->template read<std::int64_t>([](store::Sql& sql) {
        return sql.one("SELECT count(*) FROM group_member")->integer(0) +
               sql.one("SELECT count(*) FROM group_stranger")->integer(0);
      }));
  EXPECT_EQ(rows.value(), 1);
}

TYPED_TEST(Groups, many_addresses_are_looked_up_as_one_by_one) {
  Roster roster;
  PeopleStore people(*this->database, this->clock, roster);
  auto const person = [](std::string const& uuid, std::vector<std::string> emails) {
    Person out;
    out.id = PersonId("id-" + uuid);
    out.uuid = uuid;
    out.emails = std::move(emails);
    return out;
  };
  std::vector<Person> everybody{person("u-ada", {"ada@a", "lovelace@a"}), person("u-b", {"both@a"}),
                                person("u-c", {"both@a"})};
  std::vector<std::string> wanted{"lovelace@a", "both@a", "nobody@a", "late@a"};
  for (int i = 0; i < 1'200; ++i) {
    auto const email = "p" + std::to_string(i) + "@a";
    everybody.push_back(person("u-" + std::to_string(i), {email}));
    wanted.push_back(email);
  }
  test::run_task(this->io, people.learn(everybody)).value();
  CallingUser late;
  late.id = XsiUserId("late@x");
  late.email = "late@a";
  test::run_task(this->io, people.learn(std::vector{late})).value();
  auto const found = test::run_task(this->io, people.by_emails(wanted)).value();
  EXPECT_EQ(found.people.size(), 1'202u);
  EXPECT_EQ(found.disputed, std::vector<std::string>{"both@a"});
  for (auto const& [no, emails] : found.people) {
    auto const one = test::run_task(this->io, people.by_email(emails.back()));
    ASSERT_TRUE(one) << emails.back();
    ASSERT_EQ(one->no, no);
    if (no > 20) break;
  }
}

}  // namespace
}  // namespace wardroom::people
