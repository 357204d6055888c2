/// The key of the audit chain: random, of its own, and sealed in the store under the master key.
/// A new master key seals this one anew and leaves the chain as it is.
#pragma once
#include "crypto/sealing.hpp"
#include "store/database.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::audit {

/// Immutable; any thread.
class AuditKey {
 public:
  /// Exactly 32 bytes. Error: malformed.
  static Result<AuditKey> from_bytes(std::string_view bytes);

  /// Keyed BLAKE2b-256 over canonical bytes, raw.
  std::string mac(std::string_view bytes) const;
  /// How a secret or a web identity stands in a record: the same text gives the same 32 hex digits,
  /// and without this key nothing can be tried against them.
  std::string digest(std::string_view text) const;
  /// 16 hex digits that name the key.
  std::string const& id() const { return id_; }

 private:
  explicit AuditKey(crypto::LockedKey key);
  crypto::LockedKey key_;
  std::string id_;
};

/// Inside a unit or a read: the key of this store; nullopt when there is none yet. Throws as below.
std::optional<AuditKey> load_key(store::Sql& sql, crypto::Sealer const& sealer);
/// Inside a unit: the key of this store, made and sealed when there is none yet. Throws StoreError:
/// denied or malformed when it does not open, denied when it is gone and records are there.
AuditKey load_or_create_key(store::Sql& sql, crypto::Sealer const& sealer, Random& random);

/// Where it lies, for the list of sealed tables (oauth::sealed_tables) that a new master key goes
/// through: row `name`, generation `generation`, cell `sealed`.
inline constexpr std::string_view key_table = "audit_keys";

}  // namespace wardroom::audit
