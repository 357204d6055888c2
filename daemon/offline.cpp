#include "offline.hpp"

#include "app_options.hpp"
#include "base/time_text.hpp"
#include "config/config_file.hpp"
#include "oauth/key_rotation.hpp"
#include "runtime/system_clock.hpp"
#include "store/restore.hpp"
#include "store/store_move.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom {
namespace {

constexpr int exit_config = 78;

int complain(std::string_view what, int code) {
  fmt::print(stderr, "wardroomd: {}\n", what);
  return code;
}

/// Its sentence and exit code in place of an exception.
template <class Work>
int saying_why(Work work) {
  try {
    work();
    return 0;
  } catch (CannotStart const& e) {
    return complain(e.what(), e.code);
  } catch (store::TargetInUse const& e) {
    return complain(e.what(), exit_config);  // 75 is for another daemon
  } catch (store::StoreError const& e) {
    return complain(e.what(), exit_code_of(e.error()));
  }
}

store::StoreSettings store_of(DaemonSettings const& s) {
  return {s.store_url, s.store_password_file.empty()
                           ? Secret()
                           : or_stop(config::read_secret(s.store_password_file), exit_config)};
}

bool is_sqlite(store::StoreSettings const& settings) {
  return store::engine_of(settings.url) == store::Engine::sqlite;
}

/// How far it is, on a terminal only.
class Progress {
 public:
  void tell(std::string_view what, std::int64_t rows, std::int64_t total) {
    if (!terminal_) return;
    fmt::print(stderr, "\r\033[K{}: {} rows{}", what, rows,
               total > 0 ? fmt::format(" of {}", total) : "");
    std::fflush(stderr);
    said_ = true;
  }
  ~Progress() {
    if (said_) fmt::print(stderr, "\r\033[K");
  }

 private:
  bool const terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool said_ = false;
};

/// Run by root, the files still belong to whom the folder of the store belongs.
void hand_over(store::StoreSettings const& settings) {
  if (!is_sqlite(settings) || ::geteuid() != 0) return;
  auto const path = store::sqlite_path(settings.url);
  auto const folder = std::filesystem::path(path).parent_path();
  struct stat about{};
  if (::stat(folder.c_str(), &about) != 0 || about.st_uid == 0) return;
  for (auto const& file : {path, path + "-wal", path + "-shm", (folder / "lock").string()})
    if (::lchown(file.c_str(), about.st_uid, about.st_gid) != 0 && errno != ENOENT)
      complain(fmt::format("{} could not be given to the owner of its folder", file), 0);
}

std::string work_folder_of(store::StoreSettings const& settings) {
  if (!is_sqlite(settings)) return std::filesystem::temp_directory_path();
  return std::filesystem::path(store::sqlite_path(settings.url)).parent_path();
}

}  // namespace

int restore_store(DaemonSettings const& settings, std::string const& file, bool force) {
  return saying_why([&] {
    auto const keys = master_keys(settings);
    auto const target = store_of(settings);
    Progress progress;
    store::RestoreOrder order;
    order.backup = file;
    order.work_folder = work_folder_of(target);
    order.store = target;
    order.steps = all_migrations();
    order.force = force;
    order.now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
    order.admit = [&keys](store::Sql& sql) { oauth::refuse_other_key(sql, keys.now, keys.old); };
    order.watch = [&](std::string const&, std::int64_t rows) {
      progress.tell("restoring", rows, 0);
    };
    auto const report = store::restore(order);
    hand_over(target);
    fmt::print(
        "{} holds the backup of {} now: {} rows, checksum {}, all read back.\n"
        "It was made by version {} from {}.\n",
        store::shown_url(target.url), report.manifest.created_at, report.manifest.total(),
        report.manifest.checksum, report.manifest.version, report.manifest.engine);
    if (!report.kept_aside.empty())
      fmt::print("What was there before is kept in {}; remove it when it is no longer needed.\n",
                 report.kept_aside);
    fmt::print(
        "Logins that were renewed since the backup may need a new one: wardroomctl whoami\n");
  });
}

int move_store(DaemonSettings const& settings, std::string const& to_url,
               std::string const& to_password_file) {
  return saying_why([&] {
    store::StoreSettings to{to_url, {}};
    if (auto const engine = store::engine_of(to_url); !engine)
      throw CannotStart(exit_config, engine.error().what);
    if (!to_password_file.empty())
      to.password = or_stop(config::read_secret(to_password_file), exit_config);
    auto const from = store_of(settings);
    if (to.url == from.url) throw CannotStart(exit_config, "that is the configured store already");
    Progress progress;
    store::StoreMove move(from, to, all_migrations(), [&](store::MoveProgress const& step) {
      progress.tell(step.phase, step.rows, step.total);
    });
    move.open(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()), true);
    move.copy(false);
    move.compare(false);
    move.finish(false);
    {
      store::StoreSession old(from, store::StoreSession::Use::write);
      old.transaction([&] { store::set_moved(old.sql(), move.mark_for_old()); });
    }
    {
      store::StoreSession fresh(to, store::StoreSession::Use::write);
      fresh.transaction([&] { store::forget_copy(fresh.sql()); });
    }
    hand_over(from);
    hand_over(to);
    fmt::print("{} rows are in {} now, compared row by row; {} is marked as moved.\n",
               move.report().rows, move.report().to, move.report().from);
    fmt::print(
        "Now set in {}:\n  store: {{ url: \"{}\"{} }}\n", settings.file, to.url,
        to_password_file.empty() ? "" : fmt::format(", password_file: {}", to_password_file));
  });
}

int adopt_store(DaemonSettings const& settings) {
  return saying_why([&] {
    auto const target = store_of(settings);
    store::StoreSession session(target, store::StoreSession::Use::write);
    auto& sql = session.sql();
    auto const all = store::list_all_tables(sql, session.engine());
    if (std::ranges::find(all, "meta") == all.end())
      throw CannotStart(exit_config, session.address() + " holds no site");
    auto const moved = store::moved_mark(sql);
    auto const copied = store::copy_mark(sql);
    if (copied && copied->state == store::CopyState::copying)
      throw CannotStart(exit_config,
                        fmt::format("{} holds an unfinished copy of {}: rows are "
                                    "missing, so it cannot be adopted",
                                    session.address(), store::shown_url(copied->mark.other)));
    if (!moved && !copied) {
      fmt::print("{} is not marked by any move; there is nothing to do.\n", session.address());
      return;
    }
    session.transaction([&] {
      store::forget_moved(sql);
      store::settle_moves(sql, session.engine());
    });
    hand_over(target);
    fmt::print("{} is the site's store again, as it was at {}. Never start a daemon on {} again.\n",
               session.address(), iso_text(moved ? moved->at : copied->mark.at),
               store::shown_url(moved ? moved->other : copied->mark.other));
  });
}

}  // namespace wardroom
