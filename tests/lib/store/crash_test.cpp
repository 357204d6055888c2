// kill -9 at random moments: everything that was answered is there afterwards.
#include "engines.hpp"
#include "people/fix_log.hpp"
#include "runtime/system_clock.hpp"
#include "store/journal.hpp"
#include "support/child_process.hpp"
#include "support/crash_tables.hpp"
#include "support/random_runs.hpp"
#include "support/run_task.hpp"
#include "support/temp_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace wardroom {
namespace {

/// What one life of the child said it had stored.
struct Said {
  bool ready = false;
  std::map<std::int64_t, std::int64_t> last_row;  // by client
  std::map<PersonNo, std::int64_t> last_fix;
  std::int64_t last_seq = 0;
  std::size_t lines = 0;
  std::string odd;  // anything else, such as an error
};

Said parse(std::string const& output) {
  Said said;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string what;
    std::int64_t a = 0, b = 0;
    words >> what >> a >> b;
    ++said.lines;
    if (what == "ready")
      said.ready = true;
    else if (what == "r")
      said.last_row[a] = b;
    else if (what == "f")
      said.last_fix[static_cast<PersonNo>(a)] = b;
    else if (what == "j")
      said.last_seq = a;
    else
      said.odd += line;
  }
  return said;
}

/// Opens what the child left behind and compares.
template <class Engine>
void check(Engine& engine, Said const& said, std::int64_t first) {
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  auto opened = engine.open(io.get_executor(), clock, test::crash_tables());
  ASSERT_TRUE(opened) << opened.error().what;
  store::Database* const database = opened->get();
  using Rows = std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>>;
  auto const rows = test::run_task(io, database->read<Rows>([first](store::Sql& sql) {
                      Rows out;
                      sql.query(
                          "SELECT client, count(*), max(n) FROM crash_rows WHERE n >= $1 "
                          "GROUP BY client",
                          {first}, [&](store::Row const& row) {
                            out[row.integer(0)] = {row.integer(1), row.integer(2)};
                          });
                      return out;
                    })).value();
  for (auto const& [client, last] : said.last_row) {
    ASSERT_TRUE(rows.contains(client));
    EXPECT_GE(rows.at(client).second, last) << "client " << client << " lost an answered row";
    EXPECT_EQ(rows.at(client).first, rows.at(client).second - first + 1) << "a row is missing";
  }
  store::Journal journal(*database, clock);
  ASSERT_TRUE(test::run_task(io, journal.load()));
  EXPECT_GE(journal.last_seq(), said.last_seq) << "an answered journal entry is lost";

  people::Roster roster;
  roster.grow_to(test::crash_people);
  people::FixLog fixes(io.get_executor(), *database, clock, roster);
  auto const loaded = test::run_task(io, fixes.load());
  ASSERT_TRUE(loaded) << loaded.error().what;
  for (auto const& [person, last] : said.last_fix) {
    auto const fix = roster.fix(person);
    ASSERT_TRUE(fix) << "person " << person;
    EXPECT_GE(test::crash_number(fix->where), last) << "person " << person << " lost a post";
    EXPECT_LE(fix->received, clock.uptime());
  }
  if constexpr (std::is_same_v<Engine, test::SqliteEngine>) {
    auto const verdict = test::run_task(io, database->read<std::string>([](store::Sql& sql) {
                           return sql.one("PRAGMA integrity_check")->text(0);
                         })).value();
    EXPECT_EQ(verdict, "ok");
  }
  (*opened)->close();
}

template <class Engine>
struct Crash : testing::Test {
  Engine engine;
  std::uint64_t const seed = test::random_seed();
  test::Dice dice{seed};

  std::unique_ptr<test::ChildProcess> child(std::int64_t first) {
    return std::make_unique<test::ChildProcess>(
        std::vector<std::string>{CRASH_CHILD, engine.locator(), std::to_string(first)});
  }
  /// Up to its first answers, at any speed of the machine.
  static void let_it_begin(test::ChildProcess& child) {
    for (int i = 0; i < 1'000 && child.output().find('\n') == std::string::npos; ++i)
      child.read_for(std::chrono::milliseconds(10));
  }
};
TYPED_TEST_SUITE(Crash, test::Engines, test::EngineNames);

TYPED_TEST(Crash, D1_acknowledged_writes_survive_kill_9_at_random_moments) {
  auto const kills = test::random_count(20);
  std::size_t answered = 0, ready = 0;
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    SCOPED_TRACE(fmt::format("seed {}, kill {}", this->seed, kill));
    auto const first = static_cast<std::int64_t>(kill) * 1'000'000;
    auto const child = this->child(first);
    // Then 5 to 200 ms of writing; every tenth is killed wherever it is, start-up and migration
    // included.
    if (!this->dice.one_in(10)) this->let_it_begin(*child);
    child->read_for(std::chrono::microseconds(this->dice.between(5'000, 200'000)));
    child->kill();
    auto const said = parse(child->output());
    ASSERT_EQ(said.odd, "");
    answered += said.lines;
    ready += said.ready ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(check(this->engine, said, first));
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  fmt::print("{}: {} kills, {} of them while writing, {} answered writes, 0 lost\n",
             TypeParam::name, kills, ready, answered);
  EXPECT_GE(ready, kills / 2) << "the child was hardly ever writing";
}

using CrashOfServer = Crash<test::PostgresEngine>;
TEST_F(CrashOfServer, D1_acknowledged_writes_survive_kill_9_of_the_server) {
  auto& server = test::PostgresServer::shared();
  auto const kills = std::max<std::uint64_t>(2, test::random_count(20) / 10);
  std::size_t answered = 0;
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    SCOPED_TRACE(fmt::format("seed {}, kill {} of the server", seed, kill));
    auto const first = static_cast<std::int64_t>(kill) * 1'000'000;
    auto const child = this->child(first);
    let_it_begin(*child);
    child->read_for(std::chrono::microseconds(dice.between(50'000, 300'000)));
    server.kill();
    child->read_for(std::chrono::milliseconds(50));
    child->kill();
    server.start();
    auto const said = parse(child->output());  // its last words may be an error: it was told
    answered += said.lines;
    ASSERT_NO_FATAL_FAILURE(check(engine, said, first));
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  fmt::print("{} kills of the server, {} answered writes, 0 lost\n", kills, answered);
  EXPECT_GT(answered, 10u);
}

}  // namespace
}  // namespace wardroom
