/// Header fields as the wire wants them: encoded words, quoting, folding. Pure.
/// Sources: RFC 5322 2.2.3 and 3.2, RFC 2047, RFC 2231.
#pragma once
#include <string>
#include <string_view>

namespace wardroom::mail {

/// Whether a value may stand in a header at all: no CR, LF or NUL, which would begin another one.
bool fits_a_header(std::string_view value);
bool is_field_name(std::string_view name);

/// Free text ("Subject"): as it is, or as encoded words when it is not plain ASCII.
std::string encode_text(std::string_view text);
/// A display name: as it is, quoted, or as encoded words.
std::string encode_phrase(std::string_view name);
/// A parameter of Content-Type: `name="value"`, or `name*=UTF-8''…`.
std::string encode_parameter(std::string_view name, std::string_view value);

/// "Name: value\r\n", folded at white space so that lines stay within 78 where that can be done.
std::string fold(std::string_view name, std::string_view encoded);

/// Broken UTF-8 becomes U+FFFD.
std::string mend_utf8(std::string_view text);

}  // namespace wardroom::mail
