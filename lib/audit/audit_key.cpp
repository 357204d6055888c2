#include "audit/audit_key.hpp"

#include "audit/record.hpp"
#include "base/encoding.hpp"

#include <sodium.h>

#include <cstring>

namespace wardroom::audit {
namespace {

constexpr std::string_view row_name = "audit";
crypto::Cell cell_of(std::int64_t generation) {
  return {key_table, row_name, "sealed", static_cast<std::uint64_t>(generation)};
}

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw store::StoreError(std::move(result.error()));
  return std::move(*result);
}

}  // namespace

AuditKey::AuditKey(crypto::LockedKey key) : key_(std::move(key)) {
  id_ = to_hex(mac(Canonical("wardroom audit key id").bytes()).substr(0, 8));
}

Result<AuditKey> AuditKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != crypto::key_bytes)
    return failure(ErrorKind::malformed, "an audit key has exactly 32 bytes");
  crypto::LockedKey key;
  std::memcpy(key.data(), bytes.data(), bytes.size());
  return AuditKey(std::move(key));
}

std::string AuditKey::mac(std::string_view bytes) const {
  std::string out(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(),
                     key_.data(), crypto::key_bytes);
  return out;
}

std::string AuditKey::digest(std::string_view text) const {
  return to_hex(mac(Canonical("wardroom audit digest").add(text).bytes()).substr(0, 16));
}

std::optional<AuditKey> load_key(store::Sql& sql, crypto::Sealer const& sealer) {
  auto const row =
      sql.one("SELECT generation, sealed FROM audit_keys WHERE name = $1", {std::string(row_name)});
  if (!row) return std::nullopt;
  return or_throw(
      AuditKey::from_bytes(or_throw(sealer.open(row->blob(1), cell_of(row->integer(0)))).reveal()));
}

AuditKey load_or_create_key(store::Sql& sql, crypto::Sealer const& sealer, Random& random) {
  if (auto key = load_key(sql, sealer)) return std::move(*key);
  if (sql.one("SELECT 1 FROM audit LIMIT 1"))
    throw store::StoreError(Error{
        ErrorKind::denied,
        "the audit has records, but the key they were written with is gone (table audit_keys): "
        "with a new one they could no longer be verified. Put the store back from a backup that "
        "has the key; to begin anew instead, export the old records and move them away first: "
        "the tables audit, audit_text and audit_head"});
  Secret const bytes(random.bytes(crypto::key_bytes));
  sql.run("INSERT INTO audit_keys (name, generation, sealed) VALUES ($1, $2, $3)",
          {std::string(row_name), std::int64_t{1}, store::Blob{sealer.seal(bytes, cell_of(1))}});
  return or_throw(AuditKey::from_bytes(bytes.reveal()));
}

}  // namespace wardroom::audit
