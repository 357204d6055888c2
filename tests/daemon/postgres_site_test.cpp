// A whole site on PostgreSQL: it works, it survives the loss of its server, and no kill of the
// daemon loses what was answered, on either engine.
#include "store_site.hpp"
#include "support/random_runs.hpp"

#include <signal.h>

namespace wardroom::test {
namespace {
using namespace std::chrono_literals;
using nlohmann::json;

struct PostgresSite : testing::Test {
  Site site{one_fence};
  PostgresPlace postgres;

  void SetUp() override {
    site.set_store(postgres.url());
    site.write_config(one_fence);
    start();
    site.go_live();
  }
  void start() { site.start_daemon(with_postgres(site)); }
  std::string call(std::string const& from) {
    auto const answer = site.sim_post(
        "/sim/calls", {{"from", from}, {"to", "+442079460000"}, {"answer_after_s", 30}});
    return answer.json().value("call", "");
  }
  bool released(std::string const& call) {
    return eventually(5s, [&] { return !site.sim("/sim/calls/" + call).value("live", true); });
  }
  Browser far_away(std::string const& email) {
    auto browser = site.browser(email);
    EXPECT_TRUE(browser.sign_in());
    EXPECT_EQ(browser.post_location(47.4979, 19.0402, 20).status, 204);
    return browser;
  }
};

TEST_F(PostgresSite, blocks_calls_and_remembers_people_logins_and_fixes_over_a_kill) {
  auto const far_one = far_away("bela@acme.example");
  EXPECT_TRUE(released(call("bela@acme.example")));
  site.kill_daemon();
  start();
  EXPECT_TRUE(eventually(5s, [&] { return site.channels_up(); })) << site.daemon_log();
  EXPECT_TRUE(released(call("bela@acme.example"))) << "the fix must have survived";
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
}

TEST_F(PostgresSite, decides_on_while_its_server_is_away_and_goes_on_by_itself_when_it_is_back) {
  auto const far_one = far_away("bela@acme.example");
  Poster poster(site, "zoe.mueller@acme.example");
  poster.post();
  ASSERT_GT(poster.answered(), 0);
  auto& server = PostgresServer::shared();
  server.kill();
  EXPECT_TRUE(released(call("bela@acme.example"))) << "decisions go on from memory";
  poster.start();
  EXPECT_TRUE(eventually(20s, [&] {
    return site.control("/v1/health").dump().find("\"red\"") != std::string::npos;
  })) << site.control("/v1/health").dump();
  EXPECT_TRUE(released(call("bela@acme.example")));
  server.start();
  int const before = poster.posts();
  EXPECT_TRUE(eventually(30s, [&] { return poster.posts() > before + 5; })) << site.daemon_log();
  poster.stop();
  EXPECT_TRUE(poster.refused() == 0 || poster.last_refusal() == 503) << poster.last_refusal();
  poster.check(site);
  EXPECT_TRUE(eventually(20s, [&] {
    auto const signs = site.control("/v1/health")["signs"];
    for (auto const& sign : signs)
      if (sign.value("part", "") == "store") return sign.value("colour", "") == "green";
    return false;
  })) << site.control("/v1/health").dump();
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
}

TEST_F(PostgresSite, a_second_daemon_exits_75_and_a_newer_schema_78) {
  auto const second = daemon_ends(site);
  EXPECT_EQ(second.code, 75) << second.text;
  EXPECT_NE(second.text.find("another wardroomd"), std::string::npos) << second.text;
  ASSERT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  {
    store::StoreSession session({postgres.url(), {}}, store::StoreSession::Use::write);
    session.sql().run(
        "INSERT INTO schema_migrations (number, name, applied_ms) VALUES (9999, "
        "'of tomorrow', 1)");
  }
  auto const older = daemon_ends(site);
  EXPECT_EQ(older.code, 78) << older.text;
  EXPECT_NE(older.text.find("newer version"), std::string::npos) << older.text;
}

TEST(SqliteSite, a_second_daemon_exits_75_and_a_newer_schema_78) {
  Site site(one_fence);
  site.start_daemon();
  auto const second = daemon_ends(site);
  EXPECT_EQ(second.code, 75) << second.text;
  ASSERT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  {
    store::StoreSession session({"sqlite:" + site.folder() + "/state/wardroom.db", {}},
                                store::StoreSession::Use::write);
    session.sql().run(
        "INSERT INTO schema_migrations (number, name, applied_ms) VALUES (9999, "
        "'of tomorrow', 1)");
  }
  auto const older = daemon_ends(site);
  EXPECT_EQ(older.code, 78) << older.text;
}

/// Changes by the operators' tool: each is answered after its record stands in the audit.
class Operator {
 public:
  explicit Operator(Site const& site) : site_(site) {}
  void start() {
    thread_ = std::thread([this] {
      for (;;) {
        auto const answer = site_.control_post("/v1/log-level", {{"level", "debug"}});
        if (answer.status == 200)
          ++answered_;
        else if (answer.status == 0)
          return;
      }
    });
  }
  void join() { thread_.join(); }
  std::int64_t answered() const { return answered_; }

 private:
  Site const& site_;
  std::atomic<std::int64_t> answered_ = 0;
  std::thread thread_;
};

void kill_again_and_again(Site& site, std::string const& url, std::string const& engine) {
  auto const kills = random_count(6);
  auto const seed = random_seed();
  Dice dice{seed};
  site.set_store(url);
  site.write_config(one_fence);
  site.start_daemon(with_postgres(site));
  site.go_live();
  std::vector<std::unique_ptr<Poster>> posters;
  for (std::size_t i = 0; i < 6; ++i)
    posters.push_back(std::make_unique<Poster>(site, posting_people[i]));
  std::vector<std::unique_ptr<Operator>> operators;
  for (int i = 0; i < 2; ++i) operators.push_back(std::make_unique<Operator>(site));
  std::int64_t slowest = 0;
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    SCOPED_TRACE(fmt::format("{}: seed {}, kill {}", engine, seed, kill));
    for (auto const& poster : posters) poster->start();
    for (auto const& one : operators) one->start();
    std::this_thread::sleep_for(std::chrono::microseconds(dice.between(5'000, 200'000)));
    site.kill_daemon();
    for (auto const& poster : posters) poster->stop();
    for (auto const& one : operators) one->join();
    auto const begun = std::chrono::steady_clock::now();
    site.start_daemon(with_postgres(site));
    slowest = std::max<std::int64_t>(slowest, (std::chrono::steady_clock::now() - begun) / 1ms);
    for (auto const& poster : posters) poster->check(site);
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  std::int64_t posts = 0, changes = 0;
  for (auto const& poster : posters) posts += poster->posts();
  for (auto const& one : operators) changes += one->answered();
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  auto const recorded = number_in(url, "SELECT count(*) FROM audit WHERE action = 'log-level'");
  EXPECT_GE(recorded, changes);
  fmt::print(
      "{}: {} kills, 8 writers, {} posts and {} changes answered, 0 lost, slowest start to answer "
      "{} ms\n",
      engine, kills, posts, changes, slowest);
}

TEST(Kills, D1_no_answered_post_or_change_is_lost_on_sqlite) {
  Site site(one_fence);
  kill_again_and_again(site, "sqlite:" + site.folder() + "/state/wardroom.db", "SQLite");
}

TEST(Kills, D1_no_answered_post_or_change_is_lost_on_postgresql) {
  Site site(one_fence);
  PostgresPlace postgres;
  kill_again_and_again(site, postgres.url(), "PostgreSQL");
}

}  // namespace
}  // namespace wardroom::test
