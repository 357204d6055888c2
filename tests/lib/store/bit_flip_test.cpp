// D3: a file in which bits have flipped is refused with the remedy, or read right: no row that was
// acknowledged is missing in silence where SQLite's own check can tell.
#include "disk_machine.hpp"

#include <sqlite3.h>

namespace wardroom::test {
namespace {
using namespace std::chrono_literals;

struct Row {
  std::string name, body;
  bool operator==(Row const&) const = default;
};
using Rows = std::map<std::int64_t, Row>;

std::vector<store::Migration> steps() {
  return {{101, "rows",
           "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL);"
           "CREATE UNIQUE INDEX thing_name ON thing (name)"}};
}

/// One store on a disk, opened as often as needed.
struct Shelf {
  MemoryDisk disk;
  TempDirectory folder;
  std::string const path = folder / "state/wardroom.db";
  boost::asio::io_context io{1};
  FakeClock clock{io};

  Result<std::unique_ptr<store::SqliteDatabase>> open() {
    return store::SqliteDatabase::open(io.get_executor(), clock, path, steps(), {}, disk.vfs());
  }
  void settle(bool const& done) {
    auto const limit = std::chrono::steady_clock::now() + 10s;
    while (!done && std::chrono::steady_clock::now() < limit) {
      clock.advance(1ms);
      io.restart();
      io.run_one_for(1ms);
    }
    ASSERT_TRUE(done);
  }
};

Rows fill(Shelf& shelf) {
  Rows rows;
  auto database = shelf.open();
  EXPECT_TRUE(database) << database.error().what;
  for (std::int64_t id = 1; id <= 300; ++id)
    rows[id] = {"thing " + std::to_string(id * 7'919 % 1'000), std::string(std::size_t(id), 'x')};
  bool done = false;
  (*database)->write(
      [&rows](store::Sql& sql) {
        for (auto const& [id, row] : rows)
          sql.run("INSERT INTO thing VALUES ($1, $2, $3)", {id, row.name, row.body});
      },
      [&](Result<void> outcome) { done = outcome.has_value(); });
  shelf.settle(done);
  (*database)->close();
  return rows;
}

/// What SQLite alone finds in these bytes; "ok" = nothing.
std::string oracle(std::string const& bytes) {
  sqlite3* handle = nullptr;
  std::string verdict = "not a database";
  if (sqlite3_open(":memory:", &handle) == SQLITE_OK) {
    auto* const copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size()));
    std::ranges::copy(bytes, copy);
    auto const size = static_cast<sqlite3_int64>(bytes.size());
    copy[18] = copy[19] = 1;  // a database in memory has no WAL
    sqlite3_deserialize(handle, "main", copy, size, size, SQLITE_DESERIALIZE_FREEONCLOSE);
    sqlite3_exec(
        handle, "PRAGMA integrity_check(1)",
        [](void* out, int, char** text, char**) {
          *static_cast<std::string*>(out) = text[0] ? text[0] : "";
          return 0;
        },
        &verdict, nullptr);
  }
  sqlite3_close(handle);
  return verdict;
}

/// Bits here and there, or a sector that came back as zeros.
void damage(std::string& bytes, Dice& dice) {
  if (dice.one_in(10)) {
    auto const at = dice.below(bytes.size() / 512) * 512;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 512, '\0');
    return;
  }
  auto const flips = dice.one_in(2) ? 1 : dice.between(2, 20);
  for (int i = 0; i < flips; ++i) {
    auto const at = dice.one_in(4) ? dice.below(200) : dice.below(bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << dice.below(8)));
  }
}

TEST(BitFlip, D3_damaged_files_are_refused_with_the_remedy_or_every_row_is_found) {
  Dice dice(random_seed());
  auto const files = random_count(200);
  Shelf shelf;
  auto const rows = fill(shelf);
  auto const sound = shelf.disk.contents(shelf.path);
  ASSERT_EQ(oracle(sound), "ok");
  std::size_t refused = 0, right = 0, other_letters = 0;
  for (std::uint64_t i = 0; i < files && !HasFailure(); ++i) {
    auto bytes = sound;
    damage(bytes, dice);
    shelf.disk.replace(shelf.path, bytes);
    auto database = shelf.open();
    if (!database) {
      ++refused;
      auto const& error = database.error();
      EXPECT_TRUE(error.kind == ErrorKind::malformed || error.kind == ErrorKind::denied ||
                  error.kind == ErrorKind::unavailable)
          << name(error.kind) << ": " << error.what;
      EXPECT_NE(error.what.find("restore"), std::string::npos) << error.what;
      EXPECT_EQ(error.what.find('\n'), std::string::npos) << error.what;
      continue;
    }
    EXPECT_EQ(oracle(bytes), "ok") << "it was opened all the same";
    Rows found, by_name;
    bool done = false;
    std::optional<Error> error;
    (*database)->read(
        [&](store::Sql& sql) {
          sql.query("SELECT id, name, body FROM thing", {}, [&](store::Row const& row) {
            found[row.integer(0)] = {row.text(1), row.text(2)};
          });
          for (auto const& [id, row] : found)
            if (auto const hit = sql.one("SELECT id FROM thing WHERE name = $1", {row.name}))
              by_name[hit->integer(0)] = row;
        },
        [&](Result<void> outcome) {
          done = true;
          if (!outcome) error = outcome.error();
        });
    shelf.settle(done);
    if (error) {  // a name in the schema, which the check does not know: loud all the same
      ++refused;
      continue;
    }
    EXPECT_EQ(found.size(), rows.size());
    EXPECT_EQ(by_name, found);
    for (auto const& [id, row] : rows) EXPECT_TRUE(found.contains(id)) << id;
    ++(found == rows ? right : other_letters);
  }
  std::printf("%zu refused, %zu read right, %zu with other letters in a value\n", refused, right,
              other_letters);
  EXPECT_GT(refused, files / 10);
}

TEST(BitFlip, D3_damage_met_while_running_stops_all_writing_and_says_so) {
  Shelf shelf;
  fill(shelf);
  auto database = shelf.open();
  ASSERT_TRUE(database);
  // Behind its back, on pages it has not kept in memory.
  auto bytes = shelf.disk.contents(shelf.path);
  for (std::size_t at = 4'096 * 3; at < bytes.size(); at += 4'096) bytes[at] = '\x77';
  shelf.disk.overwrite(shelf.path, bytes);
  std::optional<Error> told;
  bool done = false;
  (*database)->read(
      [](store::Sql& sql) { sql.query("SELECT * FROM thing", {}, [](store::Row const&) {}); },
      [&](Result<void> outcome) {
        done = true;
        if (!outcome) told = outcome.error();
      });
  shelf.settle(done);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->kind, ErrorKind::malformed);
  EXPECT_NE(told->what.find("wardroomd --restore FILE"), std::string::npos) << told->what;
  shelf.clock.advance(1ms);
  EXPECT_TRUE((*database)->health().damaged);
  done = false;
  told.reset();
  (*database)->write([](store::Sql& sql) { sql.run("DELETE FROM thing WHERE id = 1"); },
                     [&](Result<void> outcome) {
                       done = true;
                       if (!outcome) told = outcome.error();
                     });
  shelf.settle(done);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->kind, ErrorKind::malformed);
}

TEST(BitFlip, D3_damage_met_by_a_unit_of_writing_fails_the_whole_batch_and_all_later_ones) {
  Shelf shelf;
  fill(shelf);
  auto database = shelf.open();
  ASSERT_TRUE(database);
  auto bytes = shelf.disk.contents(shelf.path);
  for (std::size_t at = 4'096 * 3; at < bytes.size(); at += 4'096) bytes[at] = '\x77';
  shelf.disk.overwrite(shelf.path, bytes);
  int refused = 0;
  bool done = false;
  auto const count = [&](Result<void> outcome) {
    refused += outcome ? 0 : 1;
    done = refused == 3;
  };
  (*database)->write([](store::Sql& sql) { sql.run("CREATE TABLE other (a INTEGER)"); }, count);
  (*database)->write([](store::Sql& sql) { sql.run("UPDATE thing SET body = ''"); }, count);
  (*database)->write([](store::Sql& sql) { sql.run("CREATE TABLE more (a INTEGER)"); }, count);
  shelf.settle(done);
  EXPECT_TRUE((*database)->health().damaged);
}

}  // namespace
}  // namespace wardroom::test
