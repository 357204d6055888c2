// What is kept for replays: batches in the order of receipt over restarts, swept by age, one
// person's positions taken out of them. The same on both engines.
#include "people/fix_history_store.hpp"
#include "people/fix_load.hpp"
#include "people/fix_log.hpp"
#include "people/migrations.hpp"
#include "store/open_store.hpp"
#include "store/postgres_database.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/postgres_server.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::people {
namespace {
using namespace std::chrono_literals;

std::vector<store::Migration> tables() { return {migrations().begin(), migrations().end()}; }
constexpr std::int64_t kStart = 1'795'255'200'000;

StoredFix fix_of(PersonNo person, std::int64_t at_ms, std::int32_t where = 481'234'567) {
  return {.person = person,
          .latitude_e7 = where,
          .longitude_e7 = 163'000'000,
          .accuracy_dm = 100,
          .boot_ms = at_ms - kStart,
          .wall_ms = at_ms,
          .boot_no = 1};
}

std::vector<StoredFix> everything(boost::asio::io_context& io, FixHistoryStore& history,
                                  Instant until = Instant::max()) {
  std::vector<StoredFix> out;
  for (std::int64_t after = 0;;) {
    auto const page = test::run_task(io, history.page(after, until));
    EXPECT_TRUE(page) << page.error().what;
    for (auto const& blob : page->blobs)
      for (auto const& fix : decode_batch(blob).value()) out.push_back(fix);
    if (page->end) return out;
    after = page->last;
  }
}

/// One life of the daemon over a disk that outlives it.
struct Life {
  boost::asio::io_context io{1};
  test::FakeClock clock{io, from_unix_ms(kStart), Uptime(1h)};
  test::FakeDatabase database;
  Roster roster;
  FixLog log{io.get_executor(), database, clock, roster, {.boot_id = "boot"}};
  FixHistoryStore history{database};

  explicit Life(test::FakeDisk disk = nullptr, Milliseconds later = 0ms)
      : clock{io, from_unix_ms(kStart) + later, Uptime(1h) + later},
        database(io, clock, tables(), std::move(disk)) {
    roster.grow_to(10);
    EXPECT_TRUE(test::run_task(io, log.load()));
  }
  void post(PersonNo person, double latitude) {
    log.record(person, {{latitude, 16.3}, {10}, clock.uptime(), clock.now()}, {});
    clock.drain();
    clock.advance(1s);
  }
  std::int64_t count(std::string const& table) {
    return database.sql().one("SELECT count(*) FROM " + table)->integer(0);
  }
};

TEST(FixHistory, nothing_is_kept_unless_somebody_asked_for_it) {
  Life life;
  life.post(1, 48.1);
  EXPECT_EQ(life.count("fix_history"), 0);
  life.log.keep_history(true);
  life.post(1, 48.2);
  life.log.keep_history(false);
  life.post(1, 48.3);
  auto const kept = everything(life.io, life.history);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].latitude_e7, 482'000'000);
}

TEST(FixHistory, stays_in_the_order_of_receipt_when_every_batch_was_folded_before_a_restart) {
  test::FakeDisk disk;
  {
    Life life;
    life.log.keep_history(true);
    for (int i = 0; i < 5; ++i) life.post(1, 48 + i / 100.0);
    life.clock.advance(5min);
    EXPECT_EQ(life.count("fix_batch"), 0) << "nothing was folded";
    disk = life.database.disk();
  }
  Life next(disk, 10min);
  next.log.keep_history(true);
  for (int i = 5; i < 9; ++i) next.post(1, 48 + i / 100.0);
  auto const kept = everything(next.io, next.history);
  ASSERT_EQ(kept.size(), 9u);
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(kept[static_cast<std::size_t>(i)].latitude_e7, 480'000'000 + i * 100'000);
  next.clock.advance(5min);
  EXPECT_EQ(next.count("fix_batch"), 0) << "batches stay behind after such a start";
}

/// Counts what statements read of the history.
class CountingSql final : public store::Sql {
 public:
  explicit CountingSql(store::Sql& inner) : inner_(inner) {}
  std::int64_t run(std::string_view sql, std::span<store::Value const> params) override {
    return inner_.run(sql, params);
  }
  void query(std::string_view sql, std::span<store::Value const> params,
             std::function<void(store::Row const&)> const& each) override {
    inner_.query(sql, params, [&](store::Row const& row) {
      if (sql.find("fix_history") != sql.npos) ++rows;
      each(row);
    });
  }
  std::size_t rows = 0;

 private:
  store::Sql& inner_;
};

TEST(FixHistory, the_start_does_not_read_it) {
  Life life;
  life.log.keep_history(true);
  for (int i = 0; i < 300; ++i) life.post(1, 48.1);
  CountingSql sql(life.database.sql());
  auto const loaded = load_fixes(sql, 10);
  EXPECT_EQ(sql.rows, 1u) << "more than the last number";
  EXPECT_EQ(loaded.next_seq, 301);
}

struct Engine {
  std::string name;
  std::function<std::unique_ptr<store::Database>(Executor, Clock&, test::TempDirectory&)> open;
};
void PrintTo(Engine const& engine, std::ostream* out) { *out << engine.name; }

struct OnEachEngine : testing::TestWithParam<Engine> {
  boost::asio::io_context io{1};
  test::FakeClock clock{io, from_unix_ms(kStart), Uptime(1h)};
  test::TempDirectory folder;
  std::unique_ptr<store::Database> database = GetParam().open(io.get_executor(), clock, folder);
  FixHistoryStore history{*database};
  ~OnEachEngine() override { database->close(); }

  void keep(std::int64_t seq, std::vector<StoredFix> fixes) {
    auto work = [&](store::Sql& sql) { keep_batch(sql, seq, fixes, encode_batch(fixes)); };
    ASSERT_TRUE(test::run_task(io, database->write(work)));
  }
};

TEST_P(OnEachEngine, knows_its_size_and_forgets_what_is_older) {
  EXPECT_EQ(*test::run_task(io, history.size()), FixHistorySize{});
  for (std::int64_t i = 0; i < 1'200; ++i)
    keep(i + 1, {fix_of(1, kStart + i * 1'000), fix_of(2, kStart + i * 1'000 + 500)});
  ASSERT_TRUE(test::run_task(io, history.note_start(from_unix_ms(kStart - 5'000))));
  ASSERT_TRUE(test::run_task(io, history.note_start(from_unix_ms(kStart + 100'000))));
  ASSERT_TRUE(test::run_task(io, history.note_start(from_unix_ms(kStart + 100'000))));
  ASSERT_TRUE(test::run_task(io, history.note_start(from_unix_ms(kStart + 1'150'000))));
  auto size = test::run_task(io, history.size());
  ASSERT_TRUE(size) << size.error().what;
  EXPECT_EQ(size->batches, 1'200);
  EXPECT_EQ(size->fixes, 2'400);
  EXPECT_GT(size->bytes, 2'400 * 12);
  EXPECT_EQ(size->oldest, from_unix_ms(kStart));

  auto const gone = test::run_task(io, history.forget_before(from_unix_ms(kStart + 1'100'000)));
  ASSERT_TRUE(gone) << gone.error().what;
  EXPECT_EQ(*gone, 1'100);
  size = test::run_task(io, history.size());
  EXPECT_EQ(size->batches, 100);
  EXPECT_EQ(size->oldest, from_unix_ms(kStart + 1'100'000));
  EXPECT_EQ(*test::run_task(io, history.starts()),
            (std::vector{from_unix_ms(kStart + 100'000), from_unix_ms(kStart + 1'150'000)}))
      << "the start before the oldest fix is needed still";
}

TEST_P(OnEachEngine, is_read_in_pages_in_order_and_only_as_far_as_asked) {
  std::int64_t number = 0;
  for (std::int64_t seq = 1; seq <= 130; ++seq) {
    std::vector<StoredFix> fixes;
    for (int i = 0; i < 1'000; ++i) fixes.push_back(fix_of(3, kStart + number++));
    keep(seq, fixes);
  }
  auto const first = test::run_task(io, history.page(0, Instant::max()));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->blobs.size(), 50u);
  EXPECT_FALSE(first->end);
  auto const all = everything(io, history);
  ASSERT_EQ(all.size(), 130'000u);
  for (std::size_t i = 0; i < all.size(); ++i)
    ASSERT_EQ(all[i].wall_ms, kStart + static_cast<std::int64_t>(i));
  EXPECT_EQ(everything(io, history, from_unix_ms(kStart + 9'999)).size(), 10'000u);
}

TEST_P(OnEachEngine, what_came_later_than_asked_is_passed_over_a_page_at_a_time) {
  constexpr std::int64_t batches = 10'000;
  auto fill = [](store::Sql& sql) {
    for (std::int64_t seq = 1; seq <= batches; ++seq) {
      std::vector const fixes{fix_of(1, kStart + seq * 1'000)};
      keep_batch(sql, seq, fixes, encode_batch(fixes));
    }
  };
  ASSERT_TRUE(test::run_task(io, database->write(fill)));
  auto const until = from_unix_ms(kStart + 2'000);
  auto const first = test::run_task(io, history.page(0, until));
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->blobs.size(), 2u);
  EXPECT_FALSE(first->end) << "all of the rest was read at once";
  EXPECT_EQ(everything(io, history, until).size(), 2u);
  EXPECT_EQ(test::run_task(io, history.extent(Instant{}, until))->fixes, 2);
  auto const middle = test::run_task(
      io, history.extent(from_unix_ms(kStart + 6'000'000), from_unix_ms(kStart + 9'000'000)));
  ASSERT_TRUE(middle) << middle.error().what;
  EXPECT_EQ(middle->after, 5'999);
  EXPECT_EQ(middle->fixes, 3'001);
  EXPECT_EQ(test::run_task(io, history.size())->batches, batches);
}

TEST_P(OnEachEngine, one_person_can_be_erased_from_it_and_nobody_else_is_touched) {
  std::vector<StoredFix> others;
  std::int64_t of_seven = 0;
  for (std::int64_t seq = 1; seq <= 300; ++seq) {
    std::vector<StoredFix> fixes;
    for (PersonNo person = 5; person <= 8; ++person)
      if ((seq + person) % 3 != 0) fixes.push_back(fix_of(person, kStart + seq * 1'000 + person));
    if (seq % 50 == 0) fixes = {fix_of(7, kStart + seq * 1'000)};  // the only one of its batch
    for (auto const& fix : fixes) {
      if (fix.person == 7)
        ++of_seven;
      else
        others.push_back(fix);
    }
    keep(seq, fixes);
  }
  auto const gone = test::run_task(io, history.erase(7));
  ASSERT_TRUE(gone) << gone.error().what;
  EXPECT_EQ(*gone, of_seven);
  EXPECT_EQ(everything(io, history), others);
  EXPECT_EQ(test::run_task(io, history.size())->fixes, static_cast<std::int64_t>(others.size()));
  EXPECT_EQ(*test::run_task(io, history.erase(7)), 0);
}

Engine const engines[] = {
    {"sqlite",
     [](Executor loop, Clock& clock,
        test::TempDirectory& folder) -> std::unique_ptr<store::Database> {
       return test::open_store(loop, clock, folder / "store.db", tables());
     }},
    {"postgresql",
     [](Executor loop, Clock& clock, test::TempDirectory&) -> std::unique_ptr<store::Database> {
       auto opened = store::PostgresDatabase::open(
           loop, clock, test::PostgresServer::shared().new_database(), tables());
       if (!opened) throw std::runtime_error(opened.error().what);
       return std::move(*opened);
     }},
};
INSTANTIATE_TEST_SUITE_P(FixHistory, OnEachEngine, testing::ValuesIn(engines),
                         [](auto const& info) { return info.param.name; });

}  // namespace
}  // namespace wardroom::people
