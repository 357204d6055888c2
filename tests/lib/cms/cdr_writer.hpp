/// Writes a post again in another way that means the same.
#pragma once
#include "support/seed.hpp"

#include <string>
#include <vector>

namespace wardroom::test {

enum class Encoding {
  undeclared_utf8,
  utf8,
  utf8_with_mark,
  latin1,
  windows1252,
  ascii,
  utf16_little,
  utf16_big
};
std::vector<Encoding> all_encodings();

struct Style {
  Encoding encoding = Encoding::undeclared_utf8;
  bool crlf = false, declaration = true, prefixed = false, apostrophes = false;
  bool escapes = false;     ///< some characters as numbers, some text as CDATA
  bool spaces = false;      ///< white space around text and between elements and attributes
  bool comments = false;    ///< and processing instructions
  bool shuffled = false;    ///< attributes and fields in another order
  bool bare_empty = false;  ///< <ivr></ivr> instead of <ivr/>
};

struct Written {
  std::string body, how;
};
/// `dice` may be null where the style needs none (escapes, spaces, comments, shuffled do).
Written write_again(std::string const& text, Style const& style, Dice* dice);
/// In any style.
Written write_again(std::string const& text, Dice& dice);
/// The same records, one a post.
std::vector<std::string> one_record_each(std::string const& text);

}  // namespace wardroom::test
