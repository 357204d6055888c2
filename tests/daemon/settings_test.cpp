// The configuration as a whole: the example's defaults, what a reload takes, which scopes follow.
#include "settings.hpp"

#include "scope_needs.hpp"
#include "settings_manual.hpp"
#include "settings_reload.hpp"
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

/// Key and value of everything that differs.
std::string differing(DaemonSettings const& a, DaemonSettings const& b) {
  std::string out;
  for (auto const& one : changed_keys(a.record, b.record))
    out += one.key + ": " + one.before.value_or("-") + " / " + one.after.value_or("-") + "\n";
  return out;
}

TEST(Settings, the_example_shows_the_defaults) {
  auto example = std::string(example_configuration());
  std::ifstream in(WARDROOM_SOURCE_DIR "/etc/wardroom.yaml");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(example, text.str()) << "what is compiled in is the file";
  std::string const empty_id = "client_id: \"\" ";
  example.replace(example.find(empty_id), empty_id.size(), "client_id: C ");
  std::string const secret = "/etc/wardroom/client_secret";
  example.replace(example.find(secret), secret.size(), "/etc/s");
  auto const shown = loaded(example), real = loaded(least);
  EXPECT_EQ(differing(shown, real), "");
  EXPECT_EQ(call_blocking::digest_of(shown.call_blocking.policy),
            call_blocking::digest_of(real.call_blocking.policy));
  for (auto const& entry : shown.record.entries())
    if (!entry.required && entry.kind != config::Kind::entries)
      EXPECT_EQ(entry.value, entry.standard) << entry.key;
}

TEST(Settings, every_value_of_the_file_is_on_record) {
  auto const all = loaded(R"(
log: { level: debug }
identities:
  admin: { client_id: C, client_secret_file: /etc/s }
  bot: { kind: service_app, client_id: B, client_secret_file: /b, refresh_token_file: /r }
webex: { api: "https://a.example/v1/", admins: [Ada@Acme.example], ca_file: /ca }
call_blocking:
  timeout: 10m
  fences:
    - { name: plant, circle: { at: [48.2, 16.37], radius: 2km }, people: { emails: [b@c.example] } }
)");
  auto const value = [&](std::string_view key) {
    auto const* entry = all.record.find(key);
    return entry ? entry->value : "no such key";
  };
  EXPECT_EQ(value("log.level"), "debug");
  EXPECT_EQ(value("identities"), "admin, bot");
  EXPECT_EQ(value("identities.bot.refresh_token_file"), "/r");
  EXPECT_EQ(value("webex.api"), "https://a.example/v1");
  EXPECT_EQ(value("webex.admins"), "ada@acme.example");
  EXPECT_EQ(value("webex.token_url"), "https://a.example/v1/access_token");
  EXPECT_EQ(value("call_blocking.timeout"), "10m");
  EXPECT_EQ(value("call_blocking.fences"), "plant");
  EXPECT_EQ(value("call_blocking.fences.plant.circle.at"), "48.2, 16.37");
  EXPECT_EQ(value("call_blocking.fences.plant.circle.radius"), "2km");
  EXPECT_EQ(value("call_blocking.fences.plant.uncertain"), "grace(5m)");
  EXPECT_TRUE(all.record.find("call_blocking.fences.plant.people.emails")->personal);
  EXPECT_EQ(config::source_of(*all.record.find("webex.token_url"), "w"), "derived from webex.api");
  EXPECT_EQ(config::source_of(*all.record.find("call_blocking.timeout"), "w"), "w:8");
  for (auto const& entry : all.record.entries())
    if (entry.key.ends_with("_file"))
      EXPECT_TRUE(entry.kind == config::Kind::secret_file || entry.kind == config::Kind::ca_file)
          << entry.key << " names a file nobody would look at";
}

struct Change {
  std::string yaml, key;
};

TEST(Settings, a_reload_takes_the_policy_and_names_the_rest) {
  std::string const others = "  other: { client_id: D, client_secret_file: /etc/d }\n";
  std::vector<Change> const waiting{
      {"http: { listen: \"127.0.0.1:9\" }", "http.listen"},
      {"http: { public_url: \"https://w.acme.example\" }", "http.public_url"},
      {"http: { trusted_proxies: [127.0.0.1] }", "http.trusted_proxies"},
      {"http: { allow_plain_http: true }", "http.allow_plain_http"},
      {"http: { tls: { certificate_file: /c, key_file: /k } }", "http.tls.certificate_file"},
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
      {"alerts: { hold: 5s }", "alerts.hold"},
      {"alerts: { webex_space: S }", "alerts.webex_space"},
      {"alerts: { webex_admins: true }", "alerts.webex_admins"},
      {"call_blocking: { identity: other }", "call_blocking.identity"},
      {"call_blocking: { xsi: { application_id: x } }", "call_blocking.xsi.application_id"},
      {"call_blocking: { xsi: { decline_ringing: true } }", "call_blocking.xsi.decline_ringing"},
  };
  auto const plain = loaded(least + others);
  for (auto const& [yaml, key] : waiting) {
    auto const fresh = loaded(least + others + yaml + "\n");
    auto const report = reload_report(plain, fresh, {});
    EXPECT_TRUE(contains(report.needs_restart, key)) << yaml;
    EXPECT_TRUE(report.changed.empty()) << yaml << " changes " << report.changed.front();
    auto now = plain;
    take_reload(now, fresh);
    EXPECT_EQ(differing(now, plain), "") << yaml;
  }
  EXPECT_EQ(reload_report(loaded(least), plain, {}).needs_restart,
            std::vector<std::string>{"identities"});
  auto const fresh = loaded(least + others +
                            "webex: { admins: [a@b.example] }\nlog: { level: debug }\n"
                            "call_blocking: { mode: off }\n");
  auto const report = reload_report(plain, fresh, {});
  EXPECT_EQ(report.changed,
            (std::vector<std::string>{"log.level", "webex.admins", "call_blocking.mode"}));
  EXPECT_TRUE(report.needs_restart.empty());
  EXPECT_EQ(report.keys[0].before, "info");
  EXPECT_EQ(report.keys[0].after, "debug");
  EXPECT_TRUE(report.keys[1].personal);
  auto now = plain;
  take_reload(now, fresh);
  EXPECT_EQ(now.level, log::Level::debug);
  EXPECT_EQ(now.admins, std::vector<std::string>{"a@b.example"});
  EXPECT_EQ(now.call_blocking.policy.mode, call_blocking::Mode::off);
  EXPECT_EQ(differing(now, fresh), "") << "what is in force is what the file says";
}

TEST(Settings, a_reload_takes_all_of_space_sync_but_its_identity) {
  auto const plain = loaded(least);
  auto const fresh = loaded(least +
                            "  other: { client_id: B, client_secret_file: /b }\n"
                            "space_sync:\n  mode: enforce\n  identity: other\n  jobs:\n"
                            "    - { name: all-hands, space: R, include: [{ all: true }] }\n");
  auto const report = reload_report(plain, fresh, {});
  EXPECT_EQ(report.changed, (std::vector<std::string>{"space_sync.mode", "space_sync.jobs"}));
  EXPECT_TRUE(contains(report.needs_restart, "space_sync.identity"));
  auto now = plain;
  take_reload(now, fresh);
  EXPECT_EQ(now.space_sync.mode, FeatureMode::enforce);
  EXPECT_EQ(now.space_sync.identity, "admin");
  EXPECT_EQ(now.space_sync.jobs.at(0).name, "all-hands");
  EXPECT_EQ(now.record.find("space_sync.identity")->value, "admin");
  // A rule that names somebody changes: who, is nobody's business but the administrators'.
  auto const other = loaded(least +
                            "space_sync:\n  jobs:\n    - { name: all-hands, space: R, include: "
                            "[{ email: a@b.example }] }\n");
  for (auto const& key : reload_report(fresh, other, {}).keys)
    if (key.key.ends_with(".include") || key.key.ends_with(".email"))
      EXPECT_TRUE(key.personal) << key.key;
}

TEST(Settings, a_reload_takes_the_policy_of_security_notices_and_no_bridge) {
  std::string const bridge =
      "  bridges:\n    - { name: cms1, api: \"https://c.example/api/v1\", username: u, "
      "password_file: /p, cdr_secret_file: /s }\n";
  auto const plain = loaded(least + "security_notices:\n" + bridge);
  auto const policy = loaded(
      least +
      "security_notices:\n  mode: enforce\n  secure_domains: [s.example]\n  internal_domains: "
      "[a.example]\n  texts: { 3: Careful }\n  position: top\n  duration: 60s\n  keep: 5d\n" +
      bridge);
  auto const report = reload_report(plain, policy, {});
  EXPECT_EQ(report.changed.size(), 7u);
  EXPECT_TRUE(report.needs_restart.empty());
  auto now = plain;
  take_reload(now, policy);
  EXPECT_EQ(now.security_notices.policy, policy.security_notices.policy);
  EXPECT_EQ(now.security_notices.bridges, plain.security_notices.bridges);
  EXPECT_EQ(differing(now, policy), "");
  for (auto const& [yaml, key] : std::vector<Change>{
           {"  check_every: 30s\n" + bridge, "security_notices.check_every"},
           {"  receiver_url: \"https://x.example/cdr\"\n" + bridge,
            "security_notices.receiver_url"},
           {"  listener: { listen: \"127.0.0.1:8445\" }\n" + bridge,
            "security_notices.listener.listen"},
           {"  listener: { certificate_file: /c, key_file: /k }\n" + bridge,
            "security_notices.listener.certificate_file"},
           {bridge + "    - { name: cms2, api: \"https://d.example/api/v1\", username: u, "
                     "password_file: /p, cdr_secret_file: /t }\n",
            "security_notices.bridges"}}) {
    auto const fresh = loaded(least + "security_notices:\n" + yaml);
    auto const waiting = reload_report(plain, fresh, {});
    EXPECT_TRUE(contains(waiting.needs_restart, key)) << yaml;
    EXPECT_TRUE(waiting.changed.empty()) << yaml;
  }
}

TEST(Settings, a_refused_reload_says_where_and_not_what_people_wrote) {
  config::Complaints complaints;
  auto const fresh = read_settings(least + "alerts: { mail: [ada] }\n", "w.yaml", complaints);
  auto const report = reload_report(loaded(least), fresh, complaints);
  EXPECT_FALSE(report.ok);
  EXPECT_TRUE(report.keys.empty());
  EXPECT_NE(report.complaints.at(0).find("'ada' is no mail address"), std::string::npos);
  EXPECT_EQ(report.mistakes.at(0), "w.yaml:3:11: alerts.mail");
}

TEST(ScopeNeeds, follow_from_what_is_switched_on_and_name_who_needs_them) {
  auto const xsi = std::string("spark-admin:xsi");
  auto const on = scope_needs(loaded(least), "admin");
  EXPECT_EQ(on.users.at(xsi), "call_blocking");
  EXPECT_EQ(on.users.at("spark-admin:people_read"), "login, call_blocking");
  EXPECT_EQ(std::ranges::count(on.scopes, "spark-admin:people_read"), 1);
  auto const off = scope_needs(loaded(least + "call_blocking: { mode: off }\n"), "admin");
  EXPECT_FALSE(contains(off.scopes, xsi));
  auto const silent = least + "call_blocking: { caller_notice: { enabled: false } }\n";
  auto const told = scope_needs(loaded(silent + "alerts: { webex_space: S }\n"), "admin");
  EXPECT_EQ(told.users.at("spark:messages_write"), "alerts");
  auto const by_bot =
      scope_needs(loaded(silent + "alerts: { webex_space: S, bot_token_file: /x }\n"), "admin");
  EXPECT_FALSE(by_bot.users.contains("spark:messages_write"));
  EXPECT_FALSE(on.users.contains("spark:messages_write")) << "nobody is told of what is observed";
  auto const enforced = scope_needs(loaded(least + "call_blocking: { mode: enforce }\n"), "admin");
  EXPECT_EQ(enforced.users.at("spark:messages_write"), "caller_notice");
  auto const bot = scope_needs(
      loaded(least + "call_blocking: { mode: enforce, caller_notice: { bot_token_file: /x } }\n"),
      "admin");
  EXPECT_FALSE(bot.users.contains("spark:messages_write"));
  auto const fence = std::string(
      "call_blocking: { fences: [{ name: f, country: AT, people: { groups: [Sales] } }] }\n");
  EXPECT_EQ(scope_needs(loaded(least + fence), "admin").users.at("identity:groups_read"),
            "call_blocking");
  EXPECT_FALSE(contains(on.scopes, "identity:groups_read")) << "no rule names a group";
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
  std::string const job =
      "space_sync: { jobs: [{ name: a, space: R, include: [{ all: true }] }] }\n";
  auto const synced = scope_needs(loaded(least + job), "admin");
  EXPECT_EQ(synced.users.at("spark:memberships_write"), "space_sync");
  EXPECT_EQ(synced.users.at("spark-admin:people_read"), "login, call_blocking, space_sync");
  EXPECT_FALSE(contains(on.scopes, "spark:memberships_write")) << "there is no job";
}

}  // namespace
}  // namespace wardroom
