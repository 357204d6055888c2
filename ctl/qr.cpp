#include "qr.hpp"

#include <qrcodegen/qrcodegen.hpp>

namespace wardroom::ctl {
namespace {

using qrcodegen::QrCode;

constexpr int quiet = 4;  ///< modules on each side, as ISO/IEC 18004 wants
constexpr std::size_t indent = 2;

/// One cell: which of its two modules are drawn in the text's colour.
std::string_view block(bool upper, bool lower) {
  return upper ? lower ? "█" : "▀" : lower ? "▄" : " ";
}

std::string draw(QrCode const& code, bool colour) {
  // Colours 16 and 231 of the 256 are black and white in every palette; 0 and 15 are not.
  std::string_view const begin = colour ? "\033[38;5;16;48;5;231m" : "";
  std::string_view const end = colour ? "\033[0m" : "";
  int const last = code.getSize() + quiet;
  auto drawn = [&](int x, int y) { return code.getModule(x, y) == colour && y < last; };
  std::string out;
  for (int y = -quiet; y < last; y += 2) {
    out += std::string(indent, ' ') + std::string(begin);
    for (int x = -quiet; x < last; ++x) out += block(drawn(x, y), drawn(x, y + 1));
    out += std::string(end) + "\n";
  }
  return out;
}

}  // namespace

std::string qr_text(std::string_view text, Look const& look) {
  try {
    auto const code = QrCode::encodeText(std::string(text).c_str(), QrCode::Ecc::LOW);
    auto const width = indent + static_cast<std::size_t>(code.getSize() + 2 * quiet);
    return look.width == 0 || width <= look.width ? draw(code, look.colour) : std::string();
  } catch (qrcodegen::data_too_long const&) {
    return {};
  }
}

}  // namespace wardroom::ctl
