// Logins that need no browser on this machine, whole daemon against the simulator: the device
// grant in all its ends, a pasted address, and the way out.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <sstream>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;

constexpr auto observing = R"(  mode: observe
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true }, no_fix: closed })";
constexpr auto ada = "ada@acme.example";

struct LoginFlow : testing::Test {
  void start(std::string const& admins = "ada@acme.example", std::string const& extra_scopes = "") {
    site.set_admins(admins);
    site.write_config(observing);
    if (!extra_scopes.empty()) add_extra_scopes(extra_scopes);
    site.start_daemon();
  }
  void add_extra_scopes(std::string const& scopes) {
    auto const path = site.folder() + "/wardroom.yaml";
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    auto yaml = text.str();
    std::string const key = "client_secret_file: " + site.folder() + "/client_secret";
    yaml.replace(yaml.find(key), key.size(), key + ", extra_scopes: [" + scopes + "]");
    std::ofstream(path) << yaml;
  }
  /// `wardroomctl login` as it goes over the wire; the lines once the stream has ended.
  using Lines = std::vector<nlohmann::json>;
  std::future<Lines> login() {
    return std::async(std::launch::async, [this] {
      auto const answer = http({.method = "POST",
                                .url = "http://wardroom/v1/login",
                                .body = "{}",
                                .headers = {"Content-Type: application/json"},
                                .unix_socket = site.folder() + "/control.sock",
                                .timeout = 60s});
      Lines out;
      std::istringstream text(answer.body);
      for (std::string line; std::getline(text, line);)
        out.push_back(nlohmann::json::parse(line, nullptr, false));
      return out;
    });
  }
  /// The code of the attempt that waits at the simulator.
  std::string waiting_code() {
    std::string code;
    eventually(10s, [&] {
      for (auto const& attempt : site.sim("/sim/state")["device_attempts"])
        if (attempt.value("state", "") == "pending") code = attempt.value("user_code", "");
      return !code.empty();
    });
    return code;
  }
  Lines login_as(std::string const& email) {
    auto lines = login();
    EXPECT_EQ(
        site.sim_post("/sim/device", {{"user_code", waiting_code()}, {"email", email}}).status,
        200);
    return lines.get();
  }
  void faults(nlohmann::json const& wish) {
    ASSERT_EQ(site.sim_post("/sim/faults", wish).status / 100, 2);
  }
  std::string events_text() {
    return http(
               {.url = "http://wardroom/v1/events", .unix_socket = site.folder() + "/control.sock"})
        .body;
  }
  /// Grants that live at the simulator and belong to this integration.
  int live_grants() {
    int count = 0;
    for (auto const& one : site.sim("/sim/state")["grants"])
      if (one.value("client", "") == "C-wardroom-demo" && !one.value("revoked", true)) ++count;
    return count;
  }
  nlohmann::json grant() { return site.control("/v1/token/show")["grants"][0]; }

  Site site{observing};
};

TEST_F(LoginFlow, R2_by_device_logs_in_and_brings_the_channels_up) {
  start();
  faults({{"device_interval_s", 1}, {"device_pending", "428_json"}});
  auto const lines = login_as(ada);
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines.front()["step"], "device");
  EXPECT_EQ(lines.front()["user_code"].get<std::string>().size(), 6u);
  EXPECT_EQ(lines.back()["step"], "done") << lines.back();
  EXPECT_EQ(lines.back()["email"], ada);
  EXPECT_EQ(grant()["state"], "valid");
  EXPECT_TRUE(eventually(20s, [&] { return site.channels_up(); })) << site.daemon_log();
  auto const who = site.control("/v1/whoami");
  EXPECT_EQ(who["email"], ada) << who;
  EXPECT_EQ(who["roles"].at(0), "Full Administrator") << who;
  EXPECT_EQ(site.control("/v1/token/check")["valid"], true);
  auto const again = login_as(ada);
  EXPECT_EQ(again.back()["replaced"], ada);
}

TEST_F(LoginFlow, R3_by_device_that_is_denied_too_late_or_somebody_elses_stores_nothing) {
  start("ada@acme.example, bela@acme.example");
  faults({{"device_interval_s", 1}, {"device_pending", "400"}, {"device_slow_down", 1}});
  auto denied = login();
  auto const code = waiting_code();
  EXPECT_TRUE(eventually(
      10s, [&] { return site.sim("/sim/state")["device_attempts"].at(0).value("polls", 0) > 0; }));
  EXPECT_EQ(site.sim_post("/sim/device", {{"user_code", code}, {"deny", true}}).status, 200);
  auto const no = denied.get();
  EXPECT_EQ(no.back()["error"]["code"], "denied") << no.back();
  EXPECT_NE(no.back()["error"]["message"].get<std::string>().find("refused"), std::string::npos);
  auto const slowed = [](nlohmann::json const& line) {
    return line.value("step", "") == "slow_down";
  };
  EXPECT_TRUE(std::ranges::any_of(no, slowed));

  auto const stranger = login_as("zoe.mueller@acme.example").back()["error"];
  EXPECT_NE(stranger["message"].get<std::string>().find("zoe.mueller@acme.example"),
            std::string::npos);
  EXPECT_NE(stranger["remedy"].get<std::string>().find("webex.admins"), std::string::npos);
  auto const no_role = login_as("bela@acme.example").back()["error"];
  EXPECT_NE(no_role["message"].get<std::string>().find("full administrator"), std::string::npos);

  faults({{"device_life_s", 3}});
  auto const late = login().get();
  EXPECT_EQ(late.back()["error"]["code"], "timed_out") << late.back();
  EXPECT_EQ(grant()["state"], "missing");
  EXPECT_EQ(site.control("/v1/token/check")["error"]["code"], "unauthorized");
}

TEST_F(LoginFlow, R2_by_an_address_pasted_from_any_browser_works_once) {
  start();
  auto const line = site.control_post("/v1/login", {{"browser", true}}).json();
  ASSERT_EQ(line["step"], "browser") << line;
  EXPECT_EQ(line["page"], site.daemon_url() + "/admin/login");
  // A browser that is not bound to anything signs in there; it ends on our callback.
  auto const back = http({.url = line["url"].get<std::string>() + "&login_hint=" + ada});
  ASSERT_EQ(back.status / 100, 3) << back.body;
  auto const address = back.headers.at("location");
  auto const page = http({.url = address});
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("One step left"), std::string::npos);
  EXPECT_EQ(grant()["state"], "missing") << "the terminal decides, not that browser";
  auto const done = site.control_post("/v1/auth", {{"code", address}});
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json()["email"], ada);
  EXPECT_EQ(grant()["state"], "valid");
  EXPECT_EQ(site.control_post("/v1/auth", {{"code", address}}).status, 409);
  EXPECT_EQ(grant()["state"], "valid");
}

TEST_F(LoginFlow, R10_logout_revokes_at_webex_and_forgets) {
  start(ada, "\"identity:tokens_read\", \"identity:tokens_write\"");
  faults({{"device_interval_s", 1}});
  ASSERT_EQ(login_as(ada).back()["step"], "done");
  EXPECT_EQ(live_grants(), 1);
  auto const out = site.control_post("/v1/logout", nlohmann::json::object()).json();
  EXPECT_EQ(out["revoked"], true) << out;
  EXPECT_EQ(live_grants(), 0) << "Webex knows of it";
  EXPECT_EQ(out["person"], ada);
  EXPECT_EQ(grant()["state"], "missing");
  auto const events = events_text();
  EXPECT_NE(events.find(R"("kind":"logout")"), std::string::npos) << events;
  EXPECT_NE(events.find(R"("kind":"login")"), std::string::npos) << events;
  EXPECT_NE(events.find("Ada"), std::string::npos) << "the journal's number reads as a name";
  ASSERT_EQ(site.stop_daemon(), 0);
  site.start_daemon();
  EXPECT_EQ(grant()["state"], "missing") << "also after a restart";
  EXPECT_NE(events_text().find("Ada"), std::string::npos);
}

TEST_F(LoginFlow, logout_without_the_scopes_for_it_is_local_and_says_so) {
  start();
  faults({{"device_interval_s", 1}});
  ASSERT_EQ(login_as(ada).back()["step"], "done");
  EXPECT_EQ(live_grants(), 1);
  auto const out = site.control_post("/v1/logout", nlohmann::json::object()).json();
  EXPECT_EQ(out["revoked"], false);
  EXPECT_EQ(live_grants(), 1);
  EXPECT_NE(out["message"].get<std::string>().find("identity:tokens_write"), std::string::npos);
  EXPECT_EQ(grant()["state"], "missing");
}

}  // namespace
}  // namespace wardroom::test
