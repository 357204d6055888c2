/// X2 through the whole feature on virtual time, both ways: people outside or blocked by an
/// operator place emergency and ordinary calls in every spelling and in every course a call may
/// take, while the store fails, directories do, the channel is gone and the rules are swapped.
#include "call_blocking_site.hpp"
#include "dial_strings.hpp"

#include <map>
#include <set>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::Dice;

enum class Kind : std::uint8_t { outside, blocked, grey, nobody };
struct Caller {
  std::string name;
  DialPlace place;
  Kind kind = Kind::outside;
  PersonNo no = 0;
  Uptime called_back_until{};
  int calls = 0;
};

class World {
 public:
  World(std::uint64_t salt, Mode mode) : dice_(salt), mode_(mode), site_(any_policy()) {
    for (int i = 0; i < 8; ++i) add_caller(i);
    site_.start();
  }

  void round() {
    trouble();
    for (auto& caller : callers_) move(caller);
    for (int i = 0; i < 4; ++i) {
      auto& caller = callers_[dice_.below(callers_.size())];
      auto const kind = dice_.below(10);
      if (kind < 5)
        emergency(caller);
      else if (kind < 8)
        ordinary(caller);
      else
        incoming(caller);
    }
    site_.clock.advance(seconds(2 + dice_.below(4)));
    check();
    end_all();
    site_.clock.advance(dice_.one_in(10) ? minutes(dice_.below(50)) : minutes(1));
  }
  std::size_t emergencies() const { return emergencies_; }
  std::size_t ordinaries() const { return ordinaries_; }
  std::size_t released() const { return released_; }

 private:
  struct Sent {
    Caller* who;
    std::string id, text;
    bool pass, end, incoming = false;
  };

  PolicySettings any_policy() {
    auto policy = plain_policy();
    policy.mode = mode_;
    policy.emergency_numbers = {"5555"};
    policy.end_running = EndRunning::always;
    auto& p = policy.fences[0].policies;
    for (auto* rule : {&p.no_fix, &p.stale, &p.uncertain, &p.degraded, &p.suspicious})
      *rule = *parse_policy(dice_.one_in(4) ? "open" : dice_.one_in(3) ? "grace(1m)" : "closed");
    seal(policy.fences[0]);
    return policy;
  }

  void add_caller(int i) {
    Caller c;
    c.name = "p" + std::to_string(i);
    c.kind = static_cast<Kind>(i % 4);
    c.place = {&dice_.pick(dial_countries()), true, {"0", "9"}, {"5555"}};
    if (c.kind == Kind::nobody || dice_.one_in(4)) c.place.known = false;
    if (c.kind != Kind::nobody)
      c.no = site_.person(c.name, c.place.known ? std::string(c.place.country->letters) : "");
    callers_.push_back(std::move(c));
    if (callers_.back().kind == Kind::blocked)
      EXPECT_TRUE(site_.ask("block", {{"person", callers_.back().name}, {"reason", "stolen"}}));
  }

  /// What goes wrong around the calls.
  void trouble() {
    if (dice_.one_in(3))
      site_.database.fail_next_commit({ErrorKind::unavailable, "disk I/O error"});
    site_.calling.fails.reset();
    site_.directory.fails.reset();
    if (dice_.one_in(4)) site_.calling.fails = Error{ErrorKind::unavailable, "answered 503"};
    if (dice_.one_in(4)) site_.directory.fails = Error{ErrorKind::unavailable, "answered 503"};
    if (dice_.one_in(5)) {
      auto swap = [](CallBlocking& feature, PolicySettings policy) -> Task<void> {
        co_await feature.set_policy(std::move(policy));
      };
      test::start_task(site_.io, swap(*site_.feature, any_policy()));
      site_.settle();
    }
    site_.feature->on_sight(!dice_.one_in(6), seconds(0), "a test says so");
  }

  void move(Caller& c) {
    if (c.kind == Kind::outside) site_.fix(c.no, kOutside);
    if (c.kind != Kind::grey && c.kind != Kind::blocked) return;
    static std::vector<GeoPoint> const places{kInside, {48.0001, 16.5}, {47.9999, 16.5}, kOutside};
    if (dice_.one_in(2)) site_.fix(c.no, dice_.pick(places), dice_.one_in(3) ? 5000 : 50);
  }

  std::string next_id(Caller& c) { return c.name + "-" + std::to_string(++c.calls); }

  void tell(Caller const& c, CallEventKind kind, CallLeg const& leg) {
    site_.calls.put(c.name + "@xsi", leg);
    if (dice_.one_in(5)) {  // lost; the platform's list tells instead
      site_.feature->on_resync_needed("gap");
      site_.clock.advance(milliseconds(300));
      return;
    }
    site_.tell(c.name, kind, std::string(name(kind)), leg);
    if (dice_.one_in(3)) site_.clock.advance(milliseconds(dice_.below(1500)));
  }

  void emergency(Caller& c) {
    auto const dialled = emergency_string(dice_, c.place);
    Sent call{&c, next_id(c), dialled.text, true, false};
    auto leg = site_.leg(call.id, dialled.text);
    leg.remote_country_code = dialled.country_code;
    leg.type = dice_.one_in(2) ? CallType::absent : CallType::network;
    if (dice_.one_in(4)) {  // the platform's word alone
      leg.type = CallType::emergency;
      leg.remote_address = dice_.one_in(2) ? "+14085550199" : "";
    }
    bool const clicked = dice_.one_in(5);
    if (clicked) leg.personality = Personality::click_to_dial;
    tell(c, clicked ? CallEventKind::originating : CallEventKind::originated, leg);
    calls_.push_back(call);
    ++emergencies_;
    if (clicked && dice_.one_in(2)) leg = renamed(c, leg);
    if (dice_.one_in(2)) go_on(c, leg);
  }

  /// The id of a call by click changes; the answering point's own number comes in.
  CallLeg renamed(Caller& c, CallLeg leg) {
    site_.calls.drop(c.name + "@xsi", leg.id);
    leg.id = CallId(next_id(c));
    leg.personality = Personality::originator;
    leg.type = CallType::network;
    leg.remote_address = "+14085550111";
    calls_.push_back({&c, leg.id.text(), "renamed", true, false});
    site_.tell(c.name, CallEventKind::originated, "CallOriginatedEvent", leg);
    return leg;
  }

  void go_on(Caller& c, CallLeg leg) {
    using K = CallEventKind;
    leg.state = CallState::active;
    leg.answered = site_.clock.now();
    c.called_back_until = site_.clock.uptime() + minutes(60);
    // One that came in just before, and whose event was lost, is first heard of within the hour.
    for (auto& other : calls_) other.end = other.end && !(other.who == &c && other.incoming);
    site_.calls.put(c.name + "@xsi", leg);
    site_.tell(c.name, K::answered, "CallAnsweredEvent", leg);
    if (dice_.one_in(2)) leg.remote_address = "+14085550122";  // the answering point's
    if (dice_.one_in(2)) leg.type = CallType::network;
    static std::vector<K> const turns{K::updated, K::held, K::retrieved, K::transferred};
    for (auto n = dice_.below(4); n > 0; --n) {
      if (dice_.one_in(3)) move(c);
      tell(c, dice_.pick(turns), leg);
    }
  }

  void ordinary(Caller& c) {
    auto dialled = ordinary_string(dice_, c.place);
    Sent call{&c, next_id(c), dialled.text, false, has_to_end(c)};
    auto leg = site_.leg(call.id, dialled.text);
    leg.remote_country_code = dialled.country_code;
    tell(c, CallEventKind::originated, leg);
    calls_.push_back(call);
    ++ordinaries_;
  }
  bool has_to_end(Caller const& c) const {
    return mode_ == Mode::enforce && (c.kind == Kind::outside || c.kind == Kind::blocked);
  }

  void incoming(Caller& c) {
    bool const back = site_.clock.uptime() < c.called_back_until;
    Sent call{&c,  next_id(c), back ? "called back" : "incoming", back, !back && has_to_end(c),
              true};
    // The hour begins when the daemon hears of the answer: around its end either is right.
    auto const left = c.called_back_until - site_.clock.uptime();
    if (left < minutes(1) && left > minutes(-1)) return;
    tell(c, CallEventKind::received, site_.leg(call.id, "+431333444", Personality::terminator));
    calls_.push_back(call);
  }

  void check() {
    for (auto const& call : calls_) {
      bool const gone = site_.released(call.who->name, call.id);
      released_ += gone;
      if (call.pass) {
        EXPECT_FALSE(gone) << "an emergency call was released: " << told(call);
      } else if (call.end) {
        EXPECT_TRUE(gone) << "an ordinary call goes on: " << told(call);
      }
    }
    if (mode_ != Mode::enforce) EXPECT_TRUE(site_.calls.releases.empty());
  }
  std::string told(Sent const& call) {
    return call.text + " of " + call.who->name + " in " +
           std::string(call.who->place.country->letters) +
           (call.who->place.known ? "" : ", not known") + ", kind " +
           std::to_string(static_cast<int>(call.who->kind)) + ": " +
           site_.why(call.id).value("sentence", "?");
  }
  void end_all() {
    for (auto const& call : calls_) site_.ends(call.who->name, call.id);
    calls_.clear();
    site_.calls.releases.clear();
  }

  Dice dice_;
  Mode mode_;
  Site site_;
  std::deque<Caller> callers_;
  std::vector<Sent> calls_;
  std::size_t emergencies_ = 0, ordinaries_ = 0, released_ = 0;
};

TEST(EmergencyService, X2_holds_both_ways_through_the_whole_feature_in_every_trouble) {
  auto const wanted = test::count(4'000);
  constexpr std::size_t rounds = 60;
  std::size_t emergencies = 0, ordinaries = 0, released = 0;
  for (std::uint64_t i = 0; emergencies + ordinaries < wanted; ++i) {
    World world(500 + i, i % 5 == 4 ? Mode::observe : Mode::enforce);
    for (std::size_t r = 0; r < rounds && !testing::Test::HasFailure(); ++r) world.round();
    emergencies += world.emergencies();
    ordinaries += world.ordinaries();
    released += world.released();
    if (testing::Test::HasFailure()) FAIL() << "in world " << i << " of seed " << test::seed();
  }
  std::cout << "[    X2    ] " << emergencies << " emergency calls, none released; " << ordinaries
            << " ordinary ones; " << released << " calls released\n";
  EXPECT_GT(released, ordinaries / 4);
}

}  // namespace
}  // namespace wardroom::call_blocking
