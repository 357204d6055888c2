/// Text for a terminal: colours when wanted, columns counted as a terminal counts them.
#pragma once
#include "base/units.hpp"

#include <string>
#include <string_view>

namespace wardroom::ctl {

/// How answers are drawn. A pipe gets no colour and unlimited width.
struct Look {
  bool colour = false;
  std::size_t width = 0;  ///< columns; 0 = do not cut anything
  Instant now{};
};

enum class Tone { plain, strong, faint, good, warning, bad, title };

std::string paint(Look const& look, Tone tone, std::string_view text);

/// Columns the text takes: wide characters count two, combining ones none.
std::size_t columns(std::string_view text);
/// Cut to so many columns, with "…" where something is missing.
std::string shorten(std::string_view text, std::size_t width);
std::string pad(std::string_view text, std::size_t width, bool right = false);
/// Broken at spaces into lines of at most `width` columns (0 = one line), each but the first
/// indented by `indent` spaces.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

/// Without control characters and broken UTF-8: names come from outside and must not steer a
/// terminal.
std::string clean(std::string_view text);

}  // namespace wardroom::ctl
