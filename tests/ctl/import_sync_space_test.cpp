// What is taken from the sync-space prototype's folder: the job, its lists without what the
// prototype stumbled over, and no token.
#include "import_sync_space.hpp"

#include "ctl/tool.hpp"
#include "import.hpp"
#include "json_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace wardroom::test {
namespace {

namespace fs = std::filesystem;
using ctl::ImportLine;
using testing::HasSubstr;
using testing::Not;
using Fate = ImportLine::Fate;

std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// ciscospark://us/ROOM/bbceb1ad-43f1-3b58-91f6-1d8b8a4e6c0e
std::string const space =
    "Y2lzY29zcGFyazovL3VzL1JPT00vYmJjZWIxYWQtNDNmMS0zYjU4LTkxZjYtMWQ4YjhhNGU2YzBl";

/// The prototype's folder as people have it.
class Folder {
 public:
  Folder() {
    std::string path = (fs::temp_directory_path() / "wardroom-import-XXXXXX").string();
    if (!::mkdtemp(path.data())) throw std::runtime_error("no folder");
    folder_ = path;
  }
  ~Folder() { fs::remove_all(folder_); }
  static Folder tidy() {
    Folder out;
    out.write(".env",
              "CLIENT_ID=C0ffee-of-the-tests\nCLIENT_SECRET='made-up-secret'\n"
              "SYNC_SPACE_ID=" +
                  space + "\nDISABLE_SSL_VERIFY=1\n");
    out.write("excluded_users_by_email.txt",
              "\xEF\xBB\xBF"
              "bob@acme.example\r\n\r\nCarol@acme.example\r\nCarol\r\n");
    out.write("excluded_departments.txt", "Contractor\n\n\n# old ones\n  Vendors \nContractor\n");
    out.write("tokens.json", "{\"access_token\": \"made-up-token\"}");
    return out;
  }
  Folder(Folder&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  void write(std::string const& file, std::string const& text) const {
    std::ofstream(folder_ / file, std::ios::binary) << text;
  }
  std::string path() const { return folder_.string(); }
  std::string site(std::string const& file) const { return (folder_ / "site" / file).string(); }
  std::string config() const { return site("wardroom.yaml"); }
  ctl::ImportPlan plan() const { return ctl::sync_space_plan(path(), ctl::Places(config())); }
  auto import(std::vector<std::string> more) const {
    std::vector<std::string> args{"import", path(), "--config", config()};
    args.insert(args.end(), more.begin(), more.end());
    return Tool()(args);
  }

 private:
  fs::path folder_;
};

ImportLine const* find(ctl::ImportPlan const& plan, std::string_view file, std::string_view key) {
  for (auto const& line : plan)
    if (line.file == file && line.old_key == key) return &line;
  return nullptr;
}

TEST(ImportSyncSpace, names_the_fate_of_everything_and_what_is_otherwise_now) {
  auto const folder = Folder::tidy();
  auto const plan = folder.plan();
  ASSERT_EQ(plan.size(), 7u);
  auto const* job = find(plan, ".env", "SYNC_SPACE_ID");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->fate, Fate::taken);
  EXPECT_EQ(job->line, 3);
  EXPECT_EQ(job->shown, "space-bbceb1ad");
  EXPECT_THAT(job->why, HasSubstr("waits for `sync approve`"));
  EXPECT_EQ(job->settled.at(0).second,
            "[{ name: space-bbceb1ad, space: " + space +
                ", include: [{ all: true }], exclude: [{ email_file: " +
                folder.site("excluded_users_by_email.txt") +
                " }, { department_file: " + folder.site("excluded_departments.txt") + " }] }]");
  auto const* emails = find(plan, "excluded_users_by_email.txt", "(the list)");
  ASSERT_TRUE(emails);
  EXPECT_THAT(emails->shown, HasSubstr("2 addresses, kept in "));
  EXPECT_THAT(emails->why, HasSubstr("1 blank line dropped; no address stands in line 4, dropped; "
                                     "all of a person's addresses are compared"));
  auto const* departments = find(plan, "excluded_departments.txt", "(the list)");
  ASSERT_TRUE(departments);
  EXPECT_THAT(departments->why, HasSubstr("2 blank lines dropped (each had the prototype remove "
                                          "everybody); 1 line beginning"));
  EXPECT_EQ(*departments->list,
            "# One a line; lines that begin with # say nothing. Read before each run.\n"
            "Contractor\nVendors\n");
  EXPECT_EQ(find(plan, ".env", "DISABLE_SSL_VERIFY")->fate, Fate::not_needed);
  EXPECT_THAT(find(plan, "tokens.json", "(its login)")->why, HasSubstr("it was not opened"));
}

TEST(ImportSyncSpace, writes_a_job_that_the_daemon_takes_and_finds_it_there_again) {
  auto const folder = Folder::tidy();
  auto const outcome = folder.import({"--apply"});
  ASSERT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(text_of(folder.site("client_secret")), "made-up-secret");
  EXPECT_EQ(text_of(folder.site("excluded_departments.txt")),
            *find(folder.plan(), "excluded_departments.txt", "(the list)")->list);
  struct stat about{};
  ASSERT_EQ(::stat(folder.site("excluded_users_by_email.txt").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0007, 0u) << "addresses are nobody else's business";
  config::Complaints complaints;
  auto const settings = load_settings(folder.config(), complaints);
  for (auto const& one : complaints) ADD_FAILURE() << one.text();
  ASSERT_EQ(settings.space_sync.jobs.size(), 1u);
  auto const& job = settings.space_sync.jobs[0];
  EXPECT_EQ(job.space, space);
  EXPECT_EQ(settings.space_sync.mode, FeatureMode::observe) << "nothing is changed by an import";
  ASSERT_EQ(job.rules.exclude.size(), 4u);
  EXPECT_EQ(job.rules.exclude[0].patterns,
            (std::vector<std::string>{"bob@acme.example", "Carol@acme.example"}));
  EXPECT_EQ(job.rules.exclude[1].patterns, (std::vector<std::string>{"Contractor", "Vendors"}));
  auto const before = text_of(folder.config());
  auto const again = folder.import({"--apply", "--force"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("There is nothing to write"));
  EXPECT_EQ(text_of(folder.config()), before);
}

TEST(ImportSyncSpace, never_shows_a_secret_and_never_opens_the_tokens) {
  auto const folder = Folder::tidy();
  for (auto const* how : {"--dry-run", "--json", "--apply"}) {
    auto const outcome = folder.import({how});
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("made-up"))) << how;
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("carol"))) << how;
  }
  EXPECT_THAT(text_of(folder.config()), Not(HasSubstr("made-up")));
}

TEST(ImportSyncSpace, never_replaces_jobs_that_stand_there_even_when_forced) {
  auto const folder = Folder::tidy();
  fs::create_directory(folder.path() + "/site");
  std::string const ours =
      "space_sync:\n  jobs:\n    - { name: ours, space: other, include: [{ all: true }] }\n";
  std::ofstream(folder.config()) << ours;
  auto const outcome = folder.import({"--apply", "--force"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("add this one to them by hand"));
  EXPECT_THAT(outcome.out, HasSubstr("space-bbceb1ad"));
  EXPECT_TRUE(text_of(folder.config()).starts_with(ours)) << text_of(folder.config());
  EXPECT_TRUE(fs::exists(folder.site("excluded_departments.txt"))) << "for the job to name";
}

TEST(ImportSyncSpace, makes_no_job_without_a_list_it_could_not_read) {
  auto const folder = Folder::tidy();
  folder.write("excluded_departments.txt", "B\xFCro\n");
  auto const plan = folder.plan();
  EXPECT_EQ(find(plan, "excluded_departments.txt", "(the list)")->fate, Fate::cannot);
  auto const* job = find(plan, ".env", "SYNC_SPACE_ID");
  EXPECT_EQ(job->fate, Fate::cannot);
  EXPECT_THAT(job->why, HasSubstr("excluded_departments.txt could not be taken"));
}

TEST(ImportSyncSpace, leaves_out_lists_that_name_nobody) {
  Folder const folder;
  folder.write(".env", "SYNC_SPACE_ID=" + space + "\n");
  folder.write("excluded_departments.txt", "\r\n\r\n");
  auto const plan = folder.plan();
  EXPECT_THAT(find(plan, "excluded_departments.txt", "(the list)")->why,
              HasSubstr("it names nobody (2 blank or comment lines)"));
  EXPECT_THAT(find(plan, ".env", "SYNC_SPACE_ID")->settled.at(0).second, Not(HasSubstr("exclude")));
  folder.write("excluded_departments.txt", "Sales\n");
  folder.write(".env", "CLIENT_ID=C\n");
  EXPECT_THAT(find(folder.plan(), ".env", "SYNC_SPACE_ID")->why,
              HasSubstr("without the space there is no job"));
}

TEST(ImportSyncSpace, is_told_from_the_other_prototype) {
  auto const folder = Folder::tidy();
  EXPECT_TRUE(ctl::sync_space_fits(folder.path()));
  EXPECT_FALSE(ctl::call_block_fits(folder.path())) << "what both have is the sync prototype's";
  Folder const other;
  other.write(".env", "CLIENT_ID=C\nCLIENT_SECRET=s\n");
  EXPECT_FALSE(ctl::sync_space_fits(other.path()));
  EXPECT_TRUE(ctl::call_block_fits(other.path()));
}

}  // namespace
}  // namespace wardroom::test
