// T3: no secret of a running site can be read anywhere but where it belongs: the whole daemon, at
// the most talkative log level, through logins, renewals, refusals and faults; then everything it
// left is searched.
#include "base/encoding.hpp"
#include "support/site.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto fence = R"(  mode: enforce
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true }, no_fix: closed })";
constexpr auto canary_key = "c4a1f00dc4a1f00dc4a1f00dc4a1f00dc4a1f00dc4a1f00dc4a1f00dc4a1f00d";

std::string bytes_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The secret as it may stand somewhere: plain, and in the encodings that are readable at a glance.
std::vector<std::string> spellings(std::string const& secret) {
  return {secret, to_base64(secret), to_base64url(secret), to_hex(secret), percent_encode(secret)};
}

/// Text with a place name, so that a hit says where.
struct Place {
  std::string name, text;
};

class Evidence {
 public:
  void add(std::string name, std::string text) {
    places_.push_back({std::move(name), std::move(text)});
  }
  void add_file(fs::path const& file) { add(file.filename().string(), bytes_of(file)); }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (auto const& place : places_) sum += place.text.size();
    return sum;
  }
  std::vector<std::string> hits(std::set<std::string> const& secrets) const {
    std::vector<std::string> out;
    for (auto const& secret : secrets)
      for (auto const& spelling : spellings(secret))
        for (auto const& place : places_)
          if (place.text.find(spelling) != std::string::npos)
            out.push_back("a secret of " + std::to_string(secret.size()) + " bytes in " +
                          place.name);
    return out;
  }

 private:
  std::vector<Place> places_;
};

/// What the administrator's `backup` makes: a copy by SQLite itself.
void back_up(std::string const& from, std::string const& to) {
  sqlite3 *source = nullptr, *target = nullptr;
  ASSERT_EQ(sqlite3_open_v2(from.c_str(), &source, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_open(to.c_str(), &target), SQLITE_OK);
  auto* const copy = sqlite3_backup_init(target, "main", source, "main");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(sqlite3_backup_step(copy, -1), SQLITE_DONE);
  sqlite3_backup_finish(copy);
  sqlite3_close(target);
  sqlite3_close(source);
}

void collect_tokens(Site const& site, std::set<std::string>& secrets) {
  auto const memory = site.tokens();
  ASSERT_TRUE(memory.is_object());
  for (auto const* kind : {"access", "refresh"})
    for (auto const& [token, unused] : memory[kind].items()) secrets.insert(token);
}

/// The values of a browser's cookies: sessions that anybody who reads them could take over.
void collect_cookies(Browser const& browser, std::set<std::string>& secrets) {
  auto rest = browser.cookie_header();
  for (std::size_t at = 0; (at = rest.find('=')) != std::string::npos;) {
    auto const end = std::min(rest.find(';', at), rest.size());
    if (end - at > 20) secrets.insert(rest.substr(at + 1, end - at - 1));
    rest.erase(0, end);
    if (!rest.empty()) rest.erase(0, 1);
  }
}

std::string everything(HttpAnswer const& answer) {
  auto out = answer.body;
  for (auto const& [name, value] : answer.headers)
    if (name != "set-cookie") out += "\n" + name + ": " + value;
  return out;
}

void collect_answers(Site const& site, Browser const& admin, Evidence& evidence) {
  for (auto const* path : {"/v1/status", "/v1/health", "/v1/metrics", "/v1/config/show",
                           "/v1/config/check", "/v1/token/show", "/v1/whoami", "/v1/token/check",
                           "/v1/events", "/v1/people/list", "/v1/calls/list", "/v1/monitor/status"})
    evidence.add(path, everything(http({.url = std::string("http://wardroom") + path,
                                        .unix_socket = site.folder() + "/control.sock"})));
  for (auto const* path : {"/", "/dashboard", "/dashboard/logins", "/me", "/metrics", "/healthz",
                           "/readyz", "/api/v1/dashboard", "/api/v1/session", "/api/v1/logins",
                           "/oauth/callback?code=x&state=y", "/nothing"})
    evidence.add(path, everything(admin.get(path)));
}

TEST(Secrets, T3_no_token_key_or_client_secret_is_readable_anywhere_outside_its_own_file) {
  Site site(fence, {"--token-life", "6"});
  auto const secret_file = site.folder() + "/client_secret";
  std::ofstream(site.folder() + "/master.key", std::ios::trunc) << canary_key << "\n";
  site.log_at("trace");
  site.start_daemon();
  site.go_live();
  std::set<std::string> secrets{"demo-secret-not-for-production", canary_key,
                                from_hex(canary_key).value_or("")};
  Evidence evidence;
  auto admin = site.browser("ada@acme.example");
  ASSERT_TRUE(admin.sign_in("/admin/login"));
  auto person = site.browser("bela@acme.example");
  ASSERT_TRUE(person.sign_in());
  person.post_location(48.2082, 16.3738, 10);
  collect_cookies(admin, secrets);
  collect_cookies(person, secrets);
  collect_tokens(site, secrets);

  // Renewals that rotate, refusals in words, bursts of failures and a lost connection.
  auto const refreshed = [&] {
    return site.sim("/sim/state")["counters"]["oauth"].value("refreshed", 0);
  };
  ASSERT_EQ(site.sim_post("/sim/faults", {{"refresh_mode", "rotate"}}).status / 100, 2);
  ASSERT_TRUE(eventually(30s, [&] {
    collect_tokens(site, secrets);
    return refreshed() >= 3;
  })) << site.daemon_log();
  for (auto const& body : {"json", "html", "empty"})
    ASSERT_EQ(
        site.sim_post(
                "/sim/faults",
                {{"answers", {{{"door", "token"}, {"status", 503}, {"body", body}, {"count", 1}}}}})
                .status /
            100,
        2);
  ASSERT_EQ(site.sim_post("/sim/faults",
                          {{"answers", {{{"door", "rest"}, {"wire", "reset"}, {"count", 2}}}}})
                    .status /
                100,
            2);
  ASSERT_TRUE(eventually(30s, [&] {
    collect_tokens(site, secrets);
    return refreshed() >= 5;
  })) << site.daemon_log();
  auto stranger = site.browser("zoe.mueller@acme.example");
  EXPECT_FALSE(stranger.sign_in("/admin/login"));
  evidence.add("the refusal page", everything(stranger.last()));
  collect_answers(site, admin, evidence);
  auto const pid = site.daemon().pid();
  for (auto const* file : {"cmdline", "environ"})
    evidence.add_file(fs::path("/proc") / std::to_string(pid) / file);

  // What a restart reads and writes, and the end of the login, told at trace level too.
  site.kill_daemon();
  for (auto const& file : fs::directory_iterator(site.folder() + "/state"))
    evidence.add_file(file.path());
  site.start_daemon();
  ASSERT_EQ(site.sim_post("/sim/faults", {{"revoke_grants", true}}).status / 100, 2);
  ASSERT_TRUE(eventually(40s, [&] {
    return site.control("/v1/health").value("health", "") == "red";
  })) << site.daemon_log();
  collect_answers(site, admin, evidence);
  EXPECT_EQ(site.stop_daemon(), 0);

  auto const store = site.folder() + "/state/wardroom.db";
  back_up(store, site.folder() + "/backup.db");
  for (auto const& file : fs::recursive_directory_iterator(site.folder())) {
    if (!file.is_regular_file()) continue;
    auto const name = file.path().filename().string();
    // Where secrets belong: their own files, and what the simulator remembers.
    if (name == "master.key" || name == "client_secret" || name == "sim_memory.json") continue;
    evidence.add_file(file.path());
  }
  ASSERT_GE(secrets.size(), 10U) << "too few tokens were seen to prove anything";
  ASSERT_GT(evidence.bytes(), 100'000U);
  auto const hits = evidence.hits(secrets);
  EXPECT_TRUE(hits.empty()) << hits.size() << " hits, the first: " << hits.front();
  // The search itself works: the places where secrets belong do hold them.
  Evidence own;
  own.add_file(secret_file);
  own.add_file(site.folder() + "/sim_memory.json");
  EXPECT_GE(own.hits(secrets).size(), 2U);
}

TEST(Secrets, T3_another_master_key_refuses_to_start_and_changes_nothing) {
  Site site(fence);
  site.start_daemon();
  site.go_live();
  ASSERT_EQ(site.stop_daemon(), 0);
  auto const store = site.folder() + "/state/wardroom.db";
  auto const before = bytes_of(store);
  std::ofstream(site.folder() + "/master.key", std::ios::trunc) << std::string(64, 'b') << "\n";
  Process other(
      {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", site.folder() + "/wardroom.yaml"},
      site.folder() + "/other.log");
  EXPECT_EQ(other.wait(20s), 78);
  auto const told = bytes_of(site.folder() + "/other.log");
  EXPECT_NE(told.find("key"), std::string::npos) << told;
  EXPECT_EQ(bytes_of(store) == before, true) << "the store was changed";
  std::ofstream(site.folder() + "/master.key", std::ios::trunc) << std::string(64, 'a') << "\n";
  site.start_daemon();
  EXPECT_TRUE(eventually(20s, [&] { return site.channels_up(); }))
      << "with the right key nothing was lost";
}

}  // namespace
}  // namespace wardroom::test
