// B3: a post of call records is answered 200 only when what it tells is stored. kill -9 at random
// moments while two bridges post; whatever was acknowledged is in the report after the next start,
// once, and what was not is sent again as a bridge does.
#include "support/random_runs.hpp"
#include "support/site.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <thread>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string secret(std::size_t bridge) {
  return fmt::format("cdr-secret-of-bridge-{}-0123456789abcdef", bridge + 1);
}

/// A bridge that sends one post after the other, each again until it is taken.
struct Sender {
  std::size_t bridge;
  std::string url;
  std::uint64_t next = 0;           ///< post that is not acknowledged yet
  std::set<std::string> legs = {};  ///< acknowledged

  std::string leg(std::uint64_t post) const {
    return fmt::format("1e6{:05x}-0000-4000-8000-{:012x}", bridge, post);
  }
  /// A call of its own with one participant, who leaves every second time.
  std::string body() const {
    auto const call = fmt::format("ca1{:05x}-0000-4000-8000-{:012x}", bridge, next);
    auto const record = [&](char const* type, int index, std::string const& inside) {
      return fmt::format(
          "<record type=\"{}\" time=\"2026-11-22T10:00:00Z\" recordIndex=\"{}\" "
          "correlatorIndex=\"{}\">{}</record>\n",
          type, next * 3 + std::uint64_t(index) + 1, next * 3 + std::uint64_t(index), inside);
    };
    auto const id = leg(next);
    auto const last =
        next % 2 == 0
            ? record(
                  "callLegEnd", 2,
                  fmt::format("<callLeg id=\"{}\"><reason>remoteTeardown</reason></callLeg>", id))
            : record("callLegUpdate", 2,
                     fmt::format("<callLeg id=\"{}\"><state>connected</state><call>{}</call>"
                                 "</callLeg>",
                                 id, call));
    return fmt::format(
               "<?xml version=\"1.0\"?>\n<records session=\"5a0c3c8e-6f0e-4f5b-9a41-{:012x}\">\n",
               bridge) +
           record("callStart", 0,
                  fmt::format("<call id=\"{0}\"><name>Board</name><callType>adHoc</callType>"
                              "<callCorrelator>c0{0}</callCorrelator></call>",
                              call)) +
           record("callLegStart", 1,
                  fmt::format("<callLeg id=\"{}\"><remoteParty>p{}@partner.example</remoteParty>"
                              "<type>sip</type><direction>incoming</direction><call>{}</call>"
                              "</callLeg>",
                              id, next, call)) +
           last + "</records>\n";
  }
  /// Until the daemon is gone.
  void post_on() {
    for (;;) {
      auto const answer = http(
          {.method = "POST", .url = url, .body = body(), .headers = {"Content-Type: text/xml"}});
      if (answer.status == 200)
        legs.insert(leg(next++));
      else if (answer.status != 503)
        return;
    }
  }
};

void write_secret(Site const& site, std::string const& name, std::string const& text) {
  auto const path = site.folder() + "/" + name;
  std::ofstream(path) << text << "\n";
  ::chmod(path.c_str(), 0600);
}

void configure(Site& site) {
  std::string bridges;
  write_secret(site, "cms_password", "demo-cms-password");
  for (std::size_t i = 0; i < site.cms_apis().size(); ++i) {
    write_secret(site, fmt::format("cdr_secret{}", i + 1), secret(i));
    bridges += fmt::format(
        "    - {{ name: cms{0}, api: \"{1}\", username: wardroom, password_file: "
        "{2}/cms_password, cdr_secret_file: {2}/cdr_secret{0} }}\n",
        i + 1, site.cms_apis()[i], site.folder());
  }
  site.add_sections("security_notices:\n  mode: observe\n  bridges:\n" + bridges);
  site.write_config("  mode: observe");
}

/// How often each leg stands in the report.
std::map<std::string, int> reported(Site const& site) {
  std::map<std::string, int> out;
  auto const answer = site.control_post("/v1/cms/report", {{"conference", "c0"}});
  EXPECT_EQ(answer.status, 200);
  std::istringstream lines(answer.body);
  for (std::string text; std::getline(lines, text);) {
    auto const line = json::parse(text, nullptr, false);
    EXPECT_TRUE(line.is_object() && line.contains("stays")) << text;
    if (!line.is_object() || !line.contains("stays")) continue;
    for (auto const& stay : line["stays"]) ++out[stay["leg"].get<std::string>()];
  }
  return out;
}

TEST(CmsKill, B3_every_record_answered_200_survives_kill_9) {
  auto const kills = random_count(20);
  Dice dice(random_seed());
  Site site("  mode: observe", {"--cms", "127.0.0.1:0", "--cms", "127.0.0.1:0"});
  configure(site);
  site.log_at("info");
  site.start_daemon();
  std::vector<Sender> senders;
  for (std::size_t i = 0; i < 2; ++i)
    senders.push_back({.bridge = i, .url = site.daemon_url() + "/cdr/" + secret(i)});
  for (std::uint64_t round = 0; round < kills && !testing::Test::HasFailure(); ++round) {
    std::vector<std::thread> threads;
    for (auto& sender : senders) threads.emplace_back([&sender] { sender.post_on(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + dice.below(196)));
    site.kill_daemon();
    for (auto& thread : threads) thread.join();
    site.start_daemon();
    auto const found = reported(site);
    for (auto const& sender : senders)
      for (auto const& leg : sender.legs) {
        auto const stay = found.find(leg);
        ASSERT_NE(stay, found.end()) << "lost " << leg << " in round " << round;
        ASSERT_EQ(stay->second, 1) << "twice " << leg << " in round " << round;
      }
  }
  auto const acknowledged = senders[0].legs.size() + senders[1].legs.size();
  std::printf("%llu kills, %zu posts of 3 records acknowledged, 0 lost\n",
              static_cast<unsigned long long>(kills), acknowledged);
  EXPECT_GT(acknowledged, kills / 2);
}

}  // namespace
}  // namespace wardroom::test
