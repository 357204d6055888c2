/// Where the PostgreSQL store is and how long to wait for it.
#pragma once
#include "base/secret.hpp"
#include "base/units.hpp"

#include <string>

namespace wardroom::store {

struct PostgresSettings {
  /// postgresql://user@host/db, as libpq reads it, without a password in it. A folder as host
  /// (`?host=/run/postgresql`) is a unix socket: then the server may know us as peer.
  std::string url;
  Secret password{};               ///< from its file; empty = peer, or ~/.pgpass
  std::string name = "wardroomd";  ///< application_name, as seen in pg_stat_activity
  Milliseconds connecting{5'000};  ///< libpq counts whole seconds, at least two
  Milliseconds statement{15'000};  ///< statement_timeout, kept by the server
  Milliseconds answer{20'000};     ///< longer silence: the connection is given up
  Milliseconds patience{10'000};   ///< a batch waits so long for a connection
  Milliseconds settling{30'000};   ///< so long we ask what became of a lost COMMIT
  Milliseconds pause_least{100}, pause_most{3'000};  ///< between attempts to connect
  std::size_t queue = 20'000;                        ///< units (and reads) that may wait
};

}  // namespace wardroom::store
