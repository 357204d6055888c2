/// Patterns such as "Sales*" and "R?D" over whole texts. Pure.
#pragma once
#include <string_view>

namespace wardroom::space_sync {

/// `*` = any letters or none, `?` = one letter (a whole one, however many bytes); all else is
/// itself. Compares bytes: fold both before.
bool fits_glob(std::string_view pattern, std::string_view text);

}  // namespace wardroom::space_sync
