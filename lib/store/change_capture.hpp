/// Notes which rows change while a store is being moved: triggers on every table write the key of
/// each changed row into a log, inside the very transaction that changes it.
///
///   store_move_log(seq, tab, k1 … k4)      tab = place in the list of tables, from 0
#pragma once
#include "store/table_list.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace wardroom::store {

inline constexpr std::size_t longest_key = 4;

/// In a unit on the store that is moved. What an earlier attempt left goes first.
void begin_capture(Sql& sql, Engine engine, std::vector<Table> const& tables);
/// Removes triggers and log, if there are any.
void end_capture(Sql& sql, Engine engine);

/// The number of the newest change; 0 = none.
std::int64_t last_change(Sql& sql);

struct ChangedRow {
  std::size_t table = 0;
  std::vector<Value> key;
};
/// Each row that changed after `after` up to `upto`, page by page and each once a page. Keys come
/// as their columns have them on either engine.
void changed_rows(Sql& sql, std::vector<Table> const& tables, std::int64_t after, std::int64_t upto,
                  std::function<void(std::vector<ChangedRow> const&)> const& each);

}  // namespace wardroom::store
