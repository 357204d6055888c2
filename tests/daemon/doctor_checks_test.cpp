// The registry of checks on virtual time, and what the checks make of the facts.
#include "doctor/audit_checks.hpp"
#include "doctor/config_checks.hpp"
#include "doctor/file_checks.hpp"
#include "doctor/process_checks.hpp"
#include "doctor/space.hpp"
#include "doctor/store_checks.hpp"
#include "doctor/webex_checks.hpp"
#include "doctor/xsi_checks.hpp"
#include "features/call_blocking/call_blocking_doctor.hpp"
#include "features/call_blocking/channel_checks.hpp"
#include "process/doctor.hpp"
#include "support/fake_clock.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace wardroom {
namespace {

using namespace std::chrono_literals;
using doctor::Space;

struct Registry : testing::Test {
  ~Registry() override {
    test::start_task(io, tasks.stop(clock, 0ms));
    clock.advance(100ms);
  }
  void add(std::string area, std::string name, std::function<Task<Findings>(CheckWish)> run,
           Milliseconds limit = 8s) {
    doctor.add({std::move(area), std::move(name), std::move(run), limit});
  }
  void examine(CheckWish wish = {}) {
    doctor.examine(std::move(wish),
                   {.report = [this](CheckReport report) { reports.push_back(std::move(report)); },
                    .done =
                        [this](CheckTotals t) {
                          EXPECT_FALSE(totals) << "done twice";
                          totals = t;
                        },
                    .wanted = [this] { return wanted; }});
    clock.drain();
  }
  CheckReport const* report(std::string_view name) const {
    auto const found = std::ranges::find(reports, name, &CheckReport::name);
    return found == reports.end() ? nullptr : &*found;
  }

  boost::asio::io_context io;
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(), [](auto, auto) { ADD_FAILURE() << "a check threw"; }};
  Doctor doctor{clock, tasks, 3};
  std::vector<CheckReport> reports;
  std::optional<CheckTotals> totals;
  bool wanted = true;
};

Task<Findings> well(CheckWish) { co_return Findings{fine("All is well.")}; }

TEST_F(Registry, tells_of_a_check_that_throws_and_goes_on) {
  add("a", "a.broken", [](CheckWish) -> Task<Findings> {
    throw std::runtime_error("no such table");
    co_return Findings{};
  });
  add("a", "a.well", well);
  examine();
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->failed, 1);
  EXPECT_EQ(totals->ok, 1);
  EXPECT_NE(report("a.broken")->finding.sentence.find("no such table"), std::string::npos);
  EXPECT_FALSE(report("a.broken")->finding.remedy.empty());
}

TEST_F(Registry, gives_up_a_check_that_hangs_and_holds_no_other_one_up) {
  add(
      "a", "a.hangs",
      [this](CheckWish) -> Task<Findings> {
        co_await clock.sleep_for(24h);
        co_return Findings{};
      },
      2s);
  // Hears no cancellation at all.
  add(
      "a", "a.deaf",
      [this](CheckWish) -> Task<Findings> {
        co_await boost::asio::this_coro::reset_cancellation_state(
            boost::asio::disable_cancellation());
        co_await clock.sleep_for(10s);
        co_return Findings{fine("too late")};
      },
      2s);
  for (int i = 0; i < 5; ++i) add("b", "b." + std::to_string(i), well);
  examine();
  EXPECT_EQ(reports.size(), 5u);
  EXPECT_FALSE(totals);
  clock.advance(2s);
  EXPECT_NE(report("a.hangs"), nullptr);
  clock.advance(1s);
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->failed, 2);
  EXPECT_EQ(totals->ok, 5);
  clock.advance(10s);  // what the deaf one finds at last is not told twice
  EXPECT_EQ(reports.size(), 7u);
}

TEST_F(Registry, runs_so_many_at_once_and_no_more) {
  int running = 0, most = 0;
  for (int i = 0; i < 10; ++i)
    add("a", "a." + std::to_string(i), [&](CheckWish) -> Task<Findings> {
      most = std::max(most, ++running);
      co_await clock.sleep_for(1s);
      --running;
      co_return Findings{fine("")};
    });
  examine();
  for (int i = 0; i < 10; ++i) clock.advance(1s);
  ASSERT_TRUE(totals);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(totals->took, 4s);
}

TEST_F(Registry, looks_at_one_area_and_stops_when_nobody_listens) {
  add("a", "a", well);
  add("b", "b", well);
  examine({.area = "b"});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].area, "b");
  EXPECT_EQ(doctor.areas(), (std::vector<std::string>{"a", "b"}));
  totals.reset();
  wanted = false;
  examine();
  EXPECT_FALSE(totals);
  EXPECT_EQ(reports.size(), 1u);
}

TEST_F(Registry, names_what_of_several_a_finding_is_about) {
  add("logins", "login", [](CheckWish) -> Task<Findings> {
    co_return Findings{fine("one", "admin"), warn("two", "wardroomctl login", "guests")};
  });
  examine();
  EXPECT_NE(report("login.admin"), nullptr);
  ASSERT_NE(report("login.guests"), nullptr);
  EXPECT_EQ(totals->warnings, 1);
}

constexpr std::uint64_t MiB = 1024 * 1024, GiB = 1024 * MiB;

TEST(Space, is_failed_when_a_commit_may_find_none_and_a_warning_before) {
  auto const result = [](std::uint64_t free, std::uint64_t total) {
    return doctor::judge_space("/var/lib/wardroom", {free, total, 0, 0}).result;
  };
  EXPECT_EQ(result(40 * GiB, 100 * GiB), CheckResult::ok);
  EXPECT_EQ(result(900 * MiB, 100 * GiB), CheckResult::warning);
  EXPECT_EQ(result(900 * MiB, 2 * GiB), CheckResult::ok);
  EXPECT_EQ(result(10 * MiB, 100 * GiB), CheckResult::failed);
  EXPECT_EQ(result(15 * MiB, 16 * MiB), CheckResult::ok);  // a tiny one of its own
  EXPECT_EQ(result(0, 0), CheckResult::skipped);
  auto const full = doctor::judge_space("/var/lib/wardroom", {10 * MiB, 100 * GiB, 0, 0});
  EXPECT_EQ(full.sentence,
            "The disk of /var/lib/wardroom is nearly full: 10 MiB of 100 GiB (0 %) are free.");
  EXPECT_TRUE(full.remedy.starts_with("df -h /var/lib/wardroom"));
  EXPECT_EQ(doctor::judge_space("/s", {40 * GiB, 100 * GiB, 5, 10'000}).result,
            CheckResult::failed);
}

TEST(SkewOfClocks, counts_only_beyond_whole_seconds_and_the_time_on_the_way) {
  Instant const asked(1'000'000s), answered = asked + 700ms;
  auto const judge = [&](Instant theirs) {
    return doctor::judge_clock("webexapis.com", asked, answered, theirs);
  };
  EXPECT_EQ(judge(asked).result, CheckResult::ok);
  EXPECT_EQ(judge(asked - 9s).result, CheckResult::ok);
  EXPECT_EQ(judge(asked + 10s).result, CheckResult::ok);
  auto const behind = judge(asked + 60s);
  EXPECT_EQ(behind.result, CheckResult::warning);
  EXPECT_EQ(behind.sentence, "The clock of this machine is 59 s behind that of webexapis.com.");
  auto const ahead = judge(asked - 301s);
  EXPECT_EQ(ahead.result, CheckResult::failed);
  EXPECT_EQ(ahead.sentence, "The clock of this machine is 300 s ahead of that of webexapis.com.");
}

TEST(OutsideRemedy, goes_by_what_was_in_the_way) {
  std::string const url = "https://webexapis.com/v1/people/me";
  auto const remedy = [&](char const* what) {
    return doctor::outside_remedy({ErrorKind::unavailable, what}, url);
  };
  EXPECT_TRUE(remedy("the certificate is not trusted")
                  .starts_with("openssl s_client -connect "
                               "webexapis.com:443"));
  EXPECT_TRUE(remedy("Could not resolve host").starts_with("getent ahosts webexapis.com"));
  EXPECT_TRUE(remedy("Connection refused").starts_with("curl -v -o /dev/null " + url));
}

TEST(SecretFiles, are_named_with_what_the_next_start_would_refuse) {
  auto pattern = (std::filesystem::temp_directory_path() / "wardroom-doctor-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  auto const path = pattern + "/client_secret";
  auto const look = [&] { return doctor::look_at_secret_file({"identities.admin.x", path}); };
  auto const mode = [&](int bits) {
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(bits));
  };
  EXPECT_NE(look().sentence.find("is missing"), std::string::npos);
  std::ofstream(path) << "s3cret\n";
  mode(0600);
  EXPECT_EQ(look().result, CheckResult::ok);
  mode(0640);
  auto const open = look();
  EXPECT_EQ(open.result, CheckResult::failed);
  EXPECT_EQ(open.sentence,
            "The secret file " + path + " is open to others (mode 0640, identities.admin.x).");
  EXPECT_TRUE(open.remedy.starts_with("chmod 0600 " + path));
  EXPECT_EQ(open.sentence.find("s3cret"), std::string::npos);
  mode(0600);
  std::ofstream(path, std::ios::trunc) << "\n";
  EXPECT_NE(look().sentence.find("is empty"), std::string::npos) << look().sentence;
  std::filesystem::remove_all(pattern);
}

TEST(Configuration, names_mistakes_first_and_else_what_is_not_in_force) {
  auto const mistakes = doctor::judge_config("w.yaml", {{"w.yaml:3:1: colour: unknown"}, {}, {}});
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0].result, CheckResult::failed);
  auto const many = doctor::judge_config("w.yaml", {std::vector<std::string>(30, "x"), {}, {}});
  EXPECT_EQ(many.size(), 11u);
  auto const differs = doctor::judge_config("w.yaml", {{}, {"webex.admins"}, {"http.listen"}});
  ASSERT_EQ(differs.size(), 3u);
  EXPECT_EQ(differs[1].remedy, "wardroomctl reload");
  EXPECT_TRUE(differs[2].remedy.starts_with("systemctl restart wardroomd"));
  for (auto const& finding : doctor::judge_config("w.yaml", {}))
    EXPECT_EQ(finding.result, CheckResult::ok);
}

TEST(Process, warns_of_few_files_and_of_secrets_that_may_be_swapped) {
  auto const fine_ones = doctor::judge_limits({262'144, 16 << 20}, "");
  for (auto const& finding : fine_ones) EXPECT_EQ(finding.result, CheckResult::ok);
  auto const poor = doctor::judge_limits({1'024, 0}, "32 KiB of secrets are not locked.");
  ASSERT_EQ(poor.size(), 2u);
  EXPECT_NE(poor[0].remedy.find("LimitNOFILE="), std::string::npos);
  EXPECT_NE(poor[1].remedy.find("LimitMEMLOCK="), std::string::npos);
}

TEST(Commit, that_is_slow_is_a_warning) {
  EXPECT_EQ(doctor::judge_commit(3ms).result, CheckResult::ok);
  EXPECT_EQ(doctor::judge_commit(900ms).result, CheckResult::warning);
}

TEST(Backup, that_is_missing_or_old_is_a_warning) {
  Instant const now(std::chrono::days(20'000));
  EXPECT_EQ(doctor::judge_backup(std::nullopt, now, false).result, CheckResult::warning);
  EXPECT_EQ(doctor::judge_backup(std::nullopt, now, true).result, CheckResult::skipped);
  EXPECT_EQ(doctor::judge_backup(now - 24h, now, false).sentence,
            "The last backup of the store is 1 day old.");
  auto const old = doctor::judge_backup(now - 24h * 9, now, true);
  EXPECT_EQ(old.result, CheckResult::warning);
  EXPECT_TRUE(old.remedy.starts_with("wardroomctl backup "));
}

TEST(AuditHead, that_is_missing_or_of_the_future_is_told) {
  Instant const now(1'000'000s);
  EXPECT_EQ(doctor::judge_head(std::nullopt, now).result, CheckResult::failed);
  audit::Head head;
  EXPECT_EQ(doctor::judge_head(head, now).result, CheckResult::ok);
  head.seq = 12;
  head.at = now - 5min;
  EXPECT_EQ(doctor::judge_head(head, now).sentence,
            "The audit has 12 records, the last 5 min old.");
  head.at = now + 1h;
  EXPECT_EQ(doctor::judge_head(head, now).result, CheckResult::warning);
}

TEST(CallBlockingDoctor, says_of_each_channel_why_it_is_down_or_once_when_all_have_one_reason) {
  using call_blocking::judge_channels;
  Instant const now(1'000'000s);
  ChannelHealth health;
  health.subscribed = true;
  health.channels = {{"xsp1:443", true, "up"}, {"xsp2:443", true, "up"}};
  auto found = judge_channels(health, true, now);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sentence, "2 event channels are up and subscribed.");
  health.channels[1] = {"xsp2:443", false, "backing off 2.1 s", {}, "xsp2:443: refused"};
  found = judge_channels(health, true, now);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sentence, "The event channel to xsp2:443 is down (backing off): refused.");
  health.channels[0] = {"xsp1:443", false, "backing off 0.3 s", {}, "xsp1:443: refused"};
  found = judge_channels(health, true, now);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sentence, "No event channel is up (backing off): refused: calls pass unseen.");
  EXPECT_EQ(judge_channels(health, false, now)[0].remedy, "wardroomctl monitor start");
}

TEST(CallBlockingDoctor, has_a_remedy_for_every_way_a_channel_fails) {
  using call_blocking::channel_remedy;
  std::pair<char const*, char const*> const cases[] = {
      {"another instance owns the organisation: it uses the same …", "systemctl status"},
      {"the server ended the channel: DuplicateChannelSet", "systemctl status"},
      {"the identity that owns the channels was deleted", "wardroomctl login"},
      {"XSI is not enabled for the organisation; have Cisco …", "Cisco TAC"},
      {"subscribing: 403; the token may not watch …", "spark-admin:xsi"},
      {"opening the channel: 403 Forbidden", "spark-admin:xsi"},
      {"opening the channel: 401 Unauthorized", "wardroomctl login"},
      {"heartbeat: 503 Service Unavailable", "firewall"},
      {"no byte for 60 s", "cuts long connections"},
      {"the channel did not open within 10 s", "proxy"},
      {"the TLS certificate is not accepted", "openssl s_client -connect xsp1:443"},
      {"the name cannot be resolved", "getent"},
      {"the server ended the channel: NonResponsiveChannel", "monitor status"},
      {"connection refused", "curl -sS -m 5 -o /dev/null https://xsp1:443/"},
  };
  for (auto const& [error, remedy] : cases)
    EXPECT_TRUE(channel_remedy(error, "xsp1:443").contains(remedy))
        << error << " → " << channel_remedy(error, "xsp1:443");
}

TEST(CallBlockingDoctor, tells_missing_heartbeats_acknowledgements_and_warnings) {
  Instant const now(1'000'000s);
  ChannelHealth health;
  health.subscribed = true;
  health.channels = {
      {.host = "xsp1:443", .up = true, .since = now - 5min, .last_heard = now - 2min}};
  health.acks = 97;
  health.ack_failures = 3;
  health.overflows = 1;
  health.warnings = {"one XSP is only remembered"};
  health.blind_seconds = 42;
  auto const found = call_blocking::judge_channels(health, true, now);
  ASSERT_EQ(found.size(), 6u);
  EXPECT_EQ(found[0].result, CheckResult::ok);
  for (std::size_t i = 1; i < found.size(); ++i) {
    EXPECT_EQ(found[i].result, CheckResult::warning);
    EXPECT_FALSE(found[i].remedy.empty());
  }
  EXPECT_TRUE(found[1].sentence.contains("not even server heartbeats"));
  EXPECT_EQ(found[2].sentence, "3 of 100 acknowledgements failed since the start.");
  health.channels[0].last_heard = now - 10s;
  health.ack_failures = 0;
  EXPECT_EQ(call_blocking::judge_channels(health, true, now).size(), 4u);
}

TEST(XsiDoctor, says_which_step_on_the_way_to_the_xsps_fails) {
  std::pair<Error, char const*> const cases[] = {
      {{ErrorKind::not_found, "no XSI members"}, "ask Cisco TAC"},
      {{ErrorKind::unauthorized, "401"}, "wardroomctl login"},
      {{ErrorKind::denied, "403"}, "spark-admin:xsi"},
      {{ErrorKind::malformed, "http://…"}, "call_blocking.xsi.endpoints"},
      {{ErrorKind::unavailable, "connection refused"}, "wardroomctl doctor webex"},
      {{ErrorKind::timed_out, "DNS SRV _xsi-client._tcp.xsi.example.net: Timeout"},
       "dig +short SRV _xsi-client._tcp.xsi.example.net "},
  };
  for (auto const& [error, remedy] : cases) {
    auto const finding = doctor::judge_discovery(error);
    EXPECT_EQ(finding.result, CheckResult::failed);
    EXPECT_TRUE(finding.remedy.contains(remedy)) << finding.remedy;
  }
  auto const odd = doctor::judge_found(
      {.xsps = {{"xsp:443", "", ""}},
       .remark = "DNS has no SRV record _xsi-client._tcp.a.example: one channel"});
  ASSERT_EQ(odd.size(), 2u);
  EXPECT_TRUE(odd[0].remedy.starts_with("dig +short SRV _xsi-client._tcp.a.example "));
  auto const well = doctor::judge_found({.xsps = {{"a", "", ""}, {"b", "", ""}}});
  EXPECT_EQ(well[0].sentence, "2 XSPs are known.");
}

TEST(CallBlockingDoctor, counts_who_is_in_no_fence) {
  using call_blocking::judge_coverage;
  EXPECT_EQ(judge_coverage({10, 0, 4}, 0)[0].result, CheckResult::warning);
  auto const some = judge_coverage({10, 3, 4}, 2);
  ASSERT_EQ(some.size(), 3u);
  EXPECT_EQ(some[1].sentence, "3 of 10 people are in no fence: their calls always pass.");
  for (auto const& finding : judge_coverage({10, 0, 4}, 1))
    EXPECT_EQ(finding.result, CheckResult::ok);
}

}  // namespace
}  // namespace wardroom
