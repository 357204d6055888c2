/// Keeps grants in the store, their tokens sealed under the master key and bound to row and
/// generation.
#pragma once
#include "crypto/sealing.hpp"
#include "oauth/token.hpp"
#include "store/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::oauth {

/// `intent` = the generation whose renewal was begun; equal to `generation` when its end is not
/// known.
inline constexpr store::Migration grants_migration{20, "grants of identities", R"sql(
CREATE TABLE grants (
  identity TEXT PRIMARY KEY,
  generation BIGINT NOT NULL,
  intent BIGINT NOT NULL,
  access BYTEA NOT NULL,
  refresh BYTEA NOT NULL,
  previous_refresh BYTEA NOT NULL,
  scopes TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  access_expires_at BIGINT NOT NULL,
  refresh_expires_at BIGINT,
  person_id TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  org_id TEXT NOT NULL,
  retired TEXT NOT NULL
)
)sql"};

/// `client`: of a person's own grant. `seed`: digest of what a service app's grant began with.
inline constexpr store::Migration grants_client_migration{24, "clients and seeds of grants", R"sql(
ALTER TABLE grants ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN seed TEXT NOT NULL DEFAULT ''
)sql"};

struct StoredGrant {
  Grant grant;
  bool interrupted = false;  ///< a renewal was begun, and whether the server did it is not known
};

class GrantStore {
 public:
  GrantStore(store::Database& database, crypto::Sealer const& sealer)
      : database_(database), sealer_(sealer) {}

  /// All of them, or an error: denied when the master key is another one. Changes nothing.
  Task<Result<std::vector<StoredGrant>>> load();
  /// Puts this grant in place of any other of its identity; with `replaces`, only of one that is
  /// there and of that generation or an older one (else conflict: a login or logout came between).
  Task<Result<void>> save(Grant grant, std::optional<std::uint64_t> replaces);
  /// Notes that generation is about to be renewed.
  Task<Result<void>> intend(std::string identity, std::uint64_t generation);
  Task<Result<void>> retire(std::string identity, std::uint64_t generation, std::string sentence);
  Task<Result<void>> remove(std::string identity);

 private:
  store::Database& database_;
  crypto::Sealer const& sealer_;
};

}  // namespace wardroom::oauth
