// Many people and many calls. Source: xsi.md 12, "Load and time".
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct LoadTest : Neighbour {
  static LoadWish wish(double calls_per_s, double for_s, double share) {
    LoadWish out;
    out.calls_per_s = calls_per_s;
    out.for_s = for_s;
    out.share_blocked = share;
    out.blocked = {"zoe.mueller@acme.example", "bela@acme.example"};
    return out;
  }
  void run(int s) {
    for (int i = 0; i < s * 50; ++i) clock.advance(milliseconds(20));
  }
};

TEST_F(LoadTest, the_rate_and_the_share_are_kept) {
  ASSERT_TRUE(sim.load.start(wish(20, 10, 0.25)));
  run(20);
  auto const done = sim.load.state();
  EXPECT_FALSE(done["running"].get<bool>());
  EXPECT_EQ(done["placed"], 200);
  EXPECT_EQ(done["blocked"]["placed"], 50);
  EXPECT_EQ(done["blocked"]["missed"], 50) << "nobody released any";
  EXPECT_EQ(done["open"], 0);
}

TEST_F(LoadTest, releases_are_timed_and_wrong_ones_counted) {
  ASSERT_TRUE(sim.load.start(wish(10, 2, 0.5)));
  for (int i = 0; i < 100; ++i) {
    clock.advance(milliseconds(100));
    for (auto const* email : {"zoe.mueller@acme.example", "bela@acme.example"}) {
      auto const& who = *sim.org.by_email(email);
      for (auto const& half : sim.calls.halves_of(who)) sim.calls.release(who, half.leg->id, false);
    }
    if (i != 15) continue;
    auto const& ada = sim.org.people().front();
    for (auto const& half : sim.calls.halves_of(ada)) sim.calls.release(ada, half.leg->id, false);
  }
  auto const done = sim.load.state();
  EXPECT_EQ(done["blocked"]["released"], done["blocked"]["placed"]);
  EXPECT_EQ(done["blocked"]["missed"], 0);
  EXPECT_GT(done["blocked"]["p99_ms"].get<double>(), 0);
  EXPECT_LE(done["blocked"]["max_ms"].get<double>(), 200);
  EXPECT_LE(done["allowed"]["released"].get<int>(), 2);
}

TEST_F(LoadTest, impossible_loads_are_refused) {
  EXPECT_FALSE(sim.load.start(wish(0, 1, 0)));
  EXPECT_FALSE(sim.load.start(wish(1, 1, 2)));
  auto nobody = wish(1, 1, 0.5);
  nobody.blocked = {"nobody@acme.example"};
  EXPECT_FALSE(sim.load.start(nobody));
  nobody.blocked.clear();
  EXPECT_FALSE(sim.load.start(nobody));
}

TEST(BigOrganisationTest, ten_thousand_people_have_numbers_and_pages_of_their_own) {
  boost::asio::io_context io{1};
  wardroom::test::FakeClock clock{io};
  SeededRandom dice{7};
  auto const sim = std::make_unique<Platform>(clock, dice, 1, 10000);
  EXPECT_EQ(sim->org.people().size(), 10000u);
  std::set<std::string> numbers, users;
  for (auto const& p : sim->org.people()) {
    numbers.insert(p.e164());
    users.insert(p.xsi_user);
    EXPECT_EQ(sim->org.by_dialled(p.e164()), &p);
  }
  EXPECT_EQ(numbers.size(), 10000u);
  EXPECT_EQ(users.size(), 10000u);
  auto const small = std::make_unique<Platform>(clock, dice, 1, 13);
  EXPECT_EQ(small->org.people().back().xsi_user, sim->org.people()[12].xsi_user)
      << "whatever the number of people";
}

}  // namespace
}  // namespace wardroom::sim::test
