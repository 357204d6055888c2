#include "store/empty_store.hpp"

#include "store/change_capture.hpp"
#include "store/copy_tables.hpp"

#include <fmt/format.h>

namespace wardroom::store {

std::string table_with_rows(StoreSession& session) {
  for (auto const& table : list_tables(session.sql(), session.engine()))
    if (table.name != "meta" && count_rows(session.sql(), table) > 0) return table.name;
  return {};
}

void drop_all_tables(StoreSession& session) {
  session.transaction([&] {
    end_capture(session.sql(), session.engine());
    for (auto const& table : list_all_tables(session.sql(), session.engine()))
      session.sql().run("DROP TABLE " + sql_name(table));
  });
}

void keep_tables_aside(StoreSession& session, std::string const& schema) {
  session.transaction([&] {
    auto& sql = session.sql();
    end_capture(sql, session.engine());
    sql.run("CREATE SCHEMA " + sql_name(schema));
    for (auto const& table : list_all_tables(sql, session.engine()))
      sql.run(fmt::format("ALTER TABLE {} SET SCHEMA {}", sql_name(table), sql_name(schema)));
  });
}

}  // namespace wardroom::store
