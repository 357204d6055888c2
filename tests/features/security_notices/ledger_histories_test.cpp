// Random histories: the level is that of the least trusted whatever the order, duplicates change
// nothing, bridges may be interleaved in any way, and memory stays flat.
#include "features/security_notices/ended_ones.hpp"
#include "features/security_notices/ledger_site.hpp"
#include "support/seed.hpp"

#include <map>

namespace wardroom::security_notices::test {
namespace {

using wardroom::test::Dice;

std::string const addresses[] = {"x@acme.example", "x@staff.example", "x@evil.org", ""};
int level_of(std::string const& address) {
  for (int i = 0; i < 3; ++i)
    if (address == addresses[i]) return i + 1;
  return 3;
}

/// What is true of one bridge, and the records it makes of that, in their order.
class Story {
 public:
  explicit Story(Dice& dice) : dice_(dice) {}

  struct Party {
    std::string call, address;
    std::string first_address{};
    bool operator==(Party const&) const = default;
  };
  struct Step {
    CallRecord record;
    std::map<std::string, Party> parties;  ///< what is true after it
    std::vector<std::string> calls;
  };
  std::vector<Step> make(std::size_t steps) {
    while (story_.size() < steps) step();
    return std::move(story_);
  }
  static std::string correlator(std::string const& call) { return "conf" + call.substr(0, 1); }

 private:
  void add(CallRecord record) {
    record.index = index_++;
    story_.push_back({std::move(record), parties_, calls_});
  }
  void step() {
    auto const what = dice_.below(10);
    if (calls_.empty() || (what == 0 && calls_.size() < 3)) return start_call();
    if (what <= 4) return join();
    if (parties_.empty()) return;
    auto const at = std::next(parties_.begin(), static_cast<long>(dice_.below(parties_.size())));
    if (what <= 6) {
      auto const leg = at->first;
      parties_.erase(at);
      return add(LedgerSite::leg_end(leg));
    }
    if (what == 9 && dice_.one_in(4)) return end_call();
    if (what == 8) at->second.call = dice_.pick(calls_);
    if (what == 7) at->second.address = addresses[dice_.below(3)];
    add(LedgerSite::leg_update(at->first, dice_.one_in(2) || what == 8 ? at->second.call : "",
                               what == 7 ? at->second.address : ""));
  }
  void start_call() {
    calls_.push_back(std::to_string(dice_.below(2)) + "-" + std::to_string(++made_));
    add(LedgerSite::call_start(calls_.back(), correlator(calls_.back())));
  }
  void join() {
    auto const leg = "leg" + std::to_string(++made_);
    parties_[leg] = {dice_.pick(calls_), dice_.pick(addresses)};
    parties_[leg].first_address = parties_[leg].address;
    add(LedgerSite::leg_start(leg, parties_[leg].call, parties_[leg].address));
  }
  void end_call() {
    auto const call = calls_.back();
    calls_.pop_back();
    std::erase_if(parties_, [&](auto const& party) { return party.second.call == call; });
    add({.kind = RecordKind::call_end, .call = {.id = CallId(call)}});
  }

  Dice& dice_;
  std::vector<std::string> calls_;
  std::map<std::string, Party> parties_;
  std::vector<Step> story_;
  std::uint64_t index_ = 0, made_ = 0;
};

void expect_truth(ConferenceLedger const& ledger,
                  std::map<BridgeNo, std::map<std::string, Story::Party>> const& truth) {
  std::map<std::string, int> level;
  for (auto const& [bridge, parties] : truth)
    for (auto const& [leg, party] : parties) {
      int& highest = level[Story::correlator(party.call)];
      highest = std::max(highest, level_of(party.address));
    }
  std::array<std::size_t, 4> people{};
  for (auto const& [bridge, parties] : truth)
    for (auto const& [leg, party] : parties) ++people[level_of(party.address)];
  ASSERT_EQ(ledger.participants(), people);
  for (std::string const id : {"conf0", "conf1"}) {
    auto const evidence = ledger.evidence(ConferenceId(id));
    ASSERT_EQ(number(evidence.level), level[id]) << id << " " << evidence.cause;
    ASSERT_EQ(evidence.doubt, "");
  }
}

TEST(LedgerHistories, the_level_is_that_of_the_least_trusted_after_every_record) {
  Dice dice(1);
  for (std::size_t run = 0; run < wardroom::test::count(60); ++run) {
    std::vector<std::vector<Story::Step>> stories;
    for (BridgeNo bridge = 0; bridge < 3; ++bridge) stories.push_back(Story(dice).make(60));
    LedgerSite site;
    std::map<BridgeNo, std::map<std::string, Story::Party>> truth;
    std::array<std::size_t, 3> told{};
    while (told[0] + told[1] + told[2] < 180) {
      auto const bridge = static_cast<BridgeNo>(dice.below(3));
      if (told[bridge] == stories[bridge].size()) continue;
      auto const& step = stories[bridge][told[bridge]++];
      site.ledger.apply(bridge, step.record);
      truth[bridge] = step.parties;
      ASSERT_NO_FATAL_FAILURE(expect_truth(site.ledger, truth)) << "run " << run;
    }
  }
}

TEST(LedgerHistories, any_interleaving_of_bridges_ends_in_the_same_state) {
  Dice dice(2);
  for (std::size_t run = 0; run < wardroom::test::count(40); ++run) {
    std::vector<std::vector<Story::Step>> stories;
    for (BridgeNo bridge = 0; bridge < 3; ++bridge) stories.push_back(Story(dice).make(80));
    std::vector<std::string> first;
    for (int order = 0; order < 3; ++order) {
      LedgerSite site;
      std::array<std::size_t, 3> told{};
      while (told[0] + told[1] + told[2] < 240) {
        auto const bridge = static_cast<BridgeNo>(dice.below(3));
        for (std::size_t n = dice.below(order == 0 ? 80 : 5) + 1; n > 0; --n)
          if (told[bridge] < stories[bridge].size())
            site.ledger.apply(bridge, stories[bridge][told[bridge]++].record);
      }
      if (order == 0) first = state_of(site.ledger);
      ASSERT_EQ(state_of(site.ledger), first) << "run " << run;
    }
  }
}

TEST(LedgerHistories, duplicates_change_nothing) {
  Dice dice(3);
  for (std::size_t run = 0; run < wardroom::test::count(40); ++run) {
    auto const story = Story(dice).make(100);
    LedgerSite once, twice;
    for (std::size_t i = 0; i < story.size(); ++i) {
      once.ledger.apply(0, story[i].record);
      twice.ledger.apply(0, story[i].record);
      for (int again = 0; again < 2; ++again) {
        auto const changes = twice.ledger.apply(0, story[dice.below(i + 1)].record);
        ASSERT_TRUE(changes.joined.empty() && changes.left.empty() && changes.new_calls.empty() &&
                    changes.gone_calls.empty() && changes.renamed.empty())
            << "run " << run << " record " << i;
      }
      ASSERT_EQ(state_of(twice.ledger), state_of(once.ledger)) << "run " << run << " record " << i;
    }
  }
}

/// Shuffled as a whole: parts of one bridge overtake each other. Whatever is known then, nobody
/// who is in a conference is missing from it, and a reading makes it exact.
TEST(LedgerHistories, a_reading_makes_any_order_exact) {
  Dice dice(4);
  for (std::size_t run = 0; run < wardroom::test::count(60); ++run) {
    auto story = Story(dice).make(80);
    auto const truth = story.back().parties;
    std::set<std::string> running;
    for (auto const& step : story) {
      if (step.record.kind == RecordKind::call_start) running.insert(step.record.call.id.text());
      if (step.record.kind == RecordKind::call_end) running.erase(step.record.call.id.text());
    }
    for (std::size_t i = story.size(); i > 1; --i) std::swap(story[i - 1], story[dice.below(i)]);
    story.resize(story.size() - dice.below(20));  // and some are lost
    LedgerSite site;
    for (auto const& step : story) site.ledger.apply(0, step.record);
    site.ledger.doubt(0, "lost");
    std::vector<CallReading> all;
    for (auto const& call : running) {
      std::vector<LegFacts> legs;
      for (auto const& [leg, party] : truth)
        if (party.call == call) {
          legs.push_back(LedgerSite::listed(leg, party.address));
          legs.back().original_remote_party.reset();
        }
      all.push_back(LedgerSite::reading(call, Story::correlator(call), legs));
    }
    site.ledger.take_bridge(0, site.ledger.tick(), all);
    std::map<std::string, std::size_t> people;
    std::map<std::string, int> level;
    for (auto const& [leg, party] : truth) {
      auto const id = Story::correlator(party.call);
      ++people[id];
      level[id] = std::max(level[id], level_of(party.address));
    }
    for (std::string const id : {"conf0", "conf1"}) {
      EXPECT_EQ(site.evidence(id).participants, people[id]) << "run " << run << " " << id;
      EXPECT_GE(site.level(id), level[id]) << "run " << run << " " << id;
      EXPECT_EQ(site.evidence(id).doubt, "") << "run " << run;
    }
  }
}

/// An answer on its way: what was true when it was asked for.
struct Answer {
  Tick begun = 0;
  Story::Step truth;
};

LegFacts as_api_tells(std::string const& leg, Story::Party const& party) {
  auto out = LedgerSite::listed(leg, party.address);
  out.call = CallId(party.call);
  if (!party.first_address.empty()) out.original_remote_party = party.first_address;
  return out;
}

std::vector<CallReading> as_api_lists(Story::Step const& truth) {
  std::vector<CallReading> all;
  for (auto const& call : truth.calls) {
    std::vector<LegFacts> legs;
    for (auto const& [leg, party] : truth.parties)
      if (party.call == call) legs.push_back(as_api_tells(leg, party));
    all.push_back(LedgerSite::reading(call, Story::correlator(call), legs));
  }
  return all;
}

void answer(ConferenceLedger& ledger, Answer const& late, Dice& dice) {
  auto const all = as_api_lists(late.truth);
  auto const what = dice.below(4);
  if (what == 0) return (void)ledger.take_bridge(0, late.begun, all);
  auto const known = ledger.calls_of(0);
  if (known.empty()) return;
  auto const key = dice.pick(known);
  if (what == 1) {
    for (auto const& reading : all)
      if (reading.call.facts.id == key.id) return (void)ledger.take_call(key, late.begun, reading);
    return (void)ledger.take_ended(key, late.begun);
  }
  auto const legs = ledger.call(key)->legs;
  if (legs.empty()) return;
  LegKey const leg{0, dice.pick(legs)};
  auto const there = late.truth.parties.find(leg.id.text());
  if (there == late.truth.parties.end()) return (void)ledger.take_leg_ended(leg, late.begun);
  ledger.take_leg(leg, late.begun, as_api_tells(leg.id.text(), there->second));
}

/// Whoever is in a conference since a record that was delivered is seen there.
void expect_nobody_hidden(ConferenceLedger const& ledger, std::vector<Story::Step> const& story,
                          std::size_t made, std::size_t delivered) {
  if (delivered == 0) return;
  for (auto const& [leg, party] : story[delivered - 1].parties) {
    auto const still = [&](Story::Step const& step) {
      auto const there = step.parties.find(leg);
      return there != step.parties.end() && there->second == party;
    };
    if (!std::all_of(story.begin() + static_cast<std::ptrdiff_t>(delivered),
                     story.begin() + static_cast<std::ptrdiff_t>(made), still))
      continue;
    auto const evidence = ledger.evidence(ConferenceId(Story::correlator(party.call)));
    ASSERT_TRUE(number(evidence.level) >= level_of(party.address) || !evidence.doubt.empty())
        << leg << " in " << party.call << " " << party.address;
  }
}

/// The bridge is ahead of what was delivered, and answers are older than what was.
TEST(LedgerHistories, B1_answers_that_come_late_hide_nobody) {
  Dice dice(6);
  for (std::size_t run = 0; run < wardroom::test::count(60); ++run) {
    auto const story = Story(dice).make(100);
    LedgerSite site;
    std::size_t made = 0, delivered = 0;
    std::vector<Answer> under_way;
    while (delivered < story.size()) {
      auto const what = dice.below(8);
      if (what < 3 && made < story.size()) ++made;
      if (what >= 3 && what < 6 && delivered < made)
        site.ledger.apply(0, story[delivered++].record);
      if (what == 6 && made > 0) under_way.push_back({site.ledger.tick(), story[made - 1]});
      if (what == 7 && !under_way.empty()) {
        auto const at =
            under_way.begin() + static_cast<std::ptrdiff_t>(dice.below(under_way.size()));
        answer(site.ledger, *at, dice);
        under_way.erase(at);
      }
      ASSERT_NO_FATAL_FAILURE(expect_nobody_hidden(site.ledger, story, made, delivered))
          << "run " << run << " made " << made << " delivered " << delivered;
    }
    site.ledger.take_bridge(0, site.ledger.tick(), as_api_lists(story.back()));
    std::map<std::string, std::size_t> people;
    for (auto const& [leg, party] : story.back().parties) ++people[Story::correlator(party.call)];
    for (std::string const id : {"conf0", "conf1"})
      ASSERT_EQ(site.evidence(id).participants, people[id]) << "run " << run;
  }
}

/// A reading takes time: the list of calls first, then each call, and each of its legs alone, while
/// people come, go and move on.
class SlowReading {
 public:
  SlowReading(Tick begun, Story::Step const& truth) : begun_(begun), rest_(truth.calls) {}
  Tick begun() const { return begun_; }
  bool done() const { return rest_.empty() && open_.empty(); }
  /// One question more.
  void ask(Story::Step const& truth) {
    if (!open_.empty()) return ask_leg(truth);
    auto const call = rest_.back();
    rest_.pop_back();
    if (std::ranges::find(truth.calls, call) == truth.calls.end()) return;
    all_.push_back(LedgerSite::reading(call, Story::correlator(call), {}));
    for (auto const& [leg, party] : truth.parties)
      if (party.call == call) open_.push_back(as_api_tells(leg, party));
  }
  std::vector<CallReading> const& all() const { return all_; }

 private:
  void ask_leg(Story::Step const& truth) {
    auto const listed = open_.back();
    open_.pop_back();
    auto const there = truth.parties.find(listed.id.text());
    if (there != truth.parties.end())
      all_.back().legs.push_back(as_api_tells(there->first, there->second));
  }
  Tick begun_;
  std::vector<std::string> rest_;
  std::vector<LegFacts> open_;
  std::vector<CallReading> all_;
};

/// Records made before, while and after it was read come before or after its answer.
TEST(LedgerHistories, B1_a_bridge_read_while_people_move_hides_nobody) {
  Dice dice(7);
  std::size_t readings = 0, early = 0;
  for (std::size_t run = 0; run < wardroom::test::count(60); ++run) {
    auto const story = Story(dice).make(100);
    LedgerSite site;
    std::size_t made = 0, delivered = 0;
    std::optional<SlowReading> reading;
    while (delivered < story.size()) {
      auto const what = dice.below(10);
      if (what < 3 && made < story.size()) ++made;
      if (what >= 3 && what < 6 && delivered < made)
        site.ledger.apply(0, story[delivered++].record);
      if (what == 6 && dice.one_in(4)) site.ledger.doubt(0, "lost");
      if (what == 7 && !reading && made > 0) reading.emplace(site.ledger.tick(), story[made - 1]);
      if (what > 7 && reading && !reading->done()) reading->ask(story[made - 1]);
      if (what > 7 && reading && reading->done()) {
        if (delivered < made) ++early;
        ++readings;
        if (dice.one_in(2) || reading->all().empty()) {
          site.ledger.take_bridge(0, reading->begun(), reading->all());
        } else {
          auto const& one = dice.pick(reading->all());
          site.ledger.take_call({0, one.call.facts.id}, reading->begun(), one);
        }
        reading.reset();
      }
      ASSERT_NO_FATAL_FAILURE(expect_nobody_hidden(site.ledger, story, made, delivered))
          << "run " << run << " made " << made << " delivered " << delivered;
    }
  }
  std::printf("%zu readings, %zu before records that were made\n", readings, early);
  EXPECT_GT(early, readings / 10);
}

TEST(EndedOnes, forget_the_oldest_first_and_keep_what_is_over_for_good) {
  EndedOnes ended(3);
  ended.add(0, "a", {.for_good = true});
  ended.add(0, "a", {.for_good = false, .index = 7});
  EXPECT_TRUE(ended.find(0, "a")->for_good);
  EXPECT_EQ(ended.find(1, "a"), nullptr);
  ended.add(0, "b", {.index = 1});
  ended.add(0, "b", {.for_good = true});
  EXPECT_TRUE(ended.find(0, "b")->for_good);
  ended.forget(0, "b");
  EXPECT_EQ(ended.find(0, "b"), nullptr);
  for (std::string const id : {"c", "b", "d"}) ended.add(0, id, {});
  EXPECT_EQ(ended.find(0, "a"), nullptr);
  EXPECT_NE(ended.find(0, "b"), nullptr);
  EXPECT_LE(ended.size(), 3U);
}

/// All that grows with time is bounded: a million in a row would look the same.
TEST(LedgerHistories, memory_is_flat_while_calls_come_and_go) {
  LedgerSite site;
  for (std::size_t i = 0; i < wardroom::test::count(6'000); ++i) {
    auto const call = "call" + std::to_string(i), leg = "leg" + std::to_string(i);
    site.call(0, call, "conf" + std::to_string(i));
    site.join(0, leg, call, "x@evil.org");
    site.join(0, leg + "b", call, "x@10.0.0.1");
    site.leave(0, leg);
    site.end(0, call);
    ASSERT_EQ(site.ledger.size(), 0U);
    ASSERT_EQ(site.ledger.legs(), 0U);
    ASSERT_TRUE(site.ledger.questions(0).empty());
  }
}

TEST(LedgerHistories, a_conference_of_many_is_not_quadratic) {
  LedgerSite site;
  site.call(0, "a");
  std::size_t const people = wardroom::test::count(2'600);
  for (std::size_t i = 0; i < people; ++i) {
    site.join(0, "leg" + std::to_string(i), "a", addresses[i % 3]);
    ASSERT_EQ(site.evidence().participants, i + 1);
  }
  for (std::size_t i = 0; i < people; ++i) {
    site.leave(0, "leg" + std::to_string(i));
    ASSERT_EQ(site.evidence().participants, people - i - 1);
  }
  EXPECT_EQ(site.level(), 0);
}

}  // namespace
}  // namespace wardroom::security_notices::test
