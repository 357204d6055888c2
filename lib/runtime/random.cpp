#include "runtime/random.hpp"

#include "base/encoding.hpp"

#include <sodium.h>

#include <cstring>

namespace wardroom {

std::uint64_t Random::number() {
  auto const raw = bytes(8);
  std::uint64_t n = 0;
  std::memcpy(&n, raw.data(), 8);
  return n;
}

double Random::fraction() { return static_cast<double>(number() >> 11) * 0x1.0p-53; }

std::string Random::token() { return to_base64url(bytes(32)); }

std::string Random::uuid() {
  auto raw = bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3F) | 0x80);
  auto const hex = to_hex(raw);
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' +
         hex.substr(16, 4) + '-' + hex.substr(20);
}

std::string SystemRandom::bytes(std::size_t count) {
  std::string out(count, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

std::string SeededRandom::bytes(std::size_t count) {
  std::string out;
  out.reserve(count + 8);
  while (out.size() < count) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    for (int i = 0; i < 8; ++i) out += static_cast<char>(z >> (8 * i));
  }
  out.resize(count);
  return out;
}

}  // namespace wardroom
