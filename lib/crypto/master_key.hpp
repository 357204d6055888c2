/// The one 32-byte key everything at rest is sealed under: where it comes from, and its sub-keys.
#pragma once
#include "base/result.hpp"
#include "runtime/random.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace wardroom::crypto {

inline constexpr std::size_t key_bytes = 32;

/// 32 bytes in memory that is locked, kept out of core dumps, fenced and wiped when dropped.
class LockedKey {
 public:
  LockedKey();
  unsigned char* data() { return bytes_.get(); }
  unsigned char const* data() const { return bytes_.get(); }

 private:
  struct Free {
    void operator()(unsigned char* p) const noexcept;
  };
  std::unique_ptr<unsigned char[], Free> bytes_;
};

/// What a sub-key is for. Numbers are part of the sealed format: never reuse one.
enum class SubKey : std::uint64_t { key_id = 1, sealing = 2, audit = 3 };

class MasterKey {
 public:
  /// Exactly 32 bytes.
  static Result<MasterKey> from_bytes(std::string_view bytes);

  /// BLAKE2b derivation; the same purpose always gives the same sub-key.
  LockedKey derive(SubKey purpose) const;
  /// 16 hex digits that name this key without telling anything about it.
  std::string const& id() const { return id_; }

 private:
  MasterKey() = default;
  LockedKey key_;
  std::string id_;
};

/// The systemd credential `master.key` in `credentials_directory` when it is there, else `file`.
/// Refused unless it is a regular file (no link) of root or our own uid that nobody else may read,
/// holding 32 bytes or 64 hex digits. Errors: not_found when neither exists, denied, malformed.
Result<MasterKey> load_master_key(std::string const& file,
                                  std::string const& credentials_directory);

/// $CREDENTIALS_DIRECTORY; empty when not started with credentials.
std::string credentials_directory();

/// Writes a new key (64 hex digits, mode 0600), whole or not at all. Error: conflict when `file`
/// exists.
Result<void> create_master_key(std::string const& file, Random& random);

}  // namespace wardroom::crypto
