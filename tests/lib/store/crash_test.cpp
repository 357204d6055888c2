// kill -9 at random moments: everything that was answered is there afterwards.
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
void check(std::string const& path, Said const& said, std::int64_t first) {
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  auto database = test::open_store(io.get_executor(), clock, path, test::crash_tables());
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
  auto const verdict = test::run_task(io, database->read<std::string>([](store::Sql& sql) {
                         return sql.one("PRAGMA integrity_check")->text(0);
                       })).value();
  EXPECT_EQ(verdict, "ok");
  database->close();
}

TEST(Crash, D1_acknowledged_writes_survive_kill_9_at_random_moments) {
  auto const seed = test::random_seed();
  auto const kills = test::random_count(20);
  test::Dice dice(seed);
  test::TempDirectory folder;
  auto const path = folder / "state/wardroom.db";
  std::size_t answered = 0, ready = 0;
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    SCOPED_TRACE(fmt::format("seed {}, kill {}", seed, kill));
    auto const first = static_cast<std::int64_t>(kill) * 1'000'000;
    test::ChildProcess child({CRASH_CHILD, path, std::to_string(first)});
    // Up to its first answers at any speed of the machine, then 5 to 200 ms of writing; every tenth
    // is killed wherever it is, start-up and migration included.
    if (!dice.one_in(10))
      for (int i = 0; i < 1'000 && child.output().find('\n') == std::string::npos; ++i)
        child.read_for(std::chrono::milliseconds(10));
    child.read_for(std::chrono::microseconds(dice.between(5'000, 200'000)));
    child.kill();
    auto const said = parse(child.output());
    ASSERT_EQ(said.odd, "");
    answered += said.lines;
    ready += said.ready ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(check(path, said, first));
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  fmt::print("{} kills, {} of them while writing, {} answered writes, 0 lost\n", kills, ready,
             answered);
  EXPECT_GE(ready, kills / 2) << "the child was hardly ever writing";
}

}  // namespace
}  // namespace wardroom
