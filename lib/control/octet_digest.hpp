/// A checksum over octets that travel over the control socket: the same at both ends.
#pragma once
#include "base/encoding.hpp"

#include <sodium.h>

#include <string>
#include <string_view>

namespace wardroom::control {

/// BLAKE2b-256.
class OctetDigest {
 public:
  OctetDigest() { crypto_generichash_init(&state_, nullptr, 0, size); }
  void add(std::string_view octets) {
    crypto_generichash_update(&state_, reinterpret_cast<unsigned char const*>(octets.data()),
                              octets.size());
  }
  /// Of what was added so far.
  std::string hex() const {
    auto copy = state_;
    std::string out(size, '\0');
    crypto_generichash_final(&copy, reinterpret_cast<unsigned char*>(out.data()), size);
    return to_hex(out);
  }

 private:
  static constexpr std::size_t size = 32;
  crypto_generichash_state state_;
};

}  // namespace wardroom::control
