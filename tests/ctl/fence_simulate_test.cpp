// `fence simulate` of the tool: the file's text goes to the daemon, and what comes back is shown.
#include "ctl/golden.hpp"
#include "ctl/tool.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace wardroom::test {
namespace {

struct SimulateTool : testing::Test {
  std::string const file = scratch_directory() + "/new.yaml";
  Tool tool{.no_color = true};
  std::string request;

  SimulateTool() { std::ofstream(file) << "fences:\n  - { name: \"ca\", country: AT }\n"; }
  Outcome run(std::string const& wire, std::vector<std::string> more = {}) {
    FakeDaemon const daemon([&](std::string const& asked) {
      request = asked;
      return wire;
    });
    std::vector<std::string> args{"--socket", daemon.socket(), "fence", "simulate", file};
    args.insert(args.end(), more.begin(), more.end());
    return tool(args);
  }
  std::string lines() const { return chunked(recorded("fence_simulate.ndjson")); }
};

TEST_F(SimulateTool, sends_the_text_of_the_file_and_says_the_sum_first) {
  auto const outcome = run(lines(), {"--since", "24h"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(request.starts_with("POST /v1/fence/simulate")) << request;
  auto const body = nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4));
  EXPECT_EQ(body["file"], "fences:\n  - { name: \"ca\", country: AT }\n");
  EXPECT_EQ(body["since"], "24h");
  EXPECT_TRUE(outcome.out.starts_with("Would have cut 17 calls of 5 people")) << outcome.out;
}

TEST_F(SimulateTool, answers_look_as_they_were_approved) {
  std::string all;
  for (std::size_t const width : {0u, 100u, 60u}) {
    tool.terminal = width > 0;
    tool.width = width;
    auto out = run(lines()).out;
    if (auto const cleared = out.rfind("\r\033[K"); cleared != out.npos) out.erase(0, cleared + 4);
    all += (width ? "=== " + std::to_string(width) + " columns\n" : "=== a pipe\n") + out;
  }
  compare("fence_simulate", all);
}

TEST_F(SimulateTool, shows_how_far_it_is_on_a_terminal_only) {
  EXPECT_EQ(run(lines()).out.find("positions 50,000"), std::string::npos);
  tool.terminal = true;
  EXPECT_NE(run(lines()).out.find("positions 50,000 of 183,411"), std::string::npos);
  EXPECT_EQ(run(lines(), {"--json"}).out.find("positions 50,000"), std::string::npos);
}

TEST_F(SimulateTool, gives_json_with_its_schema) {
  auto const outcome = run(lines(), {"--json"});
  auto const body = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(body["schema"], "wardroom.fence_simulate/1");
  EXPECT_EQ(body["would_cut"]["calls"], 17);
  EXPECT_EQ(body["rows"].size(), 3u);
}

TEST_F(SimulateTool, names_mistakes_by_line_and_column_of_the_file) {
  auto const outcome = run(chunked(
      R"({"done":{"ok":false,"complaints":[{"line":3,"column":5,"key":"fences[0].circel","message":"is no key here"},{"line":0,"column":0,"message":"has no fences"}]}})"
      "\n"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find(file + ":3:5: fences[0].circel: is no key here"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find(file + ": has no fences"), std::string::npos) << outcome.err;
}

TEST_F(SimulateTool, tells_a_refusal_with_its_exit_code) {
  auto const outcome = run(chunked(
      R"({"error":{"code":"conflict","message":"no positions are kept: set call_blocking.history_hours: 24"}})"
      "\n"));
  EXPECT_EQ(outcome.code, 8);
  EXPECT_NE(outcome.err.find("history_hours"), std::string::npos);
}

TEST_F(SimulateTool, asks_nobody_when_the_file_cannot_be_read_or_is_too_long) {
  std::ofstream(file) << std::string(1'048'300, '#');
  auto outcome = run(lines());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("too long"), std::string::npos) << outcome.err;
  std::filesystem::remove(file);
  outcome = run(lines());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(request.empty());
}

}  // namespace
}  // namespace wardroom::test
