// The section space_sync: jobs and rules it takes, what it refuses with which sentence and place,
// list files at start and before a run.
#include "features/space_sync/space_sync_settings.hpp"

#include "features/space_sync/person_to_rule.hpp"
#include "features/space_sync/rule_lists.hpp"
#include "support/temp_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace wardroom::space_sync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  SpaceSyncSettings settings;
  config::Complaints complaints;
  std::string text;
  config::Record record;
};
Read read(std::string const& yaml) {
  Read out;
  out.settings = SpaceSyncSettings::parse(config::Section(
      YAML::Load(yaml), "wardroom.yaml", "space_sync", out.complaints, &out.record));
  for (auto const& complaint : out.complaints) out.text += complaint.text() + "\n";
  return out;
}
/// One job with these keys beside its name and space.
Read job(std::string const& keys) {
  return read("jobs:\n  - { name: all-hands, space: ROOM, " + keys + " }\n");
}

class Lists : public testing::Test {
 protected:
  std::string list(std::string const& name, std::string const& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  test::TempDirectory folder_;
};
using SpaceSyncSettingsOfLists = Lists;

TEST(SpaceSyncSettings, observe_and_do_nothing_with_nothing_given) {
  auto const r = read("{}");
  EXPECT_EQ(r.text, "");
  EXPECT_EQ(r.settings.mode, FeatureMode::observe);
  EXPECT_EQ(r.settings.identity, "admin");
  EXPECT_EQ(r.settings.concurrency, 12);
  EXPECT_EQ(r.settings.keep, std::chrono::hours(24 * 30));
  EXPECT_THAT(r.settings.jobs, IsEmpty());
  EXPECT_THAT(needed_scopes(r.settings), IsEmpty()) << "without a job nothing is asked for";
}

TEST_F(SpaceSyncSettingsOfLists, take_the_job_of_the_manual) {
  auto const file = list("excluded.txt", "# who asked for it\r\n\r\nAda@Acme.example\r\n\r\n");
  auto const r = read(R"(
mode: enforce
concurrency: 4
keep: 10d
jobs:
  - { name: all-hands, space: SPACE_ID, schedule: "Mon..Fri 06:30 Europe/Vienna", jitter: 5m,
      include: [{ domain: acme.example }], exclude: [{ department_contains: Contractor }, { email_file: )" +
                      file + R"( }],
      exclude_inactive: true, exclude_invite_pending: true,
      protect: { moderators: false, bots: true, people: [Boss@ACME.example] }, hold_above: { count: 50, percent: 0.5 },
      shrink_percent: 25 }
  - { name: sales, space: OTHER, include: [{ department: [Sales, Presales] }, { group: Pilot }], exclude_inactive: false,
      exclude_invite_pending: false }
)");
  EXPECT_EQ(r.text, "");
  EXPECT_EQ(r.settings.mode, FeatureMode::enforce);
  ASSERT_EQ(r.settings.jobs.size(), 2u);
  auto const& first = r.settings.jobs[0];
  EXPECT_EQ(r.settings.job("all-hands"), &first);
  EXPECT_EQ(r.settings.job("none"), nullptr);
  EXPECT_TRUE(first.schedule);
  EXPECT_EQ(first.jitter, std::chrono::minutes(5));
  EXPECT_THAT(first.rules.include, ElementsAre(Rule{RuleKind::domain, {"acme.example"}}));
  EXPECT_THAT(first.rules.exclude,
              ElementsAre(Rule{RuleKind::department_contains, {"Contractor"}},
                          Rule{RuleKind::email_file, {"Ada@Acme.example"}, file},
                          Rule{RuleKind::inactive}, Rule{RuleKind::invite_pending}));
  EXPECT_EQ(first.protect, (Protect{false, true, {"boss@acme.example"}}));
  EXPECT_EQ(first.hold_above, (HoldAbove{50, 0.5}));
  EXPECT_EQ(first.shrink_percent, 25);
  auto const& second = r.settings.jobs[1];
  EXPECT_FALSE(second.schedule);
  EXPECT_THAT(second.rules.exclude, IsEmpty());
  EXPECT_EQ(second.rules.include[0].patterns, (std::vector<std::string>{"Sales", "Presales"}));
  EXPECT_EQ(second.protect, Protect{});
  EXPECT_EQ(second.hold_above, HoldAbove{});
}

TEST(SpaceSyncSettings, take_every_rule) {
  auto const r =
      job("include: [{ all: true }, { email: a@b.example }, { domain: ['*.acme.example', "
          "müller.example] }, { department: Sales }, { department_glob: 'R?D' }, { title: CEO }, "
          "{ title_contains: ' IT ' }, { title_glob: 'VP *' }, { location: Linz }, { licence: L }, "
          "{ role: id_full_admin }, { group: Pilot }, { type: [person, app_user] }], "
          "exclude: [{ department_contains: [Contractor, Vendor] }]");
  EXPECT_EQ(r.text, "");
  EXPECT_EQ(r.settings.jobs.at(0).rules.include.size(), 13u);
  EXPECT_EQ(r.settings.jobs[0].rules.exclude.size(), 3u) << "with the two of its own";
  EXPECT_EQ(r.record.find("space_sync.jobs.all-hands.exclude")->value,
            "department_contains: Contractor, Vendor");
  EXPECT_TRUE(r.record.find("space_sync.jobs.all-hands.include.2.email")->personal);
  EXPECT_TRUE(r.record.find("space_sync.jobs.all-hands.include")->personal);
}

TEST(SpaceSyncSettings, ask_only_for_the_scopes_their_rules_need) {
  auto const scopes = [](std::string const& keys, std::string const& mode = "observe") {
    auto const r = read("mode: " + mode + "\njobs:\n  - { name: a, space: R, " + keys + " }\n");
    EXPECT_EQ(r.text, "");
    return needed_scopes(r.settings);
  };
  EXPECT_THAT(scopes("include: [{ all: true }]"),
              ElementsAre("spark-admin:people_read", "spark:memberships_read",
                          "spark:memberships_write", "spark:rooms_read"));
  EXPECT_THAT(scopes("include: [{ group: Pilot }]"), testing::Contains("identity:groups_read"));
  EXPECT_THAT(scopes("include: [{ all: true }], exclude: [{ location: Linz }]"),
              testing::Contains("spark-admin:locations_read"));
  EXPECT_THAT(scopes("include: [{ all: true }]", "off"), IsEmpty());
}

TEST(SpaceSyncSettings, refuse_what_would_not_do_and_say_where_and_what_to_write) {
  struct Case {
    std::string keys, key, sentence;
  };
  std::string const fine = "include: [{ all: true }]";
  for (auto const& one : std::vector<Case>{
           // --- a space must never be emptied by a slip
           {"include: []", "jobs[0].include", "who belongs is not said"},
           {"mode: x", "jobs[0]", "who belongs is not said"},
           {"include: [{ all: false }]", "include[0].all", "must be true"},
           {fine + ", exclude: [{ all: true }]", "exclude[0].all", "would leave nobody"},
           {fine + ", exclude: [{ department_contains: '' }]", "exclude[0].department_contains",
            "must not be empty"},
           {fine + ", exclude: [{ department_contains: ['Sales', ''] }]",
            "exclude[0].department_contains", "has an empty or nested entry"},
           {fine + ", exclude: [{ department_contains: ' ' }]", "exclude[0].department_contains",
            "an empty pattern would fit everybody"},
           {fine + ", exclude: [{ department_contains: }]", "exclude[0].department_contains",
            "names nothing"},
           {fine + ", exclude: [{ department_contains: [] }]", "exclude[0].department_contains",
            "names nothing"},
           {fine + ", exclude: [{ department_glob: '**' }]", "exclude[0].department_glob",
            "would fit everybody who has one"},
           // --- entries
           {fine + ", exclude: [{ domain: a.example, title: CEO }]", "exclude[0]",
            "holds 2 rules (domain, title)"},
           {fine + ", exclude: [{}]", "exclude[0]", "names no rule"},
           {fine + ", exclude: [{ departement: x }]", "exclude[0].departement",
            "did you mean 'department'?"},
           {fine + ", exclude: [{ zzzzzzzzzz: x }]", "exclude[0].zzzzzzzzzz", "the rules are all"},
           {fine + ", exclude: [Contractor]", "exclude[0]", "must be a section of keys"},
           {fine + ", exclude: { domain: a.example }", "exclude", "must be a list"},
           {fine + ", exclude: [{ department_contains: { a: b } }]",
            "exclude[0].department_contains", "must be a list"},
           // --- patterns
           {fine + ", exclude: [{ email: ada }]", "exclude[0].email", "is not an e-mail address"},
           {fine + ", exclude: [{ email: 'Ada <ada@acme.example>' }]", "exclude[0].email",
            "is not an e-mail address"},
           {fine + ", exclude: [{ domain: '@acme.example' }]", "exclude[0].domain",
            "write acme.example without the @"},
           {fine + ", exclude: [{ domain: 'a*.acme.example' }]", "exclude[0].domain",
            "is no domain"},
           {fine + ", exclude: [{ domain: '*.' }]", "exclude[0].domain", "is no domain"},
           {fine + ", exclude: [{ domain: acme..example }]", "exclude[0].domain", "is no domain"},
           {fine + ", exclude: [{ department: ' Sales' }]", "exclude[0].department",
            "has blanks around it"},
           {fine + ", exclude: [{ type: persons }]", "exclude[0].type", "did you mean 'person'?"},
           // --- files
           {fine + ", exclude: [{ email_file: excluded.txt }]", "exclude[0].email_file",
            "must be an absolute path"},
           {fine + ", exclude: [{ email_file: /nowhere/excluded.txt }]", "exclude[0].email_file",
            "/nowhere/excluded.txt: cannot be read: there is no such file"},
           {fine + ", exclude: [{ department_file: /tmp }]", "exclude[0].department_file",
            "is a folder"},
           {fine + ", exclude: [{ email_file: }]", "exclude[0].email_file",
            "must be an absolute path"},
           // --- jobs
           {fine + ", schedule: soon", "jobs[0].schedule", ""},
           {fine + ", schedule: 'Mon..Fri 06:30 Europe/Wien'", "jobs[0].schedule", ""},
           {fine + ", jitter: 5m", "jobs[0].jitter", "only together with schedule"},
           {fine + ", schedule: every 4h, jitter: 2d", "jobs[0].jitter", "at most 12h"},
           {fine + ", hold_above: { count: -1 }", "hold_above.count", "must be a whole number"},
           {fine + ", hold_above: { percent: 101 }", "hold_above.percent", "must be a number"},
           {fine + ", hold_above: 5", "hold_above", "must be a section of keys"},
           {fine + ", shrink_percent: 100", "shrink_percent", "must be a number from 0 to 90"},
           {fine + ", protect: { people: [Boss] }", "protect.people", "is not an e-mail address"},
           {fine + ", protect: { bosses: true }", "protect.bosses", "is not a key"},
           {fine + ", exclude_inactiv: true", "jobs[0].exclude_inactiv",
            "did you mean 'exclude_inactive'?"},
       }) {
    auto const r = job(one.keys);
    ASSERT_FALSE(r.complaints.empty()) << one.keys;
    auto const& told = r.complaints.front();
    EXPECT_THAT(told.key, testing::EndsWith(one.key)) << one.keys << "\n" << r.text;
    EXPECT_THAT(told.message, HasSubstr(one.sentence)) << one.keys;
    EXPECT_EQ(told.line, 2) << one.keys;
    EXPECT_GT(told.column, 1) << one.keys;
  }
}

TEST(SpaceSyncSettings, refuse_jobs_that_would_be_taken_for_each_other) {
  std::string const rest = ", include: [{ all: true }] }\n";
  // The second space is the first one's UUID.
  auto const r =
      read("jobs:\n  - { name: one, space: Y2lzY29zcGFyazovL3VzL1JPT00vYWJj" + rest +
           "  - { name: two, space: ABC" + rest + "  - { name: One, space: other" + rest +
           "  - { name: 'all hands', space: 'a/b'" + rest + "  - { space: d" + rest);
  EXPECT_THAT(r.text, HasSubstr("wardroom.yaml:3:18: space_sync.jobs[1].space: is the space of the "
                                "job 'one' already"));
  EXPECT_THAT(r.text, HasSubstr("wardroom.yaml:4:7: space_sync.jobs[2].name: a job named 'One' "
                                "stands above already"));
  EXPECT_THAT(r.text, HasSubstr("'all hands': a job's name is typed in commands"));
  EXPECT_THAT(r.text, HasSubstr("'a/b' is no id of a space"));
  EXPECT_THAT(r.text, HasSubstr("space_sync.jobs[4]: the key 'name' is needed here"));
  EXPECT_EQ(r.complaints.size(), 5u) << r.text;
}

TEST_F(SpaceSyncSettingsOfLists, name_each_line_of_a_list_that_is_no_address) {
  auto const file = list("l", "ada@acme.example\n\n# fine\nLovelace, Ada\nbob@\nb@c@d.example\n");
  auto const r = job("include: [{ all: true }], exclude: [{ email_file: " + file + " }]");
  ASSERT_EQ(r.complaints.size(), 1u) << r.text;
  EXPECT_THAT(r.text, HasSubstr("jobs[0].exclude[0].email_file: " + file +
                                ":4: 'Lovelace, Ada' is no e-mail address; write one a line"));
  EXPECT_THAT(r.text, HasSubstr(file + ":5: 'bob@'"));
  EXPECT_THAT(r.text, HasSubstr(file + ":6: "));
  std::string many;
  for (int i = 0; i < 20; ++i) many += "nobody\n";
  EXPECT_THAT(parse_list(RuleKind::email_file, many, "l").error().what,
              HasSubstr("and 15 more such lines"));
}

TEST_F(SpaceSyncSettingsOfLists, refuse_lists_that_are_no_text_or_far_too_long) {
  EXPECT_THAT(read_list(RuleKind::department_file, list("latin1", "B\xFCro\n")).error().what,
              HasSubstr("is no UTF-8 text"));
  EXPECT_THAT(
      parse_list(RuleKind::department_file, std::string_view("S\0a\0", 4), "l").error().what,
      HasSubstr("is no UTF-8 text"));
  EXPECT_THAT(
      read_list(RuleKind::department_file, list("long", std::string(longest_list + 1, '\n')))
          .error()
          .what,
      HasSubstr("is longer than 8 MiB"));
  EXPECT_EQ(parse_list(RuleKind::department_file, std::string(600, 'x'), "l").error().kind,
            ErrorKind::malformed);
  EXPECT_TRUE(read_list(RuleKind::email_file, list("bom",
                                                   "\xEF\xBB\xBF"
                                                   "a@b.example\r\n")));
}

TEST_F(SpaceSyncSettingsOfLists, say_that_a_list_of_blank_lines_excludes_nobody) {
  auto const file = list("l", "\r\n\r\n# nobody yet\r\n");
  auto const r = job("include: [{ all: true }], exclude: [{ department_file: " + file + " }]");
  EXPECT_EQ(r.text, "");
  EXPECT_THAT(r.record.find("space_sync.jobs.all-hands.exclude")->value,
              HasSubstr("(empty: it fits nobody)"));
  EXPECT_THAT(empty_lists(r.settings.jobs[0]), ElementsAre(HasSubstr("it excludes nobody")));
  TestPerson const ada{.department = "Sales"};
  ada.with([&](PersonFacts const& facts) {
    EXPECT_EQ(Selection(r.settings.jobs[0].rules).rule_on(facts).belongs, Belongs::yes);
  });
  // As an include it would want nobody.
  auto const wrong = job("include: [{ email_file: " + file + " }]");
  EXPECT_THAT(wrong.text, HasSubstr("an include of nobody would empty the space"));
}

TEST_F(SpaceSyncSettingsOfLists, read_them_anew_before_a_run) {
  auto const file = list("l", "ada@acme.example\n");
  auto const r = job("include: [{ email_file: " + list("in", "x@y.example") +
                     " }], exclude: [{ email_file: " + file + " }, { title: CEO }]");
  ASSERT_EQ(r.text, "");
  auto const& settings = r.settings.jobs[0];
  EXPECT_EQ(reread_lists(settings).value(), settings.rules);
  list("l", "ada@acme.example\nbob@acme.example\n");
  auto const now = reread_lists(settings);
  ASSERT_TRUE(now);
  EXPECT_THAT(now->exclude[0].patterns, ElementsAre("ada@acme.example", "bob@acme.example"));
  EXPECT_EQ(now->exclude[1], settings.rules.exclude[1]);
  EXPECT_NE(Selection(*now).digest(), Selection(settings.rules).digest());
  // A list that became unreadable, or a slip in it, is never "nobody is excluded".
  list("l", "ada@acme.example\nbob\n");
  EXPECT_THAT(reread_lists(settings).error().what, HasSubstr(":2: 'bob' is no e-mail address"));
  std::filesystem::remove(file);
  EXPECT_EQ(reread_lists(settings).error().kind, ErrorKind::not_found);
  list("l", "");
  EXPECT_TRUE(reread_lists(settings)) << "an emptied list of excludes is somebody's decision";
  list("in", "\n");
  EXPECT_THAT(reread_lists(settings).error().what, HasSubstr("would empty the space"));
}

}  // namespace
}  // namespace wardroom::space_sync
