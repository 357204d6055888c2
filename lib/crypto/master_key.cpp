#include "crypto/master_key.hpp"

#include "base/encoding.hpp"
#include "base/secret_memory.hpp"

#include <sodium.h>

#include <cstring>
#include <new>

namespace wardroom::crypto {
namespace {

constexpr char kdf_context[crypto_kdf_CONTEXTBYTES] = {'w', 'a', 'r', 'd', 'r', 'o', 'o', 'm'};
static_assert(crypto_kdf_KEYBYTES == key_bytes);

}  // namespace

LockedKey::LockedKey() : bytes_(nullptr) {
  if (sodium_init() < 0) throw std::bad_alloc();
  bytes_ = reinterpret_cast<unsigned char*>(take_secret_memory(key_bytes));
}

LockedKey::~LockedKey() {
  if (bytes_ != nullptr) give_back_secret_memory(reinterpret_cast<char*>(bytes_), key_bytes);
}

MasterKey::MasterKey(LockedKey key) : key_(std::move(key)) {
  auto const name = derive(SubKey::key_id);
  id_ = to_hex(std::string_view(reinterpret_cast<char const*>(name.data()), 8));
}

Result<MasterKey> MasterKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != key_bytes)
    return failure(ErrorKind::malformed, "a master key has exactly 32 bytes");
  if (sodium_is_zero(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()))
    return failure(ErrorKind::malformed,
                   "a master key of zeros protects nothing: create a new one");
  LockedKey key;
  std::memcpy(key.data(), bytes.data(), key_bytes);
  return MasterKey(std::move(key));
}

LockedKey MasterKey::derive(SubKey purpose) const {
  LockedKey out;
  crypto_kdf_derive_from_key(out.data(), key_bytes, static_cast<std::uint64_t>(purpose),
                             kdf_context, key_.data());
  return out;
}

}  // namespace wardroom::crypto
