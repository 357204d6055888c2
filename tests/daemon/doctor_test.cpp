// `wardroomctl doctor` and `bugreport` on whole sites: planted faults are named with what mends
// them, also when the daemon is dead; a report gives nobody away.
#include "base/encoding.hpp"
#include "support/site.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/stat.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using nlohmann::json;

constexpr auto observing = R"(  mode: observe
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true }, no_fix: closed })";

std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_program(fs::path const& file, std::string const& shell) {
  std::ofstream(file, std::ios::trunc) << "#!/bin/sh\n" << shell;
  fs::permissions(file, fs::perms::owner_all);
}

struct Examined {
  std::optional<int> code;
  std::string out;
  std::vector<json> lines;

  json totals() const { return lines.empty() ? json() : lines.back(); }
  /// The first finding that says `words`; null when none does.
  json saying(std::string const& words) const {
    for (auto const& line : lines)
      if (line.value("sentence", "").find(words) != std::string::npos) return line;
    return {};
  }
  bool all_of_area_are(std::string const& area, std::string const& result) const {
    bool any = false;
    for (auto const& line : lines) {
      if (line.value("area", "") != area) continue;
      any = true;
      if (line.value("result", "") != result) return false;
    }
    return any;
  }
};

struct DoctorOnASite : testing::Test {
  Examined run(std::vector<std::string> const& words, Process::Extras const& extras = {}) {
    auto const log = site.folder() + "/tool" + std::to_string(++runs) + ".log";
    std::vector<std::string> command{WARDROOM_BUILD_DIR "/ctl/wardroomctl", "--socket",
                                     site.folder() + "/control.sock"};
    command.insert(command.end(), words.begin(), words.end());
    Process tool(command, log, extras);
    Examined out{.code = tool.wait(60s), .out = text_of(log), .lines = {}};
    std::istringstream text(out.out);
    for (std::string line; std::getline(text, line);)
      if (auto parsed = json::parse(line, nullptr, false); parsed.is_object())
        out.lines.push_back(std::move(parsed));
    return out;
  }
  Examined doctor(std::vector<std::string> words = {}, Process::Extras const& extras = {}) {
    words.insert(words.begin(), "doctor");
    words.emplace_back("--json");
    return run(words, extras);
  }
  /// A service manager of our own making, found before the machine's.
  Process::Extras service(std::string const& show, std::string const& log) {
    auto const folder = fs::path(site.folder()) / "bin";
    fs::create_directories(folder);
    write_program(folder / "systemctl", "cat <<'END'\n" + show + "END\n");
    write_program(folder / "journalctl", "cat <<'END'\n" + log + "END\n");
    return {.environment = {{"PATH", folder.string() + ":" + std::getenv("PATH")}}, .sockets = {}};
  }
  void faults(json const& wish) { ASSERT_EQ(site.sim_post("/sim/faults", wish).status / 100, 2); }

  Site site{observing};
  int runs = 0;
};

/// Nobody else commits while it lives.
class HeldStore {
 public:
  explicit HeldStore(fs::path const& file) {
    sqlite3_open(file.c_str(), &handle_);
    held_ = sqlite3_exec(handle_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  ~HeldStore() { sqlite3_close(handle_); }
  HeldStore(HeldStore const&) = delete;
  HeldStore& operator=(HeldStore const&) = delete;
  bool held() const { return held_; }

 private:
  sqlite3* handle_ = nullptr;
  bool held_ = false;
};

TEST_F(DoctorOnASite, finds_nothing_that_failed_on_a_site_that_runs_well) {
  site.start_daemon();
  site.go_live();
  auto const found = doctor();
  EXPECT_EQ(found.totals().value("failed", -1), 0) << found.out;
  EXPECT_GT(found.totals().value("ok", 0), 25) << found.out;
  EXPECT_TRUE(found.code == 0 || found.code == 10) << found.out;  // 10: this machine's own clock
  for (auto const& line : found.lines) EXPECT_EQ(line.value("schema", ""), "wardroom.doctor/1");
  EXPECT_EQ(found.saying("agrees with that of")["result"], "ok") << found.out;
  EXPECT_EQ(found.saying("Webex accepts the login")["result"], "ok") << found.out;
}

TEST_F(DoctorOnASite, R134_names_eight_planted_faults_each_with_what_mends_it) {
  site.add_sections(
      "alerts: { mail: [ops@acme.example], smtp: { url: \"smtp://127.0.0.1:1\", "
      "from: w@acme.example } }\n");
  site.write_config(observing);
  site.start_daemon();
  site.go_live();
  // 1 a secret that others may read   2 a folder that others may look into
  ::chmod((site.folder() + "/client_secret").c_str(), 0640);
  ::chmod((site.folder() + "/state").c_str(), 0755);
  // 3 a login that Webex ended        4 an XSP that is away      5 clocks that differ
  faults({{"refuse_refresh", true}, {"xsp_down", 2}, {"clock_skew_s", 300}});
  site.control_post("/v1/token/refresh", json::object());
  ASSERT_TRUE(eventually(20s, [&] {
    return site.control("/v1/token/show")["grants"][0]["state"] == "needs_login";
  })) << site.control("/v1/token/show");
  // 6 a mistake in the configuration  7 a mail server that is not there  8 a store nobody can write
  std::ofstream(site.folder() + "/wardroom.yaml", std::ios::app) << "colour: blue\n";
  HeldStore const hold(site.folder() + "/state/wardroom.db");
  ASSERT_TRUE(hold.held());

  auto const found = doctor();
  EXPECT_EQ(found.code, 1);
  struct Planted {
    std::string sentence, remedy, area;
  };
  auto const folder = site.folder();
  for (auto const& [sentence, remedy, area] : std::vector<Planted>{
           {"The secret file " + folder + "/client_secret is open to others (mode 0640",
            "chmod 0600 " + folder + "/client_secret", "secrets"},
           {"The folder " + folder + "/state of the store is open to others (mode 0755)",
            "chmod 0700 " + folder + "/state", "store"},
           {"admin: ", "wardroomctl login", "logins"},
           {"The XSP 127.0.0.1:", "curl -v -o /dev/null http://127.0.0.1:", "xsi"},
           {" s behind that of 127.0.0.1", "timedatectl set-ntp true", "webex"},
           {"A mistake in the configuration: " + folder + "/wardroom.yaml:",
            "wardroomctl config "
            "check",
            "config"},
           {"The mail server does not answer as it should: 127.0.0.1:1", "wardroomctl alerts test",
            "alerts"},
           {"The store takes no writes: ", "df -h " + folder + "/state", "store"},
       }) {
    auto const named = std::ranges::find_if(found.lines, [&](json const& line) {
      return line.value("result", "") == "failed" && line.value("area", "") == area &&
             line.value("sentence", "").find(sentence) != std::string::npos;
    });
    ASSERT_NE(named, found.lines.end()) << sentence << "\n" << found.out;
    EXPECT_TRUE(named->value("remedy", "").starts_with(remedy)) << *named;
  }
  // Whatever failed, the others were looked at.
  EXPECT_TRUE(found.all_of_area_are("process", "ok") ||
              found.saying("not started by systemd")["result"] == "skipped")
      << found.out;
  EXPECT_EQ(found.saying("of the audit prove")["result"], "ok") << found.out;
}

TEST_F(DoctorOnASite, says_how_a_dead_daemon_ended_and_what_it_said_last) {
  site.start_daemon();
  site.kill_daemon();
  ASSERT_TRUE(fs::exists(site.folder() + "/control.sock"));
  auto const extras = service(
      "LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainCode=1\n"
      "ExecMainStatus=78\nNRestarts=0\nUnitFileState=enabled\n",
      "wardroom.yaml:3:1: colour: unknown key\n");
  std::ofstream(site.folder() + "/wardroom.yaml", std::ios::app) << "colour: blue\n";
  ::chmod((site.folder() + "/master.key").c_str(), 0644);
  auto const found =
      doctor({"--unit", "wardroomd@site", "--config", site.folder() + "/wardroom.yaml"}, extras);
  EXPECT_EQ(found.code, 1);
  auto const stale = found.saying("has ended and left its control socket behind");
  EXPECT_EQ(stale["result"], "failed") << found.out;
  auto const unit = found.saying("The service failed with exit code 78 (configuration, master key");
  EXPECT_NE(unit.value("sentence", "").find("It last said: wardroom.yaml:3:1: colour"),
            std::string::npos)
      << found.out;
  EXPECT_TRUE(unit.value("remedy", "").starts_with("wardroomctl config check")) << unit;
  EXPECT_NE(unit.value("remedy", "").find("systemctl restart wardroomd@site"), std::string::npos);
  auto const mistake = found.saying("A mistake in the configuration");
  EXPECT_NE(mistake.value("sentence", "").find("colour"), std::string::npos) << found.out;
  auto const key = found.saying("The secret file " + site.folder() + "/master.key");
  EXPECT_EQ(key.value("remedy", ""), "chmod 0600 " + site.folder() + "/master.key") << found.out;
}

TEST_F(DoctorOnASite, looks_at_one_area_only_and_deep_where_asked) {
  site.start_daemon();
  auto const store = doctor({"store", "--deep"});
  for (auto const& line : store.lines)
    if (line["step"] == "check") EXPECT_EQ(line["area"], "store") << line;
  EXPECT_EQ(store.saying("Every page of the store is sound")["result"], "ok") << store.out;
  auto const machine = doctor({"machine"});
  for (auto const& line : machine.lines)
    if (line["step"] == "check") EXPECT_EQ(line["area"], "machine") << line;
  auto const none = run({"doctor", "stor"});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.out.find("did you mean 'store'?"), std::string::npos) << none.out;
}

TEST_F(DoctorOnASite, warns_of_what_a_reload_would_change_and_of_what_waits_for_a_restart) {
  site.start_daemon();
  site.add_sections("alerts: { hold: 30s }\n");
  site.set_admins("ada@acme.example, bela@acme.example");
  site.write_config(observing);
  auto const found = doctor({"config"});
  EXPECT_EQ(found.code, 10) << found.out;
  EXPECT_EQ(found.saying("webex.admins")["remedy"], "wardroomctl reload") << found.out;
  EXPECT_TRUE(found.saying("wait for a restart: alerts")
                  .value("remedy", "")
                  .starts_with("systemctl restart"))
      << found.out;
}

std::vector<std::string> spellings(std::string const& text) {
  return {text,         to_base64(text),      to_base64url(text),
          to_hex(text), percent_encode(text), percent_encode(text, "@")};
}

TEST_F(DoctorOnASite, R134_a_bug_report_of_a_busy_site_names_nobody_and_holds_no_secret) {
  site.log_at("trace");
  site.start_daemon();
  site.go_live();
  auto bela = site.browser("bela@acme.example");
  ASSERT_TRUE(bela.sign_in());
  EXPECT_EQ(bela.post_location(48.213777, 16.377113, 10).status, 204);
  site.sim_post("/sim/calls", {{"from", "bela@acme.example"}, {"to", "+4319876543"}});
  ASSERT_TRUE(eventually(20s, [&] {
    return site.control("/v1/calls/list").dump().find("4319876543") != std::string::npos;
  })) << site.control("/v1/calls/list");
  // What the daemon logs comes back as systemd's journal would tell it.
  std::string journal;
  std::istringstream log(text_of(site.folder() + "/daemon.log"));
  for (std::string line; std::getline(log, line);) {
    auto const fields = json::parse(line, nullptr, false);
    if (!fields.is_object()) continue;
    json entry{{"__REALTIME_TIMESTAMP", "1795305600000000"}, {"PRIORITY", "6"}};
    for (auto const& [key, value] : fields.items()) {
      std::string name = key == "message" ? "MESSAGE" : "WARDROOM_" + key;
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
      entry[name] = value;
    }
    journal += entry.dump() + "\n";
  }
  ASSERT_TRUE(eventually(20s, [&] {
    return http(
               {.url = "http://wardroom/v1/events", .unix_socket = site.folder() + "/control.sock"})
               .body.find("\"kind\":\"call\"") != std::string::npos;
  }));
  auto const file = site.folder() + "/report.tar.gz";
  auto const made = run({"bugreport", file}, service("LoadState=not-found\n", journal));
  ASSERT_EQ(made.code, 0) << made.out;
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_NE(made.out.find("look through it before you send it"), std::string::npos) << made.out;
  EXPECT_EQ(run({"bugreport", file}).code, 8);  // never over another file

  auto const all = site.folder() + "/unpacked";
  Process unpack({"/bin/tar", "-xzOf", file}, all);
  ASSERT_EQ(unpack.wait(20s), 0);
  auto const text = text_of(all);
  EXPECT_GT(text.size(), 10'000u);
  EXPECT_NE(text.find("\"kind\":\"call\""), std::string::npos);
  EXPECT_NE(text.find("wardroom_people"), std::string::npos);

  std::set<std::string> canaries{"demo-secret-not-for-production",
                                 std::string(64, 'a'),
                                 "48.213777",
                                 "16.377113",
                                 "48.2082",
                                 "16.3738",
                                 "4319876543"};
  for (auto const& person : site.control("/v1/people/list?limit=1000")["people"])
    for (auto const* key : {"name", "email", "number", "xsi_user"})
      if (auto const value = person.value(key, ""); value.size() > 3) canaries.insert(value);
  auto const memory = site.tokens();
  for (auto const* kind : {"access", "refresh"})
    for (auto const& [token, unused] : memory[kind].items()) canaries.insert(token);
  auto const cookies = bela.cookie_header();
  canaries.insert(cookies.substr(cookies.find('=') + 1, 30));
  EXPECT_GT(canaries.size(), 12u);
  // Each word of a name, too.
  std::set<std::string> words;
  for (auto const& person : site.control("/v1/people/list?limit=1000")["people"]) {
    std::istringstream name(person.value("name", ""));
    for (std::string word; name >> word;)
      if (word.size() > 2) words.insert(word);
  }
  EXPECT_GT(words.size(), 10u);
  for (auto const& word : words) EXPECT_EQ(text.find(word), std::string::npos) << word;
  for (auto const& canary : canaries)
    for (auto const& spelling : spellings(canary)) {
      auto const at = text.find(spelling);
      EXPECT_EQ(at, std::string::npos)
          << canary << " in …" << text.substr(at < 80 ? 0 : at - 80, 200) << "…";
    }
}

}  // namespace
}  // namespace wardroom::test
