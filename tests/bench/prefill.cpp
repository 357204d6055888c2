#include "bench/prefill.hpp"

#include "base/encoding.hpp"
#include "people/fix_log.hpp"
#include "people/migrations.hpp"
#include "people/session_store.hpp"
#include "runtime/system_clock.hpp"
#include "store/open_store.hpp"
#include "store/postgres_connection.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <unistd.h>

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

/// The same rows, made by the server itself: one by one they would take minutes.
void fill_postgres(std::string const& url, int people, bool with_fixes, std::int64_t wall_ms,
                   std::int64_t boot_ms) {
  store::PostgresSettings const settings{.url = url, .statement = Milliseconds(600'000)};
  store::PostgresConnection server(settings, store::PostgresConnection::Use::write);
  server.patience(Milliseconds(600'000));
  auto const from = fmt::format(" FROM generate_series(0, {}) AS i", people - 1);
  server.script(
      "INSERT INTO people (person_no, webex_id, uuid, xsi_id, display_name, email, emails_json, "
      "location_country, updated_ms) SELECT i + 1, 'bench-' || i, '00000000-0000-4000-8000-' || "
      "lpad(to_hex(i), 12, '0'), 'bench' || lpad(i::text, 7, '0') || "
      "'@81726354.at10.bcld.example.net', 'Person ' || i, 'bench' || i || '@acme.example', "
      "'[\"bench' || i || '@acme.example\"]', 'AT', " +
      std::to_string(wall_ms) + from);
  server.script(
      "INSERT INTO person_email (email, person_no) SELECT 'bench' || i || '@acme.example', i + 1" +
      from);
  server.script(
      fmt::format("INSERT INTO location_sessions (digest, person_no, created_ms, last_used_ms, "
                  "expires_ms) SELECT sha256(convert_to(translate(rtrim(encode(sha256(convert_to("
                  "'bench token ' || i, 'UTF8')), 'base64'), '='), '+/', '-_'), 'UTF8')), i + 1, "
                  "{0}, {0}, {0} + 2592000000",
                  wall_ms) +
      from);
  if (with_fixes)
    server.script(fmt::format("INSERT INTO last_fix (person_no, latitude_e7, longitude_e7, "
                              "accuracy_dm, boot_no, boot_ms, wall_ms) SELECT i + 1, 482000000 + i "
                              "% 1000, 163700000 + i % 997, 150, 1, {}, {}",
                              boot_ms, wall_ms) +
                  from);
  server.script("ANALYZE");
}

}  // namespace

void prefill(std::string const& url, int people, bool with_fixes) {
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  auto const wall_ms = unix_ms(clock.now());
  auto const boot_ms = clock.uptime().time_since_epoch() / Milliseconds(1);
  std::vector<store::Migration> steps(people::migrations().begin(), people::migrations().end());
  auto database = store::open_store(io.get_executor(), clock, {.url = url}, steps);
  if (!database) throw std::runtime_error(database.error().what);
  std::optional<Error> trouble;
  auto const heard = [&](Result<void> done) {
    if (!done) trouble = done.error();
  };
  bool const sqlite = store::engine_of(url) == store::Engine::sqlite;
  (*database)->write(
      [sqlite](store::Sql& sql) {
        // Digests come in no order: with the pages of their index in memory it takes half the time.
        if (sqlite) sql.query("PRAGMA cache_size = -524288", {}, [](store::Row const&) {});
        sql.run("INSERT INTO boots (boot_no, boot_id) VALUES (1, $1)", {people::machine_boot_id()});
      },
      heard);
  for (int from = 0; sqlite && from < people; from += rows_a_unit) {
    auto const to = std::min(people, from + rows_a_unit);
    (*database)->write(
        [=](store::Sql& sql) { insert_people(sql, from, to, with_fixes, wall_ms, boot_ms); },
        heard);
  }
  (*database)->close();
  io.run();
  if (trouble) throw std::runtime_error(trouble->what);
  database->reset();  // its session would keep others from writing
  if (!sqlite) fill_postgres(url, people, with_fixes, wall_ms, boot_ms);
  // Half a gigabyte that the kernel has still to write holds up the commits that are measured.
  ::sync();
}

std::string prefilled_email(int index) { return fmt::format("bench{}@acme.example", index); }
std::string prefilled_xsi_id(int index) {
  return fmt::format("bench{:07}@81726354.at10.bcld.example.net", index);
}
std::string prefilled_token(int index) {
  return to_base64url(sha256(fmt::format("bench token {}", index)));
}

}  // namespace wardroom::bench
