// What is taken from a prototype's files: their odd syntax, each key's fate, and that secrets never
// show.
#include "import.hpp"

#include "ctl/tool.hpp"
#include "env_file.hpp"
#include "json_view.hpp"
#include "python_literals.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace wardroom::test {
namespace {

namespace fs = std::filesystem;
using ctl::ImportLine;
using Fate = ImportLine::Fate;

std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The fixture `name` as the prototype lays it out: `.env` has its real name only here.
class Prototype {
 public:
  explicit Prototype(std::string const& name = "") {
    std::string path = (fs::temp_directory_path() / "wardroom-import-XXXXXX").string();
    if (!::mkdtemp(path.data())) throw std::runtime_error("no folder");
    folder_ = path;
    if (name.empty()) return;
    fs::copy(fs::path(WARDROOM_SOURCE_DIR "/tests/fixtures/prototype_call_block") / name, folder_,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    std::vector<fs::path> found;
    for (auto const& entry : fs::recursive_directory_iterator(folder_))
      if (entry.path().filename() == "env.txt") found.push_back(entry.path());
    for (auto const& path_of_env : found)
      fs::rename(path_of_env, path_of_env.parent_path() / ".env");
  }
  ~Prototype() { fs::remove_all(folder_); }
  void write(std::string const& file, std::string const& text) const {
    std::ofstream(folder_ / file, std::ios::binary) << text;
  }
  std::string folder() const { return folder_.string(); }
  std::string config() const { return (folder_ / "site/wardroom.yaml").string(); }
  ctl::ImportPlan plan() const { return ctl::call_block_plan(folder()); }

 private:
  fs::path folder_;
};

ImportLine const* find(ctl::ImportPlan const& plan, std::string_view old_key, Fate fate) {
  for (auto const& line : plan)
    if (line.old_key == old_key && line.fate == fate) return &line;
  return nullptr;
}

std::string value_in(ctl::EnvFile const& env, std::string_view key) {
  std::string out = "(absent)";
  for (auto const& entry : env.entries)
    if (entry.key == key) out = entry.value;
  return out;
}

TEST(EnvFile, a_line_of_a_key_is_no_name_and_is_not_repeated) {
  auto const env = ctl::parse_env("KEY_NAME\nMIIEvQIBADANBgkq\nhkiG9w0B+AQEFAASC\n");
  ASSERT_EQ(env.troubles.size(), 3u);
  EXPECT_EQ(env.troubles[0].key, "KEY_NAME");
  EXPECT_EQ(env.troubles[1].key, "");
  EXPECT_EQ(env.troubles[2].key, "");
}

TEST(EnvFile, is_read_as_dotenv_libraries_read_it) {
  auto const env = ctl::parse_env(
      "\xEF\xBB\xBF"
      "A=1\r\n# B=2\nexport C = three words # comment\nD=\"x#y\\n\\\"z\\\"\" # c\n"
      "E='raw\\n \\'q\\''\nF=\nG=a#b\nH=\"two\nlines\"\nI=${A}-${Z:-z}\n'J'=j\nK:no\nL\nA=2\n"
      "M=\"open");
  EXPECT_EQ(value_in(env, "A"), "2") << "the last counts";
  EXPECT_EQ(value_in(env, "B"), "(absent)");
  EXPECT_EQ(value_in(env, "C"), "three words");
  EXPECT_EQ(value_in(env, "D"), "x#y\n\"z\"");
  EXPECT_EQ(value_in(env, "E"), "raw\\n 'q'");
  EXPECT_EQ(value_in(env, "F"), "");
  EXPECT_EQ(value_in(env, "G"), "a#b");
  EXPECT_EQ(value_in(env, "H"), "two\nlines");
  EXPECT_EQ(value_in(env, "I"), "1-z");
  EXPECT_EQ(value_in(env, "J"), "j");
  ASSERT_EQ(env.troubles.size(), 3u);
  EXPECT_EQ(env.troubles[0].line, 12);
  EXPECT_EQ(env.troubles[1].key, "L");
  EXPECT_EQ(env.troubles[2].key, "M");
  EXPECT_EQ(env.entries.back().line, 14);
}

TEST(PythonSettings, are_literals_and_nothing_is_executed) {
  auto const all = ctl::parse_python_settings(
      "A: int = 1_000\nB = -2.5e1 # c\nC = 'x' \"y\"\nD = r'\\n' \nE = ('only')\nF = (1, 'two',)\n"
      "G = [\n  True, # c\n  None,\n]\nH = \"\"\"a\nb\"\"\"\nI = __import__('os').system('x')\n"
      "J = 1 + 1\nK = {'a': 1}\nL = 'open\nM = u'\\u00fc'\nclass N:\n  O = 1\nP = 0x10\nQ = "
      "b'x'\n");
  std::map<std::string, ctl::PythonSetting> by;
  for (auto const& one : all) by[one.name] = one;
  EXPECT_EQ(by["A"].value.text, "1000");
  EXPECT_EQ(by["B"].value.text, "-2.5e1");
  EXPECT_EQ(by["C"].value.text, "xy");
  EXPECT_EQ(by["D"].value.text, "\\n");
  EXPECT_EQ(by["E"].value.text, "only");
  EXPECT_EQ(by["F"].value.items.size(), 2u);
  EXPECT_EQ(by["G"].value.items.size(), 2u);
  EXPECT_EQ(by["H"].value.text, "a\nb");
  EXPECT_EQ(by["M"].value.text, "\u00fc");
  for (auto const* name : {"I", "J", "K", "L", "P", "Q"}) EXPECT_NE(by[name].trouble, "") << name;
  EXPECT_EQ(by.count("O"), 0u) << "what is indented belongs to something that is not understood";
  EXPECT_EQ(by["L"].line, 16);
  EXPECT_EQ(by["M"].line, 17);
}

TEST(PythonSettings, of_any_bytes_end_without_a_crash) {
  Dice dice;
  static constexpr std::string_view pieces[]{
      "A",  "=",     "'", "\"", "\"\"\"", "\\",   "\n",      "[",  "]", "(",
      ")",  ",",     "#", " ",  ":",      "1",    "-",       ".",  "e", "f",
      "\r", "\\u12", "{", "}",  "\xff",   "True", "export ", "${", "}"};
  for (auto left = count(20'000); left > 0; --left) {
    std::string text;
    for (auto n = dice.below(40); n > 0; --n) text += dice.pick(pieces);
    (void)ctl::parse_python_settings(text);
    (void)ctl::parse_env(text);
  }
}

TEST(Import, names_the_fate_of_every_key) {
  Prototype const prototype("plain");
  auto const plan = prototype.plan();
  struct {
    char const *key, *new_key, *shown;
  } const taken[] = {
      {"WEBEX_ADMIN_UID", "webex.admins", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9hZGE"},
      {"CLIENT_ID", "identities.admin.client_id", "C0ffee-of-the-tests"},
      {"CLIENT_SECRET", "identities.admin.client_secret_file", "(secret, 23 characters)"},
      {"TOKEN_URL", "webex.token_url", "https://login.acme.example/token"},
      {"WEBEX_BASE_URL", "webex.api", "https://webexapis.com/v1"},
      {"PUBLIC_URL", "http.public_url", "https://calls.acme.example"},
      {"LAT_MIN, LAT_MAX, LON_MIN, LON_MAX", "call_blocking.fences",
       "box { south: 46.37, north: 49.02, west: 9.53, east: 17.17 }"},
      {"GEOLOCATION_TIMEOUT", "call_blocking.timeout", "240s"}};
  for (auto const& one : taken) {
    auto const* line = find(plan, one.key, Fate::taken);
    ASSERT_NE(line, nullptr) << one.key;
    EXPECT_EQ(line->new_key, one.new_key);
    EXPECT_EQ(line->shown, one.shown);
  }
  for (auto const* key : {"SQLALCHEMY_DATABASE_URL", "AUTHORIZATION_BASE_URL", "SCOPE", "APP_NAME",
                          "APP_VERSION", "UVICORN_LOG_LEVEL", "REQUIRED_ENV_VARS"}) {
    auto const* line = find(plan, key, Fate::not_needed);
    ASSERT_NE(line, nullptr) << key;
    EXPECT_NE(line->why, "") << key;
  }
  EXPECT_EQ(plan.size(), std::size(taken) + 7);
}

TEST(Import, takes_odd_files_as_data_and_says_what_it_did_not_understand) {
  Prototype const prototype("odd");
  auto const plan = prototype.plan();
  auto const told = [&plan](std::string_view key, Fate fate) {
    auto const* line = find(plan, key, fate);
    return line ? line->shown + "|" + line->why : std::string();
  };
  EXPECT_TRUE(told("CLIENT_ID", Fate::taken).starts_with("C0dd"));
  EXPECT_TRUE(told("WEBEX_ADMIN_UID", Fate::taken).starts_with("ada@acme.example"));
  EXPECT_EQ(find(plan, "CLIENT_SECRET", Fate::taken), nullptr)
      << "settings.py counted, and computes it";
  EXPECT_TRUE(told("CLIENT_SECRET", Fate::cannot).contains("nothing is executed"));
  EXPECT_TRUE(told("PUBLIC_URL", Fate::cannot).contains("f-string"));
  EXPECT_TRUE(told("FROM_NOWHERE", Fate::cannot).contains("${NOT_THERE}"));
  EXPECT_TRUE(told("UNCLOSED", Fate::cannot).contains("never ends"));
  EXPECT_TRUE(told("client_secret_note", Fate::cannot).contains("no value"));
  EXPECT_TRUE(told("WEBEX_BASE_URL", Fate::cannot).contains("loopback"));
  EXPECT_TRUE(told("GEOLOCATION_TIMEOUT", Fate::cannot).contains("flapped"));
  EXPECT_TRUE(told("SQLALCHEMY_DATABASE_URL", Fate::not_needed)
                  .starts_with("postgresql://me:…@db.acme.example/calls"));
}

TEST(Import, makes_a_fence_of_the_bounds_whatever_way_round_they_are) {
  struct {
    char const *bounds, *shown, *why;
  } const table[] = {
      {"LAT_MIN=10\nLAT_MAX=20\nLON_MIN=30\nLON_MAX=100",
       "box { south: 10, north: 20, west: 30, east: 100 }", ""},
      {"LAT_MIN=20\nLAT_MAX=10\nLON_MIN=30\nLON_MAX=100",
       "box { south: 10, north: 20, west: 30, east: 100 }", "taken as swapped"},
      {"LAT_MIN=10\nLAT_MAX=20\nLON_MIN=100\nLON_MAX=30.1",
       "box { south: 10, north: 20, west: 100, east: 30.1, crosses_antimeridian: true }",
       "across the 180th meridian"}};
  for (auto const& one : table) {
    Prototype const prototype;
    prototype.write(".env", one.bounds);
    auto const plan = prototype.plan();
    ASSERT_EQ(plan.size(), 1u);
    EXPECT_EQ(plan[0].fate, Fate::taken);
    EXPECT_EQ(plan[0].shown, one.shown);
    EXPECT_TRUE(plan[0].why.contains(one.why)) << plan[0].why;
  }
  for (auto const* bad :
       {"LAT_MIN=10\nLAT_MAX=20\nLON_MIN=30", "LAT_MIN=10\nLAT_MAX=91\nLON_MIN=1\nLON_MAX=2",
        "LAT_MIN=10\nLAT_MAX=10\nLON_MIN=1\nLON_MAX=2",
        "LAT_MIN=nan\nLAT_MAX=10\nLON_MIN=1\nLON_MAX=2"}) {
    Prototype const prototype;
    prototype.write(".env", bad);
    for (auto const& line : prototype.plan()) EXPECT_EQ(line.fate, Fate::cannot) << bad;
  }
}

TEST(Import, shows_the_plan_and_writes_nothing_unless_told) {
  Prototype const prototype("plain");
  auto const outcome = Tool()({"import", prototype.folder(), "--config", prototype.config()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.contains("CLIENT_ID → identities.admin.client_id = C0ffee-of-the-tests"))
      << outcome.out;
  EXPECT_TRUE(outcome.out.contains("Nothing was written")) << outcome.out;
  EXPECT_FALSE(fs::exists(prototype.config()));
}

TEST(Import, never_shows_a_secret) {
  for (auto const* name : {"plain", "odd"}) {
    Prototype const prototype(name);
    for (auto const* how : {"--dry-run", "--json", "--apply"}) {
      auto const outcome =
          Tool()({"import", prototype.folder(), "--config", prototype.config(), how});
      for (auto const* secret : {"made-up", "hunter2", "pa55"})
        EXPECT_FALSE((outcome.out + outcome.err).contains(secret)) << outcome.out << outcome.err;
      EXPECT_FALSE(text_of(prototype.config()).contains("made-up")) << name;
    }
  }
}

TEST(Import, writes_keys_and_secret_files_and_a_second_run_finds_them_there) {
  Prototype const prototype("plain");
  auto const outcome =
      Tool()({"import", prototype.folder(), "--config", prototype.config(), "--apply"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  auto const yaml = text_of(prototype.config());
  EXPECT_TRUE(yaml.contains("client_id: C0ffee-of-the-tests")) << yaml;
  EXPECT_TRUE(yaml.contains("timeout: 240s")) << yaml;
  auto const secret = prototype.folder() + "/site/client_secret";
  EXPECT_EQ(text_of(secret), "made-up-secret-of-plain");
  struct stat about{};
  ASSERT_EQ(::stat(secret.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
  auto const again =
      Tool()({"import", prototype.folder(), "--config", prototype.config(), "--apply"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(again.out.contains("There is nothing to write")) << again.out;
  EXPECT_EQ(text_of(prototype.config()), yaml);
}

TEST(Import, keeps_what_differs_unless_forced) {
  Prototype const prototype("plain");
  fs::create_directory(prototype.folder() + "/site");
  std::ofstream(prototype.config())
      << "# ours\nwebex:\n  api: https://api-usgov.webex.com/v1  # gov\n";
  auto import = [&](std::vector<std::string> more) {
    std::vector<std::string> args{"import", prototype.folder(), "--config", prototype.config()};
    args.insert(args.end(), more.begin(), more.end());
    return Tool()(args);
  };
  auto const kept = import({"--apply"});
  EXPECT_EQ(kept.code, 0) << kept.err;
  EXPECT_TRUE(kept.out.contains("https://api-usgov.webex.com/v1 stands there; it stays"))
      << kept.out;
  auto const yaml = text_of(prototype.config());
  EXPECT_TRUE(yaml.starts_with("# ours\nwebex:\n  api: https://api-usgov.webex.com/v1  # gov\n"))
      << yaml;
  EXPECT_TRUE(yaml.contains("client_id: C0ffee-of-the-tests")) << yaml;
  EXPECT_EQ(import({"--apply", "--force"}).code, 0);
  EXPECT_TRUE(text_of(prototype.config()).contains("api: \"https://webexapis.com/v1\"  # gov"))
      << text_of(prototype.config());
}

TEST(Import, json_has_every_line_of_the_plan) {
  Prototype const prototype("plain");
  auto const outcome =
      Tool()({"import", prototype.folder(), "--config", prototype.config(), "--json"});
  auto const json = ctl::Json::parse(outcome.out);
  EXPECT_EQ(json["schema"], "wardroom.import/1");
  EXPECT_EQ(json["applied"], false);
  EXPECT_EQ(json["plan"].size(), prototype.plan().size());
}

TEST(Import, of_another_folder_says_what_is_known) {
  Prototype const prototype;
  prototype.write(".env", "HELLO=1\n");
  auto const outcome = Tool()({"import", prototype.folder(), "--config", prototype.config()});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(outcome.err.contains("nothing that can be imported")) << outcome.err;
  EXPECT_EQ(Tool()({"import", prototype.folder() + "/none"}).code, 5);
}

}  // namespace
}  // namespace wardroom::test
