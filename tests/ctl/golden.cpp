#include "ctl/golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace wardroom::test {

void compare(std::string const& name, std::string const& text) {
  std::string const path = WARDROOM_SOURCE_DIR "/tests/ctl/golden/" + name + ".txt";
  auto const* mode = std::getenv("WARDROOM_GOLDEN");
  if (mode && std::string_view(mode) == "write") std::ofstream(path) << text;
  std::ifstream file(path);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str()) << "differs from " << path;
}

}  // namespace wardroom::test
