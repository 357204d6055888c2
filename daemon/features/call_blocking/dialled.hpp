/// What a person dialled, reduced to its digits. Pure.
///
/// Taken away: scheme, display name, parameters, host, percent escapes; separators, invisible
/// characters and direction marks; a code before the number that hides the caller's; a closing '#'.
/// Decimal digits of other scripts become ASCII.
#pragma once
#include <string>
#include <string_view>

namespace wardroom::call_blocking {

/// Empty when anything else (letters, a domain of letters) is in it.
struct Dialled {
  std::string digits;
  bool international = false;  ///< began with '+'
  bool operator==(Dialled const&) const = default;
};
Dialled normalise(std::string_view address);

}  // namespace wardroom::call_blocking
