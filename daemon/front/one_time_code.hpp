/// A code that `wardroomctl login` prints for the first login of an administrator: one at a time,
/// valid for 15 minutes and one login; only its digest is kept.
#pragma once
#include "runtime/clock.hpp"
#include "runtime/random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::front {

class OneTimeCode {
 public:
  static constexpr std::chrono::minutes life{15};

  OneTimeCode(Clock& clock, Random& random) : clock_(clock), random_(random) {}

  /// A new code, in place of any before: "K7QM-2XRA-…", 80 random bits without look-alikes.
  std::string make();
  /// The serial of the code in force when it is right. Case, dashes, spaces and the usual slips (O
  /// for 0, I or L for 1) do not matter.
  std::optional<std::uint64_t> match(std::string_view code) const;
  /// Whether the code of that serial may still be used: matched in time, not replaced, not used up.
  bool in_force(std::uint64_t serial) const { return serial == serial_ && !digest_.empty(); }
  void use_up() { digest_.clear(); }

 private:
  Clock& clock_;
  Random& random_;
  std::string digest_;  ///< empty once used
  std::uint64_t serial_ = 0;
  Uptime ends_{};
};

}  // namespace wardroom::front
