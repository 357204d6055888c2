// What lies on the disk tells nothing, and nothing that was moved or altered there opens.
#include "crypto/sealing.hpp"
#include "runtime/system_clock.hpp"
#include "store/sqlite_connection.hpp"
#include "support/random_runs.hpp"
#include "support/run_task.hpp"
#include "support/temp_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

namespace wardroom::crypto {
namespace {
namespace fs = std::filesystem;
using store::Blob;
using store::SqliteConnection;

constexpr store::Migration tables{940, "tables of this test", R"sql(
CREATE TABLE safe (name TEXT PRIMARY KEY, generation BIGINT NOT NULL, a BYTEA NOT NULL, b BYTEA NOT NULL);
CREATE TABLE safe2 (name TEXT PRIMARY KEY, generation BIGINT NOT NULL, a BYTEA NOT NULL, b BYTEA NOT NULL)
)sql"};

MasterKey test_key() { return *MasterKey::from_bytes(std::string(32, 'k')); }

struct AtRest : testing::Test {
  boost::asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  test::TempDirectory folder;
  std::string path = folder / "wardroom.db";
  SystemRandom random;
  Sealer sealer{test_key(), random};
  std::unique_ptr<store::SqliteDatabase> database =
      test::open_store(io.get_executor(), clock, path, {tables});

  std::string sealed(std::string const& text, std::string_view row, std::string_view column,
                     std::int64_t generation) const {
    return sealer.seal(Secret(text), {"safe", row, column, static_cast<std::uint64_t>(generation)});
  }
  void write(store::Unit unit) {
    auto const done = test::run_task(io, database->write(std::move(unit)));
    ASSERT_TRUE(done) << done.error().what;
  }
};

std::string bytes_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// SQLite's own way to copy a store that is in use.
void back_up(std::string const& from, std::string const& to) {
  sqlite3 *source = nullptr, *target = nullptr;
  ASSERT_EQ(sqlite3_open_v2(from.c_str(), &source, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_open(to.c_str(), &target), SQLITE_OK);
  auto* const backup = sqlite3_backup_init(target, "main", source, "main");
  ASSERT_NE(backup, nullptr);
  EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
  sqlite3_close(target);
  sqlite3_close(source);
}

/// As it is, and as UTF-16.
std::vector<std::string> spellings(std::string const& text) {
  std::string wide;
  for (char const c : text) wide.append(1, c).append(1, '\0');
  return {text, wide};
}

TEST_F(AtRest, T3_canaries_are_in_no_file_of_the_store_nor_in_a_backup) {
  std::string const canary = "CANARY-WARDROOM-";
  auto const rows =
      static_cast<std::int64_t>(std::max<std::uint64_t>(test::random_count(2'000), 200) / 2);
  // More generations than one, so that replaced values lie about in pages and in the log.
  for (std::int64_t generation = 1; generation <= 3; ++generation)
    write([&](store::Sql& sql) {
      for (std::int64_t i = 0; i < rows; ++i) {
        if (generation > 1 && i % 3 != 0) continue;
        auto const name = fmt::format("row{}", i);
        sql.run(
            "INSERT INTO safe (name, generation, a, b) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (name) DO UPDATE SET generation = $2, a = $3, b = $4",
            {name, generation, Blob{sealed(canary + random.token(), name, "a", generation)},
             Blob{sealed(canary + random.token(), name, "b", generation)}});
      }
    });
  write([](store::Sql& sql) { sql.run("DELETE FROM safe WHERE name LIKE '%7'"); });
  back_up(path, folder / "backup.db");
  std::ofstream(folder / "control") << "bytes and a " << canary << " among them";

  std::map<std::string, int> hits;
  for (auto const& entry : fs::directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    auto const bytes = bytes_of(entry.path().string());
    for (auto const& text : spellings(canary))
      hits[entry.path().filename().string()] += bytes.find(text) != bytes.npos ? 1 : 0;
  }
  for (auto const* looked_at : {"wardroom.db", "wardroom.db-wal", "wardroom.db-shm", "backup.db"})
    ASSERT_TRUE(hits.contains(looked_at)) << looked_at;
  EXPECT_GT(fs::file_size(folder / "wardroom.db-wal"), 10'000u);
  EXPECT_GT(fs::file_size(folder / "backup.db"), 10'000u);
  EXPECT_EQ(hits["control"], 1) << "the search itself does not work";
  for (auto const& [file, count] : hits)
    if (file != "control") EXPECT_EQ(count, 0) << file;
}

/// Somebody with the file of the store and all it ever held, but without the key.
class Intruder {
 public:
  static constexpr int rows = 100;

  Intruder(SqliteConnection& sql, Sealer const& sealer, std::uint64_t seed)
      : sql_(sql), sealer_(sealer), dice_(seed) {
    for (int i = 0; i < rows; ++i) {
      auto const name = name_of(i);
      for (char const* table : {"safe", "safe2"}) {
        std::string cells[2];
        for (int c = 0; c < 2; ++c)
          for (std::uint64_t generation : {6u, 7u}) {  // the one before is remembered
            auto const column = column_of(c);
            auto value = sealer.seal(Secret(fmt::format("{}{}{}", table, name, column)),
                                     {table, name, column, generation});
            (generation == 7 ? cells[c] : older_[table + name + column]) = std::move(value);
          }
        sql_.run(
            fmt::format("INSERT INTO {} (name, generation, a, b) VALUES ($1, 7, $2, $3)", table),
            {name, Blob{cells[0]}, Blob{cells[1]}});
      }
    }
  }

  static constexpr int ways = 9;
  /// Alters one row; returns what was done, and the row and column to look at.
  std::string tamper(int way, std::string& name, std::string& column) {
    name = name_of(at(rows));
    column = column_of(at(2));
    auto const other_column = column == "a" ? "b" : "a";
    auto const other = name_of((number_of(name) + 1 + at(rows - 1)) % rows);
    auto const mine = cell("safe", name, column);
    switch (way) {
      case 0:
        put(name, column, cell("safe", other, column));
        return "the cell of another row";
      case 1:
        put(name, column, cell("safe", name, other_column));
        return "the other column's cell";
      case 2:
        put(name, column, cell("safe2", name, column));
        return "the same cell of another table";
      case 3:
        put(name, column, older_["safe" + name + column]);
        return "the generation before";
      case 4:
        sql_.run("UPDATE safe SET generation = $2 WHERE name = $1",
                 {name, static_cast<std::int64_t>(dice_.one_in(2) ? 6 : 8 + dice_.below(1'000))});
        return "another generation";
      case 5:
        sql_.run("DELETE FROM safe WHERE name = $1", {other});
        sql_.run("UPDATE safe SET name = $2 WHERE name = $1", {name, other});
        name = other;
        return "the row under another name";
      case 6:
        put(name, column, mine.substr(0, dice_.below(mine.size())));
        return "truncated";
      case 7:
        put(name, column, mine + std::string(1 + dice_.below(40), static_cast<char>(dice_.bits())));
        return "longer";
      default:
        put(name, column, flipped(mine));
        return "bits flipped";
    }
  }

  /// As the vault reads it.
  Result<Secret> open(std::string const& name, std::string const& column) {
    auto const row =
        sql_.one(fmt::format("SELECT generation, {} FROM safe WHERE name = $1", column), {name});
    return sealer_.open(row->blob(1),
                        {"safe", name, column, static_cast<std::uint64_t>(row->integer(0))});
  }

 private:
  static std::string name_of(int i) { return fmt::format("row{:03}", i); }
  static int number_of(std::string const& name) { return std::stoi(name.substr(3)); }
  static std::string column_of(int c) { return c == 0 ? "a" : "b"; }
  int at(int below) { return static_cast<int>(dice_.below(static_cast<std::uint64_t>(below))); }

  std::string cell(std::string const& table, std::string const& name, std::string const& column) {
    return sql_.one(fmt::format("SELECT {} FROM {} WHERE name = $1", column, table), {name})
        ->blob(0);
  }
  void put(std::string const& name, std::string const& column, std::string bytes) {
    sql_.run(fmt::format("UPDATE safe SET {} = $2 WHERE name = $1", column),
             {name, Blob{std::move(bytes)}});
  }
  std::string flipped(std::string bytes) {
    auto const before = bytes;
    do {
      auto const bit = dice_.below(bytes.size() * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    } while (bytes == before || dice_.one_in(3));
    return bytes;
  }

  SqliteConnection& sql_;
  Sealer const& sealer_;
  test::Dice dice_;
  std::map<std::string, std::string> older_;
};

TEST_F(AtRest, T3_nothing_opens_that_was_swapped_moved_rolled_back_cut_or_flipped) {
  SqliteConnection sql(path, SqliteConnection::Use::write);
  sql.script("BEGIN");
  Intruder intruder(sql, sealer, test::random_seed());
  auto const count = test::random_count(10'000);
  std::map<std::string, int> tried;
  for (std::uint64_t i = 0; i < count; ++i) {
    sql.script("SAVEPOINT tampering");
    std::string name, column;
    auto const what = intruder.tamper(static_cast<int>(i % Intruder::ways), name, column);
    auto const opened = intruder.open(name, column);
    ASSERT_FALSE(opened) << what << " of " << name << " " << column;
    ASSERT_TRUE(opened.error().kind == ErrorKind::malformed ||
                opened.error().kind == ErrorKind::denied);
    sql.script("ROLLBACK TO tampering");
    ASSERT_TRUE(intruder.open(name, column)) << "without the tampering it opens";
    sql.script("RELEASE tampering");
    ++tried[what];
  }
  EXPECT_EQ(tried.size(), std::min<std::uint64_t>(count, Intruder::ways));
  sql.script("ROLLBACK");
}

}  // namespace
}  // namespace wardroom::crypto
