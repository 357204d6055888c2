#include "ctl/screens.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

/// Escapes made visible, so that a golden text can be read and a diff shows them.
std::string visible(std::string const& text) {
  std::string out;
  for (char c : text) {
    if (c == '\033')
      out += "<esc>";
    else if (c == '\r')
      out += "<cr>";
    else
      out += c;
  }
  return out;
}

struct Screen {
  char const* name;
  Tool tool;
};
Screen const screens[] = {
    {"a pipe", {}},
    {"80 columns", {.terminal = true, .no_color = true, .width = 80}},
    {"120 columns", {.terminal = true, .no_color = true, .width = 120}},
    {"80 columns in colour", {.terminal = true, .width = 80}},
};

}  // namespace

std::string drawn_on_all(std::vector<std::string> const& args, std::string const& wire) {
  std::string all;
  for (auto const& [name, tool] : screens) {
    FakeDaemon const daemon([&](std::string const&) { return wire; });
    auto full = args;
    full.insert(full.end(), {"--socket", daemon.socket()});
    auto const outcome = tool(full);
    EXPECT_EQ(outcome.err, "");
    all += std::string("=== ") + name + "\n" + visible(outcome.out);
  }
  return all;
}

}  // namespace wardroom::test
