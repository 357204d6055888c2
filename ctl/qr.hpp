/// A text as QR code in half blocks: two modules a character cell, with the quiet zone. Pure.
#pragma once
#include "terminal.hpp"

#include <string>
#include <string_view>

namespace wardroom::ctl {

/// Lines with their ends, each indented by two columns. Empty when the text is too long for a code
/// or the code too wide for the terminal.
///
/// With colours it is black on white whatever the terminal's own colours are. Without, the light
/// modules take the terminal's text colour: right on a dark terminal, inverted on a light one,
/// which most readers take as well.
std::string qr_text(std::string_view text, Look const& look);

}  // namespace wardroom::ctl
