// `events`: what is asked of the daemon, and its lines for people, programs and spreadsheets.
#include "ctl/golden.hpp"
#include "ctl/tool.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

struct Asked {
  Outcome outcome;
  std::string request;
};

Asked ask(std::vector<std::string> args, std::string const& body, Tool const& tool = {}) {
  std::string request;
  FakeDaemon const daemon([&](std::string const& came) {
    request = came;
    return chunked(body);
  });
  args.insert(args.end(), {"--socket", daemon.socket()});
  auto outcome = tool(args);
  return {std::move(outcome), std::move(request)};
}

std::string line(int seq) {
  return R"({"seq":)" + std::to_string(seq) +
         R"(,"at":"2026-11-22T00:10:05.250Z","kind":"monitor","line":"monitoring was started"})"
         "\n";
}

TEST(EventsVerb, passes_every_choice_to_the_daemon) {
  auto const asked = ask({"events", "--since", "2h", "--until", "14:30", "--kind", "call,alert",
                          "--person", "ada", "--limit", "7"},
                         "");
  EXPECT_TRUE(asked.request.starts_with(
      "GET /v1/events?kind=call%2Calert&limit=7&person=ada&since=2h&until=14%3A30 "))
      << asked.request;
  EXPECT_EQ(asked.outcome.code, 0);
}

TEST(EventsVerb, csv_goes_out_as_it_came) {
  std::string const csv = "seq,at,kind\r\n1,2026-11-22T00:00:00.000Z,\"a\"\"b,\r\nc\"\r\n";
  auto const asked = ask({"events", "--csv", "--since", "0"}, csv, {.terminal = true});
  EXPECT_EQ(asked.outcome.out, csv);
  EXPECT_TRUE(asked.request.starts_with("GET /v1/events?csv=true&since=0 ")) << asked.request;
}

TEST(EventsVerb, csv_that_ends_with_an_error_says_so_outside_of_it) {
  auto const asked = ask({"events", "--csv"},
                         "seq,at\r\n"
                         R"({"error":{"code":"unavailable","message":"stopping"}})"
                         "\n");
  EXPECT_EQ(asked.outcome.out, "seq,at\r\n");
  EXPECT_EQ(asked.outcome.err, "wardroomctl: stopping\n");
  EXPECT_EQ(asked.outcome.code, 1);
}

TEST(EventsVerb, has_one_form_at_a_time) {
  Tool const tool;
  auto const outcome = tool({"events", "--csv", "--json", "--socket", "/nowhere"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("choose one"));
}

TEST(EventsVerb, says_on_a_terminal_how_to_page_back) {
  Tool const terminal{.terminal = true, .no_color = true, .width = 80};
  auto const full = ask({"events", "--limit", "2"}, line(8) + line(9), terminal);
  EXPECT_TRUE(full.outcome.out.ends_with("Older ones: --until 8\n")) << full.outcome.out;
  auto const all = ask({"events", "--limit", "3"}, line(8) + line(9), terminal);
  EXPECT_FALSE(all.outcome.out.contains("Older")) << all.outcome.out;
  auto const none = ask({"events", "--since", "1m"}, "", terminal);
  EXPECT_EQ(none.outcome.out, "Nothing of that happened.\n");
  auto const piped = ask({"events", "--limit", "2"}, line(8) + line(9));
  EXPECT_FALSE(piped.outcome.out.contains("Older"));
}

TEST(EventsVerb, no_line_is_wider_than_the_terminal) {
  for (std::size_t width = 60; width < 140; width += 8) {
    auto const asked = ask({"events"}, recorded("events.ndjson"),
                           {.terminal = true, .no_color = true, .width = width});
    std::istringstream lines(asked.outcome.out);
    for (std::string each; std::getline(lines, each);) EXPECT_LE(ctl::columns(each), width) << each;
  }
}

TEST(EventsVerb, ends_with_ctrl_c) {
  auto const asked = ask({"events", "--follow"}, line(1) + line(2) + line(3), {.stop_after = 2});
  EXPECT_EQ(asked.outcome.code, 130);
  EXPECT_EQ(asked.outcome.out.find("#3"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::test
