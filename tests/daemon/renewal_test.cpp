// T2 and the stream: the whole daemon killed again and again while it renews its token, and call
// events that come while the token under the open stream is exchanged.
#include "support/random_runs.hpp"
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;

constexpr auto observing = R"(  mode: observe
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true }, no_fix: closed })";

std::uint64_t refreshed(Site const& site) {
  return site.sim("/sim/state")["counters"]["oauth"].value("refreshed", std::uint64_t{0});
}

nlohmann::json grant(Site const& site) {
  auto const shown = site.control("/v1/token/show");
  return shown.contains("grants") && !shown["grants"].empty() ? shown["grants"][0]
                                                              : nlohmann::json::object();
}

/// Starts that found a renewal begun whose end they could not know.
std::uint64_t interrupted(Site const& site) {
  std::ifstream in(site.folder() + "/daemon.log");
  std::uint64_t found = 0;
  for (std::string line; std::getline(in, line);)
    found += line.find("a renewal was interrupted") != std::string::npos ? 1 : 0;
  return found;
}

/// Kills at random moments around renewals; after each start the grant must be there and work.
void kill_inside_renewals(std::string const& refresh_mode, std::uint64_t kills) {
  Dice dice(random_seed());
  Site site(observing, {"--token-life", "2"});
  ASSERT_EQ(site.sim_post("/sim/faults", {{"refresh_mode", refresh_mode}}).status / 100, 2);
  site.start_daemon();
  site.go_live();
  // Each renewal takes 60 ms, so that most kills fall between its request and its commit.
  ASSERT_EQ(site.sim_post("/sim/faults",
                          {{"answers",
                            {{{"door", "token"}, {"status", 0}, {"delay_ms", 60}, {"count", -1}}}}})
                    .status /
                100,
            2);
  for (std::uint64_t run = 0; run < kills; ++run) {
    auto const before = refreshed(site);
    ASSERT_TRUE(eventually(15s, [&] { return refreshed(site) > before; }))
        << "no renewal after restart " << run << ": " << grant(site).dump() << site.daemon_log();
    // The simulator counts when the request arrives: what follows is the window.
    std::this_thread::sleep_for(std::chrono::microseconds(dice.below(90'000)));
    site.kill_daemon();
    site.start_daemon();
    ASSERT_NE(grant(site).value("state", ""), "needs_login")
        << "restart " << run << ": " << grant(site).dump() << site.daemon_log();
  }
  EXPECT_TRUE(eventually(20s, [&] { return site.channels_up(); })) << site.daemon_log();
  EXPECT_EQ(grant(site).value("state", ""), "valid") << grant(site).dump();
  EXPECT_GE(interrupted(site), std::max<std::uint64_t>(kills / 10, 1)) << "kills in the window";
}

TEST(Renewal, T2_no_kill_inside_a_renewal_loses_a_grant_when_the_refresh_token_stays) {
  kill_inside_renewals("same", random_count(50));
}

TEST(Renewal, T2_no_kill_inside_a_renewal_loses_a_grant_when_the_refresh_token_rotates) {
  kill_inside_renewals("rotate_grace", random_count(50));
}

TEST(Renewal, the_open_stream_survives_renewals_without_losing_an_event) {
  Site site(observing, {"--token-life", "3"});
  ASSERT_EQ(site.sim_post("/sim/faults", {{"refresh_kills_access", true}}).status / 100, 2);
  site.start_daemon();
  site.go_live();
  auto const before = refreshed(site);
  std::vector<std::string> calls;
  while (refreshed(site) < before + 6 && calls.size() < 400) {
    auto const made = site.sim_post(
        "/sim/calls",
        {{"from", "bela@acme.example"}, {"to", "+442079460000"}, {"answer_after_s", 30}});
    auto const call = site.sim("/sim/calls/" + made.json().value("call", ""));
    calls.push_back(call["legs"][0].value("call_id", ""));
    std::this_thread::sleep_for(50ms);  // a steady stream of calls, over real time
  }
  EXPECT_GE(refreshed(site), before + 6);
  std::string missing;
  auto const all_seen = [&] {
    auto const listed = site.control("/v1/calls/list?limit=1000").dump();
    missing.clear();
    for (auto const& call : calls)
      if (listed.find('"' + call) == std::string::npos) missing += " " + call;
    return missing.empty();
  };
  EXPECT_TRUE(eventually(10s, all_seen)) << "of " << calls.size() << " calls missing:" << missing;
  EXPECT_EQ(site.control("/v1/monitor/status")["monitoring"].value("reconnects", -1), 0);
}

}  // namespace
}  // namespace wardroom::test
