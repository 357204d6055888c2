// check, explain and set, which the tool does by itself.
#include "ctl/golden.hpp"
#include "ctl/tool.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace wardroom::test {
namespace {

namespace fs = std::filesystem;

/// A folder with a configuration whose secrets are there; no daemon.
struct Site {
  std::string folder = scratch_directory(), file = folder + "/w.yaml";
  std::string const good = "# ours\nlog: { level: info }  # quiet\nidentities:\n  admin:\n" +
                           ("    client_id: C\n    client_secret_file: " + folder + "/s\n") +
                           "secrets: { master_key_file: " + folder + "/s }\n";
  Site() {
    write("s", "secret");
    fs::permissions(folder + "/s", fs::perms::owner_read | fs::perms::owner_write);
    write("w.yaml", good);
  }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream(folder + "/" + name) << text;
  }
  std::string text() const {
    std::ifstream in(file);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }
  Outcome operator()(std::vector<std::string> args, std::size_t width = 80) const {
    args.insert(args.end(), {"--socket", folder + "/nobody.sock"});
    return Tool{.terminal = true, .no_color = true, .width = width}(args);
  }
  Outcome set(std::string const& key, std::string const& value) const {
    return (*this)({"config", "set", key, value, "--file", file});
  }
  /// Without what is different in each run.
  std::string same(std::string text) const {
    for (auto at = text.find(folder); at != text.npos; at = text.find(folder))
      text.replace(at, folder.size(), "/etc/wardroom");
    return text;
  }
};

/// Wherever the terminal broke the lines.
bool holds(std::string text, std::string_view part) {
  for (auto at = text.find("\n  "); at != text.npos; at = text.find("\n  ")) {
    text.erase(at, 1);
    while (text.substr(at).starts_with("  ")) text.erase(at, 1);
  }
  return text.find(part) != text.npos;
}

TEST(ConfigCheck, says_that_all_is_well) {
  Site const site;
  auto const said = site({"config", "check", site.file});
  EXPECT_EQ(said.code, 0) << said.out;
  EXPECT_TRUE(said.out.starts_with("ok  ")) << said.out;
}

TEST(ConfigCheck, R105_names_each_mistake_with_its_line_as_it_was_approved) {
  Site const site;
  fs::current_path(site.folder);
  site.write("w.yaml", R"(# With mistakes.
log: { level: verbose }
secrets: { master_key_file: s }
webex:
  api: "http://webexapis.com/v1"
  client_secret: geheim
identities:
  admin: { client_id: C, client_secret_file: gone/s }
call_blocking:
  timeout: 50s
  post_interval: 30 seconds
  outside_line_prefixes: ["0", "9", "zero"]  # a line that is longer than the terminal is wide
)");
  std::string all;
  for (std::size_t const width : {80u, 60u}) {
    auto const said = site({"config", "check", "w.yaml"}, width);
    EXPECT_EQ(said.code, 1);
    all += "=== " + std::to_string(width) + " columns\n" + said.out;
  }
  site.write("quoted.yaml", "webex:\n  \"client_secret\" : geheim\n");
  EXPECT_FALSE(holds(site({"config", "check", "quoted.yaml"}, 80).out, "geheim"));
  EXPECT_FALSE(holds(all, "geheim")) << "a secret in the wrong place is not repeated";
  compare("config_check", all);
  auto const json =
      nlohmann::json::parse(site({"config", "check", "w.yaml", "--json"}).out, nullptr, false);
  EXPECT_EQ(json["schema"], "wardroom.config_check/1");
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["complaints"][0]["line"], 2);
  EXPECT_EQ(json["complaints"][0]["column"], 8);
  EXPECT_EQ(json["complaints"][0]["key"], "log.level");
}

TEST(ConfigCheck, without_a_file_takes_that_of_the_running_daemon) {
  Site const site;
  FakeDaemon const daemon([&](std::string const&) {
    return answer(200, R"({"file":")" + site.file + R"(","settings":[]})");
  });
  auto const said = Tool{}({"config", "check", "--socket", daemon.socket()});
  EXPECT_EQ(said.code, 0);
  EXPECT_TRUE(holds(said.out, site.file)) << said.out;
  EXPECT_TRUE(daemon.requests().at(0).starts_with("GET /v1/config/show"));
  auto const alone = site({"config", "check"});
  EXPECT_TRUE(holds(alone.out, "/etc/wardroom/wardroom.yaml")) << alone.out;
}

TEST(ConfigExplain, looks_as_it_was_approved) {
  Site const site;
  std::string all;
  for (std::vector<std::string> const& words : {std::vector<std::string>{"call_blocking.timeout"},
                                                {"webex.token_url"},
                                                {"call_blocking.mode"},
                                                {"identities.bot.client_id"},
                                                {"http.trusted_proxies"},
                                                {"alerts"}}) {
    std::vector<std::string> args{"config", "explain"};
    args.insert(args.end(), words.begin(), words.end());
    all += "=== " + words.front() + "\n" + site(args).out;
  }
  FakeDaemon const daemon([&](std::string const&) {
    return answer(200, R"({"file":"/etc/wardroom/wardroom.yaml","settings":[)"
                       R"({"key":"log.level","value":"debug","source":"w.yaml:2"}]})");
  });
  all += "=== log.level, with a daemon\n" +
         Tool{.terminal = true, .no_color = true, .width = 80}(
             {"config", "explain", "log.level", "--socket", daemon.socket()})
             .out;
  compare("config_explain", all);
}

TEST(ConfigExplain, guesses_what_was_meant) {
  Site const site;
  auto const said = site({"config", "explain", "call_blocking.timout"});
  EXPECT_EQ(said.code, 5);
  EXPECT_TRUE(holds(said.err, "did you mean \"call_blocking.timeout\"?")) << said.err;
  EXPECT_TRUE(holds(site({"config", "explain"}).out, "store.url"));
}

TEST(ConfigSet, shows_the_changed_line_and_what_puts_it_in_force) {
  Site const site;
  auto const said = site.set("log.level", "debug");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(site.same(said.out),
            "/etc/wardroom/w.yaml:2\n-log: { level: info }  # quiet\n"
            "+log: { level: debug }  # quiet\n  → wardroomctl reload puts it in force\n");
  EXPECT_TRUE(holds(site.text(), "# ours\nlog: { level: debug }  # quiet\n"));
  auto const again = site.set("log.level", "debug");
  EXPECT_EQ(again.code, 0);
  EXPECT_TRUE(holds(again.out, "log.level is debug in the file already")) << again.out;
  auto const restart = site.set("http.listen", "127.0.0.1:9");
  EXPECT_TRUE(holds(restart.out, "systemctl restart wardroomd")) << restart.out;
  EXPECT_TRUE(holds(site.set("webex.admins", "ada@acme.example, bob@acme.example").out,
                    "+  admins: [\"ada@acme.example\", \"bob@acme.example\"]") ||
              holds(site.text(), "admins: [ada@acme.example, bob@acme.example]"))
      << site.text();
}

TEST(ConfigSet, refuses_with_the_way_to_do_it) {
  Site const site;
  struct Row {
    char const *key, *value;
    int code;
    char const* says;
  };
  for (auto const& row : {
           Row{"log.level", "loud", 1, "'loud' is not one of"},
           Row{"log.lvl", "debug", 5, "did you mean \"log.level\"?"},
           Row{"call_blocking.fences", "x", 2, "sudoedit"},
           Row{"call_blocking", "x", 2, "sudoedit"},
           Row{"identities.admin.client_secret", "x", 2, "client_secret_file"},
           Row{"identities.admin.client_secret_file",
               "0123456789abcdef0123456789abcdef0123456789abcdef", 2, "the secret itself"},
           Row{"webex.admins", "[a", 2, "'[a, b]'"},
           Row{"identities.bot.client_id", "x", 5, "there is no such entry"},
       }) {
    auto const said = site.set(row.key, row.value);
    EXPECT_EQ(said.code, row.code) << row.key << said.err << said.out;
    EXPECT_TRUE(holds(said.err, row.says)) << row.key << ": " << said.err;
    EXPECT_EQ(site.text(), site.good) << row.key;
  }
  site.write("w.yaml", site.good + "log: {}\n");
  auto const broken = site.set("log.level", "debug");
  EXPECT_EQ(broken.code, 1);
  EXPECT_TRUE(holds(broken.err, "has mistakes already")) << broken.err;
  auto const nowhere =
      site({"config", "set", "log.level", "debug", "--file", site.folder + "/none.yaml"});
  EXPECT_EQ(nowhere.code, 5) << nowhere.err;
}

TEST(ConfigSet, tells_scripts_what_it_did) {
  Site const site;
  auto const said = nlohmann::json::parse(
      site({"config", "set", "webex.ca_file", "/gone.pem", "--file", site.file, "--json"}).out);
  EXPECT_EQ(said["key"], "webex.ca_file");
  EXPECT_EQ(said["before"], "");
  EXPECT_EQ(said["after"], "/gone.pem");
  EXPECT_EQ(said["written"], true);
  EXPECT_EQ(said["takes"], "restart");
  EXPECT_TRUE(holds(said["warnings"].dump(), "there is no file /gone.pem")) << said;
}

}  // namespace
}  // namespace wardroom::test
