// Writes to a store with several clients at once and says each answered write on stdout, until it
// is killed. Usage: store_crash_child FILE|URL FIRST_NUMBER
//   "r CLIENT N"  row (client, n) was answered
//   "j SEQ"       journal entry SEQ was answered
//   "f PERSON N"  fix N of a person was answered
#include "people/fix_log.hpp"
#include "people/migrations.hpp"
#include "runtime/system_clock.hpp"
#include "store/journal.hpp"
#include "store/postgres_database.hpp"
#include "store/sqlite_database.hpp"
#include "support/crash_tables.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace wardroom {
namespace {

struct Site {
  store::Database& database;
  SystemClock& clock;
  store::Journal& journal;
  people::FixLog& fixes;
  std::int64_t first;
};

void say(std::string const& line) {
  // One write per line, shorter than PIPE_BUF: whole or not at all.
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    std::_Exit(3);
}

void check(Result<void> const& outcome) {
  if (!outcome) throw std::runtime_error(outcome.error().what);
}

Task<void> write_rows(Site& site, std::int64_t client) {
  for (auto n = site.first;; ++n) {
    auto const done = co_await site.database.write([client, n](store::Sql& sql) {
      sql.run("INSERT INTO crash_rows (client, n) VALUES ($1, $2)", {client, n});
    });
    check(done);
    say(fmt::format("r {} {}\n", client, n));
  }
}

Task<void> post_fixes(Site& site, PersonNo person) {
  for (auto n = site.first;; ++n) {
    Fix const fix{test::crash_point(n), {10}, site.clock.uptime(), site.clock.now()};
    auto const done = co_await site.fixes.record(person, fix);
    check(done);
    say(fmt::format("f {} {}\n", person, n));
  }
}

void append_journal(Site& site) {
  site.journal.append("call", 0, "", "{}", [&site](Result<std::int64_t> seq) {
    if (!seq) throw std::runtime_error(seq.error().what);
    say(fmt::format("j {}\n", *seq));
    append_journal(site);
  });
}

Result<std::unique_ptr<store::Database>> open(Executor loop, Clock& clock, std::string place) {
  if (place.starts_with("postgresql:"))
    return store::PostgresDatabase::open(loop, clock, {.url = place}, test::crash_tables());
  return store::SqliteDatabase::open(loop, clock, place, test::crash_tables());
}

int run(std::string place, std::int64_t first) {
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  auto opened = open(io.get_executor(), clock, std::move(place));
  if (!opened) {
    say(opened.error().what + "\n");
    return 2;
  }
  people::Roster roster;
  roster.grow_to(test::crash_people);
  store::Journal journal(**opened, clock);
  people::FixLog fixes(io.get_executor(), **opened, clock, roster,
                       {.turn = std::chrono::seconds(1)});
  Site site{**opened, clock, journal, fixes, first};
  auto const rethrow = [](std::exception_ptr why) {
    if (why) std::rethrow_exception(why);
  };
  auto all = [&]() -> Task<void> {
    auto const loaded = co_await fixes.load();
    check(loaded);
    for (std::int64_t client = 1; client <= test::crash_clients; ++client)
      boost::asio::co_spawn(io, write_rows(site, client), rethrow);
    for (PersonNo person = 1; person <= test::crash_people; ++person)
      boost::asio::co_spawn(io, post_fixes(site, person), rethrow);
    append_journal(site);
  };
  boost::asio::co_spawn(io, all, rethrow);
  say("ready\n");
  io.run();
  return 1;
}

}  // namespace
}  // namespace wardroom

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  try {
    return wardroom::run(argv[1], std::strtoll(argv[2], nullptr, 10));
  } catch (std::exception const& e) {
    wardroom::say(std::string(e.what()) + "\n");
    return 1;
  }
}
