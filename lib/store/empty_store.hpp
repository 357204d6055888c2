/// Whether a store holds anything, and how it comes to hold nothing.
#pragma once
#include "store/store_session.hpp"

#include <string>

namespace wardroom::store {

/// A table of the site that holds rows; empty when there is none. (What every store notes about
/// itself does not count.)
std::string table_with_rows(StoreSession& session);

/// All tables, whatever they hold, and the traces of a move.
void drop_all_tables(StoreSession& session);

/// PostgreSQL: puts all tables into a schema of that name, out of the way. Needs the right to make
/// one in the database.
void keep_tables_aside(StoreSession& session, std::string const& schema);

}  // namespace wardroom::store
