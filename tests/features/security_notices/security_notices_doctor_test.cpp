// What doctor finds at a bridge, and the command it gives.
#include "features/security_notices/security_notices_doctor.hpp"

#include "notices_site.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

BridgeSettings bridge() {
  return {.name = "cms1",
          .api = "https://cms1.acme.example:445/api/v1",
          .username = "api",
          .password_file = "/etc/wardroom/cms1.password"};
}
Result<BridgeStatus> refused(ErrorKind kind, std::string what) {
  return std::unexpected(Error{kind, std::move(what)});
}
bool says(Finding const& finding, std::string_view words) {
  return finding.sentence.contains(words) || finding.remedy.contains(words);
}
#define EXPECT_SAYS(finding, words) \
  EXPECT_TRUE(says(finding, words)) << (finding).sentence << " | " << (finding).remedy

TEST(NoticesDoctor, says_why_an_answer_is_trusted) {
  auto settings = bridge();
  auto const good = [&] { return judge_api(settings, BridgeStatus{}); };
  EXPECT_EQ(good().result, CheckResult::ok);
  EXPECT_SAYS(good(), "signed by an authority of the system");
  settings.ca_file = "/etc/wardroom/cms-ca.pem";
  EXPECT_SAYS(good(), "signed by one of /etc/wardroom/cms-ca.pem");
  settings.pin = "sha256//x";
  EXPECT_SAYS(good(), "the pinned one, and its certificate signed by one of");
  settings.ca_file.clear();
  EXPECT_SAYS(good(), "its key is the pinned one)");
}

TEST(NoticesDoctor, has_a_command_for_each_way_an_api_fails) {
  struct Case {
    ErrorKind kind;
    std::string what;
    std::string_view remedy;
  };
  for (auto const& [kind, what, remedy] :
       {Case{ErrorKind::unauthorized, "answered 401",
             "install -m 0600 /dev/stdin /etc/wardroom/cms1.password"},
        Case{ErrorKind::unavailable, "the certificate of cms1 is not accepted",
             "openssl s_client -connect cms1.acme.example:445"},
        Case{ErrorKind::unavailable, "the key of cms1 is not the pinned one", "into pin"},
        Case{ErrorKind::unavailable, "the name cannot be resolved", "getent ahosts"},
        Case{ErrorKind::timed_out, "no connection within 3000 ms", "curl -vk"}}) {
    auto const finding = judge_api(bridge(), refused(kind, what));
    EXPECT_EQ(finding.result, CheckResult::failed);
    EXPECT_SAYS(finding, what);
    EXPECT_SAYS(finding, remedy);
  }
}

TEST(NoticesDoctor, knows_which_versions_can_what) {
  auto const of = [](std::string version, std::optional<std::uint64_t> next) {
    return judge_version("cms1", {.version = std::move(version), .next_record = next}).result;
  };
  EXPECT_EQ(of("3.5", 1), CheckResult::ok);
  EXPECT_EQ(of("2.2", 0), CheckResult::ok);
  EXPECT_EQ(of("2.10.1 (build 7)", 0), CheckResult::ok);
  EXPECT_EQ(of("2.9", {}), CheckResult::warning);
  EXPECT_EQ(of("2.1.4", {}), CheckResult::warning);
  EXPECT_EQ(of("2.0", {}), CheckResult::failed);
  EXPECT_EQ(of("1.9", {}), CheckResult::failed);
  for (auto const* odd : {"", "new", "3", "3.", ".5"})
    EXPECT_EQ(of(odd, 1), CheckResult::warning) << odd;
}

TEST(NoticesDoctor, compares_the_clocks) {
  auto const asked = from_unix_ms(1'700'000'000'900), answered = asked + 200ms;
  auto const at = [&](std::optional<Instant> theirs) {
    return judge_clock("cms1", asked, answered, {.time = theirs});
  };
  EXPECT_EQ(at(from_unix_ms(1'700'000'000'000)).result, CheckResult::ok);
  EXPECT_EQ(at(answered + 60s).result, CheckResult::ok);
  EXPECT_EQ(at(answered + 61s).result, CheckResult::warning);
  EXPECT_SAYS(at(answered + 61s), "61 s ahead of ours");
  EXPECT_SAYS(at(asked - 3601s), "3600 s behind ours");
  EXPECT_EQ(at(std::nullopt).result, CheckResult::skipped);
}

TEST(NoticesDoctor, tells_whether_bridges_can_find_us) {
  EXPECT_EQ(judge_receiver_url("https://w.acme.example/cdr").result, CheckResult::ok);
  EXPECT_EQ(judge_receiver_url("").result, CheckResult::failed);
  for (auto const* bad : {"http://w.acme.example/cdr", "https://127.0.0.1:8480/cdr",
                          "http://localhost/cdr", "https://[::1]/cdr"}) {
    EXPECT_EQ(judge_receiver_url(bad).result, CheckResult::warning) << bad;
    EXPECT_SAYS(judge_receiver_url(bad), bad);
  }
  EXPECT_EQ(judge_mode(FeatureMode::enforce, 0).result, CheckResult::skipped);
  EXPECT_EQ(judge_mode(FeatureMode::off, 2).result, CheckResult::warning);
  EXPECT_EQ(judge_mode(FeatureMode::observe, 2).result, CheckResult::ok);
  EXPECT_SAYS(judge_mode(FeatureMode::enforce, 2), "2 bridges");
}

TEST(NoticesDoctor, tells_whether_records_come) {
  auto const settings = bridge();
  BridgeView view{.settings = &settings};
  EXPECT_EQ(judge_records(view).result, CheckResult::skipped);
  view.last_post = from_unix_ms(1'700'000'000'000);
  view.behind = 0;
  EXPECT_EQ(judge_records(view).result, CheckResult::ok);
  view.counters.refused = 3;
  EXPECT_EQ(judge_records(view).result, CheckResult::warning);
  view.behind = 7;
  EXPECT_EQ(judge_records(view).result, CheckResult::failed);
  EXPECT_SAYS(judge_records(view),
              "7 records that cms1 made did not come; the last post came at "
              "22:13:20 UTC");
  EXPECT_SAYS(judge_records(view), "wardroomctl cms register cms1");
}

TEST(NoticesDoctor, tells_whether_the_files_of_secrets_can_be_read) {
  auto const path = (std::filesystem::temp_directory_path() /
                     ("wardroom-test-doctor-" + std::to_string(getpid())))
                        .string();
  EXPECT_EQ(judge_file("cms1", "password_file", path).result, CheckResult::failed);
  std::ofstream(path) << "s3cret\n";
  chmod(path.c_str(), 0644);
  auto const open = judge_file("cms1", "password_file", path);
  EXPECT_EQ(open.result, CheckResult::failed);
  EXPECT_FALSE(says(open, "s3cret"));
  chmod(path.c_str(), 0600);
  EXPECT_EQ(judge_file("cms1", "password_file", path).result, CheckResult::ok);
  std::filesystem::remove(path);
}

struct Visit {
  Site site;
  Doctor doctor{site.clock, site.daemon->tasks};
  std::vector<CheckReport> reports;

  explicit Visit(std::vector<std::string> const& names = {"cms1"}) : site(names) {
    site.feature().add_checks(doctor);
  }
  void examine() {
    reports.clear();
    bool done = false;
    doctor.examine({}, {.report = [this](CheckReport r) { reports.push_back(std::move(r)); },
                        .done = [&done](CheckTotals) { done = true; }});
    for (int i = 0; i < 1'000 && !done; ++i) site.clock.advance(100ms);
    EXPECT_TRUE(done);
  }
  Finding find(std::string_view words) const {
    for (auto const& report : reports)
      if (says(report.finding, words)) return report.finding;
    ADD_FAILURE() << "no finding about " << words;
    return {};
  }
};

TEST(NoticesDoctor, looks_at_each_bridge_and_a_dead_one_does_not_end_the_others) {
  Visit visit({"cms1", "cms2"});
  visit.site.bridge(0).api.down = Error{ErrorKind::unavailable, "no connection"};
  visit.site.bridge(1).api.cdr_receivers.all = {
      {"r1", "https://wardroom.acme.example/cdr/secret-of-cms2"}};
  visit.examine();
  EXPECT_EQ(visit.find("The API of cms1 cannot be used").result, CheckResult::failed);
  EXPECT_EQ(visit.find("cms2 answers at").result, CheckResult::ok);
  EXPECT_EQ(visit.find("cms2 is version 3.5").result, CheckResult::ok);
  EXPECT_EQ(visit.find("The clock of cms2 agrees").result, CheckResult::ok);
  EXPECT_EQ(visit.find("We are among the receivers of cms2").result, CheckResult::ok);
  EXPECT_EQ(visit.find("Bridges are to post to https://wardroom").result, CheckResult::ok);
  for (auto const& report : visit.reports) {
    EXPECT_FALSE(says(report.finding, "secret-of")) << report.finding.sentence;
    EXPECT_TRUE(report.finding.result == CheckResult::ok ||
                report.finding.result == CheckResult::skipped || !report.finding.remedy.empty())
        << report.finding.sentence;
  }
}

TEST(NoticesDoctor, finds_that_we_are_not_among_the_receivers) {
  Visit visit;
  visit.examine();
  EXPECT_EQ(visit.find("wardroomctl cms register cms1").result, CheckResult::failed);
  for (auto const* other : {"a", "b", "c", "d"})
    visit.site.bridge().api.cdr_receivers.all.push_back(
        {other, std::string("https://") + other + ".example/x"});
  visit.examine();
  EXPECT_EQ(visit.find("all its places for receivers are taken").result, CheckResult::failed);
}

}  // namespace
}  // namespace wardroom::security_notices::test
