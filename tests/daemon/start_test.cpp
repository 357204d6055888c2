// How the daemon refuses to start, what a reload takes, and how it stops while others hang: whole
// processes.
#include "support/site.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void run_sql(fs::path const& file, std::string const& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

bool has_table(fs::path const& file, std::string const& name) {
  sqlite3* handle = nullptr;
  bool found = false;
  sqlite3_open(file.c_str(), &handle);
  auto const sql = "SELECT 1 FROM sqlite_master WHERE name = '" + name + "'";
  sqlite3_exec(
      handle, sql.c_str(),
      [](void* seen, int, char**, char**) { return *static_cast<bool*>(seen) = true, 0; }, &found,
      nullptr);
  sqlite3_close(handle);
  return found;
}

struct Refused {
  std::optional<int> code;
  std::string told;
};
Refused refused(Site const& site) {
  auto const log = site.folder() + "/refused.log";
  Process daemon(
      {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", site.folder() + "/wardroom.yaml"}, log);
  auto const code = daemon.wait(15s);
  return {code, text_of(log)};
}

/// Accepts nothing and answers nothing: who connects waits.
class SilentServer {
 public:
  SilentServer() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&at), size);
    ::listen(socket_, 64);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

TEST(Start, is_refused_with_78_for_each_file_that_is_missing_or_wrong_before_the_store_is_made) {
  struct Case {
    std::string sections, identities, file, content, told;
  };
  std::string const smtp =
      "alerts: { mail: [o@acme.example], smtp: { url: \"smtp://127.0.0.1:25\", "
      "from: w@acme.example, ";
  std::vector<Case> const cases{
      {smtp + "username: u, password_file: FOLDER/x } }", "", "", "", "FOLDER/x"},
      {smtp + "ca_file: FOLDER/x } }", "", "", "", "FOLDER/x"},
      {smtp + "ca_file: FOLDER/x } }", "", "x", "no PEM", "holds no certificate"},
      {"alerts: { webex_space: S, bot_token_file: FOLDER/x }", "", "x", "", "is empty"},
      {"",
       "  guests: { kind: service_app, client_id: C, client_secret_file: FOLDER/client_secret, "
       "refresh_token_file: FOLDER/x }",
       "x", "\n", "is empty"},
      {"", "  guests: { kind: guest_issuer, issuer_id: I, secret_file: FOLDER/x }", "", "",
       "FOLDER/x"},
  };
  for (auto one : cases) {
    Site site("  mode: observe");
    auto const here = [&](std::string text) {
      for (auto at = text.find("FOLDER"); at != text.npos; at = text.find("FOLDER"))
        text.replace(at, 6, site.folder());
      return text;
    };
    if (!one.file.empty()) {
      std::ofstream(site.folder() + "/" + one.file) << one.content;
      fs::permissions(site.folder() + "/" + one.file, fs::perms::owner_read);
    }
    site.add_sections(here(one.sections) + "\n");
    site.add_identities(here(one.identities) + "\n");
    site.write_config("  mode: observe");
    auto const end = refused(site);
    EXPECT_EQ(end.code, 78) << end.told;
    EXPECT_NE(end.told.find(here(one.told)), std::string::npos) << end.told;
    EXPECT_NE(end.told.find(site.folder() + "/x"), std::string::npos) << end.told;
    EXPECT_FALSE(fs::exists(site.folder() + "/state/wardroom.db")) << one.told;
  }
}

TEST(Start, T3_with_another_master_key_not_even_the_schema_of_an_older_store_is_touched) {
  Site site("  mode: observe");
  site.start_daemon();
  ASSERT_TRUE(eventually(10s, [&] { return site.control("/v1/health").contains("health"); }));
  ASSERT_EQ(site.stop_daemon(), 0);
  auto const store = site.folder() + "/state/wardroom.db";
  run_sql(store,
          "DROP TABLE alerts; DROP TABLE alert_deliveries; "
          "DELETE FROM schema_migrations WHERE number = 40");
  std::ofstream(site.folder() + "/master.key", std::ios::trunc) << std::string(64, 'b') << "\n";
  EXPECT_EQ(refused(site).code, 78);
  EXPECT_FALSE(has_table(store, "alerts"));
  std::ofstream(site.folder() + "/master.key", std::ios::trunc) << std::string(64, 'a') << "\n";
  site.start_daemon();
  EXPECT_TRUE(has_table(store, "alerts"));
}

TEST(Reload, names_the_scopes_a_feature_lacks_that_it_switches_on) {
  Site site("  mode: off");
  site.write_config("  mode: off");
  site.start_daemon();
  auto admin = site.browser("ada@acme.example");
  ASSERT_TRUE(admin.sign_in("/admin/login")) << admin.last().body;
  auto const health = [&] { return site.control("/v1/health").dump(); };
  EXPECT_EQ(health().find("not granted"), std::string::npos) << health();
  site.write_config("  mode: observe");
  ASSERT_EQ(site.control_post("/v1/reload", nlohmann::json::object()).status, 200);
  EXPECT_NE(health().find("spark-admin:xsi (for call_blocking)"), std::string::npos) << health();
  site.write_config("  mode: off");
  ASSERT_EQ(site.control_post("/v1/reload", nlohmann::json::object()).status, 200);
  EXPECT_EQ(health().find("not granted"), std::string::npos) << health();
}

TEST(Reload, says_of_each_key_once_whether_it_is_in_force_or_waits_for_a_restart) {
  Site site("  mode: observe");
  site.start_daemon();
  ASSERT_TRUE(eventually(10s, [&] { return site.control("/v1/health").contains("health"); }));
  site.add_sections("alerts: { hold: 30s }\n");
  site.add_identities("  other: { client_id: C2, client_secret_file: " + site.folder() +
                      "/client_secret }\n");
  site.set_admins("ada@acme.example, zoe.mueller@acme.example");
  site.write_config("  mode: enforce");
  auto const answer = site.control_post("/v1/reload", nlohmann::json::object()).json();
  auto const keys = [&](char const* what) {
    auto out = nlohmann::json::array();
    for (auto const& one : answer[what]) out.push_back(one["key"]);
    return out;
  };
  EXPECT_EQ(keys("changed"), nlohmann::json({"webex.admins", "call_blocking.mode"}))
      << answer.dump();
  EXPECT_EQ(keys("needs_restart"), nlohmann::json({"identities", "alerts.hold"})) << answer.dump();
}

TEST(Stop, G2_takes_less_than_5_s_while_mail_server_token_endpoint_and_a_browser_hang) {
  SilentServer mail, tokens;
  Site site("  mode: observe");
  site.add_sections("alerts: { mail: [o@acme.example], smtp: { url: \"smtp://" + mail.address() +
                    "\", from: w@acme.example } }\n");
  site.write_config("  mode: observe");
  site.start_daemon();
  site.go_live();
  ASSERT_EQ(site.stop_daemon(), 0);
  auto const file = site.folder() + "/wardroom.yaml";
  auto yaml = text_of(file);
  auto const webex = yaml.find("webex: { ");
  ASSERT_NE(webex, yaml.npos) << yaml;
  yaml.insert(webex + 9, "token_url: \"http://" + tokens.address() + "/token\", ");
  std::ofstream(file, std::ios::trunc) << yaml;
  site.start_daemon();
  Process test({WARDROOM_BUILD_DIR "/ctl/wardroomctl", "--socket", site.folder() + "/control.sock",
                "alerts", "test"},
               site.folder() + "/test.log");
  Process refresh({WARDROOM_BUILD_DIR "/ctl/wardroomctl", "--socket",
                   site.folder() + "/control.sock", "token", "refresh"},
                  site.folder() + "/refresh.log");
  int const browser = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(site.http_port());
  ASSERT_EQ(::connect(browser, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  std::string const half = "POST /api/v1/location HTTP/1.1\r\nHost: x\r\n";
  ASSERT_EQ(::write(browser, half.data(), half.size()), ssize_t(half.size()));
  EXPECT_FALSE(test.wait(1s));  // all three are on their way now
  auto const begun = std::chrono::steady_clock::now();
  site.daemon().signal(SIGTERM);
  EXPECT_EQ(site.daemon().wait(10s), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  ::close(browser);
}

}  // namespace
}  // namespace wardroom::test
