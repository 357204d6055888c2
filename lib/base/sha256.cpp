#include "base/sha256.hpp"

#include <sodium.h>

namespace wardroom {

std::array<char, 32> sha256_of(std::string_view bytes) {
  std::array<char, 32> out;
  static_assert(out.size() == crypto_hash_sha256_BYTES);
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(out.data()),
                     reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size());
  return out;
}

}  // namespace wardroom
