// Directory and members as rows: everybody once, found by id, the same whatever order they came in.
#include "features/space_sync/snapshot.hpp"

#include "base/encoding.hpp"
#include "plan_world.hpp"
#include "support/random_runs.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace wardroom::space_sync {
namespace {
using test::directory_of;
using test::id_of;
using test::members_of;
using test::Told;
using Kind = RuleKind;

SelectionRules acme() {
  return {.include = {{.kind = Kind::domain, .patterns = {"acme.example"}}},
          .exclude = {{.kind = Kind::inactive}}};
}
Told told(std::uint64_t n, std::string const& domain = "acme.example") {
  return {.id = id_of(n),
          .name = "P " + std::to_string(n),
          .emails = {"p" + std::to_string(n) + "@" + domain}};
}
std::string unpadded(std::string text) {
  auto out = to_base64(text);
  while (out.ends_with('=')) out.pop_back();
  return out;
}

TEST(Texts, come_back_as_they_were_put_in) {
  wardroom::test::Dice dice(wardroom::test::random_seed());
  TextArena arena;
  std::vector<std::pair<std::uint32_t, std::string>> all;
  EXPECT_EQ(arena.add(""), 0u);
  EXPECT_EQ(arena.at(0), "");
  for (int i = 0; i < 20'000; ++i) {
    std::string text(dice.one_in(500) ? dice.below(70'000) : dice.below(60), char('a' + i % 26));
    if (dice.one_in(10)) text += '\0';
    all.emplace_back(arena.add(text), text.substr(0, TextArena::longest));
  }
  for (auto const& [where, text] : all) ASSERT_EQ(arena.at(where), text);
}

TEST(Texts, that_are_too_long_are_cut_between_characters) {
  TextArena arena;
  std::string const text = std::string(TextArena::longest - 1, 'a') + "é";
  EXPECT_EQ(arena.at(arena.add(text)), std::string(TextArena::longest - 1, 'a'));
}

TEST(WrittenIds, come_back_as_they_were_written) {
  IdForms forms;
  std::vector<std::tuple<WrittenId, Uuid, std::string>> all;
  for (std::uint64_t n = 0; n < 3'000; ++n) {
    auto const id = id_of(n);
    auto const uuid = id.text();
    std::string const room = id_of(99'999).text();
    for (auto const& text :
         {unpadded("ciscospark://us/PEOPLE/" + uuid), unpadded("ciscospark://us/x/" + uuid),
          unpadded("ciscospark://us/ab/" + uuid + ":" + room),
          unpadded("ciscospark://us/MEMBERSHIP/" + uuid + ":" + room), uuid + "?",
          to_base64url("ciscospark://us/PEOPLE/" + uuid + "\xff\xfe"),
          to_base64("ciscospark://us/PEOPLE/" + uuid), unpadded(uuid), unpadded(uuid + "a"),
          std::string("whatever"), unpadded("ciscospark://us/PEOPLE/" + id_of(n + 1).text())})
      all.emplace_back(forms.add(text, id), id, text);
  }
  EXPECT_EQ(forms.add("", id_of(1)), WrittenId::none);
  EXPECT_EQ(forms.at(WrittenId::none, id_of(1)), "");
  for (auto const& [written, id, text] : all) ASSERT_EQ(forms.at(written, id), text);
}

TEST(WrittenIds, of_one_form_take_no_room) {
  IdForms forms;
  for (std::uint64_t n = 0; n < 10'000; ++n)
    forms.add(unpadded("ciscospark://us/MEMBERSHIP/" + id_of(n).text() + ":" + id_of(1).text()),
              id_of(n));
  EXPECT_EQ(forms.memory(), 0u);
}

TEST(Rows, are_sorted_found_and_joined_like_in_a_map) {
  struct Row {
    Uuid id{};
    std::uint32_t value = 0, count = 1;
  };
  wardroom::test::Dice dice(wardroom::test::random_seed());
  for (auto const size : {0, 1, 2, 47, 48, 49, 300, 5'000, 40'000})
    for (int shape = 0; shape < 3; ++shape) {
      UuidRows<Row, &Row::id> rows;
      std::map<Uuid, std::pair<std::uint32_t, std::uint32_t>> expected;
      for (int i = 0; i < size; ++i) {
        Uuid id;
        if (shape == 0)
          id = id_of(dice.bits());
        else  // alike but for their ends; or few of them, again and again
          for (std::size_t at = 0; at < 2; ++at)
            id.bytes[shape == 1 ? 14 + at : at * 7] = std::uint8_t(dice.below(40));
        auto const value = std::uint32_t(dice.below(1'000));
        rows.add({id, value});
        auto& [most, count] = expected[id];
        most = std::max(most, value);
        ++count;
      }
      rows.finish([](Row const& a, Row const& b) { return a.value < b.value; },
                  [](Row const& a, Row b) {
                    b.count += a.count;
                    return b;
                  });
      ASSERT_EQ(rows.all().size(), expected.size());
      auto next = expected.begin();
      for (auto const& row : rows.all()) {
        ASSERT_EQ(row.id, next->first);
        ASSERT_EQ(row.value, next->second.first);
        ASSERT_EQ(row.count, next->second.second);
        ASSERT_EQ(rows.find(row.id), &row);
        ++next;
      }
      for (int i = 0; i < 100; ++i) {
        auto const id = id_of(dice.bits());
        ASSERT_EQ(rows.find(id) != nullptr, expected.contains(id));
      }
    }
}

TEST(Directory, has_everybody_once_with_what_the_rules_say) {
  auto people = std::vector{told(5), told(1), told(9, "other.example"), told(3)};
  people[3].login_enabled = false;
  auto const directory = directory_of(acme(), people);
  ASSERT_EQ(directory.people().size(), 4u);
  EXPECT_TRUE(std::ranges::is_sorted(directory.people(), {}, &PersonRow::id));
  auto const* five = directory.find(id_of(5));
  ASSERT_TRUE(five);
  EXPECT_EQ(five->belongs, Belongs::yes);
  EXPECT_EQ(directory.text(five->name), "P 5");
  EXPECT_EQ(directory.text(five->email), "p5@acme.example");
  EXPECT_EQ(directory.api_id(*five), test::api_id_of(id_of(5)));
  EXPECT_EQ(directory.find(id_of(9))->belongs, Belongs::no);
  EXPECT_EQ(directory.find(id_of(3))->belongs, Belongs::no);
  EXPECT_FALSE(directory.find(id_of(4)));
}

TEST(Directory, knows_nothing_sure_of_who_came_twice_and_differed) {
  auto gone = told(1);
  gone.login_enabled = false;
  for (auto const& people : {std::vector{told(1), gone, told(2)}, {gone, told(2), told(1)}}) {
    auto const directory = directory_of(acme(), people);
    ASSERT_EQ(directory.people().size(), 2u);
    EXPECT_EQ(directory.find(id_of(1))->belongs, Belongs::unknown);
    EXPECT_EQ(directory.find(id_of(2))->belongs, Belongs::yes);
  }
  auto later = told(1);
  later.name = "P One";
  auto const same = directory_of(acme(), {told(1), told(2), later});
  EXPECT_EQ(same.find(id_of(1))->belongs, Belongs::yes);
  EXPECT_EQ(same.text(same.find(id_of(1))->name), "P One");
}

TEST(Directory, has_a_digest_of_who_and_what_and_not_of_their_order) {
  std::vector<Told> people;
  for (std::uint64_t n = 0; n < 500; ++n) people.push_back(told(n));
  auto const digest = directory_of(acme(), people).digest();
  EXPECT_EQ(digest.size(), 12u);
  auto other = people;
  std::ranges::reverse(other);
  other.push_back(people[7]);
  EXPECT_EQ(directory_of(acme(), other).digest(), digest);
  other = people;
  other[77].login_enabled = false;
  EXPECT_NE(directory_of(acme(), other).digest(), digest);
  other = people;
  other.pop_back();
  EXPECT_NE(directory_of(acme(), other).digest(), digest);
}

TEST(Directory, keeps_every_other_address) {
  auto person = told(1);
  person.emails = {"a@acme.example", "b@acme.example", "c@acme.example"};
  auto const directory = directory_of(acme(), {told(3), person, told(2)});
  ASSERT_EQ(directory.other_addresses().size(), 2u);
  EXPECT_EQ(directory.text(directory.other_addresses()[0].email), "b@acme.example");
  EXPECT_EQ(directory.other_addresses()[1].person, id_of(1));
}

TEST(Members, come_twice_with_all_that_protects_them) {
  auto const twice = members_of({{.id = id_of(1), .name = "A", .email = "a@acme.example"},
                                 {.id = id_of(1), .name = "B", .moderator = true},
                                 {.id = id_of(2), .whole = false},
                                 {.id = id_of(2)},
                                 {.id = id_of(3)},
                                 {.id = id_of(3), .org = test::foreign_org}});
  ASSERT_EQ(twice.members().size(), 3u);
  EXPECT_TRUE(twice.find(id_of(1))->moderator);
  EXPECT_TRUE(twice.find(id_of(1))->whole);
  EXPECT_FALSE(twice.find(id_of(2))->whole);
  EXPECT_FALSE(twice.find(id_of(3))->whole);
  EXPECT_EQ(twice.membership(*twice.find(id_of(1))), test::membership_of(id_of(1)));
}

TEST(Members, who_belong_are_named_by_the_directory_alone) {
  auto const directory = directory_of(acme(), {told(1), told(2), told(3, "other.example")});
  MemberSnapshot members(&directory);
  test::fill<MemberFacts>(
      members,
      std::vector<test::Member>{{.id = id_of(1), .name = "P 1", .email = "p1@acme.example"},
                                {.id = id_of(2), .name = "P 2", .email = "second@acme.example"},
                                {.id = id_of(3), .name = "P 3", .email = "p3@other.example"},
                                {.id = id_of(4), .name = "P 4", .email = "p4@acme.example"},
                                {.id = id_of(1), .name = "P 1", .whole = false}});
  auto const text = [&](std::uint64_t n, auto field) {
    return std::string(members.text(members.find(id_of(n))->*field));
  };
  EXPECT_EQ(text(2, &MemberRow::name), "");
  EXPECT_EQ(text(2, &MemberRow::email), "second@acme.example") << "another than the directory's";
  EXPECT_EQ(members.membership(*members.find(id_of(2))), "");
  for (std::uint64_t const n : {3, 4}) {
    EXPECT_EQ(text(n, &MemberRow::name), "P " + std::to_string(n));
    EXPECT_EQ(members.membership(*members.find(id_of(n))), test::membership_of(id_of(n)));
  }
  EXPECT_FALSE(members.find(id_of(1))->whole);
  EXPECT_EQ(members.membership(*members.find(id_of(1))), test::membership_of(id_of(1)));
}

TEST(Members, have_a_digest_of_who_and_what_and_not_of_their_order) {
  std::vector<test::Member> all;
  for (std::uint64_t n = 0; n < 100; ++n) all.push_back({.id = id_of(n)});
  auto const digest = members_of(all).digest();
  std::ranges::reverse(all);
  EXPECT_EQ(members_of(all).digest(), digest);
  all[5].moderator = true;
  EXPECT_NE(members_of(all).digest(), digest);
}

}  // namespace
}  // namespace wardroom::space_sync
