#include "store/backup.hpp"

#include "base/time_text.hpp"
#include "store/failpoint.hpp"
#include "store/meta.hpp"
#include "store/migrations.hpp"
#include "store/sqlite_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace wardroom::store {
namespace {

constexpr std::string_view manifest_table =
    "CREATE TABLE backup_manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL)";

[[noreturn]] void malformed(std::string what) {
  throw StoreError(Error{ErrorKind::malformed, std::move(what)});
}

void sync(std::string const& path, int flags) {
  int const file = ::open(path.c_str(), flags | O_CLOEXEC);
  int const done = file < 0 ? -1 : ::fsync(file);
  int const why = errno;
  if (file >= 0) ::close(file);
  if (done != 0)
    throw StoreError(Error{ErrorKind::unavailable, fmt::format("{} does not reach the disk: {}",
                                                               path, std::strerror(why))});
}

void make_new_file(std::string const& path) {
  int const file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    throw StoreError(Error{ErrorKind::unavailable,
                           fmt::format("cannot make the file {}: {}", path, std::strerror(errno))});
  ::close(file);
}

void remove_file(std::string const& path) {
  std::error_code none;
  for (auto const* end : {"", "-journal", "-wal", "-shm"})
    std::filesystem::remove(path + end, none);
}

std::vector<Migration> only(std::vector<Migration> steps, std::set<std::int64_t> const& applied) {
  steps = complete_steps(std::move(steps));
  std::erase_if(steps, [&](auto const& step) { return !applied.contains(step.number); });
  return steps;
}

void write_manifest(Sql& sql, BackupManifest const& manifest) {
  sql.run(manifest_table);
  auto const set = [&](std::string key, std::string value) {
    sql.run("INSERT INTO backup_manifest (key, value) VALUES ($1, $2)",
            {std::move(key), std::move(value)});
  };
  set("format", std::to_string(backup_format));
  set("version", manifest.version);
  set("engine", manifest.engine);
  set("created_at", manifest.created_at);
  set("key_id", manifest.key_id);
  set("checksum", manifest.checksum);
  for (auto const& [table, rows] : manifest.rows) set("rows." + table, std::to_string(rows));
}

std::int64_t number_in(std::string const& text) {
  std::int64_t out = -1;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

BackupManifest read_manifest(Sql& sql) {
  BackupManifest out;
  std::map<std::string, std::string> all;
  sql.query("SELECT key, value FROM backup_manifest", {},
            [&](Row const& row) { all[row.text(0)] = row.text(1); });
  if (auto const format = number_in(all["format"]); format != backup_format)
    throw StoreError(
        Error{ErrorKind::denied, fmt::format("the backup has the format {}, this program reads {}: "
                                             "restore it with the version that wrote it ({})",
                                             format, backup_format, all["version"])});
  out.version = all["version"];
  out.engine = all["engine"];
  out.created_at = all["created_at"];
  out.key_id = all["key_id"];
  out.checksum = all["checksum"];
  for (auto const& [key, value] : all)
    if (key.starts_with("rows.")) out.rows[key.substr(5)] = number_in(value);
  return out;
}

void expect_whole(Sql& sql) {
  auto const verdict = sql.one("PRAGMA integrity_check(1)");
  if (!verdict || verdict->text(0) != "ok")
    malformed("the backup is damaged: " + (verdict ? verdict->text(0) : std::string("no answer")));
}

BackupManifest fill(StoreSession& from, SqliteConnection& to, std::vector<Migration> const& steps,
                    BackupOrder const& order) {
  auto const watch = order.watch ? order.watch : [](std::string const&, std::int64_t) {};
  from.begin_snapshot();
  struct End {
    StoreSession& session;
    ~End() {
      try {
        session.end();
      } catch (StoreError const&) {
        // The session is over, and the snapshot with it.
      }
    }
  } const end{from};
  auto const tables = list_tables(from.sql(), from.engine());
  std::int64_t total = 0;
  for (auto const& table : tables) total += count_rows(from.sql(), table);
  if (order.begun) order.begun(total);
  migrate(to, only(steps, applied_steps_of(from.sql())), order.now);
  expect_same_tables(tables, list_tables(to, Engine::sqlite));
  to.run("BEGIN IMMEDIATE");
  copy_tables(from.sql(), to, tables, [](auto const& work) { work(); }, watch);
  if (WARDROOM_FAILPOINT("backup.copied"))
    throw StoreError(Error{ErrorKind::unavailable, "an I/O error was injected"});
  auto const counts = compare_tables(
      from.sql(), to, tables, [&](std::string const& table, std::int64_t) { watch(table, total); });
  BackupManifest manifest{
      order.version,       from.engine() == Engine::sqlite ? "SQLite" : "PostgreSQL",
      iso_text(order.now), get_meta(to, "master_key_id").value_or(""),
      digest_of(counts),   {}};
  for (auto const& count : counts) manifest.rows[count.table] = count.rows;
  write_manifest(to, manifest);
  to.run("COMMIT");
  expect_whole(to);
  return manifest;
}

}  // namespace

std::int64_t BackupManifest::total() const {
  std::int64_t out = 0;
  for (auto const& [table, count] : rows) out += count;
  return out;
}

std::set<std::int64_t> applied_steps_of(Sql& sql) {
  std::set<std::int64_t> out;
  sql.query("SELECT number FROM schema_migrations", {},
            [&](Row const& row) { out.insert(row.integer(0)); });
  return out;
}

BackupManifest write_backup(StoreSession& from, std::vector<Migration> const& steps,
                            BackupOrder const& order) {
  make_new_file(order.file);
  try {
    BackupManifest manifest;
    {
      SqliteConnection to(order.file, SqliteConnection::Use::write);
      // One file, no log beside it. What is not finished is thrown away, and what is, is fsynced.
      to.script("PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF");
      manifest = fill(from, to, steps, order);
    }
    sync(order.file, O_RDONLY);
    auto const folder = std::filesystem::path(order.file).parent_path().string();
    sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
    return manifest;
  } catch (...) {
    remove_file(order.file);
    throw;
  }
}

BackupManifest check_backup(Sql& sql, std::vector<Migration> const& steps, CopyWatch const& watch) {
  expect_whole(sql);
  auto const all = list_all_tables(sql, Engine::sqlite);
  auto const has = [&](char const* name) { return std::ranges::find(all, name) != all.end(); };
  if (!has("backup_manifest") || !has("schema_migrations"))
    malformed(
        "the file is a SQLite database, but no backup of Wardroom: it holds no manifest; make one "
        "with: wardroomctl backup FILE");
  auto manifest = read_manifest(sql);
  refuse_newer(applied_steps_of(sql), complete_steps(steps));
  auto const counts = digest_tables(sql, list_tables(sql, Engine::sqlite), watch);
  if (counts.size() != manifest.rows.size())
    malformed("the backup holds other tables than its manifest says");
  for (auto const& count : counts) {
    auto const told = manifest.rows.find(count.table);
    if (told == manifest.rows.end() || told->second != count.rows)
      malformed(fmt::format("the backup's table {} does not hold as many rows as its manifest says",
                            count.table));
  }
  if (digest_of(counts) != manifest.checksum)
    malformed(
        "the backup's checksum is not that of its manifest: it was changed after it was "
        "made; take another one");
  return manifest;
}

}  // namespace wardroom::store
