// How logins and alerts look: for a pipe, on narrow and wide terminals, with and without colours.
#include "ctl/golden.hpp"
#include "ctl/screens.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

TEST(LoginGolden, answers_look_as_they_were_approved) {
  struct {
    std::string file;
    std::vector<std::string> args;
  } const cases[] = {
      {"whoami", {"whoami"}}, {"token_show", {"token", "show"}},  {"auth", {"auth", "0123456789"}},
      {"logout", {"logout"}}, {"status_needs_login", {"status"}},
  };
  for (auto const& [file, args] : cases)
    compare(file, drawn_on_all(args, answer(200, recorded(file + ".json"))));
}

TEST(LoginGolden, the_device_login_looks_as_it_was_approved) {
  compare("login", drawn_on_all({"login"}, chunked(recorded("login.ndjson"))));
  compare("login_no_qr", drawn_on_all({"login", "--no-qr"}, chunked(recorded("login.ndjson"))));
}

TEST(LoginGolden, the_browser_login_looks_as_it_was_approved) {
  compare("login_browser",
          drawn_on_all({"login", "--browser"}, chunked(recorded("login_browser.ndjson"))));
}

TEST(LoginGolden, help_looks_as_it_was_approved) {
  Tool const tool;
  for (auto const* verb : {"login", "auth", "logout"})
    compare(std::string("help_") + verb, tool({verb, "--help"}).out);
}

}  // namespace
}  // namespace wardroom::test
