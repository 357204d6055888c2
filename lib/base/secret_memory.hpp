/// Where secrets live: pages that are locked, kept out of core dumps and forked children, and wiped
/// when given back.
///
///   slab = guard page · 64 KiB in slots of one size class (32 bytes to 32 KiB) · guard page
///   A longer secret has pages of its own. Slabs are kept and used again.
#pragma once
#include <cstddef>
#include <string>

namespace wardroom {

/// What may be shown of it.
struct SecretMemory {
  std::size_t secrets = 0;  ///< held now
  std::size_t slabs = 0, locked_bytes = 0;
  std::size_t unlocked_slabs = 0, unlocked_bytes = 0;  ///< those the system would not protect
  /// Why and what to do, in a sentence; empty while everything is locked.
  std::string trouble;
};
SecretMemory secret_memory();

/// For `Secret` and keys alone; any thread. Zeroed, at least `size` bytes. Memory that cannot be
/// locked (RLIMIT_MEMLOCK) is given all the same, and counted. Throws std::bad_alloc.
char* take_secret_memory(std::size_t size);
/// Wipes. `size` is what was asked for.
void give_back_secret_memory(char* bytes, std::size_t size) noexcept;

}  // namespace wardroom
