/// Text that neither prints, compares to text, nor lingers: tokens, passwords, keys.
/// Its bytes lie in locked memory (secret_memory.hpp) and are wiped when it is dropped.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace wardroom {

class Secret {
 public:
  Secret() = default;
  /// Wipes what it is given.
  explicit Secret(std::string&& text);
  explicit Secret(std::string const& text) : Secret(joined({text})) {}
  Secret(Secret const& other) : Secret(joined({other.reveal()})) {}
  Secret(Secret&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret const& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  /// Put together from pieces without a copy outside of locked memory: joined({"Bearer ", token}).
  static Secret joined(std::initializer_list<std::string_view> parts);
  /// `fill(std::span<char>)` writes the bytes in place; they are zero before.
  template <class Fill>
  static Secret filled(std::size_t size, Fill&& fill) {
    Secret out(size);
    std::forward<Fill>(fill)(std::span<char>(out.bytes_, size));
    return out;
  }

  /// The only way to the text; grep for it to find every place that handles one.
  /// A NUL follows the text. Valid until this secret is changed, moved or dropped.
  std::string_view reveal() const {
    return bytes_ != nullptr ? std::string_view(bytes_, size_) : std::string_view("");
  }
  bool empty() const { return size_ == 0; }

  /// Constant-time in the length of the shorter one; differing lengths are unequal.
  friend bool same(Secret const& a, Secret const& b);

 private:
  explicit Secret(std::size_t size);
  void wipe() noexcept;

  char* bytes_ = nullptr;  ///< size_ + 1 bytes, or none when empty
  std::size_t size_ = 0;
};

bool same(Secret const& a, Secret const& b);
/// Constant-time comparison of two texts.
bool same_bytes(std::string_view a, std::string_view b);
/// Wipes a text that held a secret, also what lies beyond its end, and leaves it empty.
void wipe(std::string& text) noexcept;

}  // namespace wardroom
