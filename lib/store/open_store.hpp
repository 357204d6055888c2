/// Opens the store a URL names, whichever engine that is.
#pragma once
#include "base/secret.hpp"
#include "store/database.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::store {

enum class Engine { sqlite, postgres };

/// "sqlite:/var/lib/wardroom/wardroom.db", "postgresql://wardroom@db.acme.example/wardroom".
struct StoreSettings {
  std::string url;
  Secret password{};  ///< PostgreSQL: from its file; empty = peer, or ~/.pgpass
};

/// The engine of a URL. Error (malformed): what is wrong with it, for the key `store.url`.
Result<Engine> engine_of(std::string_view url);
/// The file of a sqlite: URL.
std::string sqlite_path(std::string_view url);
/// The URL as it may be shown: without user, password and options.
std::string shown_url(std::string_view url);

/// Looks at a store that was there before; throws StoreError to have it left as it is.
using Admit = std::function<void(Sql&)>;
/// Blocks, so call it at start. Errors: conflict = another daemon uses it (exit 75); unavailable =
/// I/O, full, not reachable (74); malformed = damaged (74); denied = newer schema, rights,
/// password, a server that would lose commits (78); those of `admit`.
Result<std::unique_ptr<Database>> open_store(Executor loop, Clock& clock, StoreSettings settings,
                                             std::vector<Migration> steps, Admit const& admit = {});

}  // namespace wardroom::store
