#include "store/change_capture.hpp"

#include "base/encoding.hpp"
#include "store/row_digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace wardroom::store {
namespace {

constexpr std::int64_t page = 1'000;

/// "k1, k2" and "NEW.a, NEW.b".
std::string log_columns(Table const& table) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i <= table.key.size(); ++i) out.push_back(fmt::format("k{}", i));
  return fmt::format("{}", fmt::join(out, ", "));
}

std::string key_values(Table const& table, std::string_view row, std::string_view cast) {
  std::vector<std::string> out;
  for (auto const column : table.key)
    out.push_back(fmt::format("{}.{}{}", row, sql_name(table.columns[column].name), cast));
  return fmt::format("{}", fmt::join(out, ", "));
}

std::string note(Table const& table, std::size_t number, std::string_view row,
                 std::string_view cast = "") {
  return fmt::format("INSERT INTO store_move_log (tab, {}) VALUES ({}, {})", log_columns(table),
                     number, key_values(table, row, cast));
}

void sqlite_triggers(Sql& sql, Table const& table, std::size_t number) {
  auto const make = [&](std::string_view name, std::string_view when, std::string const& body) {
    sql.run(fmt::format("CREATE TRIGGER store_move_{}_{} AFTER {} ON {} BEGIN {} END", name, number,
                        when, sql_name(table.name), body));
  };
  make("new", "INSERT", note(table, number, "NEW") + ";");
  make("old", "DELETE", note(table, number, "OLD") + ";");
  std::vector<std::string> moved;
  for (auto const column : table.key)
    moved.push_back(fmt::format("OLD.{0} IS NOT NEW.{0}", sql_name(table.columns[column].name)));
  make("changed", "UPDATE",
       fmt::format("{}; INSERT INTO store_move_log (tab, {}) SELECT {}, {} WHERE {};",
                   note(table, number, "NEW"), log_columns(table), number,
                   key_values(table, "OLD", ""), fmt::join(moved, " OR ")));
}

void postgres_triggers(Sql& sql, Table const& table, std::size_t number) {
  sql.run(fmt::format(
      "CREATE FUNCTION store_move_note_{}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
      "IF TG_OP <> ''DELETE'' THEN {}; END IF; IF TG_OP <> ''INSERT'' THEN {}; END IF; "
      "RETURN NULL; END'",
      number, note(table, number, "NEW", "::text"), note(table, number, "OLD", "::text")));
  sql.run(
      fmt::format("CREATE TRIGGER store_move_note AFTER INSERT OR UPDATE OR DELETE ON {} "
                  "FOR EACH ROW EXECUTE FUNCTION store_move_note_{}()",
                  sql_name(table.name), number));
}

/// PostgreSQL's log holds texts: what they were, by the column's kind.
Value as_kind(Value value, ColumnKind kind) {
  auto const* text = std::get_if<std::string>(&value);
  if (text == nullptr || kind == ColumnKind::text) return value;
  if (kind == ColumnKind::blob && text->starts_with("\\x"))
    if (auto bytes = from_hex(std::string_view(*text).substr(2))) return Blob{std::move(*bytes)};
  std::int64_t whole = 0;
  auto const [end, trouble] = std::from_chars(text->data(), text->data() + text->size(), whole);
  if (kind == ColumnKind::integer && trouble == std::errc{} && end == text->data() + text->size())
    return whole;
  throw StoreError(Error{ErrorKind::internal, "a key in the log of a move is not of its kind"});
}

std::vector<std::string> names(Sql& sql, std::string_view query) {
  std::vector<std::string> out;
  sql.query(query, {}, [&](Row const& row) { out.push_back(row.text(0)); });
  return out;
}

}  // namespace

void end_capture(Sql& sql, Engine engine) {
  if (engine == Engine::sqlite) {
    for (auto const& name : names(sql,
                                  "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND "
                                  "substr(name, 1, 11) = 'store_move_'"))
      sql.run("DROP TRIGGER " + sql_name(name));
  } else {
    for (auto const& name : names(sql,
                                  "SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n "
                                  "ON n.oid = p.pronamespace WHERE n.nspname = current_schema() "
                                  "AND starts_with(p.proname::text, 'store_move_note_')"))
      sql.run(fmt::format("DROP FUNCTION {}() CASCADE", sql_name(name)));
  }
  auto const tables = list_all_tables(sql, engine);
  if (std::ranges::find(tables, "store_move_log") != tables.end())
    sql.run("DROP TABLE store_move_log");
}

void begin_capture(Sql& sql, Engine engine, std::vector<Table> const& tables) {
  end_capture(sql, engine);
  sql.run(engine == Engine::sqlite
              ? "CREATE TABLE store_move_log (seq INTEGER PRIMARY KEY, tab, k1, k2, k3, k4)"
              : "CREATE TABLE store_move_log (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
                "tab BIGINT, k1 TEXT, k2 TEXT, k3 TEXT, k4 TEXT)");
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (tables[i].key.size() > longest_key)
      throw StoreError(
          Error{ErrorKind::internal, fmt::format("the key of the table {} has more than {} columns",
                                                 tables[i].name, longest_key)});
    engine == Engine::sqlite ? sqlite_triggers(sql, tables[i], i)
                             : postgres_triggers(sql, tables[i], i);
  }
}

std::int64_t last_change(Sql& sql) {
  return sql.one("SELECT COALESCE(max(seq), 0) FROM store_move_log")->integer(0);
}

void changed_rows(Sql& sql, std::vector<Table> const& tables, std::int64_t after, std::int64_t upto,
                  std::function<void(std::vector<ChangedRow> const&)> const& each) {
  while (after < upto) {
    std::vector<ChangedRow> rows;
    std::set<std::string> seen;
    std::int64_t read = 0;
    sql.query(
        "SELECT seq, tab, k1, k2, k3, k4 FROM store_move_log WHERE seq > $1 AND seq <= $2 "
        "ORDER BY seq LIMIT $3",
        {after, upto, page}, [&](Row const& row) {
          after = row.integer(0);
          ++read;
          ChangedRow changed{static_cast<std::size_t>(row.integer(1)), {}};
          auto const& table = tables.at(changed.table);
          for (std::size_t i = 0; i < table.key.size(); ++i)
            changed.key.push_back(
                as_kind(row.values().at(2 + i), table.columns[table.key[i]].kind));
          auto bytes = fmt::format("{} ", changed.table);
          append_row(bytes, table, changed.key);
          if (seen.insert(std::move(bytes)).second) rows.push_back(std::move(changed));
        });
    if (!rows.empty()) each(rows);
    if (read < page) return;
  }
}

}  // namespace wardroom::store
