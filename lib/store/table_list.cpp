#include "store/table_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::store {
namespace {

constexpr std::array<std::string_view, 4> own_tables{"schema_migrations", "writer_batch",
                                                     "store_move_log", "backup_manifest"};

ColumnKind kind_of(std::string const& table, std::string const& column, std::string type) {
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::toupper(c); });
  auto const has = [&](std::string_view word) { return type.find(word) != type.npos; };
  if (has("INT")) return ColumnKind::integer;
  if (has("TEXT")) return ColumnKind::text;
  if (has("BLOB") || has("BYTEA")) return ColumnKind::blob;
  if (has("REAL") || has("DOUBLE")) return ColumnKind::real;
  throw StoreError(Error{ErrorKind::internal,
                         fmt::format("the column {}.{} has the type {}, which cannot be copied "
                                     "between stores",
                                     table, column, type)});
}

/// Name, type, and place in the primary key (1, 2 …, 0 = none), in the order of the columns.
constexpr std::string_view sqlite_columns =
    "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid";
constexpr std::string_view postgres_columns =
    "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), "
    "COALESCE(array_position(i.indkey::int2[], a.attnum) + 1 - array_lower(i.indkey::int2[], 1), 0)"
    "::bigint FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND "
    "i.indisprimary WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY a.attnum";

Table describe(Sql& sql, Engine engine, std::string const& name) {
  Table table{name, {}, {}};
  std::vector<std::pair<std::int64_t, std::size_t>> key;
  bool const sqlite = engine == Engine::sqlite;
  sql.query(sqlite ? sqlite_columns : postgres_columns, {sqlite ? name : sql_name(name)},
            [&](Row const& row) {
              if (auto const place = row.integer(2); place > 0)
                key.emplace_back(place, table.columns.size());
              table.columns.push_back({row.text(0), kind_of(name, row.text(0), row.text(1))});
            });
  std::ranges::sort(key);
  for (auto const& [place, column] : key) table.key.push_back(column);
  if (table.key.empty())
    throw StoreError(
        Error{ErrorKind::internal,
              fmt::format("the table {} has no primary key and cannot be copied", name)});
  return table;
}

}  // namespace

std::string sql_name(std::string_view name) { return fmt::format("\"{}\"", name); }

std::vector<std::string> list_all_tables(Sql& sql, Engine engine) {
  std::vector<std::string> out;
  sql.query(engine == Engine::sqlite
                ? "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                  "'sqlite_%' ORDER BY name"
                : "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
            {}, [&](Row const& row) { out.push_back(row.text(0)); });
  std::ranges::sort(out);
  return out;
}

std::vector<Table> list_tables(Sql& sql, Engine engine) {
  std::vector<Table> out;
  for (auto const& name : list_all_tables(sql, engine))
    if (std::ranges::find(own_tables, name) == own_tables.end())
      out.push_back(describe(sql, engine, name));
  return out;
}

void expect_same_tables(std::vector<Table> const& from, std::vector<Table> const& to) {
  auto const differ = [](std::string const& name) {
    throw StoreError(Error{ErrorKind::internal,
                           fmt::format("the table {} is not the same in both stores; were they "
                                       "written by the same version?",
                                       name)});
  };
  for (std::size_t i = 0; i < std::max(from.size(), to.size()); ++i) {
    if (i >= from.size()) differ(to[i].name);
    if (i >= to.size() || !(from[i] == to[i])) differ(from[i].name);
  }
}

std::string shared_rows_only(Table const& table) {
  if (table.name != "meta") return {};
  return fmt::format("substr(key, 1, {}) <> '{}'", own_meta_prefix.size(), own_meta_prefix);
}

bool is_own_row(Table const& table, std::vector<Value> const& key) {
  if (table.name != "meta" || key.empty()) return false;
  auto const* text = std::get_if<std::string>(&key.front());
  return text != nullptr && text->starts_with(own_meta_prefix);
}

}  // namespace wardroom::store
