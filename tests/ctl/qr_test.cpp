// The QR code on the terminal, read back from the drawn cells.
#include "qr.hpp"

#include <gtest/gtest.h>
#include <qrcodegen/qrcodegen.hpp>

#include <sstream>

namespace wardroom::test {
namespace {

using ctl::Look;
using ctl::qr_text;

std::string const address =
    "https://oauth-helper-r.wbx2.com/verify?userCode="
    "5b6cbd0e4ae35b8c1ff7cc2d3a3a3e9ab3c1d92f4e0d7a6688f1b0c2d4e6f809";

/// Rows of cells to rows of modules; true = the text's colour.
std::vector<std::vector<bool>> modules_of(std::string const& drawn) {
  std::vector<std::vector<bool>> out;
  std::istringstream lines(drawn);
  for (std::string line; std::getline(lines, line);) {
    std::vector<bool> upper, lower;
    for (std::string_view rest = line; !rest.empty();) {
      if (rest.front() == '\033') {
        rest.remove_prefix(rest.find('m') + 1);
        continue;
      }
      bool const blank = rest.front() == ' ';
      auto const cell = rest.substr(0, blank ? 1 : 3);
      upper.push_back(cell == "█" || cell == "▀");
      lower.push_back(cell == "█" || cell == "▄");
      EXPECT_TRUE(blank || upper.back() || lower.back()) << line;
      rest.remove_prefix(cell.size());
    }
    out.push_back({upper.begin() + 2, upper.end()});  // the indent
    out.push_back({lower.begin() + 2, lower.end()});
  }
  return out;
}

TEST(Qr, shows_the_very_modules_with_four_of_quiet_around) {
  auto const code = qrcodegen::QrCode::encodeText(address.c_str(), qrcodegen::QrCode::Ecc::LOW);
  for (bool const colour : {true, false}) {
    auto const modules = modules_of(qr_text(address, {.colour = colour, .width = 80}));
    int const side = code.getSize() + 8;
    ASSERT_EQ(modules.size(), static_cast<std::size_t>(side + 1));  // the last cell's lower half
    for (int y = 0; y < side; ++y) {
      ASSERT_EQ(modules[static_cast<std::size_t>(y)].size(), static_cast<std::size_t>(side));
      for (int x = 0; x < side; ++x)
        // In colour the text's colour is black; without, it is the light of a dark terminal.
        ASSERT_EQ(modules[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)],
                  code.getModule(x - 4, y - 4) == colour)
            << x << "," << y;
    }
  }
}

TEST(Qr, in_colour_is_black_on_white_whatever_the_terminal_is) {
  std::istringstream lines(qr_text("x", {.colour = true, .width = 80}));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with("  \033[38;5;16;48;5;231m")) << line;
    EXPECT_TRUE(line.ends_with("\033[0m")) << line;
  }
}

TEST(Qr, is_left_out_where_it_does_not_fit) {
  EXPECT_EQ(qr_text(address, {.width = 50}), "");
  EXPECT_NE(qr_text(address, {.width = 51}), "");
  EXPECT_EQ(qr_text(std::string(5000, 'x'), {.width = 500}), "");
}

}  // namespace
}  // namespace wardroom::test
