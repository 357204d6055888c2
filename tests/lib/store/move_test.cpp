// A store moved into another one, in all directions, while others write to it.
#include "engines.hpp"
#include "people/migrations.hpp"
#include "store/change_capture.hpp"
#include "store/failpoint.hpp"
#include "store/live_move.hpp"
#include "store/meta.hpp"
#include "support/random_runs.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <map>

namespace wardroom::store {
namespace {
using namespace std::chrono_literals;

std::vector<Migration> steps() {
  std::vector<Migration> out(people::migrations().begin(), people::migrations().end());
  out.push_back({901, "a table of every kind", R"(
    CREATE TABLE kinds (
      a TEXT NOT NULL, b BLOB NOT NULL, c INTEGER NOT NULL, real_value REAL, call TEXT UNIQUE,
      PRIMARY KEY (a, b, c));
    CREATE TABLE numbered (seq INTEGER PRIMARY KEY, body TEXT NOT NULL))"});
  return out;
}

/// A place for a store: `SQLite` in a folder, or a database of the tests' server.
struct Place {
  explicit Place(Engine kind) : engine(kind) {
    if (engine == Engine::sqlite) {
      folder = std::make_unique<test::TempDirectory>();
      settings.url = "sqlite:" + (*folder / "state/wardroom.db");
    } else {
      auto const made = test::PostgresServer::shared().new_database();
      settings.url = made.url;
      database = test::PostgresServer::name_of(made);
    }
  }
  ~Place() {
    if (!database.empty()) test::PostgresServer::shared().drop(database);
  }
  Engine engine;
  std::unique_ptr<test::TempDirectory> folder;
  StoreSettings settings;
  std::string database;
};

struct Direction {
  Engine from, to;
};

void fill(Sql& sql, int rows) {
  for (int i = 0; i < rows; ++i) {
    sql.run("INSERT INTO kinds (a, b, c, real_value, call) VALUES ($1, $2, $3, $4, $5)",
            {fmt::format("ä{}", i % 7), Blob{std::string("\0\xff", 2) + std::to_string(i)},
             std::int64_t{i}, i % 3 == 0 ? Value{} : Value{i / 4.0},
             i % 5 == 0 ? Value{} : Value{fmt::format("call {}", i)}});
    sql.run("INSERT INTO numbered (body) VALUES ($1)", {fmt::format("row {}", i)});
    sql.run(
        "INSERT INTO last_fix (person_no, latitude_e7, longitude_e7, accuracy_dm, boot_no, "
        "boot_ms, wall_ms) VALUES ($1, -482000000, 163700000, 100, 1, 5, 6)",
        {std::int64_t{i + 1}});
  }
}

std::string all_of(Sql& sql, Engine engine) {
  return digest_of(
      digest_tables(sql, list_tables(sql, engine), [](std::string const&, std::int64_t) {}));
}

struct Move : testing::TestWithParam<Direction> {
  boost::asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  Helpers helper{io.get_executor(), 1};
  Place from{GetParam().from}, to{GetParam().to};
  std::unique_ptr<MovableDatabase> database;
  std::vector<std::string> phases;

  ~Move() override {
    failpoint::set("");
    if (database) database->close();
  }
  Result<std::unique_ptr<Database>> try_open(StoreSettings const& where) {
    return open_store(io.get_executor(), clock, where, steps(),
                      [&](Sql& sql) { refuse_moved(sql, where.password); });
  }
  void open(StoreSettings const& where) {
    auto opened = try_open(where);
    if (!opened) throw std::runtime_error(opened.error().what);
    database = std::make_unique<MovableDatabase>(io.get_executor(), std::move(*opened));
    auto const engine = engine_of(where.url).value();
    auto const settled = write([engine](Sql& sql) { settle_moves(sql, engine); });
    if (!settled) throw std::runtime_error(settled.error().what);
  }
  void close() {
    database->close();
    database.reset();
  }
  Result<void> write(Unit unit) { return test::run_task(io, database->write(std::move(unit))); }
  std::int64_t integer(std::string const& sql) {
    return test::run_task(
               io, database->read<std::int64_t>([sql](Sql& s) { return s.one(sql)->integer(0); }))
        .value();
  }
  std::unique_ptr<LiveMove> start() {
    return std::make_unique<LiveMove>(LiveMove::Ports{io.get_executor(), *database, clock, helper},
                                      from.settings, to.settings, steps(),
                                      [this](MoveProgress const& progress) {
                                        if (phases.empty() || phases.back() != progress.phase)
                                          phases.push_back(progress.phase);
                                      });
  }
  Result<MoveReport> move() {
    auto const one = start();
    return test::run_task(io, one->run());
  }
  std::string refusal(StoreSettings const& where) {
    auto const opened = try_open(where);
    if (opened) {
      (*opened)->close();
      return "";
    }
    EXPECT_EQ(opened.error().kind, ErrorKind::denied) << opened.error().what;
    return opened.error().what;
  }
};

std::string name_of(testing::TestParamInfo<Direction> const& info) {
  auto const word = [](Engine engine) {
    return engine == Engine::sqlite ? "SQLite" : "PostgreSQL";
  };
  return fmt::format("{}_to_{}", word(info.param.from), word(info.param.to));
}
INSTANTIATE_TEST_SUITE_P(Directions, Move,
                         testing::Values(Direction{Engine::sqlite, Engine::postgres},
                                         Direction{Engine::postgres, Engine::sqlite},
                                         Direction{Engine::sqlite, Engine::sqlite},
                                         Direction{Engine::postgres, Engine::postgres}),
                         name_of);

TEST_P(Move, brings_every_kind_of_value_over_and_leaves_the_old_store_for_good) {
  open(from.settings);
  ASSERT_TRUE(write([](Sql& sql) { fill(sql, 700); }));
  auto const before = test::run_task(io, database->read<std::string>([&](Sql& sql) {
                        return all_of(sql, from.engine);
                      })).value();
  auto const report = move();
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->rows, 2'100 + 0);
  EXPECT_EQ(database->address(), shown_url(to.settings.url));
  auto const after = test::run_task(io, database->read<std::string>([&](Sql& sql) {
                       return all_of(sql, to.engine);
                     })).value();
  EXPECT_EQ(before, after);
  ASSERT_TRUE(write([](Sql& sql) { sql.run("INSERT INTO numbered (body) VALUES ('next')"); }));
  EXPECT_EQ(integer("SELECT max(seq) FROM numbered"), 701);
  close();
  EXPECT_NE(refusal(from.settings).find("was moved to " + shown_url(to.settings.url)),
            std::string::npos)
      << refusal(from.settings);
  open(to.settings);
  EXPECT_EQ(integer("SELECT count(*) FROM numbered"), 701);
  EXPECT_EQ(integer("SELECT count(*) FROM meta WHERE substr(key, 1, 10) = 'store.move'"), 0);
}

/// Writes, changes, deletes and swaps unique values without a pause, and counts what is answered.
struct Busy {
  MovableDatabase& database;
  bool going = true;
  int running = 0;
  std::map<std::int64_t, std::int64_t> answered;  // by writer
  std::int64_t refused = 0;
  Milliseconds longest{};

  Task<void> run(std::int64_t writer) {
    ++running;
    for (std::int64_t n = 1; going; ++n) {
      auto const begun = std::chrono::steady_clock::now();
      auto const done = co_await database.write([writer, n](Sql& sql) {
        sql.run("INSERT INTO kinds (a, b, c, real_value, call) VALUES ($1, $2, $3, $4, $5)",
                {fmt::format("writer {}", writer), Blob{"b"}, n, 0.5,
                 fmt::format("w{} {}", writer, n)});
        // The call goes on to the next row: a unique value changes hands.
        if (n > 1) {
          sql.run("UPDATE kinds SET call = NULL WHERE a = $1 AND c = $2",
                  {fmt::format("writer {}", writer), n});
          sql.run("UPDATE kinds SET call = $3, c = -c WHERE a = $1 AND c = $2",
                  {fmt::format("writer {}", writer), n - 1, fmt::format("w{} {}", writer, n)});
        }
        if (n % 4 == 0)
          sql.run("DELETE FROM kinds WHERE a = $1 AND c = $2",
                  {fmt::format("writer {}", writer), -(n - 2)});
      });
      if (done)
        answered[writer] = n;
      else
        ++refused;
      longest = std::max(longest, std::chrono::duration_cast<Milliseconds>(
                                      std::chrono::steady_clock::now() - begun));
    }
    --running;
  }
};

TEST_P(Move, D1_loses_no_write_that_was_answered_while_it_ran) {
  open(from.settings);
  ASSERT_TRUE(write([](Sql& sql) { fill(sql, 3'000); }));
  std::size_t asked = 0;
  auto const source = database->add_source([&](auto& batch) {
    batch.emplace_back(
        [](Sql& sql) { sql.run("INSERT INTO numbered (body) VALUES ('of the source')"); },
        [&](Result<void> const& done) { asked += done ? 1 : 0; });
  });
  Busy busy{*database};
  for (std::int64_t writer = 1; writer <= 8; ++writer)
    boost::asio::co_spawn(
        io, [&busy, writer]() -> Task<void> { return busy.run(writer); },
        [](std::exception_ptr why) {
          if (why) std::rethrow_exception(why);
        });
  std::optional<Result<MoveReport>> report;
  auto const one = start();
  boost::asio::co_spawn(
      io,
      [&]() -> Task<void> {
        auto outcome = co_await one->run();
        report = std::move(outcome);
        for (int i = 0; i < 20; ++i) {
          database->wake_source(source);
          co_await clock.sleep_for(5ms);
        }
        busy.going = false;
      },
      [](std::exception_ptr why) {
        if (why) std::rethrow_exception(why);
      });
  auto const limit = std::chrono::steady_clock::now() + 200s;  // a crowded machine needs a minute
  while ((busy.running > 0 || !report) && std::chrono::steady_clock::now() < limit) {
    database->wake_source(source);
    io.restart();
    io.run_for(5ms);
  }
  ASSERT_TRUE(report);
  ASSERT_TRUE(*report) << report->error().what;
  fmt::print("{} rows, {} changed meanwhile, writers waited {} ms, longest write {} ms\n",
             (*report)->rows, (*report)->caught_up, (*report)->pause.count(), busy.longest.count());
  EXPECT_EQ(busy.refused, 0);
  EXPECT_GT((*report)->caught_up, 0);
  for (auto const& [writer, last] : busy.answered) {
    auto const here = fmt::format("FROM kinds WHERE a = 'writer {}'", writer);
    EXPECT_EQ(integer("SELECT max(c) " + here), last);
    EXPECT_EQ(integer("SELECT count(*) " + here), last - last / 4);
  }
  EXPECT_EQ(integer("SELECT count(*) FROM numbered WHERE body = 'of the source'"),
            static_cast<std::int64_t>(asked));
}

TEST_P(Move, leaves_the_old_store_in_use_wherever_it_fails_and_can_be_begun_again) {
  open(from.settings);
  ASSERT_TRUE(write([](Sql& sql) { fill(sql, 200); }));
  for (auto const* point : {"move.copying:eio", "move.before_ready:eio", "move.ready:eio",
                            "move.before_mark:eio", "writer.before_commit:eio:2"}) {
    SCOPED_TRACE(point);
    failpoint::set(point);
    auto const report = move();
    failpoint::set("");
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().what.find("injected"), std::string::npos) << report.error().what;
    EXPECT_EQ(database->address(), shown_url(from.settings.url));
    ASSERT_TRUE(write([](Sql& sql) { sql.run("INSERT INTO numbered (body) VALUES ('on')"); }));
    EXPECT_NE(refusal(to.settings), "") << "the target is no store of its own";
    close();
    open(from.settings);
  }
  auto const report = move();
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(integer("SELECT count(*) FROM numbered"), 205);
  EXPECT_EQ(phases.back(), "finish");
}

TEST_P(Move, refuses_a_target_that_holds_something) {
  open(to.settings);
  ASSERT_TRUE(write([](Sql& sql) { fill(sql, 1); }));
  close();
  open(from.settings);
  auto const report = move();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::conflict);
  EXPECT_NE(report.error().what.find("is not empty"), std::string::npos) << report.error().what;
  ASSERT_TRUE(write([](Sql& sql) { fill(sql, 1); }));
}

TEST_P(Move, can_be_given_up) {
  open(from.settings);
  ASSERT_TRUE(write([](Sql& sql) { fill(sql, 2'000); }));
  auto const one = start();
  auto const timer = clock.after(30ms, [&] { one->give_up(); });
  auto const report = test::run_task(io, one->run());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::cancelled) << report.error().what;
  EXPECT_EQ(database->address(), shown_url(from.settings.url));
  EXPECT_EQ(integer("SELECT count(*) FROM numbered"), 2'000);
}

TEST_P(Move, offline_copies_compares_and_marks) {
  open(from.settings);
  ASSERT_TRUE(write([](Sql& sql) { fill(sql, 300); }));
  close();
  StoreMove offline(from.settings, to.settings, steps(), {});
  offline.open(clock.now(), true);
  offline.copy(false);
  offline.compare(false);
  offline.finish(false);
  EXPECT_NE(refusal(to.settings).find("complete copy"), std::string::npos)
      << "the old one does not say yet that it was moved";
  {
    StoreSession old(from.settings, StoreSession::Use::write);
    old.transaction([&] { set_moved(old.sql(), offline.mark_for_old()); });
  }
  EXPECT_NE(refusal(from.settings), "");
  open(to.settings);
  EXPECT_EQ(integer("SELECT count(*) FROM last_fix"), 300);
}

}  // namespace
}  // namespace wardroom::store
