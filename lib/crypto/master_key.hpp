/// The one 32-byte key everything at rest is sealed under: where it comes from, and its sub-keys.
#pragma once
#include "base/result.hpp"
#include "runtime/random.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wardroom::crypto {

inline constexpr std::size_t key_bytes = 32;

/// 32 bytes in memory that is locked, kept out of core dumps and wiped when dropped.
class LockedKey {
 public:
  LockedKey();
  LockedKey(LockedKey&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}
  LockedKey& operator=(LockedKey&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~LockedKey();
  unsigned char* data() { return bytes_; }
  unsigned char const* data() const { return bytes_; }

 private:
  unsigned char* bytes_;
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
  explicit MasterKey(LockedKey key);
  LockedKey key_;
  std::string id_;
};

/// The systemd credential `master.key` in `credentials_directory` when it is there, else `file`.
/// Refused unless it is a regular file (no link) of root or our own uid that nobody else may read,
/// holding 32 bytes or 64 hex digits. Errors: not_found when neither exists, denied, malformed.
Result<MasterKey> load_master_key(std::string const& file,
                                  std::string const& credentials_directory);

/// The key before the present one: the credential `old_master.key`, else `file` (empty: none is
/// configured). Checked like the present one. Absent when it is not there: once everything is
/// sealed anew it may go, and when it is still needed `oauth::settle_key` says so.
Result<std::optional<MasterKey>> load_old_master_key(std::string const& file,
                                                     std::string const& credentials_directory);

/// $CREDENTIALS_DIRECTORY; empty when not started with credentials.
std::string credentials_directory();

/// Writes a new key (64 hex digits, mode 0600), whole or not at all, and returns its id.
/// Error: conflict when `file` exists.
Result<std::string> create_master_key(std::string const& file, Random& random);

}  // namespace wardroom::crypto
