/// Copies and compares whole tables between two stores, page by page, whichever engines they are.
#pragma once
#include "store/table_list.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::store {

/// Reads a table in pages by its primary key, so that neither side holds more than one of them.
class TablePages {
 public:
  TablePages(Sql& sql, Table const& table);
  /// The next rows; empty at the end.
  std::vector<std::vector<Value>> next();

 private:
  Sql& sql_;
  Table const& table_;
  std::string first_, later_;
  std::size_t page_;
  std::vector<Value> last_key_;
  bool ended_ = false;
};

/// Writes rows with one statement a hundred of them.
class RowInserter {
 public:
  /// `over` = a row that is there already stays as it is.
  RowInserter(Sql& sql, Table const& table, bool over = false);
  void add(std::span<std::vector<Value> const> rows);

 private:
  std::string statement(std::size_t rows) const;
  void run(std::span<std::vector<Value> const> rows, std::string const& sql);

  Sql& sql_;
  Table const& table_;
  bool over_;
  std::size_t at_once_;
  std::string many_, one_;
};

struct TableCount {
  std::string table;
  std::int64_t rows = 0;
  std::string digest{};  ///< over all of its rows in the order of the key; empty = not computed
  bool operator==(TableCount const&) const = default;
};

/// Rows done in all so far; may throw to end it.
using CopyWatch = std::function<void(std::string const& table, std::int64_t rows)>;
/// Calls `work` for a page; whoever wants a transaction a page begins and ends it there.
using PageWrap = std::function<void(std::function<void()> const& work)>;

std::int64_t count_rows(Sql& sql, Table const& table);
/// `from` shows one snapshot all the while; `to` has the same tables, empty.
void copy_tables(Sql& from, Sql& to, std::vector<Table> const& tables, PageWrap const& wrap,
                 CopyWatch const& watch);
/// Reads every row of both. Throws StoreError `internal` naming the first table that differs.
std::vector<TableCount> compare_tables(Sql& from, Sql& to, std::vector<Table> const& tables,
                                       CopyWatch const& watch);
/// The same figures of one store.
std::vector<TableCount> digest_tables(Sql& sql, std::vector<Table> const& tables,
                                      CopyWatch const& watch);
/// One checksum of all of them.
std::string digest_of(std::vector<TableCount> const& counts);
/// PostgreSQL's own counters go on after the highest number that was copied.
void set_sequences(Sql& sql, std::vector<Table> const& tables);

}  // namespace wardroom::store
