// Alerts as the tool shows them, and what their test ends with.
#include "ctl/golden.hpp"
#include "ctl/screens.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

Outcome ask(std::vector<std::string> args, std::string const& wire) {
  FakeDaemon const daemon([&](std::string const&) { return wire; });
  args.insert(args.end(), {"--socket", daemon.socket()});
  return Tool()(args);
}

TEST(AlertsGolden, answers_look_as_they_were_approved) {
  compare("alerts_list",
          drawn_on_all({"alerts", "list"}, answer(200, recorded("alerts_list.json"))));
  compare("alerts_test",
          drawn_on_all({"alerts", "test"}, answer(200, recorded("alerts_test.json"))));
}

TEST(Alerts, test_fails_when_one_place_failed_or_there_is_none) {
  EXPECT_EQ(ask({"alerts", "test"}, answer(200, recorded("alerts_test.json"))).code, 1);
  EXPECT_EQ(ask({"alerts", "test"}, answer(200, R"({"deliveries":[]})")).code, 1);
  EXPECT_EQ(ask({"alerts", "test"},
                answer(200, R"({"deliveries":[{"channel":"mail","to":"a@b","ok":true}]})"))
                .code,
            0);
}

TEST(Alerts, list_says_so_when_there_is_none) {
  EXPECT_EQ(ask({"alerts", "list"}, answer(200, R"({"open":[],"recent":[]})")).out,
            "No alert is open.\n");
}

}  // namespace
}  // namespace wardroom::test
