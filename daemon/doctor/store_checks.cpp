#include "doctor/store_checks.hpp"

#include "doctor/space.hpp"
#include "store/meta.hpp"
#include "store/open_store.hpp"
#include "store/sqlite_connection.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace wardroom::doctor {
namespace {
using namespace std::chrono_literals;

constexpr std::uint64_t long_log = 256u << 20;

std::string folder_of(std::string const& file) {
  auto const slash = file.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : file.substr(0, slash);
}

/// Which one it is can change while the daemon runs.
bool is_sqlite(StorePorts const& ports) { return ports.url().starts_with("sqlite:"); }
std::string file_of(StorePorts const& ports) { return store::sqlite_path(ports.url()); }

std::string how_to_see(StorePorts const& ports) {
  if (!is_sqlite(ports))
    return fmt::format("psql '{}' -c 'SELECT 1'   # as the daemon's user: does the server answer?",
                       store::shown_url(ports.url()));
  auto const folder = folder_of(file_of(ports));
  return fmt::format(
      "df -h {0}; findmnt -T {0}; lsof {0}/*   # full, read-only, or held by another "
      "program?",
      folder);
}

/// A commit of its own, so that what stopped working since the last one shows.
Task<Findings> commits(StorePorts ports) {
  auto const begun = ports.clock.uptime();
  auto const stamp = std::to_string(unix_ms(ports.clock.now()));
  auto const done = co_await ports.database.write(
      [stamp](store::Sql& sql) { store::set_meta(sql, "doctor.last_visit", stamp); });
  if (!done)
    co_return Findings{bad("The store takes no writes: " + done.error().what, how_to_see(ports))};
  auto found = judge_commit(std::chrono::ceil<Milliseconds>(ports.clock.uptime() - begun));
  if (found.result != CheckResult::ok) found.remedy = how_to_see(ports);
  co_return Findings{std::move(found)};
}

Findings look_at_space(std::string const& file) {
  auto const folder = folder_of(file);
  struct statvfs about{};
  if (::statvfs(folder.c_str(), &about) != 0)
    return {bad(fmt::format("The folder {} of the store cannot be examined: {}.", folder,
                            std::strerror(errno)),
                "findmnt -T " + folder)};
  if (about.f_flag & ST_RDONLY)
    return {bad(fmt::format("The file system of {} is mounted read-only.", folder),
                fmt::format("dmesg | tail -50; mount -o remount,rw $(findmnt -n -o TARGET -T {})   "
                            "# look first why the kernel did it",
                            folder))};
  return {judge_space(folder, {.free = std::uint64_t(about.f_bavail) * about.f_frsize,
                               .total = std::uint64_t(about.f_blocks) * about.f_frsize,
                               .free_files = about.f_favail,
                               .all_files = about.f_files})};
}

Findings look_at_folder(std::string const& file) {
  auto const folder = folder_of(file);
  struct stat about{};
  if (::stat(folder.c_str(), &about) != 0)
    return {
        bad(fmt::format("The folder {} of the store is gone: {}.", folder, std::strerror(errno)),
            "systemctl restart wardroomd   # makes it anew; then restore a backup")};
  auto const mode = static_cast<unsigned>(about.st_mode & 07777);
  if (about.st_uid != ::geteuid() && about.st_uid != 0)
    return {bad(fmt::format("The folder {} of the store belongs to uid {}, not to the daemon.",
                            folder, about.st_uid),
                fmt::format("chown {} {}", ::geteuid(), folder))};
  if (mode & 0077)
    return {bad(
        fmt::format("The folder {} of the store is open to others (mode {:04o}).", folder, mode),
        fmt::format("chmod 0700 {}", folder))};
  return {fine(fmt::format("{} belongs to the daemon alone.", folder))};
}

Findings look_at_log(std::string const& file) {
  struct stat main{}, log{};
  if (::stat(file.c_str(), &main) != 0)
    return {bad(fmt::format("The file {} of the store is gone: {}.", file, std::strerror(errno)),
                "systemctl stop wardroomd   # then restore a backup; what it still holds open is "
                "lost when it ends")};
  std::uint64_t const bytes =
      ::stat((file + "-wal").c_str(), &log) == 0 ? std::uint64_t(log.st_size) : 0;
  if (bytes > long_log)
    return {warn(fmt::format("The write-ahead log of the store has grown to {}: something reads "
                             "for long and keeps it from being folded in.",
                             size_words(bytes)),
                 fmt::format("lsof {}   # who has it open beside wardroomd?", file))};
  return {fine(fmt::format("The store has {}, its write-ahead log {}.",
                           size_words(std::uint64_t(main.st_size)), size_words(bytes)))};
}

/// On a connection of its own: the daemon's reader goes on.
Task<Findings> look_for_damage(StorePorts ports, std::string file) {
  struct Exam {
    std::unique_ptr<store::SqliteConnection> connection;
    std::vector<std::string> damage;
  };
  auto const exam = std::make_shared<Exam>();
  exam->connection =
      std::make_unique<store::SqliteConnection>(file, store::SqliteConnection::Use::read);
  auto const begun = ports.clock.uptime();
  co_await ports.beside.run(
      [exam] {
        exam->connection->query("PRAGMA quick_check(5)", {}, [&](store::Row const& row) {
          if (row.text(0) != "ok") exam->damage.push_back(row.text(0));
        });
        return true;
      },
      [exam] { exam->connection->interrupt(); });
  if (!exam->damage.empty())
    co_return Findings{bad(
        fmt::format("The store is damaged: {}.", fmt::join(exam->damage, "; ")),
        fmt::format("systemctl stop wardroomd && cp -a {0} {0}.damaged   # then restore the last "
                    "backup",
                    file))};
  co_return Findings{
      fine(fmt::format("Every page of the store is sound (looked at for {:.1f} s).",
                       std::chrono::duration<double>(ports.clock.uptime() - begun).count()))};
}

void add_sqlite_checks(Doctor& doctor, StorePorts const& ports) {
  auto const add = [&](char const* name, Findings (*look)(std::string const&)) {
    doctor.add({"store", name, [ports, look](CheckWish) -> Task<Findings> {
                  if (!is_sqlite(ports)) co_return Findings{};
                  co_return co_await ports.beside.run(
                      [look, file = file_of(ports)] { return look(file); });
                }});
  };
  add("store.space", look_at_space);
  add("store.folder", look_at_folder);
  add("store.log", look_at_log);
  doctor.add({"store", "store.damage",
              [ports](CheckWish wish) -> Task<Findings> {
                if (!is_sqlite(ports)) co_return Findings{};
                if (wish.deep) co_return co_await look_for_damage(ports, file_of(ports));
                co_return Findings{
                    skipped("Not looked for damage; `wardroomctl doctor store --deep` "
                            "reads the whole store.")};
              },
              15min});
}

struct Server {
  std::string version, fsync, synchronous, full_pages;
};

Task<Findings> look_at_server(StorePorts ports) {
  if (is_sqlite(ports)) co_return Findings{};
  auto const begun = ports.clock.uptime();
  auto const read = co_await ports.database.read<Server>([](store::Sql& sql) {
    auto const row = sql.one(
        "SELECT current_setting('server_version'), current_setting('fsync'), "
        "current_setting('synchronous_commit'), current_setting('full_page_writes')");
    return Server{row->text(0), row->text(1), row->text(2), row->text(3)};
  });
  if (!read)
    co_return Findings{bad("PostgreSQL cannot be asked: " + read.error().what, how_to_see(ports))};
  auto const took = std::chrono::ceil<Milliseconds>(ports.clock.uptime() - begun);
  auto const set = [](char const* what) {
    return fmt::format("psql -c 'ALTER SYSTEM SET {} = on' -c 'SELECT pg_reload_conf()'", what);
  };
  Findings out{fine(fmt::format("PostgreSQL {} answers within {} ms.", read->version, took.count()),
                    "server")};
  if (read->fsync != "on")
    out.push_back(
        bad("PostgreSQL runs with fsync off: a power cut loses the store.", set("fsync"), "fsync"));
  if (read->synchronous == "off")
    out.push_back(
        bad("PostgreSQL answers commits before they are on the disk (synchronous_commit "
            "off).",
            set("synchronous_commit"), "synchronous_commit"));
  if (read->full_pages != "on")
    out.push_back(
        bad("PostgreSQL runs with full_page_writes off: a power cut can damage the store.",
            set("full_page_writes"), "full_page_writes"));
  if (out.size() == 1)
    out.push_back(
        fine("Commits are on the disk before they are answered (fsync on, "
             "synchronous_commit " +
                 read->synchronous + ").",
             "durable"));
  co_return out;
}

/// The day of "2026-11-22T02:04:45.120Z".
std::optional<Instant> day_of(std::string const& iso) {
  int year = 0;
  unsigned month = 0, day = 0;
  if (std::sscanf(iso.c_str(), "%d-%u-%uT", &year, &month, &day) != 3) return std::nullopt;
  std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(date));
}

struct Kept {
  std::string backup;  ///< the note of the last one; empty = there is none
  std::int64_t steps = 0, newest = 0;
};

Task<Findings> look_at_backup(StorePorts ports) {
  auto const kept = co_await ports.database.read<Kept>([](store::Sql& sql) {
    Kept out{.backup = store::get_meta(sql, "store.last_backup").value_or("")};
    if (auto const row = sql.one("SELECT COUNT(*), MAX(number) FROM schema_migrations")) {
      out.steps = row->integer(0);
      out.newest = row->integer(1);
    }
    return out;
  });
  if (!kept)
    co_return Findings{bad("The store cannot be read: " + kept.error().what, how_to_see(ports))};
  auto const note = nlohmann::json::parse(kept->backup, nullptr, false);
  std::optional<Instant> made;
  if (note.is_object()) made = day_of(note.value("at", ""));
  co_return Findings{
      judge_backup(made, ports.clock.now(), !is_sqlite(ports)),
      fine(fmt::format("The schema is at step {} ({} steps).", kept->newest, kept->steps),
           "schema")};
}

}  // namespace

Finding judge_backup(std::optional<Instant> made, Instant now, bool by_others) {
  std::string const remedy = "wardroomctl backup /var/backups/wardroom-$(date +%F).db";
  if (!made && by_others)
    return skipped("No backup by Wardroom; the database server may have its own.", "backup");
  if (!made) return warn("No backup of the store was made yet.", remedy, "backup");
  auto const days = std::chrono::floor<std::chrono::days>(now - *made).count();
  if (days > 7)
    return warn(fmt::format("The last backup of the store is {} days old.", days), remedy,
                "backup");
  return fine(
      fmt::format("The last backup of the store is {} day{} old.", days, days == 1 ? "" : "s"),
      "backup");
}

Finding judge_commit(Milliseconds took) {
  if (took > 500ms)
    return warn(
        fmt::format("A commit took {} ms: posts and decisions wait for the disk.", took.count()),
        "iostat -x 1 5");
  return fine(fmt::format("The store takes writes; a commit took {} ms.", took.count()));
}

void add_store_checks(Doctor& doctor, StorePorts ports) {
  doctor.add({"store", "store.writes", [ports](CheckWish) { return commits(ports); }, 20s});
  doctor.add({"store", "store", [ports](CheckWish) { return look_at_backup(ports); }});
  add_sqlite_checks(doctor, ports);
  doctor.add({"store", "store.postgres", [ports](CheckWish) { return look_at_server(ports); }});
}

}  // namespace wardroom::doctor
