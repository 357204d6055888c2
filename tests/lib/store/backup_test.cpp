// Backups of both engines, put back into both, and files that are refused.
#include "engines.hpp"
#include "people/migrations.hpp"
#include "store/failpoint.hpp"
#include "store/meta.hpp"
#include "store/migrations.hpp"
#include "store/restore.hpp"
#include "store/sqlite_connection.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace wardroom::store {
namespace {
namespace fs = std::filesystem;

std::vector<Migration> steps(bool newer = false) {
  std::vector<Migration> out(people::migrations().begin(), people::migrations().end());
  if (newer)
    out.push_back(
        {902, "a newer step", "ALTER TABLE boots ADD COLUMN note TEXT NOT NULL DEFAULT ''"});
  return out;
}

struct Backup : testing::TestWithParam<std::pair<Engine, Engine>> {
  test::TempDirectory folder;
  std::vector<std::string> databases;
  StoreSettings from = place(GetParam().first, "old"), to = place(GetParam().second, "new");
  Instant now = from_unix_ms(1'795'000'000'000);

  ~Backup() override {
    failpoint::set("");
    for (auto const& name : databases) test::PostgresServer::shared().drop(name);
  }
  StoreSettings place(Engine engine, std::string const& name) {
    if (engine == Engine::sqlite)
      return {"sqlite:" + folder.path() + "/" + name + "/wardroom.db", {}};
    auto const made = test::PostgresServer::shared().new_database();
    databases.push_back(test::PostgresServer::name_of(made));
    return {made.url, {}};
  }
  std::string file() const { return folder / "site.backup"; }
  void fill(StoreSettings const& where, std::int64_t boots) {
    StoreSession store(where, StoreSession::Use::write);
    store.migrate(steps(), now);
    store.transaction([&] {
      for (std::int64_t i = 1; i <= boots; ++i)
        store.sql().run("INSERT INTO boots (boot_no, boot_id) VALUES ($1, $2)",
                        {i, fmt::format("boot {}", i)});
      set_meta(store.sql(), "master_key_id", "0123456789abcdef");
    });
  }
  BackupManifest back_up() {
    StoreSession store(from, StoreSession::Use::read);
    return write_backup(store, steps(), {.file = file(), .version = "1.2.3", .now = now});
  }
  RestoreOrder order() {
    return {.backup = file(),
            .work_folder = folder.path(),
            .store = to,
            .steps = steps(true),
            .now = now};
  }
  Error refused(RestoreOrder const& how) {
    try {
      restore(how);
    } catch (StoreError const& e) {
      return e.error();
    }
    return {ErrorKind::internal, "it was restored"};
  }
  std::int64_t boots(StoreSettings const& where) {
    StoreSession store(where, StoreSession::Use::read);
    return store.sql().one("SELECT count(*) FROM boots")->integer(0);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
};

std::string name_of(testing::TestParamInfo<std::pair<Engine, Engine>> const& info) {
  auto const word = [](Engine engine) {
    return engine == Engine::sqlite ? "SQLite" : "PostgreSQL";
  };
  return fmt::format("{}_into_{}", word(info.param.first), word(info.param.second));
}
INSTANTIATE_TEST_SUITE_P(Engines, Backup,
                         testing::Values(std::pair(Engine::sqlite, Engine::sqlite),
                                         std::pair(Engine::sqlite, Engine::postgres),
                                         std::pair(Engine::postgres, Engine::sqlite),
                                         std::pair(Engine::postgres, Engine::postgres)),
                         name_of);

TEST_P(Backup, is_one_private_file_that_says_what_it_is_and_comes_back_whole) {
  fill(from, 900);
  auto const made = back_up();
  EXPECT_EQ(made.rows.at("boots"), 900);
  EXPECT_EQ(made.key_id, "0123456789abcdef");
  struct stat about{};
  ASSERT_EQ(::stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_FALSE(fs::exists(file() + "-wal"));
  EXPECT_FALSE(fs::exists(file() + "-journal"));
  auto const changed = fs::last_write_time(file());
  auto const report = restore(order());
  EXPECT_EQ(report.kept_aside, "");
  EXPECT_EQ(report.manifest.version, "1.2.3");
  EXPECT_EQ(report.manifest.checksum, made.checksum);
  EXPECT_EQ(fs::last_write_time(file()), changed) << "a restore only reads the backup";
  StoreSession store(to, StoreSession::Use::write);
  EXPECT_EQ(store.sql().one("SELECT count(*) FROM boots WHERE note = ''")->integer(0), 900)
      << "the steps the backup had not been through follow";
  store.sql().run("INSERT INTO fix_batch (blob) VALUES ($1)", {Blob{"x"}});
}

TEST_P(Backup, replaces_a_store_only_when_forced_and_keeps_what_was_there) {
  fill(from, 3);
  back_up();
  fill(to, 7);
  auto const error = refused(order());
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_NE(error.what.find("--force"), std::string::npos) << error.what;
  EXPECT_EQ(boots(to), 7);
  auto forced = order();
  forced.force = true;
  auto const report = restore(forced);
  EXPECT_EQ(boots(to), 3);
  EXPECT_NE(report.kept_aside.find("before_20261118_"), std::string::npos) << report.kept_aside;
  if (GetParam().second == Engine::sqlite) EXPECT_EQ(boots({"sqlite:" + report.kept_aside, {}}), 7);
}

TEST_P(Backup, that_fails_half_way_leaves_no_file) {
  fill(from, 10);
  auto const before = files();
  failpoint::set("backup.copied:eio");
  EXPECT_THROW(back_up(), StoreError);
  EXPECT_EQ(files(), before);
  failpoint::set("");
  back_up();
  EXPECT_THROW(back_up(), StoreError) << "a file that is there is not overwritten";
}

TEST_P(Backup, is_refused_when_a_daemon_runs_the_key_is_another_or_the_schema_is_newer) {
  fill(from, 2);
  back_up();
  {
    StoreSession daemon(to, StoreSession::Use::write);
    EXPECT_EQ(refused(order()).kind, ErrorKind::conflict);
  }
  auto other = order();
  other.admit = [](Sql& sql) {
    EXPECT_EQ(get_meta(sql, "master_key_id"), "0123456789abcdef");
    throw StoreError(Error{ErrorKind::denied, "another key"});
  };
  EXPECT_EQ(refused(other).what, "another key");
  auto older = order();
  older.steps.clear();
  auto const error = refused(older);
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_NE(error.what.find("newer version"), std::string::npos) << error.what;
  restore(order());
}

using BackupFile = Backup;
INSTANTIATE_TEST_SUITE_P(Files, BackupFile,
                         testing::Values(std::pair(Engine::sqlite, Engine::sqlite)), name_of);

TEST_P(BackupFile, is_not_mixed_with_the_log_of_a_store_that_was_deleted) {
  fill(from, 3);
  back_up();
  fill(to, 7);
  auto const path = sqlite_path(to.url);
  {
    StoreSession killed(to, StoreSession::Use::write);
    killed.sql().run("UPDATE boots SET boot_id = boot_id || ' again'");
    fs::copy_file(path + "-wal", folder / "log");
  }
  fs::remove(path);
  fs::rename(folder / "log", path + "-wal");
  restore(order());
  EXPECT_EQ(boots(to), 3);
  EXPECT_FALSE(fs::exists(path + ".restoring"));
}

TEST_P(BackupFile, keeps_aside_what_a_killed_daemon_had_only_in_its_log) {
  fill(from, 3);
  back_up();
  fill(to, 7);
  auto const path = sqlite_path(to.url);
  {
    StoreSession killed(to, StoreSession::Use::write);
    killed.sql().run("INSERT INTO boots (boot_no, boot_id) VALUES (8, 'the last')");
    for (std::string const end : {"", "-wal"}) fs::copy_file(path + end, folder / ("was" + end));
  }
  for (std::string const end : {"", "-wal"}) fs::rename(folder / ("was" + end), path + end);
  auto forced = order();
  forced.force = true;
  auto const report = restore(forced);
  EXPECT_EQ(boots(to), 3);
  EXPECT_EQ(boots({"sqlite:" + report.kept_aside, {}}), 8);
}

TEST_P(BackupFile, that_was_changed_cut_or_is_none_is_refused) {
  fill(from, 500);
  back_up();
  auto const told = [&](auto change) {
    fs::copy_file(file(), folder / "changed", fs::copy_options::overwrite_existing);
    change(folder / "changed");
    auto how = order();
    how.backup = folder / "changed";
    auto const error = refused(how);
    EXPECT_EQ(error.kind, ErrorKind::malformed) << error.what;
    return error.what;
  };
  EXPECT_NE(told([](std::string const& path) {
              SqliteConnection sql(path, SqliteConnection::Use::write);
              sql.run("UPDATE boots SET boot_id = 'another' WHERE boot_no = 17");
            }).find("checksum"),
            std::string::npos);
  EXPECT_NE(told([](std::string const& path) {
              SqliteConnection sql(path, SqliteConnection::Use::write);
              sql.run("DELETE FROM boots WHERE boot_no = 17");
            }).find("boots"),
            std::string::npos);
  told([](std::string const& path) { fs::resize_file(path, fs::file_size(path) / 2); });
  told([](std::string const& path) { std::ofstream(path, std::ios::trunc) << "no database"; });
  EXPECT_NE(told([](std::string const& path) {
              SqliteConnection sql(path, SqliteConnection::Use::write);
              sql.run("DROP TABLE backup_manifest");
            }).find("no manifest"),
            std::string::npos);
  auto how = order();
  how.backup = folder / "nowhere";
  EXPECT_EQ(refused(how).kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace wardroom::store
