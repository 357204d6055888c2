/// The two engines behind the store's port, for tests that run on both.
#pragma once
#include "runtime/system_clock.hpp"
#include "store/postgres_database.hpp"
#include "store/sqlite_database.hpp"
#include "support/postgres_server.hpp"
#include "support/run_task.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace wardroom::test {

/// A store's place: open() again and again finds what was kept.
struct SqliteEngine {
  using Database = store::SqliteDatabase;
  static constexpr char const* name = "SQLite";
  TempDirectory folder;

  Result<std::unique_ptr<Database>> open(Executor loop, Clock& clock,
                                         std::vector<store::Migration> steps,
                                         std::function<void(store::Sql&)> const& admit = {}) {
    return Database::open(loop, clock, folder / "state/wardroom.db", std::move(steps), admit);
  }
  std::string locator() const { return folder / "state/wardroom.db"; }
};

struct PostgresEngine {
  using Database = store::PostgresDatabase;
  static constexpr char const* name = "PostgreSQL";
  store::PostgresSettings settings = PostgresServer::shared().new_database();

  PostgresEngine() = default;
  /// A server that starts after a crash looks at every file: few of them keep the tests fast.
  ~PostgresEngine() { PostgresServer::shared().drop(database); }

  Result<std::unique_ptr<Database>> open(Executor loop, Clock& clock,
                                         std::vector<store::Migration> steps,
                                         std::function<void(store::Sql&)> const& admit = {}) {
    return Database::open(loop, clock, settings, std::move(steps), admit);
  }
  std::string locator() const { return settings.url; }

  std::string const database = PostgresServer::name_of(settings);
};

using Engines = testing::Types<SqliteEngine, PostgresEngine>;
struct EngineNames {
  template <class Engine>
  static std::string GetName(int) {
    return Engine::name;
  }
};

template <class Engine>
struct EngineFixture : testing::Test {
  boost::asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  Engine engine;
  std::unique_ptr<typename Engine::Database> database;

  void open(std::vector<store::Migration> steps) {
    database.reset();
    auto opened = engine.open(io.get_executor(), clock, std::move(steps));
    if (!opened) throw std::runtime_error(opened.error().what);
    database = std::move(*opened);
  }
  Result<void> write(store::Unit unit) { return run_task(io, database->write(std::move(unit))); }
  template <class T>
  Result<T> read(std::function<T(store::Sql&)> work) {
    return run_task(io, database->template read<T>(std::move(work)));
  }
  std::int64_t integer(std::string const& sql) {
    return read<std::int64_t>([sql](store::Sql& s) { return s.one(sql)->integer(0); }).value();
  }
  /// Turns the loop until `done` says so, at most 60 s.
  template <class Done>
  void turn_until(Done&& done) {
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done() && std::chrono::steady_clock::now() < limit) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
    ASSERT_TRUE(done());
  }
};

}  // namespace wardroom::test
