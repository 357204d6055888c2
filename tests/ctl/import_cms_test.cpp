// What is taken from the meeting server prototype's folder: bridges, secrets, domains without the
// empty one that made everybody secure.
#include "import_cms.hpp"

#include "config/config_file.hpp"
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
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Fate = ImportLine::Fate;

std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string const password = "made-up password: of the tests";

/// The prototype's folder, and the site that comes of it.
class Folder {
 public:
  Folder() {
    std::string path = (fs::temp_directory_path() / "wardroom-import-XXXXXX").string();
    if (!::mkdtemp(path.data())) throw std::runtime_error("no folder");
    folder_ = path;
    fs::copy(fs::path(WARDROOM_SOURCE_DIR) / "tests/fixtures/prototype_cms", folder_);
  }
  ~Folder() { fs::remove_all(folder_); }
  void write(std::string const& file, std::string const& text) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file, std::ios::binary) << text;
  }
  std::string path() const { return folder_.string(); }
  std::string site(std::string const& file) const { return (folder_ / "site" / file).string(); }
  std::string config() const { return site("wardroom.yaml"); }
  ctl::ImportPlan plan() const { return ctl::cms_plan(path(), ctl::Places(config())); }
  auto import(std::vector<std::string> more) const {
    std::vector<std::string> args{"import", path(), "--config", config()};
    args.insert(args.end(), more.begin(), more.end());
    return Tool()(args);
  }

 private:
  fs::path folder_;
};

std::vector<ImportLine> lines(ctl::ImportPlan const& plan, std::string_view key, Fate fate) {
  std::vector<ImportLine> out;
  for (auto const& line : plan)
    if (line.old_key == key && line.fate == fate) out.push_back(line);
  return out;
}

TEST(ImportCms, names_the_fate_of_everything_and_refuses_the_domain_that_fits_everybody) {
  Folder const folder;
  ASSERT_TRUE(ctl::cms_fits(folder.path()));
  auto const plan = folder.plan();
  auto const bridges = lines(plan, "cms_ips", Fate::taken);
  ASSERT_EQ(bridges.size(), 1u);
  EXPECT_EQ(bridges[0].shown, "cms1, cms2, cms-10-20-0-7");
  EXPECT_EQ(bridges[0].secret_files.size(), 4u) << "a password, and a secret for each";
  EXPECT_THAT(bridges[0].why, HasSubstr("until security_notices.mode is enforce"));
  EXPECT_THAT(lines(plan, "cms_ips", Fate::not_needed).at(0).why, HasSubstr("stands there twice"));
  EXPECT_TRUE(lines(plan, "secure_domains", Fate::taken).empty());
  auto const empty = lines(plan, "secure_domains", Fate::cannot);
  ASSERT_EQ(empty.size(), 1u);
  EXPECT_EQ(empty[0].line, 11);
  EXPECT_THAT(empty[0].why, HasSubstr("counted everybody as secure by it; it is left out"));
  EXPECT_EQ(lines(plan, "internal_domains", Fate::taken).at(0).shown,
            "acme.example, emea.acme.example");
  EXPECT_EQ(lines(plan, "internal_domains", Fate::cannot).size(), 2u) << "empty, an address";
  EXPECT_EQ(lines(plan, "password", Fate::taken).at(0).shown, ctl::masked(password));
}

TEST(ImportCms, writes_a_section_that_the_daemon_takes_and_finds_it_there_again) {
  Folder const folder;
  auto const outcome = folder.import({"--apply"});
  ASSERT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  config::Complaints complaints;
  auto const settings = load_settings(folder.config(), complaints).security_notices;
  for (auto const& one : complaints)
    if (one.key.starts_with("security_notices")) ADD_FAILURE() << one.text();
  ASSERT_EQ(settings.bridges.size(), 3u);
  EXPECT_EQ(settings.policy.mode, FeatureMode::observe) << "nothing is shown by an import";
  EXPECT_EQ(settings.bridges[2].api, "https://10.20.0.7:445/api/v1");
  EXPECT_EQ(settings.bridges[0].username, "apiuser");
  std::vector<Secret> secrets;
  for (auto const& bridge : settings.bridges) {
    EXPECT_EQ(text_of(bridge.password_file), password);
    secrets.push_back(config::read_secret(bridge.cdr_secret_file).value());
    struct stat about{};
    ASSERT_EQ(::stat(bridge.cdr_secret_file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0600u);
    ASSERT_EQ(::stat(bridge.password_file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0600u);
  }
  EXPECT_TRUE(security_notices::check_cdr_secrets(settings.bridges, secrets));
  EXPECT_TRUE(settings.policy.rules.secure.entries().empty());
  auto const before = text_of(folder.config()), secret = text_of(folder.site("cms1_cdr_secret"));
  auto const again = folder.import({"--apply", "--force"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("There is nothing to write"));
  EXPECT_EQ(text_of(folder.config()), before);
  EXPECT_EQ(text_of(folder.site("cms1_cdr_secret")), secret);
}

TEST(ImportCms, never_shows_a_secret) {
  Folder const folder;
  for (auto const* how : {"--dry-run", "--json", "--apply", "--dry-run"}) {
    auto const outcome = folder.import({how});
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("made-up"))) << how;
    auto const secret = text_of(folder.site("cms1_cdr_secret"));
    if (!secret.empty()) EXPECT_THAT(outcome.out, Not(HasSubstr(secret))) << how;
  }
  EXPECT_THAT(text_of(folder.config()), Not(HasSubstr("made-up")));
}

TEST(ImportCms, never_replaces_bridges_that_stand_there_even_when_forced) {
  Folder const folder;
  std::string const ours =
      "security_notices:\n  bridges:\n    - { name: ours, api: \"https://o.example/api/v1\", "
      "username: u, password_file: /p, cdr_secret_file: /s }\n";
  folder.write("site/wardroom.yaml", ours);
  folder.write("site/cms_password", "another");
  auto const outcome = folder.import({"--apply", "--force"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("add these to them by hand"));
  EXPECT_THAT(outcome.out, HasSubstr("cms2"));
  EXPECT_TRUE(text_of(folder.config()).starts_with(ours)) << text_of(folder.config());
  EXPECT_EQ(text_of(folder.site("cms_password")), "another");
}

TEST(ImportCms, keeps_a_password_that_is_another_unless_forced) {
  Folder const folder;
  folder.write("site/cms_password", "another");
  fs::permissions(folder.site("cms_password"), static_cast<fs::perms>(0600));
  auto const outcome = folder.import({"--apply"});
  EXPECT_THAT(outcome.out, HasSubstr("stays, unless --force is given"));
  EXPECT_EQ(text_of(folder.site("cms_password")), "another");
  EXPECT_EQ(folder.import({"--apply", "--force"}).code, 0);
  EXPECT_EQ(text_of(folder.site("cms_password")), password);
}

TEST(ImportCms, says_what_is_missing_or_no_bridge) {
  Folder const folder;
  auto const why = [&](std::string const& yaml) {
    folder.write("credentials.yml", yaml);
    std::string out;
    for (auto const& line : folder.plan())
      if (line.fate == Fate::cannot) out += line.old_key + ": " + line.why + "\n";
    return out;
  };
  std::string const login = "username: u\npassword: p\n";
  EXPECT_THAT(why(login + "cms_ips: []\n"), HasSubstr("cms_ips names no bridge"));
  EXPECT_THAT(why(login + "cms_ips: ['https://x/']\n"), HasSubstr("no host name or address"));
  EXPECT_THAT(why("username: u\ncms_ips: [a]\n"), HasSubstr("the password of the API is missing"));
  EXPECT_THAT(why("password: u\ncms_ips: [a]\n"), HasSubstr("(username) is missing"));
  EXPECT_THAT(why(login + "cms_ips: [a]\nport: 99999\n"), HasSubstr("port: it is no port"));
  EXPECT_THAT(why("cms_ips: [a\n"), HasSubstr(""));
  EXPECT_NE(why("cms_ips: [a\n"), "");
  EXPECT_EQ(why(login + "cms_ips: [a]\nsecure_domains: [a.example]\ninternal_domains: [A.example, "
                        "b.example]\n"),
            "");
  EXPECT_EQ(lines(folder.plan(), "internal_domains", Fate::taken).at(0).shown, "b.example");
}

TEST(ImportCms, is_told_from_the_other_prototypes) {
  Folder const folder;
  EXPECT_FALSE(ctl::call_block_fits(folder.path()));
  folder.write("credentials.yml", "meetings: []\n");
  EXPECT_FALSE(ctl::cms_fits(folder.path()));
}

}  // namespace
}  // namespace wardroom::test
