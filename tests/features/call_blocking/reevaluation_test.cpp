/// Recorded verdicts worked out again: always the same, and never when an input was changed.
#include "features/call_blocking/reevaluation.hpp"

#include "features/call_blocking/call_reading.hpp"
#include "features/call_blocking/standings.hpp"
#include "features/call_blocking/why_json.hpp"
#include "support/fake_clock.hpp"
#include "support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr PersonNo kPeople = 60;
constexpr double kMetresADegree = 111'195;

/// People who post near the borders of random fences, judged by random rules: the real ones.
class RandomDecisions {
 public:
  explicit RandomDecisions(std::uint64_t salt) : dice_(salt) {
    roster_.grow_to(kPeople);
    change_policy();
  }

  /// What is stored of one more call.
  Json next() {
    for (int i = 0; i < 3; ++i) something_happens();
    CallRecord record;
    record.call = CallId("call");
    record.target = XsiUserId("somebody@xsi");
    record.person = 1 + static_cast<PersonNo>(dice_.below(kPeople + 1));  // one is unknown
    auto assessment = standings_.assess(record.person <= kPeople ? record.person : 0);
    add_call(assessment.facts);
    record.judgement = standings_.judge_now(assessment);
    record.judgement->event = "CallOriginatedEvent";
    record.decision = record.judgement->verdict.release ? Decision::rejected : Decision::passed;
    return Json::parse(text_of(record).document);
  }

 private:
  void something_happens() {
    auto const who = 1 + static_cast<PersonNo>(dice_.below(kPeople));
    switch (dice_.below(20)) {
      case 0:
        return standings_.set_override(who, static_cast<Override>(dice_.below(4)));
      case 1:
      case 8:
        return standings_.set_override(who, Override::none);
      case 2:
        return standings_.set_degraded(dice_.one_in(3));
      case 3:
        if (dice_.one_in(20)) change_policy();
        return;
      case 4:
      case 5:
      case 6:
        return clock_.advance(std::chrono::nanoseconds(dice_.below(40'000'000'000)));
      case 7:
        // Exactly at a limit, and a nanosecond beyond it.
        return clock_.advance(standings_.policy().timeout +
                              std::chrono::nanoseconds(dice_.below(2)));
      default:
        return post(who);
    }
  }

  /// Within some of the margins of a border, mostly.
  void post(PersonNo who) {
    auto const& fence = dice_.pick(standings_.policy().fences);
    auto const far = dice_.normal(3 * fence.margin.value) / kMetresADegree;
    GeoPoint where{48 + far, 16.5};
    if (auto const* circle = std::get_if<Circle>(&fence.shape))
      where = {circle->center.latitude + circle->radius.value / kMetresADegree + far,
               circle->center.longitude};
    double const accuracies[] = {0, 1, 20, dice_.between(0, 1'000), dice_.between(0, 9'000)};
    standings_.take(who, {where, {dice_.pick(accuracies)}, clock_.uptime(), clock_.now()});
  }

  void add_call(Facts& facts) {
    facts.incoming = dice_.one_in(2);
    facts.internal = dice_.one_in(5);
    facts.emergency = dice_.one_in(20);
    facts.emergency_callback = dice_.one_in(10);
    facts.callback_unknown = dice_.one_in(10);
    facts.running = dice_.one_in(3);
    if (!dice_.one_in(3)) return;
    facts.hints = static_cast<Hints>(dice_.below(16));
    facts.suspicious_for = std::chrono::nanoseconds(dice_.below(600'000'000'000));
  }

  void change_policy() {
    PolicySettings policy;
    policy.timeout = milliseconds(1 + dice_.below(600'000));
    policy.confirmations = 1 + static_cast<int>(dice_.below(4));
    policy.end_running = static_cast<EndRunning>(dice_.below(3));
    policy.internal_calls = static_cast<InternalCalls>(dice_.below(2));
    auto const fences = 1 + dice_.below(3);
    for (std::size_t i = 0; i < fences; ++i) policy.fences.push_back(some_fence(i));
    Standings::Named named;
    for (PersonNo no = 1; no <= kPeople; ++no)
      if (dice_.one_in(2)) named.by_mail[no].fences = dice_.below(std::uint64_t{1} << fences);
    standings_.set_policy(std::make_shared<PolicySettings const>(std::move(policy)),
                          std::move(named));
  }

  Fence some_fence(std::size_t number) {
    Fence fence;
    fence.name = "fence " + std::to_string(number);
    fence.deny = dice_.one_in(4);
    fence.margin = {dice_.between(0, 500)};
    fence.accuracy_limit = {dice_.between(100, 9'000)};
    fence.who.everybody = dice_.one_in(2);
    if (dice_.one_in(2))
      fence.shape = Box{48, 49, 16, 17, false};
    else
      fence.shape = Circle{{48.5, 16.5}, {dice_.between(500, 50'000)}};
    auto const policy = [&]() -> Policy {
      auto const kind = static_cast<Policy::Kind>(dice_.below(3));
      return {kind, milliseconds(kind == Policy::Kind::grace ? dice_.below(600'000) : 0)};
    };
    fence.policies = {policy(), policy(), policy(), policy(), policy()};
    seal(fence);
    return fence;
  }

  test::Dice dice_;
  boost::asio::io_context io_{1};
  test::FakeClock clock_{io_};
  people::Roster roster_;
  Standings standings_{roster_, clock_, std::make_shared<PolicySettings const>()};
};

TEST(Reevaluation, R121_gives_every_recorded_verdict_again) {
  RandomDecisions decisions(121);
  auto const all = test::count(20'000);
  std::map<std::string, std::size_t> reasons;
  std::size_t measured = 0;
  for (std::size_t i = 0; i < all; ++i) {
    auto const document = decisions.next();
    auto const& why = document["why"];
    auto const done = reevaluate(why);
    ASSERT_TRUE(done) << done.error().what << "\n" << why.dump(1);
    ASSERT_TRUE(done->same()) << reevaluated_json(done).dump(1) << "\n" << why.dump(1);
    measured += done->from_measured;
    ++reasons[why["reason"].get<std::string>() + "/" + why["policy"]["applied"].get<std::string>()];
  }
  EXPECT_GT(measured, all / 3) << "too few were worked out from a reading";
  for (auto const* word : {"emergency/none",
                           "emergency_callback/none",
                           "callback_unknown/none",
                           "exempt/none",
                           "allowed_by_override/none",
                           "blocked_by_override/none",
                           "no_fence/none",
                           "internal/none",
                           "inside/none",
                           "outside/none",
                           "outside/running",
                           "uncertain/open",
                           "uncertain/closed",
                           "uncertain/grace",
                           "uncertain/grace_over",
                           "stale/open",
                           "stale/closed",
                           "stale/grace",
                           "stale/grace_over",
                           "no_fix/closed",
                           "suspicious/closed",
                           "suspicious/grace"})
    if (all >= 5'000) EXPECT_GT(reasons[word], 0u) << word << " never came about";
}

/// One recorded input, and what it is changed to.
struct Change {
  char const* where;
  std::function<void(Json&)> make;
};

Change flip(char const* where) {
  return {where, [](Json& v) { v = !v.get<bool>(); }};
}
Change to(char const* where, Json value) {
  return {where, [value](Json& v) { v = value; }};
}

TEST(Reevaluation, notices_every_recorded_input_that_was_changed) {
  Change const changes[] = {
      flip("/measured/inside"),
      {"/measured/to_border_m", [](Json& v) { v = std::abs(v.get<double>()) < 10 ? 1e6 : 0.0; }},
      to("/measured/accuracy_m", 1e6),
      to("/measured/margin_m", 1e6),
      to("/measured/accuracy_limit_m", 0.0),
      to("/measured/border_error_m", 1e6),
      {"/measured/confirmations", [](Json& v) { v = v == 1 ? 4 : 1; }},
      flip("/measured/after_stale"),
      {"/measured/before/side", [](Json& v) { v = v == "outside" ? "inside" : "outside"; }},
      to("/measured/before/confirmations", 1),
      flip("/measured/held"),
      to("/measured/age_s", 1e6),
      to("/measured/timeout_s", 0.0),
      flip("/facts/incoming"),
      flip("/facts/internal"),
      flip("/facts/emergency"),
      flip("/facts/emergency_callback"),
      flip("/facts/callback_unknown"),
      {"/facts/override", [](Json& v) { v = v == "block" ? "none" : "block"; }},
      flip("/facts/fenced"),
      {"/facts/standing", [](Json& v) { v = v == "inside" ? "outside" : "inside"; }},
      to("/facts/unsure_for_s", 1e6),
      {"/facts/no_fix", [](Json& v) { v = v == "open" ? "closed" : "open"; }},
      {"/facts/stale", [](Json& v) { v = v == "open" ? "closed" : "open"; }},
      {"/facts/uncertain", [](Json& v) { v = v == "open" ? "closed" : "open"; }},
      {"/facts/degraded_policy", [](Json& v) { v = v == "open" ? "closed" : "open"; }},
      flip("/facts/degraded"),
      {"/facts/internal_calls", [](Json& v) { v = v == "allow" ? "judge" : "allow"; }},
      flip("/facts/running"),
      {"/facts/end_running", [](Json& v) { v = v == "never" ? "always" : "never"; }},
      {"/facts/suspicious", [](Json& v) { v = v == "closed" ? "open" : "closed"; }},
      {"/facts/hints", [](Json& v) { v = v == 0 ? 1 : 0; }},
      to("/facts/suspicious_for_s", 1e6),
      {"/verdict", [](Json& v) { v = v == "release" ? "let_through" : "release"; }},
      {"/reason", [](Json& v) { v = v == "stale" ? "outside" : "stale"; }},
      {"/policy/applied", [](Json& v) { v = v == "none" ? "closed" : "none"; }},
  };
  RandomDecisions decisions(1'210);
  std::map<std::string, std::size_t> noticed;
  for (int i = 0; i < 10'000 && noticed.size() < std::size(changes); ++i) {
    auto const why = decisions.next()["why"];
    for (auto const& change : changes) {
      Json::json_pointer const where(change.where);
      if (noticed.contains(change.where) || !why.contains(where)) continue;
      auto changed = why;
      change.make(changed[where]);
      auto const done = reevaluate(changed);
      ASSERT_TRUE(done) << change.where << ": " << changed.dump(1);
      if (!done->same()) ++noticed[change.where];
    }
  }
  for (auto const& change : changes)
    EXPECT_GT(noticed[change.where], 0u) << change.where << " may be changed unnoticed";
  // And nothing is recorded beside them that a verdict might hang on. Some facts only when so.
  std::set<std::string> recorded;
  for (int i = 0; i < 200; ++i)
    for (auto const& [fact, value] : decisions.next()["why"]["facts"].items())
      recorded.insert("/facts/" + fact);
  EXPECT_EQ(recorded.size(), 20u);
  for (auto const& fact : recorded)
    EXPECT_TRUE(noticed.contains(fact)) << fact << ": it belongs into the list above";
}

TEST(Reevaluation, keeps_times_and_distances_to_the_last_bit) {
  test::Dice dice(3);
  for (int i = 0; i < 500; ++i) {
    Measured m;
    m.reading.to_border = {dice.normal(1'000) / 3};
    m.reading.accuracy = {dice.between(0, 9'000) / 7};
    m.reading.margin = {dice.between(0, 500) / 11};
    m.reading.accuracy_limit = {std::nextafter(m.reading.accuracy.value, 0)};
    m.before = {static_cast<Side>(dice.below(4)), static_cast<std::uint8_t>(dice.below(256))};
    m.timeout = milliseconds(dice.below(100'000'000));
    m.age = m.timeout + std::chrono::nanoseconds(dice.below(2));
    auto const back = measured_from(Json::parse(measured_text(m)));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->reading.to_border, m.reading.to_border);
    EXPECT_EQ(back->reading.accuracy, m.reading.accuracy);
    EXPECT_EQ(back->reading.margin, m.reading.margin);
    EXPECT_EQ(back->reading.accuracy_limit, m.reading.accuracy_limit);
    EXPECT_EQ(back->before, m.before);
    EXPECT_EQ(back->age, m.age);
    EXPECT_EQ(back->timeout, m.timeout);
    Facts f;
    f.unsure_for = m.age;
    f.suspicious_for = m.age * 3;
    EXPECT_EQ(facts_from(Json::parse(facts_text(f))), f);
  }
}

/// As written before the reading of the fix was recorded.
Json older_why() {
  return Json::parse(R"json({"call":"c1","at":"2026-11-01T10:00:00.000Z","person_no":7,
    "direction":"outgoing","remote":"+14085550123","emergency":false,"event":"CallOriginatedEvent",
    "verdict":"release","reason":"stale","sentence":"As it was written then.",
    "judged_at":"2026-11-01T10:00:00.100Z","standing":"stale","fix":{"age_s":400.0,
    "accuracy_m":20.0,"received_at":"2026-11-01T09:53:20.000Z"},"fence":{"name":"vienna",
    "digest":"0123","data_version":"sphere-1"},"distance_m":-1112.1,"policy":{"digest":"4567",
    "applied":"closed","mode":"enforce"},"facts":{"incoming":false,"internal":false,
    "emergency":false,"emergency_callback":false,"override":"none","fenced":true,
    "standing":"stale","unsure_for_s":100.0,"no_fix":"closed","stale":"closed",
    "uncertain":"grace(5m)","degraded_policy":"open","degraded":false,"internal_calls":"judge"},
    "acknowledgement":{"sent":false}})json");
}

TEST(Reevaluation, takes_the_recorded_standing_of_older_records) {
  auto const answer = call_why_json({{"show", {{"call", "c1"}}}, {"why", older_why()}});
  EXPECT_EQ(answer["reevaluated"]["same"], true);
  EXPECT_EQ(answer["reevaluated"]["from"], "standing");
  EXPECT_EQ(answer["sentence"], "As it was written then.");
  EXPECT_EQ(answer["distance_m"], -1112.1);
}

TEST(Reevaluation, says_loudly_what_differs) {
  auto why = older_why();
  why["facts"]["stale"] = "open";
  auto const done = reevaluate(why);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->differences,
            (std::vector<Reevaluation::Difference>{{"verdict", "release", "let_through"},
                                                   {"applied", "closed", "open"}}));
  EXPECT_EQ(reevaluated_json(done)["same"], false);
  EXPECT_THAT(reevaluated_json(done)["sentence"].get<std::string>(),
              HasSubstr("NOT THE SAME: verdict is let_through instead of release"));
}

TEST(Reevaluation, says_so_when_a_record_cannot_be_read) {
  for (auto const* hole : {"facts", "policy", "reason"}) {
    auto why = older_why();
    why.erase(hole);
    auto const done = reevaluate(why);
    ASSERT_FALSE(done) << hole;
    EXPECT_EQ(done.error().kind, ErrorKind::malformed);
    auto const answer = call_why_json({{"show", {{"call", "c1"}}}, {"why", why}});
    EXPECT_FALSE(answer["reevaluated"].contains("same"));
    EXPECT_EQ(answer["reevaluated"]["error"], "malformed");
  }
  auto half = older_why();
  half["measured"] = {{"inside", true}};
  EXPECT_EQ(reevaluate(half).error().kind, ErrorKind::malformed);
  EXPECT_EQ(reevaluate(Json::object()).error().kind, ErrorKind::not_found);
  EXPECT_FALSE(
      call_why_json({{"show", {{"call", "c1"}}}, {"why", Json::object()}}).contains("reevaluated"));
}

}  // namespace
}  // namespace wardroom::call_blocking
