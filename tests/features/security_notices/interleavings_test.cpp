// Random people, bridges and faults: no moment below the truth once it was told, and equal to it
// when all has come to rest.
#include "notices_site.hpp"
#include "support/random_runs.hpp"

#include <algorithm>

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;
using wardroom::test::Dice;

struct Kind {
  char const *address, *type;
  SecurityLevel level;
};
constexpr Kind kinds[] = {{"ann@secure.example", "sip", SecurityLevel::secure},
                          {"bob@staff.example", "sip", SecurityLevel::internal},
                          {"mallory@evil.example", "sip", SecurityLevel::external},
                          {"ann@secure.example", "acano", SecurityLevel::external}};

class History {
 public:
  History(std::uint64_t seed, std::vector<std::string> names)
      : dice_(seed), site_(names, seed), told_(names.size(), true) {
    bool const clustered = names.size() > 1 && !dice_.one_in(4);
    for (auto const& world : site_.worlds) world->api.state.clustered = clustered;
    clustered_ = clustered;
    site_.start();
    if (dice_.one_in(2)) site_.wait(5s);
  }

  void play(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      step();
      look();
    }
    settle();
  }

 private:
  BridgeWorld& any(std::size_t& no) {
    no = dice_.below(site_.worlds.size());
    return site_.bridge(no);
  }
  std::string some_call(BridgeWorld& world) {
    if (world.api.running.empty()) return "";
    auto it = world.api.running.begin();
    std::advance(it, dice_.below(world.api.running.size()));
    return it->first.text();
  }
  std::string some_leg(BridgeWorld& world) {
    if (world.api.parties.empty()) return "";
    auto it = world.api.parties.begin();
    std::advance(it, dice_.below(world.api.parties.size()));
    return it->first.text();
  }
  std::string fresh(char const* what) { return what + std::to_string(++last_); }

  void step() {
    std::size_t no = 0;
    auto& world = any(no);
    happen(world, no);
    count_instances();
    if (dice_.one_in(2)) site_.wait(Milliseconds(dice_.below(4'000)));
    if (!dice_.one_in(3)) post(no);
  }

  void happen(BridgeWorld& world, std::size_t no) {
    switch (dice_.below(16)) {
      case 0:
        return begin_call(world, no);
      case 1:
      case 2:
      case 3:
      case 4: {
        auto const call = some_call(world);
        auto const& kind = kinds[dice_.below(std::size(kinds))];
        if (call.empty()) return begin_call(world, no);
        auto const leg = fresh("leg-");
        world.join(call, leg, kind.address, kind.type);
        levels_[leg] = kind.level;
        break;
      }
      case 5:
      case 6:
        if (auto const leg = some_leg(world); !leg.empty()) world.leave(leg);
        break;
      case 7: {
        auto const leg = some_leg(world), call = some_call(world);
        if (!leg.empty()) world.move(leg, call);
        break;
      }
      case 8:
        if (auto const call = some_call(world); !call.empty() && dice_.one_in(2))
          world.end_call(call);
        break;
      case 9:
        if (!dice_.one_in(3)) break;
        if (auto const lost = dice_.below(4); lost > 0 && world.writer.waiting() >= lost) {
          world.writer.lose(lost, dice_.one_in(2));
          told_[no] = false;
        }
        break;
      case 10:
        if (dice_.one_in(6)) {
          world.restart();
          told_[no] = false;
        }
        break;
      case 11:
        world.api.down = dice_.one_in(2)
                             ? std::optional(Error{ErrorKind::unavailable, "connection refused"})
                             : std::nullopt;
        break;
      case 12:
        world.api.delay = Milliseconds(dice_.below(3) * 400);
        break;
      case 13:
        if (dice_.one_in(8)) site_.start_again();
        break;
      case 14:
        if (!old_posts_.empty()) {  // a late copy, also of a session that is over
          auto const& [to, body] = old_posts_[dice_.below(old_posts_.size())];
          EXPECT_EQ(site_.post_body(body, to).status, 200);
        }
        break;
      default:
        break;
    }
  }

  void begin_call(BridgeWorld& world, std::size_t no) {
    auto const correlator = clustered_ ? "conf-" + std::to_string(dice_.below(3))
                                       : "conf-" + std::to_string(no) + std::to_string(last_);
    for (auto const& [id, call] : world.api.running)
      if (call.facts.correlator == Correlator(correlator)) return;
    world.start_call(fresh("call-"), correlator, "space-" + correlator);
  }
  void count_instances() {
    std::map<std::string, std::uint64_t> all;
    each_call([&](auto& call) { ++all[call.facts.correlator->text()]; });
    each_call([&](auto& call) { call.other_bridges = all[call.facts.correlator->text()] - 1; });
  }
  template <class Do>
  void each_call(Do what) {
    for (auto const& world : site_.worlds)
      for (auto& [id, call] : world->api.running) what(call);
  }

  void post(std::size_t no) {
    auto& world = site_.bridge(no);
    bool const any = world.writer.waiting() > 0;
    auto const body = world.writer.post();
    if (dice_.one_in(10)) {
      site_.daemon->database.fail_commits(Error{ErrorKind::unavailable, "disk full"});
      if (any) EXPECT_EQ(site_.post(no).status, 503);
      site_.daemon->database.fail_commits({});
      if (dice_.one_in(2)) return;  // the bridge comes again later
    }
    EXPECT_EQ(site_.post(no).status, 200);
    old_posts_.emplace_back(no, body);
    if (any) told_[no] = true;
  }

  std::map<std::string, SecurityLevel> truth() {
    std::map<std::string, SecurityLevel> out;
    for (auto const& world : site_.worlds) {
      for (auto const& [id, call] : world->api.running)
        out.try_emplace(call.facts.correlator->text(), SecurityLevel::none);
      for (auto const& [id, leg] : world->api.parties) {
        auto& level = out[world->api.running.at(*leg.call).facts.correlator->text()];
        level = least_trusted(level, levels_.at(id.text()));
      }
    }
    return out;
  }

  /// Only when everything was told: what a bridge keeps to itself nobody can know.
  void look() {
    for (std::size_t no = 0; no < site_.worlds.size(); ++no)
      if (!told_[no] || site_.bridge(no).writer.waiting() > 0) return;
    // After a start nobody knows of a conference until its bridge was read or tells of it.
    bool const read =
        std::ranges::all_of(site_.feature().bridges(), &std::string::empty, &BridgeView::doubt);
    for (auto const& [conference, level] : truth())
      if (read || site_.feature().ledger().knows(ConferenceId(conference)))
        EXPECT_GE(number(site_.wanted(conference)), number(level))
            << conference
            << (site_.feature().ledger().knows(ConferenceId(conference)) ? ", which is known"
                                                                         : ", which is not known");
  }

  void settle() {
    for (std::size_t no = 0; no < site_.worlds.size(); ++no) {
      site_.bridge(no).api.down.reset();
      site_.bridge(no).api.delay = {};
      post(no);
    }
    site_.wait(3min);
    for (auto const& [conference, level] : truth()) {
      EXPECT_EQ(site_.wanted(conference), level)
          << conference << ": "
          << site_.feature().ledger().evidence(ConferenceId(conference)).doubt;
      auto const text = site_.settings.policy.texts.message(level).text;
      for (std::size_t no = 0; no < site_.worlds.size(); ++no)
        for (auto const& [id, call] : site_.bridge(no).api.running)
          if (call.facts.correlator == Correlator(conference))
            EXPECT_EQ(site_.shown(id.text(), no), text) << id.text();
    }
    EXPECT_EQ(site_.feature().ledger().size(), truth().size());
    auto const open =
        std::ranges::count_if(site_.report().stays, [](StayRow const& row) { return !row.ended; });
    std::size_t legs = 0;
    for (auto const& world : site_.worlds) legs += world->api.parties.size();
    EXPECT_EQ(std::size_t(open), legs) << "who is in it now has a stay without an end";
  }

  Dice dice_;
  Site site_;
  std::vector<bool> told_;  ///< nothing was lost since its last post
  std::map<std::string, SecurityLevel> levels_;
  std::vector<std::pair<std::size_t, std::string>> old_posts_;
  bool clustered_ = false;
  int last_ = 0;
};

TEST(Interleavings, B1_no_moment_below_the_truth_and_all_right_at_rest) {
  auto const seed = wardroom::test::random_seed();
  auto const count = wardroom::test::random_count(80);
  for (std::uint64_t run = 0; run < count && !HasFailure(); ++run) {
    SCOPED_TRACE("WARDROOM_SEED=" + std::to_string(seed + run) + " WARDROOM_COUNT=1");
    std::vector<std::string> names;
    for (std::uint64_t i = 0; i <= (seed + run) % 3; ++i)
      names.push_back("cms" + std::to_string(i + 1));
    History(seed + run, names).play(60);
  }
}

}  // namespace
}  // namespace wardroom::security_notices::test
