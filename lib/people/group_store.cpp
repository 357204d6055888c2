#include "people/group_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace wardroom::people {
using store::Row;
using store::Sql;
using store::Value;

namespace {

constexpr std::size_t rows_a_statement = 250;
constexpr std::size_t rows_a_commit = 1'000;
constexpr std::int64_t numbers_a_drop = 10'000;

/// Where members of one kind are kept.
struct Table {
  std::string_view name, column;
};
constexpr Table people_table{"group_member", "person_no"},
    strangers_table{"group_stranger", "uuid"};

struct Differences {
  std::vector<Value> come, go;
};

std::int64_t number_in(Row const& row) { return row.integer(0); }
std::string const& text_in(Row const& row) { return row.text(0); }

template <class T, class Read>
Differences differences(Sql& sql, Table table, std::int64_t group, std::vector<T> wanted,
                        Read read) {
  std::vector<T> known;
  sql.query(fmt::format("SELECT {} FROM {} WHERE group_no = $1", table.column, table.name), {group},
            [&](Row const& row) { known.push_back(read(row)); });
  std::ranges::sort(known);
  std::ranges::sort(wanted);
  Differences out;
  std::ranges::set_difference(wanted, known, std::back_inserter(out.come));
  std::ranges::set_difference(known, wanted, std::back_inserter(out.go));
  return out;
}

void add(Sql& sql, Table table, std::int64_t group, std::span<Value const> rows) {
  std::string places;
  std::vector<Value> values{group};
  for (auto const& row : rows) {
    values.push_back(row);
    places += fmt::format("{}($1, ${})", places.empty() ? "" : ", ", values.size());
  }
  sql.run(fmt::format("INSERT INTO {} (group_no, {}) VALUES {} ON CONFLICT DO NOTHING", table.name,
                      table.column, places),
          values);
}

void remove(Sql& sql, Table table, std::int64_t group, std::span<Value const> rows) {
  std::string places;
  std::vector<Value> values{group};
  for (auto const& row : rows) {
    values.push_back(row);
    places += fmt::format("{}${}", places.empty() ? "" : ", ", values.size());
  }
  sql.run(fmt::format("DELETE FROM {} WHERE group_no = $1 AND {} IN ({})", table.name, table.column,
                      places),
          values);
}

using Write = void (*)(Sql&, Table, std::int64_t, std::span<Value const>);

/// So many rows a commit that what else is to be written hardly waits.
Task<Result<void>> write_rows(store::Database& database, Write write, Table table,
                              std::int64_t group, std::vector<Value> rows) {
  auto const all = std::make_shared<std::vector<Value> const>(std::move(rows));
  for (std::size_t from = 0; from < all->size(); from += rows_a_commit) {
    auto const to = std::min(all->size(), from + rows_a_commit);
    auto done = co_await database.write([=](Sql& sql) {
      for (auto at = from; at < to; at += rows_a_statement)
        write(sql, table, group, std::span(*all).subspan(at, std::min(rows_a_statement, to - at)));
    });
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

std::vector<std::int64_t> numbers_of(DirtySet const& people) {
  std::vector<std::int64_t> out;
  out.reserve(people.count());
  for (auto no = people.next(0, DirtySet::no_more); no < DirtySet::no_more;
       no = people.next(no + 1, DirtySet::no_more))
    out.emplace_back(static_cast<std::int64_t>(no));
  return out;
}

void fill(Sql& sql, std::int64_t group, KnownGroup& out) {
  sql.query("SELECT person_no FROM group_member WHERE group_no = $1", {group},
            [&](Row const& row) { out.members.add(static_cast<PersonNo>(row.integer(0))); });
  sql.query("SELECT uuid FROM group_stranger WHERE group_no = $1 ORDER BY uuid", {group},
            [&](Row const& row) { out.strangers.push_back(row.text(0)); });
}

}  // namespace

Task<Result<std::vector<KnownGroup>>> GroupStore::load(std::vector<std::string> wanted) {
  return database_.read<std::vector<KnownGroup>>([wanted = std::move(wanted)](Sql& sql) {
    std::vector<KnownGroup> out;
    for (auto const& name : wanted) {
      auto const row = sql.one(
          "SELECT group_no, group_id, name, read_ms, others FROM people_group "
          "WHERE wanted = $1 AND read_ms > 0",
          {name});
      if (!row) continue;
      auto& group =
          out.emplace_back(KnownGroup{.wanted = name,
                                      .id = row->text(1),
                                      .name = row->text(2),
                                      .read = from_unix_ms(row->integer(3)),
                                      .others = static_cast<std::size_t>(row->integer(4))});
      fill(sql, row->integer(0), group);
    }
    return out;
  });
}

Task<Result<std::int64_t>> GroupStore::number_of(std::string wanted) {
  auto const no = std::make_shared<std::int64_t>(0);
  auto done = co_await database_.write([no, wanted = std::move(wanted)](Sql& sql) {
    auto const known = sql.one("SELECT group_no FROM people_group WHERE wanted = $1", {wanted});
    if (known) return void(*no = known->integer(0));
    sql.query("INSERT INTO people_group (wanted) VALUES ($1) RETURNING group_no", {wanted},
              [&](Row const& row) { *no = row.integer(0); });
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return *no;
}

Task<Result<void>> GroupStore::save(KnownGroup group) {
  auto const no = co_await number_of(group.wanted);
  if (!no) co_return std::unexpected(no.error());
  auto const kept = std::make_shared<KnownGroup const>(std::move(group));
  using Both = std::pair<Differences, Differences>;
  auto const found = co_await database_.read<Both>([kept, no = *no](Sql& sql) {
    return Both{differences(sql, people_table, no, numbers_of(kept->members), number_in),
                differences(sql, strangers_table, no, kept->strangers, text_in)};
  });
  if (!found) co_return std::unexpected(found.error());
  auto const& [people, strangers] = *found;
  auto done = co_await write_rows(database_, add, people_table, *no, people.come);
  if (done) done = co_await write_rows(database_, add, strangers_table, *no, strangers.come);
  if (done) done = co_await write_rows(database_, remove, people_table, *no, people.go);
  if (done) done = co_await write_rows(database_, remove, strangers_table, *no, strangers.go);
  if (!done) co_return done;
  co_return co_await database_.write([kept, no = *no](Sql& sql) {
    sql.run(
        "UPDATE people_group SET group_id = $1, name = $2, read_ms = $3, others = $4 "
        "WHERE group_no = $5",
        {kept->id, kept->name, unix_ms(kept->read), static_cast<std::int64_t>(kept->others), no});
  });
}

Task<Result<void>> GroupStore::keep_only(std::vector<std::string> wanted) {
  auto const gone =
      co_await database_.read<std::vector<std::int64_t>>([wanted = std::move(wanted)](Sql& sql) {
        std::vector<std::int64_t> out;
        sql.query("SELECT group_no, wanted FROM people_group", {}, [&](Row const& row) {
          if (std::ranges::find(wanted, row.text(1)) == wanted.end()) out.push_back(row.integer(0));
        });
        return out;
      });
  if (!gone) co_return std::unexpected(gone.error());
  for (auto const group : *gone)
    if (auto done = co_await drop(group); !done) co_return done;
  co_return Result<void>{};
}

Task<Result<void>> GroupStore::drop(std::int64_t group) {
  auto const highest = std::make_shared<std::int64_t>(0);
  auto done = co_await database_.write([group, highest](Sql& sql) {
    sql.run("UPDATE people_group SET read_ms = 0 WHERE group_no = $1", {group});
    sql.run("DELETE FROM group_stranger WHERE group_no = $1", {group});
    auto const last =
        sql.one("SELECT max(person_no) FROM group_member WHERE group_no = $1", {group});
    *highest = last && !last->is_null(0) ? last->integer(0) : 0;
  });
  for (std::int64_t to = 0; done && to < *highest;) {
    to += numbers_a_drop;
    done = co_await database_.write([group, to](Sql& sql) {
      sql.run("DELETE FROM group_member WHERE group_no = $1 AND person_no <= $2", {group, to});
    });
  }
  if (!done) co_return done;
  co_return co_await database_.write(
      [group](Sql& sql) { sql.run("DELETE FROM people_group WHERE group_no = $1", {group}); });
}

}  // namespace wardroom::people
