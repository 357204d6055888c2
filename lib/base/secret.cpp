#include "base/secret.hpp"

#include "base/secret_memory.hpp"

#include <sodium.h>

#include <cstring>

namespace wardroom {

Secret::Secret(std::size_t size)
    : bytes_(size > 0 ? take_secret_memory(size + 1) : nullptr), size_(size) {}

Secret::Secret(std::string&& text) : Secret(joined({text})) { wardroom::wipe(text); }

Secret Secret::joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (auto const part : parts) size += part.size();
  Secret out(size);
  auto* end = out.bytes_;
  for (auto const part : parts) {
    if (part.empty()) continue;
    std::memcpy(end, part.data(), part.size());
    end += part.size();
  }
  return out;
}

Secret& Secret::operator=(Secret const& other) {
  if (this != &other) *this = Secret(other);
  return *this;
}
Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::exchange(other.bytes_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Secret::wipe() noexcept {
  if (bytes_ != nullptr) give_back_secret_memory(bytes_, size_ + 1);
  bytes_ = nullptr;
  size_ = 0;
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}
bool same(Secret const& a, Secret const& b) { return same_bytes(a.reveal(), b.reveal()); }

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // within its capacity, so it does not move
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace wardroom
