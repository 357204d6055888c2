/// What tables a store has, as the same description on both engines.
#pragma once
#include "store/open_store.hpp"

#include <string>
#include <vector>

namespace wardroom::store {

enum class ColumnKind { integer, real, text, blob };

struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::text;
  bool operator==(Column const&) const = default;
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::size_t> key;  ///< the primary key's columns, in its order
  bool operator==(Table const&) const = default;
};

/// The tables of the site, by name: not those each store has for itself (schema steps, the writer's
/// token, the notes of a move, a backup's manifest). Throws StoreError `internal` when one has no
/// primary key or a column of a type we do not copy.
std::vector<Table> list_tables(Sql& sql, Engine engine);

/// Every table there is, those of its own too.
std::vector<std::string> list_all_tables(Sql& sql, Engine engine);

/// Throws StoreError `internal`, naming the first difference.
void expect_same_tables(std::vector<Table> const& from, std::vector<Table> const& to);

/// A name as both engines take it: "call".
std::string sql_name(std::string_view name);

/// Rows of `meta` with this prefix are about the store they lie in and never leave it.
inline constexpr std::string_view own_meta_prefix = "store.move";

/// Condition that leaves such rows out; empty for every other table.
std::string shared_rows_only(Table const& table);
/// The same for a key that was read.
bool is_own_row(Table const& table, std::vector<Value> const& key);

}  // namespace wardroom::store
