#include "people/fix_load.hpp"

#include "base/planted.hpp"
#include "people/fix_history_store.hpp"

#include <fmt/format.h>

#include <limits>

namespace wardroom::people {
using store::Row;
using store::Sql;
using store::StoreError;

namespace {

constexpr std::int64_t rows_a_page = 20'000, batches_a_page = 1'000;

/// The order in which fixes were received, over restarts and reboots.
bool not_older(StoredFix const& a, StoredFix const& b) {
  return std::pair(a.boot_no, a.boot_ms) >= std::pair(b.boot_no, b.boot_ms);
}

StoredFix last_fix(Row const& row) {
  return {.person = static_cast<PersonNo>(row.integer(0)),
          .latitude_e7 = static_cast<std::int32_t>(row.integer(1)),
          .longitude_e7 = static_cast<std::int32_t>(row.integer(2)),
          .accuracy_dm = static_cast<std::uint32_t>(row.integer(3)),
          .boot_ms = row.integer(5),
          .wall_ms = row.integer(6),
          .boot_no = row.integer(4)};
}

[[noreturn]] void damaged(std::string what) {
  throw StoreError(Error{ErrorKind::malformed, "the store is damaged: " + std::move(what) +
                                                   "; stop the daemon and restore the last backup: "
                                                   "wardroomd --restore FILE"});
}

}  // namespace

LoadedFixes load_fixes(Sql& sql, PersonNo people) {
  LoadedFixes out;
  out.latest.resize(std::size_t{people} + 1);
  auto take = [&](StoredFix const& fix) -> bool {
    auto& known = out.latest[fix.person];
    out.newest = std::max(out.newest, from_unix_ms(fix.wall_ms));
    if (known.person != 0 && !not_older(fix, known)) return false;
    if (known.person != 0 && WARDROOM_PLANTED("older-fix-wins")) return false;
    known = fix;
    return true;
  };
  // In pages: a server's answer is held in memory as a whole.
  for (std::int64_t rows = rows_a_page, after = std::numeric_limits<std::int64_t>::min();
       rows == rows_a_page;) {
    rows = 0;
    sql.query(
        "SELECT person_no, latitude_e7, longitude_e7, accuracy_dm, boot_no, boot_ms, wall_ms "
        "FROM last_fix WHERE person_no > $1 ORDER BY person_no LIMIT $2",
        {after, rows_a_page}, [&](Row const& row) {
          ++rows;
          after = row.integer(0);
          if (after < 1 || after > people)
            damaged(fmt::format("a fix belongs to person {}, whom it does not know", after));
          take(last_fix(row));
        });
  }
  bool first = true;
  auto const take_batch = [&](Row const& row) {
    auto const seq = row.integer(0);
    auto const fixes = decode_batch(row.blob(1));
    if (!fixes) damaged(fmt::format("location batch {} is broken ({})", seq, fixes.error().what));
    for (auto const& fix : *fixes) {
      if (fix.person < 1 || fix.person > people)
        damaged(fmt::format("location batch {} names person {}, whom it does not know", seq,
                            fix.person));
      if (take(fix)) out.in_batches.push_back(fix.person);
    }
    if (std::exchange(first, false)) out.oldest_seq = seq;
    out.next_seq = seq + 1;
  };
  for (std::int64_t rows = batches_a_page, after = std::numeric_limits<std::int64_t>::min();
       rows == batches_a_page;) {
    rows = 0;
    sql.query("SELECT seq, blob FROM fix_batch WHERE seq > $1 ORDER BY seq LIMIT $2",
              {after, batches_a_page}, [&](Row const& row) {
                ++rows;
                after = row.integer(0);
                take_batch(row);
              });
  }
  // What is kept for replays is not read, but no number of it may come again.
  out.next_seq = std::max(out.next_seq, last_kept(sql) + 1);
  if (first) out.oldest_seq = out.next_seq;
  return out;
}

std::int64_t number_of_boot(Sql& sql, std::string const& boot_id) {
  // Without an id every start counts as a boot of its own: ages then come from the wall clock.
  auto const known = boot_id.empty()
                         ? std::nullopt
                         : sql.one("SELECT boot_no FROM boots WHERE boot_id = $1", {boot_id});
  if (known) return known->integer(0);
  auto const number = sql.one("SELECT COALESCE(MAX(boot_no), 0) + 1 FROM boots")->integer(0);
  sql.run("INSERT INTO boots (boot_no, boot_id) VALUES ($1, $2)",
          {number, boot_id.empty() ? fmt::format("unknown {}", number) : boot_id});
  return number;
}

}  // namespace wardroom::people
