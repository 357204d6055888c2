// The verbs of meeting servers in the tool: what people see, and the exit codes scripts depend on.
#include "ctl/golden.hpp"
#include "ctl/tool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wardroom::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct CmsTool : testing::Test {
  Tool tool{.no_color = true};
  std::string request;

  Outcome run(std::vector<std::string> words, std::string const& wire) {
    FakeDaemon const daemon([&](std::string const& asked) {
      request = asked;
      return wire;
    });
    words.insert(words.begin(), {"--socket", daemon.socket()});
    return tool(words);
  }
  /// For a pipe, a wide and a narrow terminal.
  std::string drawn(std::vector<std::string> const& words, std::string const& wire) {
    std::string all;
    for (std::size_t const width : {0u, 100u, 60u}) {
      tool.terminal = width > 0;
      tool.width = width;
      auto const outcome = run(words, wire);
      EXPECT_EQ(outcome.err, "");
      all += (width ? "=== " + std::to_string(width) + " columns\n" : "=== a pipe\n") + outcome.out;
    }
    return all;
  }
  static std::string refusal(std::string const& code, std::string const& message) {
    return chunked(json{{"error", {{"code", code}, {"message", message}}}}.dump() + "\n");
  }
};

TEST_F(CmsTool, answers_look_as_they_were_approved) {
  struct Case {
    std::string file;
    std::vector<std::string> words;
  };
  for (auto const& [file, words] :
       {Case{"cms_status", {"cms", "status"}}, Case{"cms_calls", {"cms", "calls"}},
        Case{"cms_show", {"cms", "show", "7e6d"}}, Case{"cms_resync", {"cms", "resync"}},
        Case{"cms_register", {"cms", "register"}}})
    compare(file, drawn(words, answer(200, recorded(file + ".json"))));
  compare("cms_report", drawn({"cms", "report"}, chunked(recorded("cms_report.ndjson"))));
}

TEST_F(CmsTool, empty_lists_say_what_to_do_next) {
  auto const said = [&](std::vector<std::string> const& words, json body) {
    body["schema"] = "wardroom.cms_" + words.at(1) + "/1";
    return run(words, answer(200, body.dump())).out;
  };
  EXPECT_THAT(said({"cms", "status"}, {{"bridges", json::array()}}),
              HasSubstr("security_notices.bridges"));
  EXPECT_THAT(said({"cms", "calls"}, {{"conferences", json::array()}, {"bridges", 0}}),
              HasSubstr("security_notices.bridges"));
  EXPECT_THAT(said({"cms", "calls"}, {{"conferences", json::array()}, {"bridges", 2}}),
              HasSubstr("wardroomctl cms report"));
  EXPECT_THAT(said({"cms", "calls", "--level", "3"},
                   {{"conferences", json::array()}, {"bridges", 2}, {"running", 7}}),
              HasSubstr("7 run in all"));
  EXPECT_THAT(run({"cms", "report"}, chunked("")).out, HasSubstr("--since 7d"));
}

TEST_F(CmsTool, reports_go_to_programs_as_they_come) {
  auto const lines = recorded("cms_report.ndjson");
  EXPECT_EQ(run({"cms", "report", "--json"}, chunked(lines)).out, lines);
  std::string const csv = "conference,who\r\nc1,\"a\r\nb\"\r\n";
  EXPECT_EQ(run({"cms", "report", "--csv"}, chunked(csv)).out, csv);
  EXPECT_EQ(run({"cms", "report", "--csv", "--json"}, "").code, 2);
  (void)run({"cms", "report", "--since", "7d", "--level", "3"}, chunked(lines));
  EXPECT_THAT(request, HasSubstr("POST /v1/cms/report"));
  EXPECT_THAT(request, HasSubstr(R"("since":"7d")"));
}

TEST_F(CmsTool, says_by_its_exit_code_what_went_wrong) {
  auto const why = [](std::string const& code) {
    return json{{"error", {{"code", code}, {"message", "no conference is like that"}}}}.dump();
  };
  EXPECT_EQ(run({"cms", "show", "x"}, answer(404, why("not_found"))).code, 5);
  EXPECT_EQ(run({"cms", "show", "x"}, answer(409, why("conflict"))).code, 8);
  EXPECT_EQ(run({"cms", "resync", "x"}, answer(404, why("not_found"))).code, 5);
  EXPECT_EQ(run({"cms", "resync"}, answer(200, recorded("cms_resync.json"))).code, 1);
  EXPECT_EQ(run({"cms", "register"}, answer(200, recorded("cms_register.json"))).code, 1);
  EXPECT_EQ(run({"cms", "report"}, refusal("malformed", "no moment")).code, 2);
  EXPECT_EQ(run({"cms", "report", "--csv"}, refusal("unavailable", "the disk")).code, 1);
}

}  // namespace
}  // namespace wardroom::test
