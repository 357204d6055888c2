/// Domain names as the DNS knows them: "Müller.Example" is "xn--mller-kva.example" (IDNA 2008 with
/// UTS 46, nontransitional: "straße.example" is not "strasse.example"). Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace wardroom {

/// In lower case and A-labels; nothing when it does not convert. Plain ASCII is only put in lower
/// case, unless a label claims to be an A-label.
std::optional<std::string> to_a_labels(std::string_view domain);

/// For decisions about trust: whole labels of letters, digits, "-" and "_" (1 to 63 octets, 253 in
/// all), no trailing dot. Spellings that only turn into another name by what UTS 46 drops or
/// replaces (full-width letters, zero-width characters, ideographic dots) are no domain: whoever
/// guards that name elsewhere need not know them.
std::optional<std::string> strict_domain(std::string_view domain);

}  // namespace wardroom
