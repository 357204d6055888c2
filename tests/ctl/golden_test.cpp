// What people see, as golden text: the daemon's recorded answers drawn for a pipe, a wide and a
// narrow terminal. WARDROOM_GOLDEN=write takes the present output as the new truth; look at it
// before committing.
#include "ctl/golden.hpp"

#include "ctl/tool.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace wardroom::test {
namespace {

struct Case {
  std::string file;  ///< of answers/ and, with .txt, of golden/
  std::vector<std::string> args;
};

Case const cases[] = {
    {"status", {"status"}},
    {"health", {"health"}},
    {"calls_list", {"calls", "list"}},
    {"calls_show", {"calls", "show", "101:0"}},
    {"calls_why", {"calls", "why", "101:0"}},
    {"calls_why_differs", {"calls", "why", "101:0"}},
    {"monitor_status", {"monitor", "status"}},
    {"monitor_blind", {"monitor", "status"}},
    {"monitor_stop", {"monitor", "stop"}},
    {"people_list", {"people", "list"}},
    {"people_show", {"people", "show", "ada"}},
    {"people_why", {"people", "why", "9"}},
    {"people_sessions", {"people", "sessions", "ada"}},
    {"people_revoke", {"people", "revoke", "ada"}},
    {"sessions_list", {"sessions", "list"}},
    {"sessions_revoke", {"sessions", "revoke", "3f9a"}},
    {"fence_list", {"fence", "list"}},
    {"fence_test", {"fence", "test", "-33.8688", "151.2093", "50"}},
    {"reload", {"reload"}},
    {"config_show", {"config", "show"}},
    {"config_diff", {"config", "diff"}},
    {"metrics", {"metrics"}},
};

/// The same answer for a pipe (nothing cut), 100 and 60 columns in one text.
std::string drawn(std::vector<std::string> args, std::string const& wire) {
  std::string all;
  for (std::size_t const width : {0u, 100u, 60u}) {
    FakeDaemon const daemon([&](std::string const&) { return wire; });
    Tool tool{.terminal = width > 0, .no_color = true, .width = width};
    auto full = args;
    full.insert(full.end(), {"--socket", daemon.socket()});
    auto const outcome = tool(full);
    EXPECT_EQ(outcome.err, "");
    all += (width ? "=== " + std::to_string(width) + " columns\n" : "=== a pipe\n") + outcome.out;
  }
  return all;
}

TEST(Golden, answers_look_as_they_were_approved) {
  for (auto const& [file, args] : cases)
    compare(file, drawn(args, answer(200, recorded(file + ".json"))));
}

TEST(Golden, events_look_as_they_were_approved) {
  compare("events", drawn({"events"}, chunked(recorded("events.ndjson"))));
}

TEST(Golden, help_looks_as_it_was_approved) {
  Tool const tool;
  compare("help", tool({}).out);
  compare("help_events", tool({"events", "--help"}).out);
  compare("help_fence_test", tool({"help", "fence", "test"}).out);
}

TEST(Golden, no_line_of_a_table_is_wider_than_the_terminal) {
  for (auto const* file : {"calls_list", "people_list", "fence_list", "monitor_status", "status"}) {
    for (std::size_t width = 72; width < 200; width += 8) {
      FakeDaemon const daemon(
          [&](std::string const&) { return answer(200, recorded(std::string(file) + ".json")); });
      Tool const tool{.terminal = true, .no_color = true, .width = width};
      std::vector<std::string> args;
      for (auto const& entry : cases)
        if (entry.file == file) args = entry.args;
      args.insert(args.end(), {"--socket", daemon.socket()});
      std::istringstream lines(tool(args).out);
      for (std::string line; std::getline(lines, line);)
        EXPECT_LE(ctl::columns(line), width) << file << ": " << line;
    }
  }
}

}  // namespace
}  // namespace wardroom::test
