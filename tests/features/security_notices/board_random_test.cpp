/// The board over random histories: bridges that fail, are slow, lose records or are overwritten.
#include "board_site.hpp"
#include "support/random_runs.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace wardroom;
using namespace wardroom::security_notices;
using security_notices::test::BoardSite;
using security_notices::test::plain_rules;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Dice = wardroom::test::Dice;

constexpr std::array<char const*, 3> kCorrelators{"x", "y", "z"};
constexpr std::array<char const*, 3> kAddresses{"s@secure.example", "a@acme.example",
                                                "m@partner.example"};

constexpr BridgeNo kSound = 2;

/// Random doings on three bridges, and what must be true meanwhile.
class History {
 public:
  explicit History(Dice& dice) : dice_(dice) {}

  void step() {
    switch (dice_.below(14)) {
      case 0:
      case 1:
        return start_or_end();
      case 2:
      case 3:
      case 4:
      case 5:
        return join();
      case 6:
      case 7:
      case 8:
        return leave();
      case 9:
        return break_bridge();
      case 10:
        return mend_bridge();
      case 11:
        return overwrite();
      case 12:
        return doubt();
      default:
        site.clock.advance(milliseconds(dice_.below(12'000)));
    }
  }

  /// By who is on the bridges now, whatever anybody was told.
  SecurityLevel truth(std::string const& correlator) const {
    auto level = SecurityLevel::none;
    for (auto const& bridge : site.bridges)
      for (auto const& [id, call] : bridge->running)
        if (call.facts.correlator->text() == correlator)
          for (auto const& leg : call.legs) level = std::max(level, level_of(*bridge, leg));
    return level;
  }
  /// Wanted is never below the truth, for all records are delivered at once here.
  void check_wanted() const {
    for (auto const* correlator : kCorrelators)
      ASSERT_GE(site.level(correlator), truth(correlator)) << correlator;
  }
  /// The bridge that never fails shows what is wanted before any time passes.
  void check_sound_bridge() {
    site.clock.drain();
    for (auto const& [id, call] : bridge(kSound).running) {
      auto const level = truth(call.facts.correlator->text());
      if (level != SecurityLevel::none)
        ASSERT_GE(call.message.text, "Level " + std::to_string(number(level)));
    }
  }
  /// Once nothing fails any more, all is shown that is true and nothing else.
  void settle() {
    for (auto& bridge : site.bridges) mend(*bridge);
    for (int round = 0; round < 4; ++round) {
      for (BridgeNo no = 0; no < site.bridges.size(); ++no) {
        site.resync(no);
        site.board->retry(no);
        look_at_messages(no);
      }
      site.clock.advance(seconds(40));
    }
  }
  void check_shown() const {
    for (auto const& bridge : site.bridges)
      for (auto const& [id, call] : bridge->running) {
        auto const level = truth(call.facts.correlator->text());
        auto const text = call.message.shown() ? call.message.text : "";
        if (level == SecurityLevel::none)
          ASSERT_TRUE(text.empty() || text == "Foreign") << text;
        else
          ASSERT_EQ(text, "Level " + std::to_string(number(level)));
      }
    ASSERT_EQ(site.board->behind(seconds(0)), 0u);
    ASSERT_EQ(site.tasks.running(), 0u);
    ASSERT_EQ(site.clock.pending(), 0u);
    // Those of conferences that go on in which nobody ever was have nothing to tell.
    ASSERT_EQ(site.shown.size(), site.wanted.size());
    std::set<std::uint64_t> told;
    for (auto const& [no, trouble] : site.shown) ASSERT_TRUE(told.insert(no).second) << "twice";
  }

  BoardSite site{3};

 private:
  using Bridge = wardroom::test::FakeConferences;

  static SecurityLevel level_of(Bridge const& bridge, conference::LegId const& leg) {
    auto const address = bridge.parties.at(leg).remote_party.value_or("");
    if (address == kAddresses[0]) return SecurityLevel::secure;
    return address == kAddresses[1] ? SecurityLevel::internal : SecurityLevel::external;
  }
  Bridge& bridge(BridgeNo no) { return *site.bridges[no]; }
  BridgeNo some_bridge() { return static_cast<BridgeNo>(dice_.below(site.bridges.size())); }

  template <class Map>
  auto pick(Map const& map) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(dice_.below(map.size())));
  }
  void start_or_end() {
    auto const no = some_bridge();
    std::string const correlator = kCorrelators[dice_.below(kCorrelators.size())];
    auto const call = "c" + std::to_string(no) + correlator;
    if (!bridge(no).running.contains(conference::CallId(call_of_[call])))
      site.start(no, call_of_[call] = call + "-" + std::to_string(++serial_), correlator);
    else if (dice_.one_in(4))
      site.end(no, call_of_[call]);
  }
  void join() {
    auto const no = some_bridge();
    if (bridge(no).running.empty()) return;
    auto const call = pick(bridge(no).running)->first.text();
    site.join(no, call, "l" + std::to_string(++serial_),
              kAddresses[dice_.below(kAddresses.size())]);
    check_wanted();
  }
  void leave() {
    auto const no = some_bridge();
    if (bridge(no).parties.empty()) return;
    site.leave(no, pick(bridge(no).parties)->first.text());
  }
  void break_bridge() {
    auto& it = bridge(static_cast<BridgeNo>(dice_.below(kSound)));
    switch (dice_.below(4)) {
      case 0:
        it.down = Error{ErrorKind::unavailable, "down"};
        return;
      case 1:
        it.hangs = true;
        return;
      case 2:
        it.delay = milliseconds(dice_.below(3'000));
        return;
      default:
        it.faults[dice_.one_in(2) ? "show" : "legs"].push_back({ErrorKind::timed_out, "late"});
    }
  }
  void mend_bridge() {
    auto const no = some_bridge();
    mend(bridge(no));
    site.board->retry(no);
  }
  static void mend(Bridge& it) {
    it.down.reset();
    it.hangs = false;
    it.delay = {};
    it.faults.clear();
  }
  void overwrite() {
    auto const no = some_bridge();
    if (bridge(no).running.empty()) return;
    auto& message = bridge(no).running.at(pick(bridge(no).running)->first).message;
    message = dice_.one_in(2) ? conference::Message{"Foreign", "top", "permanent"}
                              : conference::Message{"", "middle", "0"};
    if (no == kSound || dice_.one_in(2)) look_at_messages(no);
  }
  void look_at_messages(BridgeNo no) {
    auto const begun = site.ledger->tick();
    for (auto const& [id, call] : bridge(no).running)
      site.board->found({no, id}, begun, call.message);
    site.clock.drain();
  }
  void doubt() {
    auto const no = some_bridge();
    site.hear(site.ledger->doubt(no, "a gap"));
    if (dice_.one_in(2)) site.resync(no);
  }

  Dice& dice_;
  int serial_ = 0;
  std::map<std::string, std::string> call_of_;
};

}  // namespace

TEST(BoardHistories, B1_never_want_less_than_the_truth_and_end_in_showing_it) {
  Dice dice(wardroom::test::random_seed());
  auto const runs = wardroom::test::random_count(60);
  std::uint64_t lowered = 0, failed = 0, reasserted = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    History history(dice);
    for (int i = 0; i < 120 && !testing::Test::HasFatalFailure(); ++i) {
      history.step();
      history.check_wanted();
      history.check_sound_bridge();
    }
    history.settle();
    history.check_wanted();
    history.check_shown();
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "run " << run;
    auto const& counters = history.site.board->counters();
    lowered += counters.lowered;
    failed += counters.put_failed + counters.readings_failed;
    reasserted += counters.reasserted;
  }
  EXPECT_GT(lowered, runs);
  EXPECT_GT(failed, runs / 4);
  EXPECT_GT(reasserted, runs);
}
