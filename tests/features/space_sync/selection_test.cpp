// Who belongs: every kind of rule with hit, miss and case, what an unknown fact means, which rule
// is named, and laws that hold for any rules and anybody.
#include "features/space_sync/selection.hpp"

#include "features/space_sync/person_to_rule.hpp"
#include "support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace wardroom::space_sync {
namespace {

using enum RuleKind;
using testing::ElementsAre;

Rule const everybody{all};

Ruling rule_on(SelectionRules rules, TestPerson const& person) {
  Selection const selection(std::move(rules));
  return person.with([&](PersonFacts const& facts) { return selection.rule_on(facts); });
}

/// What one rule says of a person.
Fit fit(Rule rule, TestPerson const& person) {
  Selection const selection({.include = {std::move(rule)}, .exclude = {}});
  return person.with([&](PersonFacts const& facts) { return selection.explain(facts).at(0).fit; });
}

struct Case {
  std::string what;
  Rule rule;
  TestPerson person;
  Fit fit;
};

TestPerson with_emails(std::vector<std::string> emails) { return {.emails = std::move(emails)}; }
TestPerson in_department(std::string text) { return {.department = std::move(text)}; }
TestPerson with_title(std::string text) { return {.title = std::move(text)}; }

std::vector<Case> const table{
    {"all", {all}, {}, Fit::yes},
    // --- addresses
    // --------------------------------------------------------------------------------
    {"the address", {email, {"ada@acme.example"}}, {}, Fit::yes},
    {"another one", {email, {"bob@acme.example"}}, {}, Fit::no},
    {"case of the rule", {email, {"ADA@Acme.Example"}}, {}, Fit::yes},
    {"case of the person",
     {email, {"ada@acme.example"}},
     with_emails({"Ada@ACME.example"}),
     Fit::yes},
    {"the second address",
     {email, {"a.l@acme.example"}},
     with_emails({"ada@acme.example", "A.L@acme.example"}),
     Fit::yes},
    {"the sixth address",
     {email, {"f@acme.example"}},
     with_emails({"a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example",
                  "F@acme.example"}),
     Fit::yes},
    {"any pattern", {email, {"bob@acme.example", "ada@acme.example"}}, {}, Fit::yes},
    {"only whole addresses", {email, {"da@acme.example"}}, {}, Fit::no},
    {"no address", {email, {"ada@acme.example"}}, with_emails({}), Fit::no},
    {"a list", {email_file, {"Ada@Acme.Example"}, "/l"}, {}, Fit::yes},
    {"a list without them", {email_file, {"bob@acme.example"}, "/l"}, {}, Fit::no},
    {"an empty list", {email_file, {}, "/l"}, {}, Fit::no},
    {"letters beyond ASCII",
     {email, {"JÖRG@acme.example"}},
     with_emails({"jörg@acme.example"}),
     Fit::yes},
    {"letters put together",
     {email, {"jörg@acme.example"}},
     with_emails({"jo\xCC\x88rg@acme.example"}),
     Fit::yes},
    // --- domains
    // ----------------------------------------------------------------------------------
    {"the domain", {domain, {"acme.example"}}, {}, Fit::yes},
    {"case of a domain", {domain, {"Acme.EXAMPLE"}}, with_emails({"a@ACME.example"}), Fit::yes},
    {"not below it", {domain, {"acme.example"}}, with_emails({"a@eu.acme.example"}), Fit::no},
    {"not a longer label", {domain, {"acme.example"}}, with_emails({"a@notacme.example"}), Fit::no},
    {"not as a beginning",
     {domain, {"acme.example"}},
     with_emails({"a@acme.example.evil.example"}),
     Fit::no},
    {"below it", {domain, {"*.acme.example"}}, with_emails({"a@eu.acme.example"}), Fit::yes},
    {"far below it", {domain, {"*.acme.example"}}, with_emails({"a@x.eu.Acme.example"}), Fit::yes},
    {"below is not it", {domain, {"*.acme.example"}}, {}, Fit::no},
    {"below by whole labels",
     {domain, {"*.acme.example"}},
     with_emails({"a@x.notacme.example"}),
     Fit::no},
    {"no empty label below",
     {domain, {"*.acme.example"}},
     with_emails({"a@.acme.example"}),
     Fit::no},
    {"of the second address",
     {domain, {"acme.example"}},
     with_emails({"a@gmail.example", "a@acme.example"}),
     Fit::yes},
    {"an @ in the local part",
     {domain, {"acme.example"}},
     with_emails({"\"a@acme.example\"@evil.example"}),
     Fit::no},
    {"no domain", {domain, {"acme.example"}}, with_emails({"acme.example"}), Fit::no},
    {"IDN by its letters",
     {domain, {"müller.example"}},
     with_emails({"a@xn--mller-kva.example"}),
     Fit::yes},
    {"IDN by its ASCII form",
     {domain, {"xn--mller-kva.example"}},
     with_emails({"a@Müller.example"}),
     Fit::yes},
    {"IDN below", {domain, {"*.müller.example"}}, with_emails({"a@eu.MÜLLER.example"}), Fit::yes},
    {"IDN in an address",
     {email, {"a@müller.example"}},
     with_emails({"A@XN--mller-kva.example"}),
     Fit::yes},
    {"ß is not ss in a domain",
     {domain, {"strasse.example"}},
     with_emails({"a@straße.example"}),
     Fit::no},
    // --- departments
    // ------------------------------------------------------------------------------
    {"the department", {department, {"Sales"}}, in_department("sALES"), Fit::yes},
    {"only a part of it", {department, {"Sales"}}, in_department("Sales EMEA"), Fit::no},
    {"no department", {department, {"Sales"}}, {}, Fit::no},
    {"a part",
     {department_contains, {"Contractor"}},
     in_department("External contractors"),
     Fit::yes},
    {"no part", {department_contains, {"Contractor"}}, in_department("Contract"), Fit::no},
    {"a part of no department", {department_contains, {"Contractor"}}, {}, Fit::no},
    {"one of the parts",
     {department_contains, {"x1", "EMEA", "x2"}},
     in_department("Sales EMEA"),
     Fit::yes},
    {"a listed part",
     {department_file, {"Contractor"}, "/l"},
     in_department("CONTRACTORS"),
     Fit::yes},
    {"a list of no parts", {department_file, {}, "/l"}, in_department("Sales"), Fit::no},
    {"umlauts", {department_contains, {"BÜRO"}}, in_department("Hauptbüro"), Fit::yes},
    {"ß and SS", {department, {"STRASSENBAU"}}, in_department("Straßenbau"), Fit::yes},
    {"Greek", {department, {"ΠΩΛΗΣΕΙΣ"}}, in_department("πωλησεις"), Fit::yes},
    {"Cyrillic", {department_contains, {"ПРОДАЖ"}}, in_department("Отдел продаж"), Fit::yes},
    {"star at the end", {department_glob, {"Sales*"}}, in_department("sales emea"), Fit::yes},
    {"star takes nothing", {department_glob, {"Sales*"}}, in_department("Sales"), Fit::yes},
    {"the whole text", {department_glob, {"Sales*"}}, in_department("Presales"), Fit::no},
    {"a question mark", {department_glob, {"R?D"}}, in_department("r&d"), Fit::yes},
    {"one letter, not none", {department_glob, {"R?D"}}, in_department("RD"), Fit::no},
    {"a letter of two bytes", {department_glob, {"B?ro"}}, in_department("Büro"), Fit::yes},
    {"several stars", {department_glob, {"*a*b*c"}}, in_department("xx a b b c"), Fit::yes},
    {"several stars in vain", {department_glob, {"*a*b*c"}}, in_department("xx a c b"), Fit::no},
    {"a glob of no department", {department_glob, {"?*"}}, {}, Fit::no},
    // --- titles
    // -----------------------------------------------------------------------------------
    {"the title", {title, {"engineer"}}, with_title("Engineer"), Fit::yes},
    {"no such title", {title, {"engineer"}}, with_title("Engineers"), Fit::no},
    {"a part of the title", {title_contains, {"intern"}}, with_title("Summer INTERN"), Fit::yes},
    {"a title by glob", {title_glob, {"vp *"}}, with_title("VP Sales"), Fit::yes},
    {"a title is no department", {title, {"Sales"}}, in_department("Sales"), Fit::no},
    // --- ids
    // --------------------------------------------------------------------------------------
    {"a location's name",
     {location, {"linz"}},
     {.location_id = "L1", .location = "Linz"},
     Fit::yes},
    {"a location's id", {location, {"L1"}}, {.location_id = "L1", .location = "Linz"}, Fit::yes},
    {"another location", {location, {"Graz"}}, {.location_id = "L1", .location = "Linz"}, Fit::no},
    {"no location", {location, {"Linz"}}, {}, Fit::no},
    {"a licence", {licence, {"abc-1"}}, {.licenses = {"x", "ABC-1"}}, Fit::yes},
    {"no such licence", {licence, {"abc-1"}}, {.licenses = {"x"}}, Fit::no},
    {"a role", {role, {"id_full_admin"}}, {.roles = {"id_full_admin"}}, Fit::yes},
    {"a role by its Webex id",
     {role, {"Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg"}},
     {.roles = {"id_full_admin"}},
     Fit::yes},
    {"no role", {role, {"id_full_admin"}}, {}, Fit::no},
    // --- types and standing
    // -----------------------------------------------------------------------
    {"a bot", {type, {"bot"}}, {.type = AccountType::bot}, Fit::yes},
    {"a person is no bot", {type, {"bot", "app_user"}}, {}, Fit::no},
    {"nobody knows the type", {type, {"bot"}}, {.type = AccountType::unknown}, Fit::unknown},
    {"may not log in", {inactive}, {.login_enabled = false}, Fit::yes},
    {"may log in", {inactive}, {.login_enabled = true}, Fit::no},
    {"login not told", {inactive}, {.login_enabled = std::nullopt}, Fit::unknown},
    {"invite pending", {invite_pending}, {.invite_pending = true}, Fit::yes},
    {"has come", {invite_pending}, {.invite_pending = false}, Fit::no},
    {"invite not told", {invite_pending}, {.invite_pending = std::nullopt}, Fit::unknown},
    {"a group nobody read", {group, {"Sales"}}, {}, Fit::unknown},
    // --- an empty pattern never fits, whoever let it through
    // ----------------------------------------
    {"an empty part", {department_contains, {""}}, in_department("Sales"), Fit::no},
    {"an empty address", {email, {""}}, with_emails({""}), Fit::no},
    {"an empty domain", {domain, {""}}, with_emails({"a@"}), Fit::no},
};

TEST(Rules, fit_whom_they_name_and_nobody_else) {
  for (auto const& one : table) EXPECT_EQ(fit(one.rule, one.person), one.fit) << one.what;
}

TEST(Rules, by_group_fit_the_members_they_were_given) {
  TestPerson const ada{.id = {{1}}}, bob{.id = {{2}}};
  Selection selection(
      {.include = {{group, {"Sales", "Pilot"}}, {group, {"Sales"}}}, .exclude = {}});
  EXPECT_THAT(selection.groups(), ElementsAre("Sales", "Pilot"));
  auto const fits = [&](TestPerson const& person) {
    return person.with([&](PersonFacts const& facts) { return selection.explain(facts); });
  };
  auto const sales = std::make_shared<Selection::Group const>(Selection::Group{ada.id});
  selection.give_group("Sales", sales);
  EXPECT_EQ(fits(ada)[0].fit, Fit::yes);
  EXPECT_EQ(fits(ada)[0].what, "Sales");
  EXPECT_EQ(fits(bob)[0].fit, Fit::unknown) << "Pilot may have him";
  EXPECT_EQ(fits(bob)[1].fit, Fit::no);
  selection.give_group("Pilot", std::make_shared<Selection::Group const>());
  EXPECT_EQ(fits(bob)[0].fit, Fit::no);
}

TEST(Rules, by_location_ask_for_locations) {
  EXPECT_FALSE(Selection({.include = {everybody}, .exclude = {}}).wants_locations());
  EXPECT_TRUE(
      Selection({.include = {everybody}, .exclude = {{location, {"Linz"}}}}).wants_locations());
}

// --- the order ----------------------------------------------------------------------------------

SelectionRules const ordered{
    .include = {{domain, {"acme.example"}}, {title, {"Engineer"}}},
    .exclude = {{department_contains, {"Contractor"}}, {email, {"bob@acme.example"}}, {inactive}}};

TEST(Selection, names_the_first_exclude_that_fits_else_the_first_include) {
  struct Row {
    TestPerson person;
    Ruling ruling;
  };
  for (auto const& [person, ruling] : std::vector<Row>{
           {{}, {Belongs::yes, 0}},
           {{.title = "Engineer"}, {Belongs::yes, 0}},
           {{.emails = {"a@x.example"}, .title = "Engineer"}, {Belongs::yes, 1}},
           {{.emails = {"a@x.example"}}, {Belongs::no, Ruling::no_include}},
           {{.department = "Contractors"}, {Belongs::no, 2}},
           {{.emails = {"bob@acme.example"}, .department = "Contractors"}, {Belongs::no, 2}},
           {{.emails = {"bob@acme.example"}, .login_enabled = false}, {Belongs::no, 3}},
           {{.login_enabled = false}, {Belongs::no, 4}},
           {{.emails = {"a@x.example"}, .department = "Contractors"},
            {Belongs::no, Ruling::no_include}},
           // Unknown decides nothing, unless another rule does.
           {{.login_enabled = std::nullopt}, {Belongs::unknown, 4}},
           {{.department = "Contractors", .login_enabled = std::nullopt}, {Belongs::no, 2}},
           {{.emails = {"a@x.example"}, .login_enabled = std::nullopt},
            {Belongs::no, Ruling::no_include}},
           {{.department = "Contractors", .whole = false}, {Belongs::unknown, Ruling::not_whole}},
       })
    EXPECT_EQ(rule_on(ordered, person), ruling) << person.emails[0] << " " << person.department
                                                << " got rule " << rule_on(ordered, person).rule;
}

TEST(Selection, an_include_that_nobody_can_judge_decides_nothing) {
  SelectionRules const rules{.include = {{group, {"Sales"}}, {title, {"Engineer"}}},
                             .exclude = {{email, {"bob@acme.example"}}}};
  EXPECT_EQ(rule_on(rules, {}), (Ruling{Belongs::unknown, 0}));
  EXPECT_EQ(rule_on(rules, {.title = "Engineer"}), (Ruling{Belongs::yes, 1}));
  EXPECT_EQ(rule_on(rules, {.emails = {"bob@acme.example"}}), (Ruling{Belongs::no, 2}));
}

TEST(Selection, without_includes_wants_nobody) {
  EXPECT_EQ(rule_on({}, {}), (Ruling{Belongs::no, Ruling::no_include}));
}

TEST(Selection, explains_every_rule_with_what_was_compared) {
  Selection const selection(ordered);
  TestPerson const person{.emails = {"x@x.example", "Bob@Acme.example"},
                          .department = "Contractors EMEA",
                          .title = "Clerk",
                          .login_enabled = std::nullopt};
  auto const found =
      person.with([&](PersonFacts const& facts) { return selection.explain(facts); });
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].text, "include domain: acme.example");
  EXPECT_EQ(found[0].fit, Fit::yes);
  EXPECT_EQ(found[0].what, "Bob@Acme.example") << "the address that fits";
  EXPECT_EQ(found[1].fit, Fit::no);
  EXPECT_EQ(found[1].what, "Clerk");
  EXPECT_EQ(found[2].text, "exclude department_contains: Contractor");
  EXPECT_EQ(found[2].what, "Contractors EMEA");
  EXPECT_TRUE(found[2].exclude);
  EXPECT_EQ(found[3].fit, Fit::yes) << "those that lost are told, too";
  EXPECT_EQ(found[4].fit, Fit::unknown);
  EXPECT_EQ(found[4].what, "");
  for (auto const& one : found) EXPECT_EQ(one.decided, one.rule == 2) << one.text;
}

TEST(Selection, says_rules_in_the_words_of_the_configuration) {
  Selection const selection(
      {.include = {everybody, {domain, {"a.example", "b.example", "c.example", "d.example"}}},
       .exclude = {{email_file, {"ada@acme.example"}, "/etc/l"},
                   {department_file, {}, "/etc/d"},
                   {inactive}}});
  EXPECT_EQ(selection.text(0), "include all");
  EXPECT_EQ(selection.text(1), "include domain: a.example, b.example, c.example and 1 more");
  EXPECT_EQ(selection.text(2), "exclude email_file: /etc/l (1 entry)");
  EXPECT_EQ(selection.text(3), "exclude department_file: /etc/d (empty: it fits nobody)");
  EXPECT_EQ(selection.text(4), "exclude inactive");
  EXPECT_EQ(selection.text(Ruling::no_include), "no include fits");
  EXPECT_EQ(selection.text(Ruling::not_whole), "the entry was damaged");
  EXPECT_EQ(selection.text(99), "a rule that is gone");
}

TEST(Selection, has_another_digest_for_whatever_decides_otherwise) {
  auto const digest = [](SelectionRules rules) { return Selection(std::move(rules)).digest(); };
  SelectionRules const plain{.include = {{domain, {"a.example", "b.example"}}},
                             .exclude = {{email_file, {"x@a.example"}, "/l"}}};
  auto const before = digest(plain);
  EXPECT_EQ(before.size(), 12u);
  auto changed = [&](std::function<void(SelectionRules&)> const& change) {
    auto rules = plain;
    change(rules);
    return digest(rules);
  };
  EXPECT_EQ(before, changed([](auto& r) { r.include[0].patterns = {"B.example", "A.EXAMPLE"}; }));
  EXPECT_EQ(before, changed([](auto& r) { r.exclude[0].file = "/moved"; }));
  EXPECT_NE(before, changed([](auto& r) { r.exclude[0].patterns.emplace_back("y@a.example"); }));
  EXPECT_NE(before, changed([](auto& r) { r.include[0].patterns.pop_back(); }));
  EXPECT_NE(before, changed([](auto& r) { r.include[0].patterns = {"a.example b.example"}; }));
  EXPECT_NE(before, changed([](auto& r) { std::swap(r.include, r.exclude); }));
  EXPECT_NE(before, changed([](auto& r) { r.exclude.push_back({inactive}); }));
}

// --- the prototype's rules, as they were meant --------------------------------------------------

TEST(Lists, SS2_blank_lines_comments_and_windows_line_ends_are_harmless) {
  auto const lines = lines_of_list(
      "\xEF\xBB\xBF"
      "Contractor\r\n\r\n   \r\n# a comment\r\n\t Vendor \r\n\xC2\xA0\n\nLast");
  EXPECT_THAT(lines, ElementsAre("Contractor", "Vendor", "Last"));
  EXPECT_EQ(numbered_lines_of_list("\n# x\n a\n")[0], (ListLine{3, "a"}));
  EXPECT_THAT(lines_of_list(""), ElementsAre());
  EXPECT_THAT(lines_of_list("\n\r\n \n"), ElementsAre());
}

TEST(Selection, decides_as_the_prototype_meant_to) {
  SelectionRules const rules{
      .include = {everybody},
      .exclude = {{email_file, lines_of_list("bob@acme.example\r\n\r\n"), "/e"},
                  {department_file, lines_of_list("\n# who is no employee\nContractor\n\n"), "/d"},
                  {inactive},
                  {invite_pending}}};
  EXPECT_EQ(rule_on(rules, {}).belongs, Belongs::yes) << "SS3: without a department";
  EXPECT_EQ(rule_on(rules, {.department = "Sales"}).belongs, Belongs::yes) << "SS2: a blank line";
  EXPECT_EQ(rule_on(rules, {.department = "contractors"}).belongs, Belongs::no) << "SS7: case";
  EXPECT_EQ(rule_on(rules, {.emails = {"b@acme.example", "BOB@acme.example"}}).belongs, Belongs::no)
      << "SS6: all addresses, any case";
  EXPECT_EQ(rule_on(rules, {.login_enabled = false}).belongs, Belongs::no);
  EXPECT_EQ(rule_on(rules, {.invite_pending = true}).belongs, Belongs::no);
}

// --- laws ---------------------------------------------------------------------------------------

struct World {
  test::Dice dice{7};
  std::vector<std::string> const domains{"acme.example", "eu.acme.example", "x.example"};
  std::vector<std::string> const words{"Sales", "sales EMEA", "Contractors", "", "Büro", "R&D"};

  TestPerson person() {
    TestPerson out;
    out.emails.clear();
    for (auto n = dice.below(3) + 1; n > 0; --n)
      out.emails.push_back(std::string(1, static_cast<char>('a' + dice.below(3))) + "@" +
                           dice.pick(domains));
    out.department = dice.pick(words);
    out.title = dice.pick(words);
    out.type = static_cast<AccountType>(dice.below(4));
    auto const maybe = [this]() -> std::optional<bool> {
      if (dice.one_in(3)) return std::nullopt;
      return dice.one_in(2);
    };
    out.login_enabled = maybe();
    out.invite_pending = maybe();
    out.whole = !dice.one_in(20);
    out.id.bytes[0] = static_cast<std::uint8_t>(dice.below(4));
    return out;
  }
  Rule rule() {
    switch (dice.below(9)) {
      case 0:
        return {email, {std::string("a@") + dice.pick(domains)}};
      case 1:
        return {domain, {(dice.one_in(2) ? "*." : "") + dice.pick(domains)}};
      case 2:
        return {department_contains, {"sales", "büro"}};
      case 3:
        return {department, {"Sales"}};
      case 4:
        return {title_glob, {"*s*"}};
      case 5:
        return {type, {"person", "bot"}};
      case 6:
        return {inactive};
      case 7:
        return {invite_pending};
      default:
        return {group, {dice.one_in(2) ? "One" : "Two"}};
    }
  }
  SelectionRules rules() {
    SelectionRules out;
    for (auto n = dice.below(4); n > 0; --n) out.include.push_back(rule());
    for (auto n = dice.below(4); n > 0; --n) out.exclude.push_back(rule());
    return out;
  }
  /// Group One is known, Two is not.
  Ruling on(SelectionRules const& rules, TestPerson const& someone) const {
    Selection selection(rules);
    selection.give_group("One",
                         std::make_shared<Selection::Group const>(Selection::Group{{{0}}, {{1}}}));
    return someone.with([&](PersonFacts const& facts) { return selection.rule_on(facts); });
  }
};

TEST(Selection, an_exclude_more_lets_nobody_in_and_an_include_more_puts_nobody_out) {
  World world;
  for (auto n = test::count(6'000); n > 0; --n) {
    auto const rules = world.rules();
    auto const person = world.person();
    auto const before = world.on(rules, person).belongs;
    auto stricter = rules;
    stricter.exclude.insert(stricter.exclude.begin() + static_cast<std::ptrdiff_t>(world.dice.below(
                                                           stricter.exclude.size() + 1)),
                            world.rule());
    auto const after = world.on(stricter, person).belongs;
    if (before == Belongs::no) ASSERT_EQ(after, Belongs::no);
    if (before == Belongs::unknown) ASSERT_NE(after, Belongs::yes);
    auto wider = rules;
    wider.include.insert(wider.include.begin() + static_cast<std::ptrdiff_t>(
                                                     world.dice.below(wider.include.size() + 1)),
                         world.rule());
    auto const with_it = world.on(wider, person).belongs;
    if (before == Belongs::yes) ASSERT_EQ(with_it, Belongs::yes);
    if (before == Belongs::unknown) ASSERT_NE(with_it, Belongs::no);
  }
}

TEST(Selection, what_it_decides_holds_whatever_the_unknown_facts_are) {
  World world;
  for (auto n = test::count(3'000); n > 0; --n) {
    auto rules = world.rules();
    std::erase_if(rules.include, [](Rule const& rule) { return rule.kind == group; });
    std::erase_if(rules.exclude, [](Rule const& rule) { return rule.kind == group; });
    auto person = world.person();
    auto const known = world.on(rules, person).belongs;
    if (known == Belongs::unknown) continue;
    for (int bits = 0; bits < 12; ++bits) {
      auto told = person;
      if (!told.login_enabled) told.login_enabled = bits % 2 == 0;
      if (!told.invite_pending) told.invite_pending = bits / 2 % 2 == 0;
      if (told.type == AccountType::unknown) told.type = static_cast<AccountType>(bits / 4);
      ASSERT_EQ(world.on(rules, told).belongs, known);
    }
  }
}

TEST(Selection, its_explanation_agrees_with_its_ruling) {
  World world;
  for (auto n = test::count(5'000); n > 0; --n) {
    auto const rules = world.rules();
    auto const person = world.person();
    Selection const selection(rules);
    person.with([&](PersonFacts const& facts) {
      auto const ruling = selection.rule_on(facts);
      int decided = 0;
      for (auto const& one : selection.explain(facts)) {
        EXPECT_EQ(one.decided, one.rule == ruling.rule);
        decided += one.decided;
        if (!one.decided) continue;
        EXPECT_EQ(one.fit, ruling.belongs == Belongs::unknown ? Fit::unknown : Fit::yes);
        EXPECT_EQ(one.exclude && one.fit == Fit::yes, ruling.belongs == Belongs::no);
      }
      EXPECT_EQ(decided, ruling.rule < Ruling::not_whole ? 1 : 0);
    });
  }
}

}  // namespace
}  // namespace wardroom::space_sync
