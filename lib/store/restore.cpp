#include "store/restore.hpp"

#include "store/empty_store.hpp"
#include "store/migrations.hpp"
#include "store/move_marks.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store_move.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace wardroom::store {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view sqlite_head{"SQLite format 3\0", 16};

[[noreturn]] void refuse(ErrorKind kind, std::string what) {
  throw StoreError(Error{kind, std::move(what)});
}

void remove_database(std::string const& file) {
  std::error_code none;
  for (auto const* end : {"", "-journal", "-wal", "-shm"}) fs::remove(file + end, none);
}

/// A copy that can be opened without touching the file itself; removed at the end.
class WorkCopy {
 public:
  WorkCopy(std::string const& backup, std::string const& folder)
      : file_(fmt::format("{}/restore-{}.tmp", folder, new_move_id())) {
    std::ifstream in(backup, std::ios::binary);
    if (!in)
      refuse(ErrorKind::not_found,
             fmt::format("cannot read the backup {}: {}", backup, std::strerror(errno)));
    std::string head(sqlite_head.size(), '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (head != sqlite_head)
      refuse(ErrorKind::malformed,
             fmt::format("{} is no backup of Wardroom: it is not a SQLite file", backup));
    if (auto made = make_private_file(file_); !made) throw StoreError(made.error());
    // Not fs::copy_file: that takes over who may read the backup.
    std::ofstream out(file_, std::ios::binary | std::ios::trunc);
    errno = 0;
    in.seekg(0);
    if ((out << in.rdbuf()) && out.flush() && !in.bad()) return;
    int const why = errno;
    remove_database(file_);
    refuse(ErrorKind::unavailable, fmt::format("the backup cannot be copied to {}: {}", file_,
                                               why != 0 ? std::strerror(why) : "it ended early"));
  }
  ~WorkCopy() { remove_database(file_); }
  WorkCopy(WorkCopy const&) = delete;
  WorkCopy& operator=(WorkCopy const&) = delete;
  std::string const& file() const { return file_; }

 private:
  std::string file_;
};

std::vector<Migration> steps_of_backup(RestoreOrder const& order, Sql& backup) {
  auto const applied = applied_steps_of(backup);
  auto steps = complete_steps(order.steps);
  std::erase_if(steps, [&](auto const& step) { return !applied.contains(step.number); });
  return steps;
}

std::string stamp(Instant now) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(now);
  auto const day = std::chrono::floor<std::chrono::days>(seconds);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const time(seconds - day);
  return fmt::format("{:04}{:02}{:02}_{:02}{:02}{:02}", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

/// Into an empty store: the backup's own schema, its rows, all of them read back, and then the
/// steps it has not been through.
void fill(StoreSession& to, Sql& backup, RestoreOrder const& order) {
  auto const watch = order.watch ? order.watch : [](std::string const&, std::int64_t) {};
  to.migrate(steps_of_backup(order, backup), order.now);
  to.transaction(
      [&] { set_copy(to.sql(), {{new_move_id(), order.backup, order.now}, CopyState::copying}); });
  auto const tables = list_tables(backup, Engine::sqlite);
  expect_same_tables(tables, list_tables(to.sql(), to.engine()));
  to.transaction(
      [&] { to.sql().run("DELETE FROM meta WHERE " + shared_rows_only({"meta", {}, {}})); });
  copy_tables(backup, to.sql(), tables, [&](auto const& work) { to.transaction(work); }, watch);
  compare_tables(backup, to.sql(), tables, [](std::string const&, std::int64_t) {});
  if (to.engine() == Engine::postgres) to.transaction([&] { set_sequences(to.sql(), tables); });
  to.migrate(order.steps, order.now);
  to.transaction([&] { forget_copy(to.sql()); });
}

[[noreturn]] void refuse_to_replace(std::string const& address, std::string const& table) {
  refuse(ErrorKind::denied,
         fmt::format("{} is not empty (its table {} holds rows); nothing was changed. Add --force "
                     "to put the backup in its place: what is there now is kept aside",
                     address, table));
}

void sync_folder_of(std::string const& file) {
  int const folder =
      ::open(fs::path(file).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool const synced = folder >= 0 && (::fsync(folder) == 0 || errno == EINVAL);
  if (folder >= 0) ::close(folder);
  if (!synced) refuse(ErrorKind::unavailable, "the folder of the store cannot be synced");
}

/// What a killed daemon has left in its log goes into the file: between two renames a power cut
/// must not find the one without the other. A damaged store is only put aside.
void fold_log(StoreSettings const& store) {
  try {
    StoreSession const old(store, StoreSession::Use::write);  // its end folds the log in
  } catch (StoreError const& e) {
    if (e.error().kind == ErrorKind::conflict) throw;
  }
}

/// Removed unless it was put into its place.
struct Unfinished {
  std::string file;
  ~Unfinished() { remove_database(file); }
};

/// What was there before goes aside only when the new one is complete. A log that nobody's file
/// belongs to goes aside, too: SQLite would play it back into the new file.
std::string into_sqlite(RestoreOrder const& order, Sql& backup) {
  auto const path = sqlite_path(order.store.url), fresh = path + ".restoring";
  bool const there = fs::exists(path) && fs::file_size(path) > 0;
  if (there && !order.force) {
    StoreSession old(order.store, StoreSession::Use::write);
    auto const all = list_all_tables(old.sql(), Engine::sqlite);
    if (auto const table = table_with_rows(old); !table.empty()) refuse_to_replace(path, table);
  }
  if (there) fold_log(order.store);
  remove_database(fresh);
  Unfinished const unfinished{fresh};
  {
    StoreSession to({"sqlite:" + fresh, {}}, StoreSession::Use::write);
    fill(to, backup, order);
  }
  auto const lock = lock_state_directory(path);
  if (!lock) throw StoreError(lock.error());
  if (fs::exists(fresh + "-wal"))
    refuse(ErrorKind::unavailable,
           fmt::format("{} could not be finished; is the disk full? Nothing was changed", fresh));
  auto const aside = path + ".before_" + stamp(order.now);
  for (auto const* end : {"-wal", "-shm", ""})
    if (fs::exists(path + end)) fs::rename(path + end, aside + end);
  sync_folder_of(path);
  fs::rename(fresh, path);
  sync_folder_of(path);
  return there ? aside : std::string();
}

std::string into_postgres(RestoreOrder const& order, Sql& backup) {
  StoreSession to(order.store, StoreSession::Use::write);
  auto const there = list_all_tables(to.sql(), to.engine());
  std::string aside;
  if (!there.empty()) {
    bool const has_meta = std::ranges::find(there, "meta") != there.end();
    auto const copied = has_meta ? copy_mark(to.sql()) : std::nullopt;
    bool const unfinished = copied && copied->state == CopyState::copying;
    auto const table = unfinished ? std::string() : table_with_rows(to);
    if (!table.empty() && !order.force) refuse_to_replace(to.address(), table);
    if (!table.empty()) {
      aside = "before_" + stamp(order.now);
      keep_tables_aside(to, aside);
      aside = fmt::format("{}, schema {}", to.address(), aside);
    } else {
      drop_all_tables(to);
    }
  }
  try {
    fill(to, backup, order);
  } catch (StoreError const& e) {
    auto error = e.error();
    if (!aside.empty()) error.what += fmt::format(" (what was there before is kept in {})", aside);
    throw StoreError(std::move(error));
  }
  return aside;
}

}  // namespace

RestoreReport restore(RestoreOrder const& order) try {
  auto const engine = engine_of(order.store.url);
  if (!engine) throw StoreError(engine.error());
  if (*engine == Engine::sqlite) {  // the folder is made, and a daemon noticed, before anything
    auto const lock = lock_state_directory(sqlite_path(order.store.url));
    if (!lock) throw StoreError(lock.error());
  }
  WorkCopy const copy(order.backup, order.work_folder);
  SqliteConnection backup(copy.file(), SqliteConnection::Use::read);
  RestoreReport report{check_backup(backup, order.steps, [](std::string const&, std::int64_t) {}),
                       {}};
  if (order.admit) order.admit(backup);
  report.kept_aside =
      *engine == Engine::sqlite ? into_sqlite(order, backup) : into_postgres(order, backup);
  return report;
} catch (fs::filesystem_error const& e) {
  refuse(ErrorKind::unavailable, e.what());
}

}  // namespace wardroom::store
