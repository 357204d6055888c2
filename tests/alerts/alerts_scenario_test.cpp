// A login that ends at night, whole daemon against the simulator: mailed and messaged once, with
// the remedy, and an all-clear after the next login.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;

constexpr auto closed_fence = R"(  mode: enforce
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true }, no_fix: closed })";

struct AlertSite : Site {
  explicit AlertSite(bool bot)
      : Site(closed_fence, {"--token-life", "8", "--smtp", "127.0.0.1:0"}) {
    std::ifstream file(folder() + "/ports.json");
    auto const ports = nlohmann::json::parse(file);
    auto const token_file = folder() + "/bot_token";
    std::ofstream(token_file) << "sim-bot-token\n";
    std::filesystem::permissions(token_file, std::filesystem::perms::owner_read);
    add_sections("alerts:\n  hold: 5s\n  webex_space: " + ports.value("operations_room", "") +
                 "\n" + (bot ? "  bot_token_file: " + token_file + "\n" : "") +
                 "  mail: [ops@acme.example]\n  smtp: { url: \"smtp://127.0.0.1:" +
                 std::to_string(ports.value("smtp", 0)) + "\", from: wardroom@acme.example }\n");
    write_config(closed_fence);
    start_daemon();
    go_live();
  }
  void revoke() const {
    EXPECT_EQ(sim_post("/sim/faults", {{"revoke_grants", true}}).status / 100, 2);
  }
  /// How many texts there say so.
  static int count(nlohmann::json const& list, std::string const& words) {
    int n = 0;
    for (auto const& one : list) n += one.value("text", "").find(words) != std::string::npos;
    return n;
  }
  int mails(std::string const& words) const { return count(sim("/sim/mail")["mails"], words); }
  int messages(std::string const& words) const {
    return count(sim("/sim/messages")["messages"], words);
  }
};

TEST(AlertScenario,
     a_revoked_grant_is_mailed_and_messaged_once_and_the_next_login_is_the_all_clear) {
  AlertSite site(true);
  ASSERT_EQ(site.mails(""), 0) << site.sim("/sim/mail").dump();
  site.revoke();
  std::string const red = "RED: Webex login of admin";
  EXPECT_TRUE(eventually(60s, [&] { return site.mails(red) > 0 && site.messages(red) > 0; }))
      << site.sim("/sim/mail").dump() << site.sim("/sim/messages").dump() << site.daemon_log();
  EXPECT_EQ(site.mails("wardroomctl login"), site.mails(red));
  auto admin = site.browser("ada@acme.example");
  ASSERT_TRUE(admin.sign_in("/admin/login")) << admin.last().body;
  std::string const over = "OVER: Webex login of admin";
  EXPECT_TRUE(eventually(60s, [&] { return site.mails(over) > 0 && site.messages(over) > 0; }))
      << site.sim("/sim/mail").dump() << site.daemon_log();
  EXPECT_EQ(site.mails(red), 1);
  EXPECT_EQ(site.messages(red), 1);
  EXPECT_EQ(site.mails(over), 1);
  EXPECT_EQ(site.messages(over), 1);
}

TEST(AlertScenario, without_a_bot_the_mail_arrives_and_the_list_says_why_webex_could_not_carry_it) {
  AlertSite site(false);
  site.revoke();
  EXPECT_TRUE(eventually(60s, [&] { return site.mails("RED: Webex login of admin") > 0; }))
      << site.daemon_log();
  std::string webex;
  EXPECT_TRUE(eventually(20s, [&] {
    auto const list = site.control("/v1/alerts/list");
    for (auto const& alert : list.value("open", nlohmann::json::array()))
      for (auto const& row : alert["deliveries"])
        if (row.value("channel", "") == "webex") webex = row.value("detail", "");
    return !webex.empty();
  }));
  EXPECT_NE(webex.find("the admin login cannot carry it"), std::string::npos) << webex;
  EXPECT_EQ(site.messages(""), 0);
}

}  // namespace
}  // namespace wardroom::test
