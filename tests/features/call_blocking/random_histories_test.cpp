/// X3 and the calls of X1: in random legal histories of several people and calls at once, with
/// events repeated, reordered and lost, with requests that fail and daemons that start anew.
#include "platform_model.hpp"

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> const kPeople{"ann", "ben", "cleo", "dora", "emil"};

/// A daemon and its platform; the daemon may be replaced by another on the same store.
struct World {
  test::Dice dice;
  PlatformModel platform;
  std::unique_ptr<Site> site;

  explicit World(std::uint64_t salt) : dice(salt), platform(dice, kPeople) { start(nullptr); }

  void start(test::FakeDisk disk, std::optional<Instant> now = {}) {
    bool const anew = disk == nullptr;
    site = std::make_unique<Site>(plain_policy(), std::move(disk));
    if (now)
      site->clock.jump_wall(std::chrono::duration_cast<Milliseconds>(*now - site->clock.now()));
    site->start();
    std::map<std::string, PersonNo> numbers;
    for (auto const& who : kPeople)
      numbers[who] =
          anew ? site->person(who) : site->roster.find(people::RosterKey::of_xsi(who + "@xsi"));
    platform.attach(*site, std::move(numbers));
  }
  void restart() {
    auto const disk = site->database.disk();
    auto const now = site->clock.now();
    site->stop();
    start(disk, now);
    site->clock.advance(milliseconds(10));
    site->feature->on_resync_needed("start");
  }

  void history(bool with_losses, bool with_restart) {
    platform.set_troubles({.lose = with_losses ? std::uint64_t{8} : 0});
    platform.tell_places();
    auto const steps = 6 + dice.below(18);
    auto const restart_at = with_restart ? dice.below(steps) : steps;
    for (std::uint64_t i = 0; i < steps; ++i) {
      if (i == restart_at) restart();
      platform.step();
      if (platform.lost_something() && dice.one_in(4)) gap();
    }
    platform.deliver_all();
    platform.set_troubles({0, 0, 0, 0});
    if (platform.lost_something()) gap();
    settle();
    check();
    platform.end_everything();
    site->clock.advance(milliseconds(500));
    EXPECT_EQ(site->feature->ledger().size(), 0u) << "ended calls live on";
  }
  /// What the session tells once it has missed a number for two seconds.
  void gap() {
    platform.forget_losses();
    site->clock.advance(seconds(2));
    platform.deliver();
    site->feature->on_resync_needed("gap");
  }
  bool anybody_to_end() const {
    for (auto const* call : platform.alive())
      if (!call->emergency && platform.outside(call->target.substr(0, call->target.find('@'))))
        return true;
    return false;
  }
  /// Requests that failed are tried again; devices go on telling where they are.
  void settle() {
    site->clock.advance(seconds(6));
    for (int i = 0; i < 15 && anybody_to_end(); ++i) {
      platform.tell_places();
      site->clock.advance(seconds(10));
    }
    site->clock.advance(seconds(4));
    // Calls whose end no event and no list told are looked after when they were quiet for long.
    for (int i = 0; i < 13 && thought_to_go_on() > platform.alive().size(); ++i) {
      platform.tell_places();
      site->clock.advance(seconds(60));
    }
  }
  std::size_t thought_to_go_on() const { return site->feature->ledger().size(); }
  /// What the daemon makes of a call.
  std::string known(PlatformModel::Call const& call) const {
    for (auto const& live : site->feature->ledger().calls_of(XsiUserId(call.target)))
      if (live->leg.id == call.leg.id)
        return "known, " + std::string(name(live->leg.state)) + ", enforcement " +
               std::to_string(static_cast<int>(live->enforcement)) + ", failures " +
               std::to_string(live->failures);
    return "not known";
  }
  void check() {
    EXPECT_EQ(platform.fault(), "");
    std::set<PlatformModel::Key> alive;
    for (auto const* call : platform.alive()) {
      auto const who = call->target.substr(0, call->target.find('@'));
      alive.insert({call->target, call->leg.id.text()});
      EXPECT_TRUE(call->emergency || !platform.outside(who))
          << "a call of somebody outside goes on: " << platform.told_of(call->leg.id)
          << known(*call);
    }
    for (auto const& target : site->feature->ledger().targets())
      for (auto const& call : site->feature->ledger().calls_of(target))
        EXPECT_TRUE(alive.contains({target.text(), call->leg.id.text()}))
            << "a call that ended is thought to go on: " << platform.told_of(call->leg.id)
            << name(call->leg.state);
  }
};

TEST(RandomHistories, X3_touch_only_calls_whose_verdict_says_so_and_leave_none_of_those) {
  auto const histories = test::count(300);
  std::size_t requests = 0, ended = 0, restarts = 0, losses = 0;
  // A new platform and store after so many, which bounds what one daemon remembers.
  constexpr std::size_t kOneWorld = 250;
  std::unique_ptr<World> world;
  for (std::size_t i = 0; i < histories; ++i) {
    if (i % kOneWorld == 0) {
      if (world) {
        requests += world->platform.requests();
        ended += world->platform.ended_by_us();
      }
      world = std::make_unique<World>(1000 + i);
    }
    bool const with_losses = world->dice.one_in(3), with_restart = world->dice.one_in(60);
    losses += with_losses;
    restarts += with_restart;
    world->history(with_losses, with_restart);
    if (testing::Test::HasFailure()) FAIL() << "in history " << i << " of seed " << test::seed();
  }
  requests += world->platform.requests();
  ended += world->platform.ended_by_us();
  std::cout << "[ HISTORIES] " << histories << ", " << losses << " with losses, " << restarts
            << " with a restart; " << requests << " requests, " << ended << " calls ended by us\n";
  EXPECT_GT(ended, histories / 10);
}

}  // namespace
}  // namespace wardroom::call_blocking
