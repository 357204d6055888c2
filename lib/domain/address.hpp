/// Telephone and SIP addresses as platforms write them, reduced to what was dialled.
#pragma once
#include <string>
#include <string_view>

namespace wardroom {

/// Without scheme (tel, sip, sips), display name, parameters and headers; percent escapes undone.
/// A SIP address whose user part looks like a number is reduced to that number; another one stays
/// `user@host`. Separators inside a number are kept: whoever compares numbers normalises them.
/// Pure. `tel:+1-4085550141` → `+1-4085550141`, `sip:911@h;user=phone` → `911`.
std::string bare_address(std::string_view uri);

}  // namespace wardroom
