/// A busy hour on virtual time: whatever happens, each recorded verdict follows from its record.
#include "call_blocking_site.hpp"
#include "features/call_blocking/reevaluation.hpp"
#include "features/call_blocking/why_check.hpp"
#include "features/call_blocking/why_json.hpp"
#include "support/seed.hpp"

#include <gmock/gmock.h>

#include <set>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr int kPeople = 14;

/// Rules that make every policy count; `turn` = which of them.
PolicySettings busy_policy(test::Dice& dice, int turn) {
  auto policy = plain_policy();
  policy.timeout = seconds(90);
  policy.confirmations = 1 + turn % 3;
  policy.end_running = static_cast<EndRunning>(dice.below(3));
  policy.internal_calls = static_cast<InternalCalls>(dice.below(2));
  auto& fence = policy.fences[0];
  char const* const words[] = {"open", "closed", "grace(40s)", "grace(5m)"};
  auto const some = [&] { return *parse_policy(dice.pick(words)); };
  fence.policies = {some(), some(), some(), some(), some()};
  seal(fence);
  Fence few = fence;
  few.name = "few";
  few.deny = true;
  few.shape = Circle{{48.5, 16.5}, {5'000}};
  few.who.everybody = false;
  few.who.emails = {"p1@acme.example", "p2@acme.example"};
  seal(few);
  policy.fences.push_back(few);
  return policy;
}

/// People who move, post now and then, and call each other all the time.
class BusyHour {
 public:
  explicit BusyHour(test::Dice& dice) : dice_(dice) {}

  void run() {
    auto const end = std::chrono::minutes(60);
    for (BootClock::duration gone{}; gone < end;) {
      if (!site_) begin();
      for (int i = 0; i < 6; ++i) something_happens();
      auto const step = milliseconds(200 + dice_.below(9'000));
      site_->clock.advance(step);
      gone += step;
      if (dice_.one_in(150)) restart();
    }
    if (!site_) begin();
    site_->settle();
  }
  Site& site() { return *site_; }
  int restarts() const { return restarts_; }

 private:
  void begin() {
    site_ = std::make_unique<Site>(busy_policy(dice_, turn_++), disk_);
    disk_ = site_->database.disk();
    site_->start();
    for (int i = 0; i < kPeople; ++i) {
      auto const known = site_->roster.find(people::RosterKey::of_xsi(name(i) + "@xsi"));
      numbers_[i] = known != 0 ? known : site_->person(name(i));
      if (known != 0) site_->feature->person_changed(known, {name(i) + "@acme.example"});
    }
  }
  void restart() {
    site_.reset();
    ++restarts_;
  }
  static std::string name(int i) { return "p" + std::to_string(i); }

  void something_happens() {
    int const i = static_cast<int>(dice_.below(kPeople));
    auto& site = *site_;
    switch (dice_.below(12)) {
      case 0:
      case 1:
        live_.push_back({i, "c" + std::to_string(++calls_)});
        return dice_.one_in(10)  ? site.dials(name(i), live_.back().second, "112")
               : dice_.one_in(2) ? site.dials(name(i), live_.back().second, "+14085550123")
                                 : site.rings(name(i), live_.back().second, "+43131300");
      case 2:
      case 3:
        if (live_.empty()) return;
        return site.answers(name(live_.back().first), live_.back().second, "+14085550123");
      case 4:
        if (live_.size() < 4) return;
        site.ends(name(live_.front().first), live_.front().second);
        live_.erase(live_.begin());
        return;
      case 5:
        if (dice_.one_in(4))
          site.feature->standings().set_override(numbers_[i],
                                                 static_cast<Override>(dice_.below(4)));
        return;
      case 6:
        if (dice_.one_in(30))
          test::start_task(site.io, site.feature->set_policy(busy_policy(dice_, turn_++)));
        return;
      case 7:
        if (dice_.one_in(10)) site.feature->on_resync_needed("busy");
        return;
      default:
        return post(i);
    }
  }

  /// Some hardly ever post; the others walk about near the southern border.
  void post(int i) {
    if (i % 4 == 3 && !dice_.one_in(10)) return;
    double const accuracies[] = {0.4, 20, dice_.between(1, 600), 8'000};
    site_->fix(numbers_[i], {48 + dice_.normal(0.004), 16.5 + dice_.normal(0.01)},
               dice_.pick(accuracies));
    if (dice_.one_in(60)) site_->fix(numbers_[i], {10, 10}, 20);  // a fix out of the blue
  }

  test::Dice& dice_;
  test::FakeDisk disk_;
  std::unique_ptr<Site> site_;
  std::array<PersonNo, kPeople> numbers_{};
  std::vector<std::pair<int, std::string>> live_;
  int calls_ = 0, turn_ = 0, restarts_ = 0;
};

TEST(Why, R121_every_record_of_a_busy_hour_gives_its_verdict_again) {
  test::Dice dice(60);
  BusyHour hour(dice);
  hour.run();
  auto const documents =
      test::run_task(hour.site().io, hour.site().feature->store().latest(10'000));
  ASSERT_TRUE(documents);
  std::size_t judged = 0, measured = 0;
  std::set<std::string> reasons;
  for (auto const& document : *documents) {
    auto const& why = document.at("why");
    EXPECT_FALSE(document.dump().contains("latitude"));
    auto const done = reevaluate(why);
    if (!done && done.error().kind == ErrorKind::not_found) continue;
    ASSERT_TRUE(done) << document.dump(1);
    EXPECT_TRUE(done->same()) << reevaluated_json(done).dump(1) << "\n" << document.dump(1);
    ++judged;
    measured += done->from_measured;
    reasons.insert(why["reason"].get<std::string>());
  }
  std::cout << "[   HOUR   ] " << documents->size() << " calls, " << judged << " judged, "
            << measured << " by a reading, " << reasons.size() << " reasons, " << hour.restarts()
            << " restarts\n";
  EXPECT_GT(judged, 300u);
  EXPECT_GT(measured, judged / 3);
  for (auto const* reason : {"inside", "outside", "uncertain", "stale", "emergency"})
    EXPECT_TRUE(reasons.contains(reason)) << reason << " never came about";
}

TEST(Why, shows_what_a_verdict_of_before_a_restart_rested_on) {
  test::FakeDisk disk;
  {
    Site site;
    disk = site.database.disk();
    site.start();
    site.fix(site.person("ann"), kInside, 30);
    site.dials("ann", "long", "+14085550123");
    site.settle();
  }
  Site site(plain_policy(), disk);
  site.start();
  site.tell("ann", CallEventKind::released, "CallReleasedEvent",
            site.leg("long", "", Personality::unknown, CallState::released));
  site.settle();
  auto const why = site.why("long");
  EXPECT_EQ(why["reason"], "inside");
  EXPECT_EQ(why["person"], "ann");
  EXPECT_EQ(why["measured"]["accuracy_m"], 30.0);
  EXPECT_EQ(why["reevaluated"]["same"], true);
  EXPECT_EQ(why["reevaluated"]["from"], "measured");
  EXPECT_EQ((*site.ask("calls list"))["calls"][0]["reason"], "inside");
}

TEST(CallsList, takes_a_decision_a_person_and_a_moment) {
  Site site;
  site.start();
  site.fix(site.person("ann"), kInside);
  site.fix(site.person("ben"), kOutside);
  site.dials("ann", "a1", "+14085550123");
  site.dials("ben", "b1", "+14085550123");
  site.settle();
  site.clock.advance(std::chrono::minutes(2));
  site.dials("ann", "a2", "+14085550123");
  site.settle();
  auto const ids = [&](std::map<std::string, std::string> params) {
    auto const answer = site.ask("calls list", std::move(params));
    std::string out;
    for (auto const& call : answer.value()["calls"]) out += call["call"].get<std::string>() + " ";
    return out;
  };
  EXPECT_EQ(ids({{"decision", "rejected"}}), "b1 ");
  EXPECT_EQ(ids({{"since", "1m"}}), "a2 ");
  EXPECT_EQ(ids({{"person", "ann"}, {"decision", "passed"}, {"limit", "1"}}), "a2 ");
  EXPECT_EQ(ids({{"decision", "observed"}}), "");
  EXPECT_EQ(site.ask("calls list", {{"decision", "cut"}}).error().kind, ErrorKind::malformed);
  EXPECT_EQ(site.ask("calls list", {{"since", "lunch"}}).error().kind, ErrorKind::malformed);
}

TEST(Why, a_person_is_explained_by_the_whole_chain) {
  auto policy = plain_policy();
  policy.enforce_for.everybody = false;  // nobody yet
  policy.fences[0].policies.stale = *parse_policy("grace(10m)");
  seal(policy.fences[0]);
  Site site(policy);
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kInside, 25);
  site.clock.advance(std::chrono::minutes(8));
  auto const why = *site.ask("people why", {{"person", "ann@acme.example"}});
  EXPECT_EQ(why["standing"], "stale");
  EXPECT_EQ(why["allowed"], true);
  EXPECT_EQ(why["policy"]["key"], "stale");
  EXPECT_EQ(why["policy"]["says"], "grace(10m)");
  EXPECT_NEAR(why["policy"]["again_in_s"].get<double>(), 420, 1);
  EXPECT_EQ(why["policy"]["mode"], "observe");
  EXPECT_EQ(why["policy"]["configured_mode"], "enforce");
  EXPECT_THAT(why["sentence"].get<std::string>(),
              HasSubstr("lets calls through for another 7 minutes"));
  EXPECT_EQ(why["fences"][0]["name"], "vienna");
  EXPECT_EQ(why["fences"][0]["by"], "everybody");
  EXPECT_EQ(why["measured"]["before"]["side"], "none");
  EXPECT_EQ(why["facts"]["fenced"], true);
  EXPECT_EQ(why["reevaluated"]["same"], true);
  EXPECT_FALSE(why.dump().contains("48.5")) << "a position is not part of the explanation";
  site.clock.advance(std::chrono::minutes(8));
  EXPECT_THAT((*site.ask("people why", {{"person", "ann"}}))["sentence"].get<std::string>(),
              HasSubstr("enforce_for does not name this person"));
}

TEST(Why, names_how_each_fence_came_to_be_for_a_person) {
  PolicySettings policy;
  for (auto const* name : {"all", "mail", "group", "other"}) {
    Fence fence;
    fence.name = name;
    fence.who.everybody = policy.fences.empty();
    policy.fences.push_back(fence);
  }
  policy.fences[1].who.emails = {"ann@acme.example"};
  policy.fences[2].who.groups = {"Laboratory", "Field"};
  policy.fences[2].deny = true;
  auto const rows =
      binding_fences_json(policy, 0b0111, 0b1101, {{"ann@acme.example"}, {"Laboratory", "Sales"}});
  EXPECT_EQ(rows.dump(), R"([{"name":"all","rule":"allow","by":"everybody"},)"
                         R"({"name":"mail","rule":"allow","by":"address","outside_hours":""},)"
                         R"({"name":"group","rule":"deny","by":"group","groups":["Laboratory"]}])");
}

TEST(Why, the_doctor_turns_red_when_a_verdict_does_not_follow_from_its_record) {
  EXPECT_EQ(judge_why({}).front().result, CheckResult::skipped);
  EXPECT_EQ(judge_why({.same = 200}).front().result, CheckResult::ok);
  EXPECT_EQ(judge_why({.same = 3, .unreadable = 1}).size(), 2u);
  auto const red = judge_why({.same = 199, .other = 1, .first_other = "call c9: x"}).front();
  EXPECT_EQ(red.result, CheckResult::failed);
  EXPECT_THAT(red.sentence, HasSubstr("call c9"));
  EXPECT_THAT(red.remedy, HasSubstr("wardroomctl bugreport"));
}

}  // namespace
}  // namespace wardroom::call_blocking
