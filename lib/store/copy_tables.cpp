#include "store/copy_tables.hpp"

#include "store/row_digest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::store {
namespace {

constexpr std::size_t page_of_rows = 500, page_of_blobs = 64;
constexpr std::size_t rows_at_once = 100, parameters_at_once = 2'000;

std::string list_of(std::vector<std::string> const& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> names_of(Table const& table) {
  std::vector<std::string> out;
  for (auto const& column : table.columns) out.push_back(sql_name(column.name));
  return out;
}

std::vector<std::string> key_of(Table const& table) {
  std::vector<std::string> out;
  for (auto const column : table.key) out.push_back(sql_name(table.columns[column].name));
  return out;
}

std::string places(std::size_t first, std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(fmt::format("${}", first + i));
  return list_of(out);
}

void no_watch(std::string const&, std::int64_t) {}

}  // namespace

TablePages::TablePages(Sql& sql, Table const& table) : sql_(sql), table_(table) {
  bool const blobs =
      std::ranges::any_of(table.columns, [](auto const& c) { return c.kind == ColumnKind::blob; });
  page_ = blobs ? page_of_blobs : page_of_rows;
  auto const select =
      fmt::format("SELECT {} FROM {}", list_of(names_of(table)), sql_name(table.name));
  auto const order = fmt::format(" ORDER BY {} LIMIT {}", list_of(key_of(table)), page_);
  auto const own = shared_rows_only(table);
  first_ = select + (own.empty() ? "" : " WHERE " + own) + order;
  later_ = fmt::format("{} WHERE {}({}) > ({}){}", select, own.empty() ? "" : own + " AND ",
                       list_of(key_of(table)), places(1, table.key.size()), order);
}

std::vector<std::vector<Value>> TablePages::next() {
  std::vector<std::vector<Value>> rows;
  if (ended_) return rows;
  sql_.query(last_key_.empty() ? first_ : later_, std::span(last_key_),
             [&](Row const& row) { rows.push_back(row.values()); });
  ended_ = rows.size() < page_;
  if (rows.empty()) return rows;
  last_key_.clear();
  for (auto const column : table_.key) last_key_.push_back(rows.back()[column]);
  return rows;
}

RowInserter::RowInserter(Sql& sql, Table const& table, bool over)
    : sql_(sql),
      table_(table),
      over_(over),
      at_once_(std::clamp<std::size_t>(parameters_at_once / table.columns.size(), 1, rows_at_once)),
      many_(statement(at_once_)),
      one_(statement(1)) {}

std::string RowInserter::statement(std::size_t rows) const {
  auto out =
      fmt::format("INSERT INTO {} ({}) VALUES ", sql_name(table_.name), list_of(names_of(table_)));
  auto const columns = table_.columns.size();
  for (std::size_t i = 0; i < rows; ++i)
    out += fmt::format("{}({})", i == 0 ? "" : ", ", places(1 + i * columns, columns));
  if (over_) out += fmt::format(" ON CONFLICT ({}) DO NOTHING", list_of(key_of(table_)));
  return out;
}

void RowInserter::run(std::span<std::vector<Value> const> rows, std::string const& sql) {
  std::vector<Value> values;
  values.reserve(rows.size() * table_.columns.size());
  for (auto const& row : rows) values.insert(values.end(), row.begin(), row.end());
  try {
    sql_.run(sql, std::span(values));
  } catch (StoreError const& e) {
    auto error = e.error();
    error.what =
        fmt::format("rows of the table {} could not be copied: {}", table_.name, error.what);
    throw StoreError(std::move(error));
  }
}

void RowInserter::add(std::span<std::vector<Value> const> rows) {
  for (; rows.size() >= at_once_; rows = rows.subspan(at_once_)) run(rows.first(at_once_), many_);
  for (auto const& row : rows) run(std::span(&row, 1), one_);
}

std::int64_t count_rows(Sql& sql, Table const& table) {
  auto const own = shared_rows_only(table);
  return sql
      .one(fmt::format("SELECT count(*) FROM {}{}", sql_name(table.name),
                       own.empty() ? "" : " WHERE " + own))
      ->integer(0);
}

void copy_tables(Sql& from, Sql& to, std::vector<Table> const& tables, PageWrap const& wrap,
                 CopyWatch const& watch) {
  std::int64_t done = 0;
  for (auto const& table : tables) {
    TablePages pages(from, table);
    RowInserter inserter(to, table);
    for (auto rows = pages.next(); !rows.empty(); rows = pages.next()) {
      wrap([&] { inserter.add(rows); });
      done += static_cast<std::int64_t>(rows.size());
      watch(table.name, done);
    }
  }
}

std::vector<TableCount> digest_tables(Sql& sql, std::vector<Table> const& tables,
                                      CopyWatch const& watch) {
  std::vector<TableCount> out;
  std::int64_t done = 0;
  for (auto const& table : tables) {
    RowDigest digest;
    TableCount count{table.name, 0, {}};
    TablePages pages(sql, table);
    for (auto rows = pages.next(); !rows.empty(); rows = pages.next()) {
      for (auto const& row : rows) digest.add(table, row);
      count.rows += static_cast<std::int64_t>(rows.size());
      done += static_cast<std::int64_t>(rows.size());
      watch(table.name, done);
    }
    count.digest = digest.hex();
    out.push_back(std::move(count));
  }
  return out;
}

std::vector<TableCount> compare_tables(Sql& from, Sql& to, std::vector<Table> const& tables,
                                       CopyWatch const& watch) {
  std::vector<TableCount> out;
  std::int64_t done = 0;
  for (auto const& table : tables) {
    std::vector<Table> const one{table};
    auto const here = digest_tables(from, one, [&](std::string const& name, std::int64_t rows) {
                        watch(name, done + rows);
                      }).front();
    auto const there = digest_tables(to, one, no_watch).front();
    if (!(here == there))
      throw StoreError(Error{
          ErrorKind::internal,
          fmt::format("the table {} does not arrive as it was: {} rows with checksum {}, but {} "
                      "rows with {} were read back",
                      table.name, here.rows, here.digest, there.rows, there.digest)});
    done += here.rows;
    out.push_back(here);
  }
  return out;
}

std::string digest_of(std::vector<TableCount> const& counts) {
  RowDigest all;
  for (auto const& count : counts)
    all.add(fmt::format("{} {} {}\n", count.table, count.rows, count.digest));
  return all.hex();
}

void set_sequences(Sql& sql, std::vector<Table> const& tables) {
  for (auto const& table : tables) {
    if (table.key.size() != 1) continue;
    auto const& column = table.columns[table.key.front()];
    if (column.kind != ColumnKind::integer) continue;
    // A column without a counter gives NULL, and setval then does nothing.
    sql.query(fmt::format("SELECT setval(pg_get_serial_sequence('{0}', '{1}'), "
                          "COALESCE(max({2}), 1), max({2}) IS NOT NULL) FROM {0}",
                          sql_name(table.name), column.name, sql_name(column.name)),
              {}, [](Row const&) {});
  }
}

}  // namespace wardroom::store
