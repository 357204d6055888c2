// Whatever the signs do and whenever the daemon dies: told once, cleared once, nothing lost.
#include "alerts/alert_book.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <set>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;

/// rapidcheck takes its seed and count from the variables that all tests here listen to.
bool const params_set = [] {
  auto const params =
      "seed=" + std::to_string(test::seed()) + " max_success=" + std::to_string(test::count(40));
  return ::setenv("RC_PARAMS", params.c_str(), 0) == 0;
}();

constexpr std::array<char const*, 3> parts{"store", "login.admin", "call_blocking.channels"};
constexpr std::array<int, 8> lengths{1, 2, 3, 7, 13, 30, 400, 800};  // ticks of 5 s

enum class Death { none, after_commit, before_commit };

struct Step {
  std::size_t part;
  int colour, key, length;
  Death death;
};
void showValue(Step const& s, std::ostream& out) {
  out << parts[s.part] << " colour " << s.colour << " key " << s.key << " for " << s.length * 5
      << " s, death " << int(s.death);
}

rc::Gen<Step> any_step() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::part, rc::gen::inRange<std::size_t>(0, parts.size())),
      rc::gen::set(&Step::colour, rc::gen::inRange(0, 3)),
      rc::gen::set(&Step::key, rc::gen::inRange(0, 2)),
      rc::gen::set(&Step::length, rc::gen::elementOf(lengths)),
      rc::gen::set(&Step::death,
                   rc::gen::weightedElement<Death>(
                       {{8, Death::none}, {1, Death::after_commit}, {1, Death::before_commit}})));
}

/// The world around the book: signs, the store, the clock; and what ought to be true of it.
class World {
 public:
  explicit World(bool deaths) : deaths_(deaths) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      signs_.push_back({parts[i], HealthColour::green, "fine", "", ""});
      fact_since_[parts[i]] = bad_or_good_since_[parts[i]] = up_;
    }
    start();
  }

  void play(Step const& step) {
    auto& sign = signs_[step.part];
    auto const colour = static_cast<HealthColour>(step.colour);
    auto const key = colour == HealthColour::green ? "" : std::to_string(step.key);
    if (sign.colour != colour || sign.key != key) fact_since_[sign.part] = up_;
    if ((sign.colour == HealthColour::green) != (colour == HealthColour::green))
      bad_or_good_since_[sign.part] = up_;
    sign.colour = colour;
    sign.key = key;
    for (int i = 0; i < step.length; ++i) {
      bool const last = i + 1 == step.length && deaths_;
      tick(last && step.death == Death::before_commit);
      if (last && step.death != Death::none) start();
    }
  }

 private:
  void start() {
    std::vector<OpenFact> open;
    for (auto const& [part, fact] : store_) open.push_back(fact);
    book_.emplace(rules_, open, wall_, up_);
    started_ = up_;
  }

  void tick(bool dies_before_commit) {
    auto const events = book_->fold(signs_, wall_, up_);
    std::set<std::string> told_now;
    for (auto const& event : events) {
      RC_ASSERT(told_now.insert(event.sign.part).second);
      if (!dies_before_commit) commit(event);
    }
    if (!dies_before_commit) check_nothing_is_missing();
    wall_ += 5s;
    up_ += 5s;
  }

  HealthSign const& sign_of(std::string const& part) const {
    for (auto const& sign : signs_)
      if (sign.part == part) return sign;
    RC_FAIL("an event of a part that does not exist");
  }

  void commit(AlertEvent const& event) {
    auto const& part = event.sign.part;
    auto const found = store_.find(part);
    auto const& sign = sign_of(part);
    auto const stays = up_ - bad_or_good_since_[part];
    switch (event.notice) {
      case Notice::raised:
        RC_ASSERT(found == store_.end());
        RC_ASSERT(event.flapping || stays >= rules_.urgent_hold);
        count_raise(part);
        break;
      case Notice::escalated:
        RC_ASSERT(found != store_.end() && event.sign.colour > found->second.colour);
        break;
      case Notice::eased:
        RC_ASSERT(found != store_.end() && event.sign.colour < found->second.colour);
        break;
      case Notice::changed:
        RC_ASSERT(found != store_.end() && event.sign.colour == found->second.colour);
        RC_ASSERT(event.sign.key != found->second.key);
        break;
      case Notice::still_flapping:
        RC_ASSERT(found != store_.end() && event.flapping);
        RC_ASSERT(wall_ - found->second.told_at >= rules_.still_flapping_every);
        break;
      case Notice::reminder:
        RC_ASSERT(found != store_.end() && sign.colour == HealthColour::red);
        RC_ASSERT(wall_ - found->second.told_at >= rules_.remind_every);
        break;
      case Notice::cleared:
        RC_ASSERT(found != store_.end());
        RC_ASSERT(sign.colour == HealthColour::green && stays >= rules_.hold);
        store_.erase(found);
        return;
    }
    store_[part] = {.part = part,
                    .colour = event.sign.colour,
                    .key = event.sign.key,
                    .sentence = event.sign.sentence,
                    .since = event.since,
                    .told_at = wall_,
                    .flapping = event.flapping};
  }

  /// With its memory intact the book tells no more than three beginnings of a part in an hour.
  void count_raise(std::string const& part) {
    auto& all = raises_[part];
    all.push_back(up_);
    if (deaths_ || all.size() < 4) return;
    RC_ASSERT(up_ - all[all.size() - 4] >= 1h);
  }

  void check_nothing_is_missing() {
    for (auto const& sign : signs_) {
      auto const found = store_.find(sign.part);
      auto const stays = up_ - std::max(bad_or_good_since_[sign.part], started_);
      auto const same = up_ - std::max(fact_since_[sign.part], started_);
      bool const bad = sign.colour != HealthColour::green;
      if (bad && stays >= rules_.hold) RC_ASSERT(found != store_.end());
      if (bad && same >= rules_.hold) RC_ASSERT(found->second.colour >= sign.colour);
      if (bad && same > rules_.flap_calm) {
        RC_ASSERT(found->second.colour == sign.colour);
        RC_ASSERT(found->second.key == sign.key);
      }
      if (!bad && stays > rules_.flap_calm) RC_ASSERT(found == store_.end());
    }
  }

  bool deaths_;
  AlertRules rules_;
  std::vector<HealthSign> signs_;
  std::map<std::string, Uptime> fact_since_, bad_or_good_since_;
  std::map<std::string, OpenFact> store_;
  std::map<std::string, std::vector<Uptime>> raises_;
  std::optional<AlertBook> book_;
  Instant wall_ = from_unix_ms(1'795'320'000'000);
  Uptime up_{1h};
  Uptime started_{};
};

void plays(bool deaths) {
  ASSERT_TRUE(params_set);
  bool const held = rc::check([deaths] {
    World world(deaths);
    for (auto const& step : *rc::gen::container<std::vector<Step>>(any_step())) world.play(step);
  });
  EXPECT_TRUE(held);
}

TEST(AlertBookProperties, every_alert_is_told_once_and_its_end_once) { plays(false); }
TEST(AlertBookProperties, nothing_is_lost_or_repeated_when_the_daemon_dies_at_any_point) {
  plays(true);
}

}  // namespace
}  // namespace wardroom::alerts
