// The configuration as a whole: the example's defaults, what a reload takes, which scopes follow.
#include "settings.hpp"

#include "scope_needs.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace wardroom {
namespace {

std::string const least = "identities:\n  admin: { client_id: C, client_secret_file: /etc/s }\n";

template <class Range, class Value>
bool contains(Range const& range, Value const& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

DaemonSettings loaded(std::string const& yaml) {
  test::TempDirectory folder;
  auto const file = folder / "wardroom.yaml";
  std::ofstream(file) << yaml;
  config::Complaints complaints;
  auto out = load_settings(file, complaints);
  for (auto const& complaint : complaints) ADD_FAILURE() << complaint.text() << "\n" << yaml;
  return out;
}

TEST(Settings, the_example_shows_the_defaults) {
  std::ifstream in(WARDROOM_SOURCE_DIR "/etc/wardroom.yaml");
  std::stringstream text;
  text << in.rdbuf();
  auto example = text.str();
  std::string const empty_id = "client_id: \"\" ";
  example.replace(example.find(empty_id), empty_id.size(), "client_id: C ");
  std::string const secret = "/etc/wardroom/client_secret";
  example.replace(example.find(secret), secret.size(), "/etc/s");
  auto const shown = loaded(example), real = loaded(least);
  EXPECT_EQ(describe(shown), describe(real));
  EXPECT_TRUE(needs_restart(shown, real).empty());
  EXPECT_EQ(call_blocking::digest_of(shown.call_blocking.policy),
            call_blocking::digest_of(real.call_blocking.policy));
}

TEST(Settings, what_a_reload_does_not_take_is_named_with_every_row_it_changes) {
  std::string const others = "  other: { client_id: D, client_secret_file: /etc/d }\n";
  std::vector<std::pair<std::string, std::string>> const cases{
      {"http: { listen: \"127.0.0.1:9\" }", "http.listen"},
      {"http: { public_url: \"https://w.acme.example\" }", "http.public_url"},
      {"http: { trusted_proxies: [127.0.0.1] }", "http.trusted_proxies"},
      {"control: { socket: /run/x.sock }", "control.socket"},
      {"store: { url: \"sqlite:/x.db\" }", "store.url"},
      {"secrets: { master_key_file: /x }", "secrets.master_key_file"},
      {"secrets: { old_master_key_file: /x }", "secrets.old_master_key_file"},
      {"webex: { api: \"http://127.0.0.1:1/v1\" }", "webex.api"},
      {"webex: { authorize_url: \"https://x.example/a\" }", "webex.authorize_url"},
      {"webex: { token_url: \"https://x.example/a\" }", "webex.token_url"},
      {"webex: { device_url: \"https://x.example/device/authorize\" }", "webex.device_url"},
      {"webex: { ca_file: /x }", "webex.ca_file"},
      {"webex: { proxy: \"http://p.example:3128\" }", "webex.proxy"},
      {"webex: { proxy: \"http://p.example:3128\", proxy_login_file: /x }",
       "webex.proxy_login_file"},
      {"webex: { org_id: O }", "webex.org_id"},
      {"alerts: { hold: 5s }", "alerts"},
      {"alerts: { webex_space: S }", "alerts"},
      {"alerts: { webex_admins: true }", "alerts"},
      {"call_blocking: { identity: other }", "call_blocking.identity"},
      {"call_blocking: { xsi: { application_id: x } }", "call_blocking.xsi"},
  };
  auto const plain = loaded(least + others);
  for (auto const& [yaml, key] : cases) {
    auto const changed = loaded(least + others + yaml + "\n");
    auto const named = needs_restart(plain, changed);
    EXPECT_TRUE(contains(named, key)) << yaml;
    auto const before = describe(plain);
    for (auto const& [row, value] : describe(changed)) {
      if (contains(before, std::pair(row, value))) continue;
      EXPECT_TRUE(std::ranges::any_of(
          named, [&](auto const& waits) { return row == waits || row.starts_with(waits + "."); }))
          << yaml << " changes " << row;
    }
  }
  EXPECT_EQ(needs_restart(loaded(least), plain), std::vector<std::string>{"identities"});
  EXPECT_TRUE(needs_restart(plain, loaded(least + others +
                                          "webex: { admins: [a@b.example] }\n"
                                          "log: { level: debug }\ncall_blocking: { mode: off }\n"))
                  .empty());
}

TEST(ScopeNeeds, follow_from_what_is_switched_on_and_name_who_needs_them) {
  auto const xsi = std::string("spark-admin:xsi");
  auto const on = scope_needs(loaded(least), "admin");
  EXPECT_EQ(on.users.at(xsi), "call_blocking");
  EXPECT_EQ(on.users.at("spark-admin:people_read"), "login, call_blocking");
  EXPECT_EQ(std::ranges::count(on.scopes, "spark-admin:people_read"), 1);
  auto const off = scope_needs(loaded(least + "call_blocking: { mode: off }\n"), "admin");
  EXPECT_FALSE(contains(off.scopes, xsi));
  auto const told = scope_needs(loaded(least + "alerts: { webex_space: S }\n"), "admin");
  EXPECT_EQ(told.users.at("spark:messages_write"), "alerts");
  auto const by_bot =
      scope_needs(loaded(least + "alerts: { webex_space: S, bot_token_file: /x }\n"), "admin");
  EXPECT_FALSE(by_bot.users.contains("spark:messages_write"));
  auto const more =
      loaded(least +
             "  app: { kind: service_app, client_id: A, client_secret_file: /a, "
             "refresh_token_file: /r }\n"
             "  calls: { client_id: B, client_secret_file: /b, extra_scopes: [x:y] }\n"
             "call_blocking: { identity: calls }\n");
  EXPECT_TRUE(scope_needs(more, "app").scopes.empty()) << "its scopes are set in the portal";
  EXPECT_EQ(scope_needs(more, "calls").users.at("x:y"), "extra_scopes");
  EXPECT_EQ(scope_needs(more, "calls").users.at(xsi), "call_blocking");
  EXPECT_FALSE(scope_needs(more, "admin").users.contains(xsi));
  EXPECT_TRUE(scope_needs(more, "nobody").scopes.empty());
}

}  // namespace
}  // namespace wardroom
