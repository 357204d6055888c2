// The verbs of space_sync in the tool: what people see, and the exit codes scripts depend on.
#include "ctl/golden.hpp"
#include "ctl/tool.hpp"
#include "progress_line.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wardroom::test {
namespace {

using nlohmann::json;

struct SyncTool : testing::Test {
  Tool tool{.no_color = true};
  std::string request;

  Outcome run(std::vector<std::string> words, std::string const& wire,
              FakeDaemon::After after = FakeDaemon::After::close) {
    FakeDaemon const daemon(
        [&](std::string const& asked) {
          request = asked;
          return wire;
        },
        after);
    words.insert(words.begin(), {"--socket", daemon.socket()});
    return tool(words);
  }
  /// For a pipe, a wide and a narrow terminal, without what was drawn over.
  std::string drawn(std::vector<std::string> const& words, std::string const& wire) {
    std::string all;
    for (std::size_t const width : {0u, 100u, 60u}) {
      tool.terminal = width > 0;
      tool.width = width;
      auto const outcome = run(words, wire);
      EXPECT_EQ(outcome.err, "");
      all += (width ? "=== " + std::to_string(width) + " columns\n" : "=== a pipe\n") +
             without_progress(outcome.out);
    }
    return all;
  }
  /// A piece that stands for itself ends its line; what is drawn over does not.
  static std::string without_progress(std::string const& out) {
    static constexpr std::string_view over = "\r\033[K";
    std::string kept;
    for (std::size_t at = 0; at != out.npos;) {
      auto const end = out.find(over, at);
      auto const piece = out.substr(at, end == out.npos ? end : end - at);
      if (piece.contains('\n')) kept += piece;
      at = end == out.npos ? end : end + over.size();
    }
    return kept;
  }
  static std::string stream(std::string const& name) { return chunked(recorded(name)); }
  static std::string ended(std::string const& state, int adds = 1, int removals = 0) {
    json const run{{"id", 5},
                   {"job", "all-hands"},
                   {"state", state},
                   {"counts", {{"to_add", adds}, {"to_remove", removals}, {"failed", 0}}}};
    return chunked(json{{"run", 5}, {"job", "all-hands"}}.dump() + "\n" +
                   json{{"done", run}}.dump() + "\n");
  }
  static std::string refusal(std::string const& code, std::string const& message) {
    return chunked(json{{"error", {{"code", code}, {"message", message}}}}.dump() + "\n");
  }
};

TEST_F(SyncTool, answers_look_as_they_were_approved) {
  struct Case {
    std::string file;
    std::vector<std::string> words;
  };
  for (auto const& [file, words] :
       {Case{"sync_list", {"sync", "list"}},
        Case{"sync_explain", {"sync", "explain", "all-hands", "carol@acme.example"}},
        Case{"sync_history", {"sync", "history"}}, Case{"sync_show", {"sync", "show", "20"}},
        Case{"sync_resume", {"sync", "resume", "all-hands"}}})
    compare(file, drawn(words, answer(200, recorded(file + ".json"))));
}

TEST_F(SyncTool, plans_and_runs_look_as_they_were_approved) {
  compare("sync_plan", drawn({"sync", "plan", "all-hands"}, stream("sync_plan.ndjson")));
  compare("sync_plan_equal",
          drawn({"sync", "plan", "all-hands"}, stream("sync_plan_equal.ndjson")));
  compare("sync_plan_held", drawn({"sync", "plan", "all-hands"}, stream("sync_plan_held.ndjson")));
  compare("sync_plan_would_be_held",
          drawn({"sync", "plan", "all-hands"}, stream("sync_plan_would_be_held.ndjson")));
  compare("sync_run", drawn({"sync", "run", "all-hands"}, stream("sync_run.ndjson")));
  compare("sync_run_quiet",
          drawn({"sync", "run", "all-hands", "--quiet"}, stream("sync_run.ndjson")));
  compare("sync_undo", drawn({"sync", "undo", "20"}, stream("sync_undo.ndjson")));
}

TEST_F(SyncTool, says_by_its_exit_code_how_a_run_stands) {
  struct Case {
    std::vector<std::string> words;
    std::string wire;
    int code;
  };
  std::vector<std::string> const plan{"sync", "plan", "all-hands"}, run{"sync", "run", "all-hands"};
  for (auto const& one :
       {Case{plan, stream("sync_plan.ndjson"), 6}, Case{plan, stream("sync_plan_equal.ndjson"), 0},
        Case{plan, stream("sync_plan_held.ndjson"), 7},
        Case{plan, stream("sync_plan_would_be_held.ndjson"), 7}, Case{run, ended("done"), 0},
        Case{run, ended("observed"), 0}, Case{run, ended("held"), 7}, Case{run, ended("partly"), 1},
        Case{run, ended("failed"), 1}, Case{run, ended("superseded"), 8},
        Case{{"sync", "approve", "all-hands", "--removals", "3"},
             refusal("conflict", "4 removals are found now, not 3"),
             8},
        Case{run, refusal("unauthorized", "log in first: wardroomctl login"), 4},
        Case{run, refusal("not_found", "there is no sync job \"x\""), 5},
        Case{{"sync", "run", "all-hands", "--no-wait"}, ended("reading"), 0},
        Case{{"sync", "watch"}, ended("partly"), 1}}) {
    auto const outcome = this->run(one.words, one.wire);
    EXPECT_EQ(outcome.code, one.code) << one.words[1] << "\n" << outcome.out << outcome.err;
  }
}

TEST_F(SyncTool, sends_what_was_asked_for) {
  (void)run({"sync", "run", "all-hands", "--plan", "17", "--add-left", "--quiet"}, ended("done"));
  EXPECT_TRUE(request.starts_with("POST /v1/sync/run ")) << request;
  auto const body = json::parse(request.substr(request.find("\r\n\r\n") + 4));
  EXPECT_EQ(body["job"], "all-hands");
  EXPECT_EQ(body["plan"], "17");
  EXPECT_EQ(body["add-left"], true);
  EXPECT_FALSE(body.contains("quiet"));
  (void)run({"sync", "watch", "17"}, ended("done"));
  EXPECT_TRUE(request.starts_with("GET /v1/sync/watch?run=17 ")) << request;
}

TEST_F(SyncTool, reports_each_person_to_a_pipe_and_only_failures_when_quiet) {
  auto const all = run({"sync", "run", "all-hands"}, stream("sync_run.ndjson"));
  for (auto const* person : {"Ada Lovelace", "Grace Hopper", "Bob Vance", "carol@"})
    EXPECT_NE(all.out.find(person), std::string::npos) << all.out;
  auto const quiet = run({"sync", "run", "all-hands", "--quiet"}, stream("sync_run.ndjson"));
  EXPECT_EQ(quiet.out.find("Ada Lovelace"), std::string::npos) << quiet.out;
  EXPECT_NE(quiet.out.find("Grace Hopper"), std::string::npos) << quiet.out;
}

TEST_F(SyncTool, draws_how_far_a_run_is_on_a_terminal_only) {
  EXPECT_EQ(run({"sync", "run", "all-hands"}, stream("sync_run.ndjson")).out.find("1 of 3"),
            std::string::npos);
  tool.terminal = true;
  auto const out = run({"sync", "run", "all-hands"}, stream("sync_run.ndjson")).out;
  EXPECT_NE(out.find("1 of 3"), std::string::npos) << out;
  EXPECT_NE(out.find("reading people"), std::string::npos) << out;
}

TEST_F(SyncTool, lets_the_run_go_on_after_ctrl_c) {
  tool.stop_after = 5;
  auto const outcome = run({"sync", "run", "all-hands"},
                           chunked(R"({"run":17,"job":"all-hands"})"
                                   "\n",
                                   false),
                           FakeDaemon::After::hold);
  EXPECT_EQ(outcome.code, 130);
  EXPECT_NE(outcome.err.find("the run goes on"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("wardroomctl sync watch 17"), std::string::npos) << outcome.err;
}

TEST_F(SyncTool, says_what_goes_on_when_the_daemon_ends_first) {
  auto const outcome = run({"sync", "run", "all-hands"}, chunked(R"({"run":17,"job":"all-hands"})"
                                                                 "\n"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("sync watch 17"), std::string::npos) << outcome.err;
}

TEST_F(SyncTool, gives_json_with_its_schema_and_nothing_else) {
  auto const run_ =
      json::parse(run({"sync", "run", "all-hands", "--json"}, stream("sync_run.ndjson")).out);
  EXPECT_EQ(run_["schema"], "wardroom.sync_run/1");
  EXPECT_EQ(run_["failures"].size(), 1u);
  auto const plan =
      json::parse(run({"sync", "plan", "all-hands", "--json"}, stream("sync_plan.ndjson")).out);
  EXPECT_EQ(plan["schema"], "wardroom.sync_plan/1");
  EXPECT_EQ(plan["adds"].size(), 2u);
}

TEST_F(SyncTool, shows_only_the_first_hundred_on_a_screen_and_all_of_them_to_a_pipe) {
  json done{{"run",
             {{"id", 5},
              {"job", "all-hands"},
              {"state", "planned"},
              {"counts", {{"to_add", 12'000}, {"to_remove", 0}}}}},
            {"adds", json::array()},
            {"more", {{"adds", 2'000}}}};
  for (int i = 0; i < 10'000; ++i)
    done["adds"].push_back({{"name", "Person " + std::to_string(i)}, {"why", "include all"}});
  auto const wire = chunked(json{{"done", done}}.dump() + "\n");
  auto const pipe = run({"sync", "plan", "all-hands"}, wire).out;
  EXPECT_NE(pipe.find("Person 9999"), std::string::npos);
  EXPECT_NE(pipe.find("+  2,000 more"), std::string::npos);
  tool.terminal = true;
  auto const screen = run({"sync", "plan", "all-hands"}, wire).out;
  EXPECT_EQ(screen.find("Person 100 "), std::string::npos);
  EXPECT_NE(screen.find("+  11,900 more"), std::string::npos);
}

TEST_F(SyncTool, no_line_is_wider_than_the_terminal) {
  tool.terminal = true;
  for (tool.width = 72; tool.width < 200; tool.width += 8)
    for (auto const& [words, wire] :
         {std::pair(std::vector<std::string>{"sync", "list"},
                    answer(200, recorded("sync_list.json"))),
          std::pair(std::vector<std::string>{"sync", "history"},
                    answer(200, recorded("sync_history.json"))),
          std::pair(std::vector<std::string>{"sync", "plan", "all-hands"},
                    stream("sync_plan.ndjson"))}) {
      std::istringstream lines(without_progress(run(words, wire).out));
      for (std::string line; std::getline(lines, line);)
        if (!line.contains("→")) EXPECT_LE(ctl::columns(line), tool.width) << line;
    }
}

TEST(StageLine, tells_rate_and_time_left) {
  ctl::ProgressLine line;
  auto const begin = ctl::ProgressLine::Moment();
  ctl::Json now{{"stage", "adding"}, {"done", 0}, {"total", 400}, {"failed", 0}};
  (void)line.take_stage(now, false, {}, begin);
  now["done"] = 100;
  now["failed"] = 2;
  EXPECT_EQ(
      line.take_stage(now, false, {}, begin + std::chrono::seconds(10)),
      "\r\033[K  adding          [#####...............] 100 of 400  10/s  30 s left  2 failed");
}

}  // namespace
}  // namespace wardroom::test
