#include "oauth/grant_store.hpp"

#include <fmt/format.h>

namespace wardroom::oauth {
namespace {
using store::Blob;
using store::Row;
using store::Sql;
using store::Value;

constexpr std::string_view select_sql =
    "SELECT identity, generation, intent, access, refresh, previous_refresh, scopes, issued_at, "
    "access_expires_at, refresh_expires_at, person_id, name, email, org_id, retired, client, seed "
    "FROM grants ORDER BY identity";

constexpr std::string_view insert_sql =
    "INSERT INTO grants (identity, generation, intent, access, refresh, previous_refresh, scopes, "
    "issued_at, access_expires_at, refresh_expires_at, person_id, name, email, org_id, retired, "
    "client, seed) "
    "VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

constexpr std::string_view update_sql =
    "UPDATE grants SET generation = $2, intent = 0, access = $3, refresh = $4, "
    "previous_refresh = $5, scopes = $6, issued_at = $7, access_expires_at = $8, "
    "refresh_expires_at = $9, person_id = $10, name = $11, email = $12, org_id = $13, "
    "retired = $14, client = $15, seed = $16 WHERE identity = $1";

struct Sealed {
  std::string access, refresh, previous_refresh;
};
struct SealedGrant {
  StoredGrant stored;
  Sealed sealed;
};

crypto::Cell cell(Grant const& grant, std::string_view column) {
  return {"grants", grant.identity, column, grant.generation};
}

SealedGrant read_row(Row const& row) {
  SealedGrant out;
  auto& grant = out.stored.grant;
  grant.identity = row.text(0);
  grant.generation = static_cast<std::uint64_t>(row.integer(1));
  out.stored.interrupted = row.integer(2) == row.integer(1);
  out.sealed = {row.blob(3), row.blob(4), row.blob(5)};
  grant.scopes = split_scopes(row.text(6));
  grant.issued_at = from_unix_ms(row.integer(7));
  grant.access_expires_at = from_unix_ms(row.integer(8));
  if (!row.is_null(9)) grant.refresh_expires_at = from_unix_ms(row.integer(9));
  grant.who = {row.text(10), row.text(11), row.text(12), row.text(13)};
  grant.retired = row.text(14);
  grant.client = row.text(15);
  grant.seed = row.text(16);
  return out;
}

std::vector<Value> values(Grant const& grant, crypto::Sealer const& sealer) {
  auto seal = [&](Secret const& secret, std::string_view column) {
    return Blob{sealer.seal(secret, cell(grant, column))};
  };
  Value refresh_end = std::monostate{};
  if (grant.refresh_expires_at) refresh_end = std::int64_t{unix_ms(*grant.refresh_expires_at)};
  return {grant.identity,
          static_cast<std::int64_t>(grant.generation),
          seal(grant.access, "access"),
          seal(grant.refresh, "refresh"),
          seal(grant.previous_refresh, "previous_refresh"),
          join_scopes(grant.scopes),
          std::int64_t{unix_ms(grant.issued_at)},
          std::int64_t{unix_ms(grant.access_expires_at)},
          refresh_end,
          grant.who.person_id,
          grant.who.name,
          grant.who.email,
          grant.who.org_id,
          grant.retired,
          grant.client,
          grant.seed};
}

[[noreturn]] void superseded(std::string const& identity) {
  throw store::StoreError(Error{ErrorKind::conflict,
                                fmt::format("the grant of {} was replaced meanwhile", identity),
                                std::nullopt});
}

}  // namespace

Task<Result<std::vector<StoredGrant>>> GrantStore::load() {
  auto rows = co_await database_.read<std::vector<SealedGrant>>([](Sql& sql) {
    std::vector<SealedGrant> out;
    sql.query(select_sql, {}, [&](Row const& row) { out.push_back(read_row(row)); });
    return out;
  });
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  std::vector<StoredGrant> out;
  for (auto& [stored, sealed] : *rows) {
    auto& grant = stored.grant;
    auto access = sealer_.open(sealed.access, cell(grant, "access"));
    if (!access) co_return std::unexpected(std::move(access.error()));
    auto refresh = sealer_.open(sealed.refresh, cell(grant, "refresh"));
    if (!refresh) co_return std::unexpected(std::move(refresh.error()));
    auto previous = sealer_.open(sealed.previous_refresh, cell(grant, "previous_refresh"));
    if (!previous) co_return std::unexpected(std::move(previous.error()));
    grant.access = std::move(*access);
    grant.refresh = std::move(*refresh);
    grant.previous_refresh = std::move(*previous);
    out.push_back(std::move(stored));
  }
  co_return out;
}

Task<Result<void>> GrantStore::save(Grant grant, std::optional<std::uint64_t> replaces) {
  auto row = values(grant, sealer_);
  auto unit = [row = std::move(row), replaces, identity = grant.identity](Sql& sql) {
    if (!replaces) {
      if (sql.run(update_sql, row) == 0) sql.run(insert_sql, row);
      return;
    }
    auto const found = sql.one("SELECT generation FROM grants WHERE identity = $1", {identity});
    if (!found || static_cast<std::uint64_t>(found->integer(0)) > *replaces) superseded(identity);
    sql.run(update_sql, row);
  };
  co_return co_await database_.write(std::move(unit));
}

Task<Result<void>> GrantStore::intend(std::string identity, std::uint64_t generation) {
  auto unit = [identity, generation](Sql& sql) {
    auto const changed =
        sql.run("UPDATE grants SET intent = $2 WHERE identity = $1 AND generation = $2",
                {identity, static_cast<std::int64_t>(generation)});
    if (changed == 0) superseded(identity);
  };
  co_return co_await database_.write(std::move(unit));
}

Task<Result<void>> GrantStore::retire(std::string identity, std::uint64_t generation,
                                      std::string sentence) {
  auto unit = [identity, generation, sentence](Sql& sql) {
    sql.run("UPDATE grants SET retired = $3 WHERE identity = $1 AND generation = $2",
            {identity, static_cast<std::int64_t>(generation), sentence});
  };
  co_return co_await database_.write(std::move(unit));
}

Task<Result<void>> GrantStore::remove(std::string identity) {
  auto unit = [identity](Sql& sql) {
    sql.run("DELETE FROM grants WHERE identity = $1", {identity});
  };
  co_return co_await database_.write(std::move(unit));
}

}  // namespace wardroom::oauth
