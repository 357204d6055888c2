/// Seals secrets for rest: XChaCha20-Poly1305, bound to the very cell of the store they lie in.
///
///   sealed = version (1 byte, 1) · key id (8) · nonce (24) · ciphertext and tag (length + 16)
///
/// Table, row, column and generation are authenticated, so a row that was swapped, moved or rolled
/// back does not open.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/master_key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::crypto {

/// The cell a sealed value belongs to.
struct Cell {
  std::string_view table, row, column;
  std::uint64_t generation = 0;
};

/// The id of the master key a value says it was sealed with; nullopt when it is no sealed value.
std::optional<std::string> sealing_key_id(std::string_view sealed);

class Sealer {
 public:
  /// `random` makes the nonces and outlives the sealer.
  Sealer(MasterKey const& key, Random& random);

  /// Opens what was sealed with `old` too, while a new key takes over (rescue files; the store is
  /// sealed anew by oauth::settle_key). Sealing stays with the key itself.
  void also_open(MasterKey const& old);

  std::string seal(Secret const& plain, Cell cell) const;
  /// Errors: denied when it was sealed with another master key (the sentence names both ids),
  /// malformed when the bytes were altered or belong to another cell or generation.
  Result<Secret> open(std::string_view sealed, Cell cell) const;

  std::string const& key_id() const { return key_id_; }

 private:
  struct Old {
    LockedKey key;
    std::string id;
  };

  LockedKey key_;
  std::string key_id_;
  std::optional<Old> old_;
  Random& random_;
};

}  // namespace wardroom::crypto
