// What changes at a site is in the audit, whole and in order, and what is done to the audit behind
// the daemon's back is named: real daemon, real tool, real file.
#include "support/site.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <signal.h>
#include <sstream>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string text_of(std::string const& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Said {
  int code = -1;
  std::string text;
  json body() const { return json::parse(text, nullptr, false); }
};

struct AuditFlow : testing::Test {
  Site site{"  mode: observe"};
  int runs = 0;

  /// wardroomctl with these words, by way of a shell so that pipes work.
  Said tool(std::string const& words, std::string const& input = "") {
    auto const out = site.folder() + "/said" + std::to_string(++runs);
    auto const line = "exec " WARDROOM_BUILD_DIR "/ctl/wardroomctl --socket " + site.folder() +
                      "/control.sock " + words + (input.empty() ? " </dev/null" : " <" + input);
    Process process({"/bin/sh", "-c", line}, out);
    Said said;
    said.code = process.wait(60s).value_or(-1);
    said.text = text_of(out);
    return said;
  }
  /// Oldest first.
  std::vector<json> records(std::string const& words = "") {
    auto const said = tool("audit list --json --limit 1000 " + words);
    EXPECT_EQ(said.code, 0) << said.text;
    auto rows = said.body().value("records", json::array()).get<std::vector<json>>();
    std::ranges::reverse(rows);
    return rows;
  }
  void sql(std::string const& script) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open((site.folder() + "/state/wardroom.db").c_str(), &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5'000);
    EXPECT_EQ(sqlite3_exec(handle, script.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
};

std::vector<json> with_action(std::vector<json> const& all, std::string const& action) {
  std::vector<json> out;
  for (auto const& one : all)
    if (one.value("action", "") == action) out.push_back(one);
  return out;
}

TEST_F(AuditFlow, A1_every_change_is_told_with_who_and_what_and_tampering_is_named) {
  site.start_daemon();
  ASSERT_EQ(tool("log-level warning").code, 0);
  ASSERT_EQ(tool("log-level debug --for 10m").code, 0);
  ASSERT_EQ(tool("reload").code, 0);
  ASSERT_NE(tool("token refresh").code, 0) << "nobody is logged in yet";
  auto admin = site.browser("ada@acme.example");
  ASSERT_TRUE(admin.sign_in("/admin/login")) << admin.last().body;
  ASSERT_EQ(tool("monitor stop").code, 0);
  auto const csrf = admin.get("/api/v1/session").json().value("csrf", "");
  auto const switched =
      http({.method = "POST",
            .url = site.daemon_url() + "/api/v1/monitor",
            .body = R"({"on":true})",
            .headers = {admin.cookie_header(), "Content-Type: application/json",
                        "Origin: " + site.daemon_url(), "X-CSRF-Token: " + csrf}});
  ASSERT_EQ(switched.status, 200) << switched.body;

  // Outcomes of what came over the web are written beside the answers, not before them.
  std::vector<json> all;
  ASSERT_TRUE(eventually(10s, [&] {
    all = records();
    return !with_action(all, "monitor start").empty() && !with_action(all, "monitor stop").empty();
  }));
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front()["action"], "start");
  EXPECT_EQ(all.front()["actor"]["kind"], "daemon");
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i]["seq"], i + 1);

  auto const level = with_action(all, "log-level");
  ASSERT_EQ(level.size(), 2u);
  EXPECT_EQ(level[0]["actor"]["kind"], "uid");
  EXPECT_EQ(level[0]["actor"]["uid"], ::geteuid());
  EXPECT_EQ(level[0]["before"]["level"], "debug");
  EXPECT_EQ(level[0]["after"]["level"], "warning");
  EXPECT_EQ(level[1]["after"]["for"], "10m");
  auto const asked = with_action(all, "log-level asked");
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[1]["after"], json({{"for", "10m"}, {"level", "debug"}}));
  EXPECT_EQ(asked[1]["correlation"], level[1]["correlation"]);
  EXPECT_LT(asked[1]["seq"], level[1]["seq"]);
  EXPECT_EQ(with_action(all, "reload").size(), 1u);
  EXPECT_EQ(with_action(all, "token refresh failed").size(), 1u);
  auto const stopped = with_action(all, "monitor stop");
  ASSERT_EQ(stopped.size(), 1u);
  EXPECT_EQ(stopped[0]["after"]["on"], false);

  auto const logins = with_action(all, "login");
  ASSERT_EQ(logins.size(), 1u);
  EXPECT_EQ(logins[0]["actor"]["kind"], "web");
  EXPECT_NE(logins[0]["actor"].value("person_no", 0), 0);
  auto const started = with_action(all, "monitor start");
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0]["actor"]["kind"], "web");
  EXPECT_EQ(started[0]["correlation"], with_action(all, "monitor start asked")[0]["correlation"]);

  // What stands for ever holds no name; those are in the table that can be erased.
  for (auto const& one : all) {
    auto stays = one;
    stays.erase("text");
    stays["actor"].erase("login");
    EXPECT_EQ(stays.dump().find("acme.example"), std::string::npos) << stays.dump();
    EXPECT_EQ(stays.dump().find("Ada"), std::string::npos) << stays.dump();
  }
  EXPECT_EQ(records("--actor daemon").front()["action"], "start");
  EXPECT_EQ(records("--action monitor").size(), 4u);
  EXPECT_EQ(
      records("--actor " + std::to_string(::geteuid()) + " --since 1h --action reload").size(), 2u);
  EXPECT_EQ(tool("audit list --since yesterday").code, 2);

  auto const whole = tool("audit verify");
  EXPECT_EQ(whole.code, 0) << whole.text;
  EXPECT_NE(whole.text.find("as it was written"), std::string::npos) << whole.text;

  auto const bad = level[0]["seq"].get<int>();
  sql("UPDATE audit SET after_json = '{\"level\":\"error\"}' WHERE seq = " + std::to_string(bad));
  auto const altered = tool("audit verify");
  EXPECT_EQ(altered.code, 1) << altered.text;
  EXPECT_NE(altered.text.find("first bad record is " + std::to_string(bad) + " (altered)"),
            std::string::npos)
      << altered.text;
  auto const as_json = tool("audit verify --json").body();
  EXPECT_EQ(as_json["first"]["seq"], bad);
  EXPECT_EQ(as_json["first"]["fault"], "altered");
  EXPECT_EQ(tool("audit verify --from " + std::to_string(bad + 1)).code, 0);
}

TEST_F(AuditFlow, A1_the_log_has_the_heads_that_show_an_older_copy_of_the_store) {
  site.log_at("error");
  site.start_daemon();
  ASSERT_EQ(tool("log-level error").code, 0);
  ASSERT_EQ(site.stop_daemon(), 0);
  namespace fs = std::filesystem;
  fs::copy(site.folder() + "/state", site.folder() + "/older", fs::copy_options::recursive);
  site.start_daemon();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(tool("log-level error").code, 0);
  ASSERT_EQ(site.stop_daemon(), 0);
  auto const log = site.folder() + "/daemon.log";
  EXPECT_NE(text_of(log).find("audit-head v1 "), std::string::npos) << "whatever the level";

  for (auto const& file : fs::directory_iterator(site.folder() + "/state")) fs::remove(file);
  fs::copy(site.folder() + "/older", site.folder() + "/state",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  auto const kept = site.folder() + "/heads.log";
  fs::copy_file(log, kept);
  site.start_daemon();
  EXPECT_EQ(tool("audit verify").code, 0) << "by itself an older copy is genuine";
  for (auto const* way : {"--heads -", "--heads "}) {
    std::string const words = way;
    auto const found = words.ends_with('-') ? tool("audit verify " + words, kept)
                                            : tool("audit verify " + words + kept);
    EXPECT_EQ(found.code, 1) << found.text;
    EXPECT_NE(found.text.find("NOT as it was written"), std::string::npos) << found.text;
  }
}

TEST_F(AuditFlow, a_reload_by_signal_and_a_clean_stop_are_the_daemons_own_records) {
  site.start_daemon();
  site.daemon().signal(SIGHUP);
  ASSERT_TRUE(eventually(10s, [&] { return !records("--action reload").empty(); }));
  EXPECT_EQ(records("--action reload")[0]["actor"]["kind"], "daemon");
  ASSERT_EQ(site.stop_daemon(), 0);
  site.start_daemon();
  auto const stops = records("--action stop");
  ASSERT_EQ(stops.size(), 1u);
  EXPECT_EQ(stops[0]["actor"]["kind"], "daemon");
  EXPECT_EQ(records("--action start").size(), 2u);
}

TEST_F(AuditFlow, without_its_key_a_store_with_records_is_refused_with_78_and_a_remedy) {
  site.start_daemon();
  ASSERT_EQ(site.stop_daemon(), 0);
  sql("DELETE FROM audit_keys");
  auto const log = site.folder() + "/refused.log";
  Process daemon(
      {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", site.folder() + "/wardroom.yaml"}, log);
  EXPECT_EQ(daemon.wait(15s), 78) << text_of(log);
  EXPECT_NE(text_of(log).find("Put the store back from a backup"), std::string::npos)
      << text_of(log);
}

}  // namespace
}  // namespace wardroom::test
