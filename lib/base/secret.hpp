/// Text that neither prints, compares to text, nor lingers: tokens, passwords, keys.
#pragma once
#include <string>
#include <string_view>

namespace wardroom {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text);
  Secret(Secret const&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret const& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The only way to the text; grep for it to find every place that handles one.
  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  /// Constant-time in the length of the shorter one; differing lengths are unequal.
  friend bool same(Secret const& a, Secret const& b);

 private:
  void wipe() noexcept;
  std::string text_;
};

bool same(Secret const& a, Secret const& b);
/// Constant-time comparison of two texts.
bool same_bytes(std::string_view a, std::string_view b);

}  // namespace wardroom
