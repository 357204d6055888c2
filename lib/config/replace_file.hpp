/// Replaces a text file whole or not at all: readers see the old text or the new one, also when
/// the power goes in between.
#pragma once
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace wardroom::config {

/// Puts `text` in place of `expected`, with the same mode and owner; a symbolic link stays one, its
/// target is replaced. Errors: conflict = the file no longer holds `expected`; denied with the
/// remedy; unavailable = the disk.
Result<void> replace_file(std::string const& file, std::string_view expected,
                          std::string_view text);

}  // namespace wardroom::config
