#include "bench/prefill.hpp"

#include "base/encoding.hpp"
#include "people/fix_log.hpp"
#include "people/migrations.hpp"
#include "people/session_store.hpp"
#include "runtime/system_clock.hpp"
#include "store/sqlite_database.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace wardroom::bench {
namespace {

constexpr int rows_a_unit = 20'000;

void insert_people(store::Sql& sql, int from, int to, bool with_fixes, std::int64_t wall_ms,
                   std::int64_t boot_ms) {
  using store::Blob, store::Value;
  for (int i = from; i < to; ++i) {
    auto const no = std::int64_t{i} + 1;
    auto const email = prefilled_email(i);
    sql.run(
        "INSERT INTO people (person_no, webex_id, uuid, xsi_id, display_name, email, emails_json, "
        "location_country, updated_ms) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 'AT', $8)",
        {no, fmt::format("bench-{}", i), fmt::format("00000000-0000-4000-8000-{:012x}", i),
         prefilled_xsi_id(i), fmt::format("Person {}", i), email, fmt::format("[\"{}\"]", email),
         wall_ms});
    sql.run("INSERT INTO person_email (email, person_no) VALUES ($1, $2)", {email, no});
    sql.run(
        "INSERT INTO location_sessions (digest, person_no, created_ms, last_used_ms, expires_ms) "
        "VALUES ($1, $2, $3, $3, $4)",
        {Blob{people::SessionStore::digest(prefilled_token(i))}, no, wall_ms,
         wall_ms + 30LL * 86'400'000});
    if (with_fixes)
      sql.run(
          "INSERT INTO last_fix (person_no, latitude_e7, longitude_e7, accuracy_dm, boot_no, "
          "boot_ms, wall_ms) VALUES ($1, $2, $3, 150, 1, $4, $5)",
          {no, std::int64_t{482'000'000 + i % 1000}, std::int64_t{163'700'000 + i % 997}, boot_ms,
           wall_ms});
  }
}

}  // namespace

void prefill(std::string const& path, int people, bool with_fixes) {
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  std::vector<store::Migration> steps(people::migrations().begin(), people::migrations().end());
  auto database = store::SqliteDatabase::open(io.get_executor(), clock, path, steps);
  if (!database) throw std::runtime_error(database.error().what);
  auto const wall_ms = unix_ms(clock.now());
  auto const boot_ms = clock.uptime().time_since_epoch() / Milliseconds(1);
  std::optional<Error> trouble;
  auto const heard = [&](Result<void> done) {
    if (!done) trouble = done.error();
  };
  (*database)->write(
      [](store::Sql& sql) {
        sql.run("INSERT INTO boots (boot_no, boot_id) VALUES (1, $1)", {people::machine_boot_id()});
      },
      heard);
  for (int from = 0; from < people; from += rows_a_unit) {
    auto const to = std::min(people, from + rows_a_unit);
    (*database)->write(
        [=](store::Sql& sql) { insert_people(sql, from, to, with_fixes, wall_ms, boot_ms); },
        heard);
  }
  (*database)->close();
  io.run();
  if (trouble) throw std::runtime_error(trouble->what);
}

std::string prefilled_email(int index) { return fmt::format("bench{}@acme.example", index); }
std::string prefilled_xsi_id(int index) {
  return fmt::format("bench{:07}@81726354.at10.bcld.example.net", index);
}
std::string prefilled_token(int index) {
  return to_base64url(sha256(fmt::format("bench token {}", index)));
}

}  // namespace wardroom::bench
