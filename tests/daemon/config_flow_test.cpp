// The configuration of a running daemon: what is shown, what differs, what a reload takes or
// refuses, and `wardroomctl config set --reload`, over the real socket.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace wardroom::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::string const policy = "  mode: observe\n  timeout: 300s";

struct Flow {
  Site site{policy};
  std::string socket = site.folder() + "/control.sock", file = site.folder() + "/wardroom.yaml";

  Flow() { site.start_daemon(); }

  struct Said {
    std::optional<int> code;
    std::string text;
  };
  Said tool(std::vector<std::string> args) const {
    args.insert(args.begin(), WARDROOM_BUILD_DIR "/ctl/wardroomctl");
    args.insert(args.end(), {"--socket", socket});
    auto const log = site.folder() + "/tool.log";
    std::filesystem::remove(log);
    Process process(args, log);
    auto const code = process.wait(20s);
    std::ifstream in(log);
    std::stringstream text;
    text << in.rdbuf();
    return {code, text.str()};
  }
  json row(std::string const& key) const {
    auto const shown = site.control("/v1/config/show");
    for (auto const& one : shown["settings"])
      if (one["key"] == key) return one;
    return {};
  }
  std::string text() const {
    std::ifstream in(file);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void append(std::string const& more) const { std::ofstream(file, std::ios::app) << more; }
};

TEST(ConfigFlow, R106_every_value_in_force_is_shown_with_its_source) {
  Flow const flow;
  auto const shown = flow.site.control("/v1/config/show");
  EXPECT_EQ(shown["file"], flow.file);
  EXPECT_EQ(flow.row("call_blocking.timeout")["value"], "5m");
  EXPECT_EQ(flow.row("call_blocking.timeout")["changed"], false);
  EXPECT_TRUE(
      flow.row("call_blocking.timeout")["source"].get<std::string>().starts_with(flow.file));
  EXPECT_EQ(flow.row("call_blocking.confirmations")["source"], "default");
  EXPECT_EQ(flow.row("webex.token_url")["source"], "derived from webex.api");
  EXPECT_EQ(flow.row("identities.admin.client_secret_file")["value"],
            flow.site.folder() + "/client_secret");
  std::ifstream in(flow.site.folder() + "/client_secret");
  std::string secret;
  in >> secret;
  EXPECT_FALSE(secret.empty());
  EXPECT_EQ(shown.dump().find(secret), std::string::npos);
  for (auto const& one : flow.site.control("/v1/config/show?changed=true")["settings"])
    EXPECT_EQ(one["changed"], true) << one.dump();
}

TEST(ConfigFlow, R105_a_reload_takes_the_policy_names_old_and_new_and_what_needs_a_restart) {
  Flow flow;
  flow.site.set_admins("ada@acme.example, bob@acme.example");
  flow.site.add_sections("alerts: { hold: 90s }\n");
  flow.site.write_config("  mode: enforce\n  timeout: 600s");
  auto const diff = flow.tool({"config", "diff", "--json"});
  EXPECT_EQ(diff.code, 6) << diff.text;
  EXPECT_EQ(json::parse(diff.text)["differences"].size(), 4u) << diff.text;

  auto const answer = flow.site.control_post("/v1/reload", json::object()).json();
  json const timeout{
      {"key", "call_blocking.timeout"}, {"before", "5m"}, {"after", "10m"}, {"takes", "reload"}};
  EXPECT_EQ(answer["changed"].size(), 3u) << answer;
  EXPECT_TRUE(std::ranges::find(answer["changed"], timeout) != answer["changed"].end()) << answer;
  EXPECT_EQ(
      answer["needs_restart"],
      json::array(
          {{{"key", "alerts.hold"}, {"before", "1m"}, {"after", "90s"}, {"takes", "restart"}}}));
  EXPECT_EQ(flow.row("call_blocking.mode")["value"], "enforce");
  EXPECT_EQ(flow.row("alerts.hold")["value"], "1m");
  auto const again = json::parse(flow.tool({"config", "diff", "--json"}).text);
  EXPECT_EQ(again["differences"].size(), 1u) << again;

  auto const events = http({.url = "http://wardroom/v1/events", .unix_socket = flow.socket}).body;
  EXPECT_NE(events.find("call_blocking.timeout"), std::string::npos) << events;
  EXPECT_NE(events.find("\"before\":\"5m\""), std::string::npos) << events;
  EXPECT_EQ(events.find("bob@acme.example"), std::string::npos) << "the journal names no people";

  EXPECT_EQ(flow.site.stop_daemon(), 0);
  flow.site.start_daemon();
  EXPECT_EQ(flow.row("alerts.hold")["value"], "90s");
  EXPECT_EQ(flow.tool({"config", "diff"}).code, 0);
}

TEST(ConfigFlow, R105_a_file_with_mistakes_changes_nothing_and_each_is_named) {
  Flow const flow;
  flow.append("alerts: { hold: soon, hol: 1 }\nlog: { level: debug }\n");
  auto const answer = flow.site.control_post("/v1/reload", json::object());
  EXPECT_EQ(answer.status, 400);
  auto const said = answer.json()["error"]["message"].get<std::string>();
  EXPECT_NE(said.find("nothing was changed; the file has 3 mistakes"), std::string::npos) << said;
  EXPECT_NE(said.find("alerts.hold: must be a duration"), std::string::npos) << said;
  auto const tool = flow.tool({"reload"});
  EXPECT_EQ(tool.code, 1) << tool.text;
  EXPECT_EQ(flow.tool({"config", "diff"}).code, 1);
  EXPECT_EQ(flow.row("call_blocking.mode")["value"], "observe");
  auto const events = http({.url = "http://wardroom/v1/events", .unix_socket = flow.socket}).body;
  EXPECT_NE(events.find("\"refused\":true"), std::string::npos) << events;

  auto const check = flow.tool({"config", "check"});
  EXPECT_EQ(check.code, 1);
  EXPECT_NE(check.text.find(flow.file + ":"), std::string::npos) << "the daemon's file";
  EXPECT_NE(check.text.find("did you mean 'hold'?"), std::string::npos) << check.text;
  Process daemon({WARDROOM_BUILD_DIR "/daemon/wardroomd", "--check-config", flow.file},
                 flow.site.folder() + "/check.log");
  EXPECT_EQ(daemon.wait(20s), 78);
}

TEST(ConfigFlow, R106_a_key_is_set_in_the_file_and_put_in_force_by_one_command) {
  Flow const flow;
  auto const before = flow.text();
  auto const set = flow.tool({"config", "set", "call_blocking.timeout", "10m", "--reload"});
  EXPECT_EQ(set.code, 0) << set.text;
  EXPECT_NE(set.text.find("-  timeout: 300s"), std::string::npos) << set.text;
  EXPECT_NE(set.text.find("+  timeout: 10m"), std::string::npos) << set.text;
  EXPECT_NE(set.text.find("5m → 10m"), std::string::npos) << set.text;
  EXPECT_EQ(flow.row("call_blocking.timeout")["value"], "10m");
  auto expected = before;
  expected.replace(expected.find("timeout: 300s"), 13, "timeout: 10m");
  EXPECT_EQ(flow.text(), expected);

  auto const refused = flow.tool({"config", "set", "call_blocking.timeout", "20s"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.text.find("nothing was written"), std::string::npos) << refused.text;
  EXPECT_EQ(flow.text(), expected);
  auto const explained = flow.tool({"config", "explain", "call_blocking.timeout"});
  EXPECT_EQ(explained.code, 0);
  EXPECT_NE(explained.text.find("10m  (" + flow.file), std::string::npos) << explained.text;
}

}  // namespace
}  // namespace wardroom::test
