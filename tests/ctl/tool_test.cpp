// The tool's behaviour: requests it makes, exit codes, errors, colours, streams.
#include "ctl/tool.hpp"

#include "command_line.hpp"
#include "terminal.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

using ctl::run;

struct Asked : Outcome {
  std::vector<std::string> requests;
};

/// One run of the tool against a daemon that gives this answer to everything.
Asked ask(std::vector<std::string> args, std::string const& wire, Tool const& tool = {}) {
  FakeDaemon const daemon([&](std::string const&) { return wire; });
  args.insert(args.end(), {"--socket", daemon.socket()});
  auto const outcome = tool(args);
  return {outcome, daemon.requests()};
}

std::string refusal(std::string const& code) {
  return R"({"error":{"code":")" + code + R"(","message":"it cannot be","remedy":"do this"}})";
}

TEST(Requests, of_reading_verbs_carry_their_parameters_in_the_query) {
  auto const asked = ask({"fence", "test", "-33.8688", "151.2093", "50"},
                         answer(200, recorded("fence_test.json")));
  EXPECT_TRUE(asked.requests.at(0).starts_with(
      "GET /v1/fence/test?accuracy=50&latitude=-33.8688&longitude=151.2093 HTTP/1.1\r\n"))
      << asked.requests[0];
  EXPECT_TRUE(ask({"people", "list", "--standing", "no fix&x=y"}, answer(200, "{}"))
                  .requests.at(0)
                  .starts_with("GET /v1/people/list?standing=no%20fix%26x%3Dy HTTP/1.1\r\n"));
}

TEST(Requests, of_changing_verbs_are_posts_with_a_json_object) {
  auto const asked =
      ask({"log-level", "debug", "--for", "10m"}, answer(200, R"({"level":"debug"})"));
  EXPECT_TRUE(asked.requests.at(0).starts_with("POST /v1/log-level HTTP/1.1\r\n"));
  EXPECT_TRUE(asked.requests[0].ends_with("\r\n\r\n{\"for\":\"10m\",\"level\":\"debug\"}"))
      << asked.requests[0];
  EXPECT_EQ(asked.out, "The log level is debug.\n");
  EXPECT_TRUE(ask({"login", "--browser"}, chunked(""))
                  .requests.at(0)
                  .ends_with("\r\n\r\n{\"browser\":true}"));
}

TEST(Requests, that_must_name_something_take_it_without_its_option_too) {
  for (auto const& args : std::vector<std::vector<std::string>>{
           {"wait", "xsi"}, {"wait", "--for", "xsi"}, {"wait", "--for=xsi"}}) {
    auto const asked = ask(args, answer(200, R"({"reached":true})"));
    EXPECT_TRUE(asked.requests.at(0).starts_with("GET /v1/wait?for=xsi "));
    EXPECT_EQ(asked.code, 0);
  }
}

TEST(ExitCodes, follow_the_status_of_the_answer) {
  struct {
    int status;
    char const* code;
    int expected;
  } const table[] = {{400, "malformed", 2},   {403, "denied", 4},    {404, "not_found", 5},
                     {409, "conflict", 8},    {429, "throttled", 1}, {500, "internal", 1},
                     {503, "unavailable", 1}, {504, "timed_out", 1}, {409, "held", 7},
                     {409, "pending", 6}};
  for (auto const& row : table) {
    auto const asked = ask({"calls", "why", "x"}, answer(row.status, refusal(row.code)));
    EXPECT_EQ(asked.code, row.expected) << row.status;
    EXPECT_EQ(asked.err, "wardroomctl: it cannot be\n  → do this\n");
    EXPECT_EQ(asked.out, "");
  }
}

TEST(ExitCodes, of_checks_follow_what_they_found) {
  for (auto const* health : {"yellow", "red"})
    EXPECT_EQ(ask({"health"}, answer(200, R"({"health":")" + std::string(health) + R"("})")).code,
              10);
  EXPECT_EQ(ask({"health"}, answer(200, R"({"health":"green"})")).code, 0);
  EXPECT_EQ(ask({"status"}, answer(200, R"({"health":"red"})")).code, 0);
  EXPECT_EQ(ask({"config", "check"}, answer(200, R"({"ok":false,"complaints":["x"]})")).code, 1);
  EXPECT_EQ(ask({"token", "check"}, answer(200, R"({"valid":false})")).code, 1);
  EXPECT_EQ(ask({"token", "check"}, answer(200, R"({"valid":true})")).code, 0);
  for (auto const status : {403, 404, 503})
    EXPECT_EQ(ask({"token", "check"}, answer(status, refusal("x"))).code, 1);
}

TEST(Json, is_printed_as_the_daemon_gave_it) {
  auto const body = recorded("calls_list.json");
  auto const asked = ask({"calls", "list", "--json"}, answer(200, body));
  EXPECT_EQ(asked.out, body + "\n");
  auto const refused = ask({"--json", "calls", "why", "x"}, answer(404, refusal("not_found")));
  EXPECT_EQ(refused.out, refusal("not_found") + "\n");
  EXPECT_EQ(refused.code, 5);
}

TEST(Colours, are_for_terminals_without_NO_COLOR_only) {
  auto const wire = answer(200, recorded("status.json"));
  auto coloured = [&](Tool const& tool, std::vector<std::string> const& args = {"status"}) {
    return ask(args, wire, tool).out.contains('\033');
  };
  EXPECT_TRUE(coloured({.terminal = true}));
  EXPECT_FALSE(coloured({.terminal = false}));
  EXPECT_FALSE(coloured({.terminal = true, .no_color = true}));
  EXPECT_FALSE(coloured({.terminal = true}, {"status", "--no-color"}));
}

TEST(Names, cannot_steer_the_terminal) {
  auto const asked = ask({"calls", "list"}, answer(200, recorded("calls_list.json")));
  EXPECT_FALSE(asked.out.contains('\033'));
  EXPECT_TRUE(asked.out.contains("Evil ?[31mName")) << asked.out;
  EXPECT_EQ(ctl::clean("a\x1b]0;x\x07\xff\u202e\u009bz\n"), "a?]0;x????z ");
}

TEST(Answers, with_members_missing_or_of_other_types_are_drawn_all_the_same) {
  for (auto const& row : control::verb_table()) {
    if (row.stream || row.local) continue;
    std::vector<std::string> args;
    for (auto const& word :
         {row.words.substr(0, row.words.find(' ')),
          row.words.contains(' ') ? row.words.substr(row.words.find(' ') + 1) : std::string_view{}})
      if (!word.empty()) args.emplace_back(word);
    for (auto const& param : row.params)
      if (param.required) args.emplace_back("1");
    for (
        auto const* body :
        {"{}",
         R"({"signs":7,"calls":{"a":1},"people":[1,null,"x"],"fences":[[]],"monitoring":"x",)"
         R"("grants":[{}],"fix":3,"fence":[],"policy":null,"action":"x","health":{},"at":"soon",)"
         R"("total":"many","text":5,"changed":{},"events":[1],"features":"x","store":[],"http":1})"}) {
      auto const asked = ask(args, answer(200, body));
      EXPECT_EQ(asked.requests.size(), 1u) << row.words << ": " << asked.err;
      EXPECT_EQ(asked.err, "") << row.words;
    }
  }
}

TEST(Unreachable, a_missing_socket_means_that_the_daemon_does_not_run) {
  auto const outcome = Tool()({"status", "--socket", scratch_directory() + "/none.sock"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(outcome.err.contains("the daemon is not running: there is no control socket at"))
      << outcome.err;
  EXPECT_TRUE(outcome.err.contains("sudo systemctl start wardroomd")) << outcome.err;
}

TEST(Unreachable, a_socket_nobody_listens_at_is_told_from_a_missing_one) {
  auto const path = scratch_directory() + "/stale.sock";
  int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  auto const outcome = Tool()({"status", "--socket", path});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(outcome.err.contains("left its control socket behind")) << outcome.err;
  EXPECT_TRUE(outcome.err.contains("systemctl restart wardroomd")) << outcome.err;
}

TEST(Unreachable, a_file_that_is_no_socket_is_named_as_such) {
  auto const path = scratch_directory() + "/file";
  std::ofstream(path) << "x";
  auto const outcome = Tool()({"status", "--socket", path});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(outcome.err.contains("is not a socket")) << outcome.err;
}

TEST(Unreachable, a_socket_of_others_names_the_group_and_the_command) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  auto const directory = scratch_directory();
  ::chmod(directory.c_str(), 0700);
  ASSERT_EQ(::seteuid(65534), 0);
  auto const outcome = Tool()({"status", "--socket", directory + "/control.sock"});
  (void)::seteuid(0);
  EXPECT_EQ(outcome.code, 4);
  EXPECT_TRUE(outcome.err.contains("may not use the control socket")) << outcome.err;
  EXPECT_TRUE(outcome.err.contains("sudo usermod -aG wardroom nobody   (then log in again)"))
      << outcome.err;
}

TEST(Unreachable, an_answer_that_is_none_is_told_whatever_it_is) {
  for (std::string const wire :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"}) {
    auto const asked = ask({"status"}, wire);
    EXPECT_EQ(asked.code, 3) << wire;
    EXPECT_TRUE(asked.err.contains("gave no valid answer")) << asked.err;
  }
}

TEST(Unreachable, silence_ends_when_the_time_is_over) {
  FakeDaemon const daemon([](std::string const&) { return std::string(); });
  auto const begin = std::chrono::steady_clock::now();
  auto const outcome = control::ControlClient(daemon.socket())
                           .ask(*control::find_verb("status"), {}, Milliseconds(200));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().why, control::Unreachable::Why::silent);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST(Usage, an_unknown_command_is_answered_with_the_nearest) {
  struct {
    std::vector<std::string> args;
    char const* expected;
  } const table[] = {
      {{"statsu"}, "there is no command \"statsu\"; did you mean \"status\"?"},
      {{"calls", "lsit"}, "there is no command \"calls lsit\"; did you mean \"calls list\"?"},
      {{"calls", "frobnicate"}, "there are list, show, why"},
      {{"calls"}, "\"calls\" needs a second word: list, show, why"},
      {{"calls", "why"}, "\"calls why\" needs CALL"},
      {{"fence", "test", "1"}, "\"fence test\" needs LAT LON"},
      {{"events", "--folow"}, "\"events\" has no option --folow; did you mean --follow?"},
      {{"status", "extra"}, "too many words for \"status\""},
      {{"completion", "zsh"}, "knows one shell: bash"},
      {{"--json"}, "a command is missing"},
  };
  for (auto const& row : table) {
    auto const outcome = Tool()(row.args);
    EXPECT_EQ(outcome.code, 2) << row.expected;
    EXPECT_TRUE(outcome.err.contains(row.expected)) << outcome.err;
  }
}

TEST(Help, of_every_command_shows_usage_and_an_example) {
  for (auto const& row : control::verb_table()) {
    auto const help = ctl::verb_help(row);
    EXPECT_TRUE(help.contains("Usage: wardroomctl " + std::string(row.words))) << row.words;
    EXPECT_TRUE(help.contains("Examples\n")) << row.words;
    for (auto const example : row.examples) {
      EXPECT_TRUE(example.starts_with(row.words)) << example;
    }
  }
  EXPECT_TRUE(Tool()({"calls", "why", "--help"}).out.contains("calls why CALL"));
  EXPECT_EQ(Tool()({"--version"}).out, "wardroomctl 0.1.0\n");
}

TEST(Events, are_printed_line_by_line_and_as_they_came_with_json) {
  auto const body = recorded("events.ndjson");
  auto const asked = ask({"events", "--follow", "--json"}, chunked(body));
  EXPECT_EQ(asked.out, body);
  EXPECT_EQ(asked.code, 0);
  EXPECT_TRUE(asked.requests.at(0).starts_with("GET /v1/events?follow=true "));
}

TEST(Events, that_break_off_are_an_error) {
  auto const asked =
      ask({"events"}, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"seq\":1}\n");
  EXPECT_EQ(asked.code, 3);
  EXPECT_TRUE(asked.out.contains("#1"));
}

TEST(Events, an_error_line_ends_them_with_its_exit_code) {
  std::string const line = R"({"error":{"code":"not_found","message":"nobody is called x"}})";
  auto const asked = ask({"events", "--person", "x"}, chunked(line + "\n"));
  EXPECT_EQ(asked.code, 5);
  EXPECT_EQ(asked.err, "wardroomctl: nobody is called x\n");
}

TEST(Watch, draws_again_over_itself_and_gives_the_cursor_back) {
  auto const asked = ask({"status", "--watch"}, answer(200, recorded("status.json")),
                         {.terminal = true, .no_color = true, .rounds = 3});
  EXPECT_EQ(asked.requests.size(), 3u);
  EXPECT_TRUE(asked.out.starts_with("\033[?25l"));
  EXPECT_TRUE(asked.out.ends_with("\033[?25h"));
}

TEST(Watch, goes_on_while_the_daemon_is_away) {
  Tool const tool{.terminal = true, .no_color = true, .rounds = 2};
  auto const outcome = tool({"status", "--watch", "--socket", scratch_directory() + "/none"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(outcome.out.contains("the daemon is not running"));
}

TEST(Widths, are_counted_in_columns_of_a_terminal) {
  EXPECT_EQ(ctl::columns("Müller"), 6u);
  EXPECT_EQ(ctl::columns("李小龍"), 6u);
  EXPECT_EQ(ctl::columns("e\u0301"), 1u);
  EXPECT_EQ(ctl::shorten("李小龍", 5), "李小…");
  EXPECT_EQ(ctl::shorten("李小龍", 4), "李…");
  EXPECT_EQ(ctl::pad("李", 4), "李  ");
  EXPECT_EQ(ctl::columns("\xff\xfe"), 2u);
}

TEST(Words, say_times_and_distances_as_people_do) {
  EXPECT_EQ(ctl::duration_words(0.25), "250 ms");
  EXPECT_EQ(ctl::duration_words(119), "119 s");
  EXPECT_EQ(ctl::duration_words(3600), "60 min");
  EXPECT_EQ(ctl::duration_words(11533), "3 h 12 min");
  EXPECT_EQ(ctl::duration_words(86400 * 3), "3 days");
  EXPECT_EQ(ctl::distance_words(-849.6), "850 m");
  EXPECT_EQ(ctl::distance_words(12345), "12.3 km");
  EXPECT_EQ(ctl::count_words(1234567), "1,234,567");
  EXPECT_EQ(ctl::parse_time("2026-11-22T00:10:05.250Z")->time_since_epoch().count(), 1795306205250);
  for (auto const* text :
       {"", "2026-11-22", "2026-13-22T00:10:05.250Z", "2026-11-22T00:10:05", "x"})
    EXPECT_FALSE(ctl::parse_time(text)) << text;
  EXPECT_EQ(ctl::parse_duration("2m"), Milliseconds(120000));
  EXPECT_FALSE(ctl::parse_duration("2"));
}

}  // namespace
}  // namespace wardroom::test
