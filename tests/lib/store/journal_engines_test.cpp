// The journal on both engines: reads by kind, person and time, retention, and numbers that are
// never told twice.
#include "engines.hpp"
#include "store/journal.hpp"
#include "support/child_process.hpp"
#include "support/crash_tables.hpp"
#include "support/random_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace wardroom::store {
namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers_of(std::vector<JournalEntry> const& entries) {
  Numbers out;
  for (auto const& entry : entries) out.push_back(entry.seq);
  return out;
}

template <class Engine>
struct JournalOn : test::EngineFixture<Engine> {
  void SetUp() override { this->open({}); }

  /// Entries a second apart, of the kinds and people given in turn.
  void fill(std::int64_t count, Instant from, std::vector<std::string> kinds,
            std::vector<PersonNo> people) {
    ASSERT_TRUE(this->write([=](Sql& sql) {
      for (std::int64_t i = 0; i < count; ++i) {
        JournalEntry entry{.at = from + std::chrono::seconds(i),
                           .kind = kinds[std::size_t(i) % kinds.size()],
                           .person_no = people[std::size_t(i) % people.size()]};
        insert_journal(sql, entry);
      }
    }));
  }
  Numbers since(std::int64_t seq, JournalFilter filter, std::size_t limit,
                std::int64_t before = 0) {
    return numbers_of(this->template read<std::vector<JournalEntry>>([=](Sql& sql) {
                            return journal_since(sql, seq, filter, limit, before);
                          })
                          .value());
  }
  Numbers latest(JournalFilter filter, std::size_t limit, std::int64_t before = 0,
                 std::int64_t after = 0) {
    return numbers_of(this->template read<std::vector<JournalEntry>>([=](Sql& sql) {
                            return journal_latest(sql, filter, limit, before, after);
                          })
                          .value());
  }
  std::int64_t seq_at(Instant at) {
    return this->template read<std::int64_t>([at](Sql& sql) { return journal_seq_at(sql, at); })
        .value();
  }
  std::size_t forget(Instant cutoff, std::size_t limit) {
    auto gone = std::make_shared<std::size_t>(0);
    EXPECT_TRUE(this->write([=](Sql& sql) { *gone = forget_journal(sql, cutoff, limit); }));
    return *gone;
  }
  std::int64_t add() {
    auto entry = std::make_shared<JournalEntry>(JournalEntry{.at = this->clock.now(), .kind = "x"});
    EXPECT_TRUE(this->write([entry](Sql& sql) { insert_journal(sql, *entry); }));
    return entry->seq;
  }
};
TYPED_TEST_SUITE(JournalOn, test::Engines, test::EngineNames);

constexpr Instant day{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

TYPED_TEST(JournalOn, reads_several_kinds_in_the_order_of_their_numbers) {
  this->fill(60, day, {"call", "decision", "login"}, {0});
  EXPECT_EQ(this->since(0, {.kinds = {"login", "call"}}, 5), (Numbers{1, 3, 4, 6, 7}));
  EXPECT_EQ(this->since(6, {.kinds = {"login", "call", "login"}}, 3), (Numbers{7, 9, 10}));
  EXPECT_EQ(this->since(0, {.kinds = {"decision"}}, 10, 9), (Numbers{2, 5, 8}));
  EXPECT_EQ(this->latest({.kinds = {"login", "call"}}, 4), (Numbers{60, 58, 57, 55}));
  EXPECT_EQ(this->latest({.kinds = {"login", "call"}}, 9, 7, 3), (Numbers{6, 4}));
  EXPECT_EQ(this->since(0, {.kinds = {"nothing"}}, 4), Numbers{});
}

TYPED_TEST(JournalOn, reads_a_person_with_and_without_kinds) {
  this->fill(12, day, {"call", "decision"}, {1, 2, 3});
  EXPECT_EQ(this->since(0, {.person_no = 2}, 10), (Numbers{2, 5, 8, 11}));
  EXPECT_EQ(this->since(0, {.kinds = {"call"}, .person_no = 2}, 10), (Numbers{5, 11}));
  EXPECT_EQ(this->latest({.kinds = {"call", "decision"}, .person_no = 2}, 2), (Numbers{11, 8}));
}

TYPED_TEST(JournalOn, finds_the_number_of_a_moment) {
  EXPECT_EQ(this->seq_at(day), 1) << "an empty journal begins with 1";
  this->fill(100, day, {"call"}, {0});
  EXPECT_EQ(this->seq_at(day - std::chrono::hours(1)), 1);
  EXPECT_EQ(this->seq_at(day), 1);
  EXPECT_EQ(this->seq_at(day + Milliseconds(41'001)), 43);
  EXPECT_EQ(this->seq_at(day + std::chrono::seconds(42)), 43);
  EXPECT_EQ(this->seq_at(day + std::chrono::hours(1)), 101);
  EXPECT_EQ(this->forget(day + std::chrono::seconds(50), 1'000), 50u);
  EXPECT_EQ(this->seq_at(day), 51) << "what is gone is not found";
  EXPECT_EQ(this->seq_at(day + std::chrono::seconds(60)), 61);
}

TYPED_TEST(JournalOn, notes_how_far_it_has_forgotten_and_goes_on_counting) {
  this->fill(30, day, {"call"}, {0});
  EXPECT_EQ(this->forget(day + std::chrono::seconds(20), 15), 15u);
  EXPECT_EQ(this->forget(day + std::chrono::seconds(20), 15), 5u);
  EXPECT_EQ(this->forget(day + std::chrono::seconds(20), 15), 0u);
  Journal journal(*this->database, this->clock);
  ASSERT_TRUE(test::run_task(this->io, journal.load()));
  EXPECT_EQ(journal.forgotten(), 20);
  EXPECT_EQ(journal.extent().entries, 10);
  EXPECT_EQ(journal.extent().oldest, day + std::chrono::seconds(20));
  // Everything is too old: the newest stays, and the next number follows it, also after a restart.
  EXPECT_EQ(this->forget(day + std::chrono::days(1), 1'000), 9u);
  this->open({});
  EXPECT_EQ(this->add(), 31);
  EXPECT_EQ(this->since(0, {}, 10), (Numbers{30, 31}));
}

TYPED_TEST(JournalOn, gives_a_number_that_was_rolled_back_to_the_next_entry) {
  EXPECT_EQ(this->add(), 1);
  EXPECT_FALSE(this->write([](Sql& sql) {
    JournalEntry lost{.kind = "x"};
    insert_journal(sql, lost);
    throw StoreError(Error{ErrorKind::conflict, "no"});
  }));
  EXPECT_EQ(this->add(), 2) << "numbers have no holes that would look like lost entries";
}

/// What one life of the writing child answered.
struct Life {
  Numbers told;
  std::string odd;
};
Life life_of(std::string const& output) {
  Life life;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string what;
    std::int64_t number = 0;
    words >> what >> number;
    if (what == "j")
      life.told.push_back(number);
    else if (what != "r" && what != "f" && what != "ready")
      life.odd += line;
  }
  return life;
}

TYPED_TEST(JournalOn, D1_numbers_never_go_back_or_come_twice_over_kills_and_retention) {
  auto const seed = test::random_seed();
  test::Dice dice{seed};
  auto const kills = test::random_count(8);
  std::int64_t highest = 0;
  std::size_t told = 0;
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    SCOPED_TRACE(fmt::format("seed {}, kill {}", seed, kill));
    this->database.reset();
    {
      test::ChildProcess child({CRASH_CHILD, this->engine.locator(),
                                std::to_string(static_cast<std::int64_t>(kill) * 1'000'000)});
      for (int i = 0; i < 1'000 && child.output().find("\nj ") == std::string::npos; ++i)
        child.read_for(std::chrono::milliseconds(10));
      child.read_for(std::chrono::microseconds(dice.between(5'000, 80'000)));
      child.kill();
      auto const life = life_of(child.output());
      ASSERT_EQ(life.odd, "");
      ASSERT_FALSE(life.told.empty());
      EXPECT_TRUE(std::ranges::is_sorted(life.told, std::less_equal<>())) << "each number once";
      EXPECT_GT(life.told.front(), highest) << "a number came again";
      highest = life.told.back();
      told += life.told.size();
    }
    this->open(test::crash_tables());
    auto const last = this->integer("SELECT MAX(seq) FROM journal");
    EXPECT_GE(last, highest) << "an answered entry is lost";
    if (dice.one_in(2)) this->forget(this->clock.now() + std::chrono::hours(1), 1'000'000);
    auto const next = this->add();
    EXPECT_EQ(next, last + 1);
    highest = next;
  }
  fmt::print("{}: {} kills, {} numbers told, none twice\n", TypeParam::name, kills, told);
}

}  // namespace
}  // namespace wardroom::store
