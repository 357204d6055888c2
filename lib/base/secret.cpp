#include "base/secret.hpp"

#include <sodium.h>

#include <utility>

namespace wardroom {

// A short string lives inside the object, so a move must wipe what it leaves behind.
Secret::Secret(std::string text) : text_(std::move(text)) {
  // NOLINTNEXTLINE(bugprone-use-after-move): what is left behind is the point
  if (!text.empty()) sodium_memzero(text.data(), text.size());
}
Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
Secret& Secret::operator=(Secret const& other) {
  if (this != &other) {
    wipe();
    text_ = other.text_;
  }
  return *this;
}
Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
  }
  return *this;
}
Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  text_.resize(text_.capacity());
  sodium_memzero(text_.data(), text_.size());
  text_.clear();
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}
bool same(Secret const& a, Secret const& b) { return same_bytes(a.text_, b.text_); }

}  // namespace wardroom
