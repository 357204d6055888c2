// The verbs that talk with a person: what goes to the daemon, how each end is told, exit codes.
#include "ctl/tool.hpp"
#include "login_screen.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

using After = FakeDaemon::After;

struct Asked : Outcome {
  std::vector<std::string> requests;
};

Asked ask(std::vector<std::string> args, std::string const& wire, Tool const& tool = {},
          After after = After::close) {
  FakeDaemon const daemon([&](std::string const&) { return wire; }, after);
  args.insert(args.end(), {"--socket", daemon.socket()});
  auto const outcome = tool(args);
  return {outcome, daemon.requests()};
}

std::string first_line() {
  auto const all = recorded("login.ndjson");
  return all.substr(0, all.find('\n') + 1);
}

TEST(Login, is_a_post_that_streams) {
  auto const asked =
      ask({"login", "--identity", "guests", "--no-qr"}, chunked(recorded("login.ndjson")));
  EXPECT_TRUE(asked.requests.at(0).starts_with("POST /v1/login HTTP/1.1\r\n"));
  EXPECT_TRUE(asked.requests[0].ends_with("\r\n\r\n{\"identity\":\"guests\"}"))
      << asked.requests[0];
  EXPECT_EQ(asked.code, 0);
  EXPECT_TRUE(asked.out.contains("Logged in as Ada Lovelace <ada@acme.example>"));
}

TEST(Login, in_a_pipe_has_no_escapes_and_no_qr_code) {
  auto const asked = ask({"login"}, chunked(recorded("login.ndjson")));
  EXPECT_FALSE(asked.out.contains('\033'));
  EXPECT_FALSE(asked.out.contains('\r'));
  EXPECT_FALSE(asked.out.contains("█"));
  EXPECT_TRUE(asked.out.contains("verify?userCode=5b6cbd0e")) << asked.out;
}

TEST(Login, draws_a_qr_code_only_where_it_can_be_seen) {
  auto drawn = [](Tool const& tool, std::vector<std::string> const& args = {"login"}) {
    return ask(args, chunked(recorded("login.ndjson")), tool).out.contains("▀");
  };
  EXPECT_TRUE(drawn({.terminal = true}));
  EXPECT_FALSE(drawn({.terminal = true, .utf8 = false}));
  EXPECT_FALSE(drawn({.terminal = true, .width = 40}));
  EXPECT_FALSE(drawn({.terminal = true}, {"login", "--no-qr"}));
}

TEST(Login, slow_down_is_nobodys_business) {
  auto const asked =
      ask({"login"}, chunked(first_line() + "{\"step\":\"slow_down\",\"interval_s\":7}\n"
                                            "{\"step\":\"done\",\"identity\":\"admin\"}\n"));
  EXPECT_EQ(asked.code, 0);
  EXPECT_FALSE(asked.out.contains("slow")) << asked.out;
  EXPECT_EQ(asked.err, "");
}

TEST(Login, a_refusal_is_told_with_its_remedy_and_the_exit_code_of_its_kind) {
  struct {
    char const* code;
    int expected;
  } const table[] = {{"denied", 4},   {"timed_out", 1},   {"not_found", 5}, {"conflict", 8},
                     {"internal", 1}, {"unavailable", 1}, {"malformed", 2}};
  for (auto const& row : table) {
    auto const asked =
        ask({"login"}, chunked(first_line() + R"({"error":{"code":")" + row.code +
                               R"(","message":"it cannot be","remedy":"do this"}})" + "\n"));
    EXPECT_EQ(asked.code, row.expected) << row.code;
    EXPECT_EQ(asked.err, "wardroomctl: it cannot be\n  → do this\n");
  }
}

TEST(Login, an_expired_code_says_how_to_begin_again) {
  auto const asked =
      ask({"login", "--identity", "guests"}, chunked(recorded("login_expired.ndjson")));
  EXPECT_EQ(asked.code, 1);
  EXPECT_EQ(asked.err,
            "wardroomctl: nobody signed in within 5 min; the code is over\n"
            "  → nothing was stored; wardroomctl login --identity guests begins again\n");
}

TEST(Login, ctrl_c_gives_up_and_says_that_nothing_was_stored) {
  auto const asked = ask({"login"}, chunked(first_line(), false),
                         {.terminal = true, .no_color = true, .stop_after = 20}, After::hold);
  EXPECT_EQ(asked.code, 130);
  EXPECT_EQ(asked.err,
            "wardroomctl: given up; nothing was stored\n"
            "  → wardroomctl login   (begins again)\n");
  EXPECT_TRUE(asked.out.contains("Waiting for the sign-in, 5:00 left; Ctrl-C gives up."));
  EXPECT_TRUE(asked.out.ends_with("\r\033[K")) << "the line with the time stays behind";
}

TEST(Login, a_daemon_that_goes_away_in_the_middle_is_told_from_one_that_was_never_there) {
  auto const asked = ask({"login"}, chunked(first_line(), false));
  EXPECT_EQ(asked.code, 3);
  EXPECT_TRUE(asked.err.contains("the daemon went away during the login")) << asked.err;
  EXPECT_TRUE(asked.err.contains("wardroomctl login begins again")) << asked.err;
  auto const absent = Tool()({"login", "--socket", scratch_directory() + "/none.sock"});
  EXPECT_EQ(absent.code, 3);
  EXPECT_TRUE(absent.err.contains("the daemon is not running")) << absent.err;
}

TEST(Login, a_stream_that_ends_too_early_leaves_nobody_in_doubt) {
  auto const asked = ask({"login"}, chunked(first_line()));
  EXPECT_EQ(asked.code, 1);
  EXPECT_TRUE(asked.err.contains("ended the login before it was finished")) << asked.err;
  EXPECT_TRUE(asked.err.contains("wardroomctl whoami")) << asked.err;
}

TEST(Login, lines_that_are_no_json_end_it) {
  auto const asked = ask({"login"}, chunked(first_line() + "<html>\n"));
  EXPECT_EQ(asked.code, 3);
  EXPECT_TRUE(asked.err.contains("it is not JSON")) << asked.err;
}

TEST(Login, lines_with_members_missing_or_of_other_types_are_shown_all_the_same) {
  for (auto const* lines :
       {"{}\n{\"step\":\"device\"}\n{\"step\":7}\n{\"step\":\"done\"}\n",
        "{\"step\":\"device\",\"url\":1,\"user_code\":null,\"url_complete\":[],\"expires_in_s\":"
        "1e300,"
        "\"identity\":{}}\n{\"step\":\"waiting\",\"left_s\":-1e300}\n{\"step\":\"done\",\"scopes\":"
        "\"x\",\"missing_scopes\":[1,null,{}],\"replaced\":[]}\n",
        "{\"step\":\"browser\",\"url\":\"?redirect_uri=%zz\",\"code\":7}\n"}) {
    auto const asked = ask({"login"}, chunked(lines), {.terminal = true});
    EXPECT_EQ(asked.code, 0) << asked.err;
  }
}

TEST(Login, names_from_outside_cannot_steer_the_terminal) {
  auto const asked = ask(
      {"login"},
      chunked("{\"step\":\"done\",\"identity\":\"admin\",\"person\":\"a\\u001b[2Jb\",\"replaced\":"
              "\"\\u009bx\",\"missing_scopes\":[\"s\\rx\"]}\n"),
      {.terminal = true, .no_color = true});
  EXPECT_FALSE(asked.out.contains('\033'));
  EXPECT_FALSE(asked.out.contains('\r'));
}

TEST(Login, json_passes_the_lines_on_with_their_schema) {
  auto const asked = ask({"login", "--json"}, chunked(recorded("login_denied.ndjson")),
                         {.terminal = true, .no_color = true});
  std::istringstream lines(asked.out);
  std::vector<ctl::Json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(ctl::Json::parse(line));
  ASSERT_EQ(all.size(), 2u);
  for (auto const& line : all) EXPECT_EQ(line["schema"], "wardroom.login/1");
  EXPECT_EQ(all[0]["user_code"], "729703");
  EXPECT_EQ(all[1]["error"]["code"], "denied");
  EXPECT_EQ(asked.code, 4);
}

TEST(Login, a_daemon_that_says_no_at_once_is_a_plain_refusal) {
  auto const asked = ask({"login"}, answer(403, R"({"error":{"code":"denied","message":"bob may )"
                                                R"(not use 'login'","remedy":"sudo usermod"}})"));
  EXPECT_EQ(asked.code, 4);
  EXPECT_EQ(asked.err, "wardroomctl: bob may not use 'login'\n  → sudo usermod\n");
}

TEST(LoginScreen, counts_down_over_one_line_and_says_each_time_once) {
  ctl::LoginScreen screen({.live = true});
  ctl::Look look{.width = 80, .now = *ctl::parse_time("2026-11-22T00:12:05.000Z")};
  EXPECT_TRUE(screen.take(ctl::Json::parse(first_line()), look).contains("\r  Waiting"));
  EXPECT_EQ(screen.tick(look), "");
  look.now += Milliseconds(900);
  EXPECT_EQ(screen.tick(look), "");
  look.now += Milliseconds(100);
  EXPECT_EQ(screen.tick(look), "\r  Waiting for the sign-in, 4:59 left; Ctrl-C gives up.\033[K");
  look.now += std::chrono::seconds(298);
  EXPECT_TRUE(screen.tick(look).contains("0:01 left"));
  look.now += std::chrono::hours(1);
  EXPECT_TRUE(screen.tick(look).contains("is over"));
}

TEST(LoginScreen, follows_the_daemons_count_when_it_is_another_one) {
  ctl::LoginScreen screen({.live = true});
  ctl::Look const look{.width = 80, .now = *ctl::parse_time("2026-11-22T00:12:05.000Z")};
  (void)screen.take(ctl::Json::parse(first_line()), look);
  EXPECT_EQ(screen.take({{"step", "waiting"}, {"left_s", 299}}, look), "");
  EXPECT_TRUE(screen.take({{"step", "waiting"}, {"left_s", 200}}, look).contains("3:20 left"));
}

TEST(LoginScreen, tells_the_time_once_a_minute_where_nothing_is_drawn_over) {
  ctl::LoginScreen screen({.live = false});
  ctl::Look look{.now = *ctl::parse_time("2026-11-22T00:12:05.000Z")};
  std::string all = screen.take(ctl::Json::parse(first_line()), look);
  for (int second = 0; second < 310; ++second, look.now += std::chrono::seconds(1))
    all += screen.tick(look);
  std::size_t lines = 0;
  for (auto at = all.find("sign-in;"); at != all.npos; at = all.find("sign-in;", at + 1)) ++lines;
  EXPECT_EQ(lines, 5u) << all;
  EXPECT_TRUE(all.ends_with("  The time for this sign-in is over.\n")) << all;
}

TEST(LoginScreen, spaces_a_code_so_that_it_reads_well) {
  EXPECT_EQ(ctl::spaced_code("729703"), "7 2 9   7 0 3");
  EXPECT_EQ(ctl::spaced_code("K7QM2XRA"), "K 7 Q M   2 X R A");
  EXPECT_EQ(ctl::spaced_code("K7Q-2XR"), "K 7 Q   2 X R");
  EXPECT_EQ(ctl::spaced_code(""), "");
}

TEST(Auth, takes_the_address_as_an_argument_or_from_standard_input_or_asks) {
  auto const wire = answer(200, recorded("auth.json"));
  std::string const url = "http://127.0.0.1:8480/oauth/callback?code=abc&state=x";
  auto sent = [&](std::vector<std::string> const& args, Tool const& tool) {
    auto const asked = ask(args, wire, tool);
    EXPECT_EQ(asked.code, 0) << asked.err;
    EXPECT_TRUE(asked.requests.at(0).ends_with("\r\n\r\n{\"code\":\"" + url + "\"}"))
        << asked.requests[0];
    EXPECT_FALSE((asked.out + asked.err).contains("code=abc")) << "the code is shown";
    return asked.err;
  };
  EXPECT_EQ(sent({"auth", url}, {}), "");
  EXPECT_EQ(sent({"auth", "-"}, {.typed = "  '" + url + "'\r"}), "");
  EXPECT_EQ(sent({"auth"}, {.typed = url, .keyboard = true}),
            "Paste the address of the page you ended on (it is not shown): ");
}

TEST(Auth, without_anything_to_go_on_asks_the_daemon_nothing) {
  auto const wire = answer(200, recorded("auth.json"));
  for (auto const& [args, tool] : std::vector<std::pair<std::vector<std::string>, Tool>>{
           {{"auth"}, {}}, {{"auth", "-"}, {}}, {{"auth"}, {.typed = " ", .keyboard = true}}}) {
    auto const asked = ask(args, wire, tool);
    EXPECT_EQ(asked.code, 2);
    EXPECT_TRUE(asked.requests.empty());
    EXPECT_TRUE(asked.err.contains("→ wardroomctl ")) << asked.err;
  }
}

TEST(Auth, ctrl_c_at_the_question_ends_it) {
  auto const asked = ask({"auth"}, answer(200, "{}"), {.keyboard = true, .stop_after = 0});
  EXPECT_EQ(asked.code, 130);
  EXPECT_TRUE(asked.requests.empty());
}

TEST(Logout, asks_on_a_terminal_unless_told_yes) {
  auto const wire = answer(200, recorded("logout.json"));
  EXPECT_EQ(ask({"logout"}, wire).requests.size(), 1u);
  EXPECT_EQ(ask({"logout", "--yes"}, wire, {.keyboard = true}).requests.size(), 1u);
  EXPECT_EQ(ask({"logout"}, wire, {.typed = "y", .keyboard = true}).requests.size(), 1u);
  for (auto const* answered : {"", "n", "no", "later"}) {
    auto const asked = ask({"logout"}, wire, {.typed = answered, .keyboard = true});
    EXPECT_TRUE(asked.requests.empty()) << answered;
    EXPECT_EQ(asked.code, 1);
    EXPECT_TRUE(asked.err.contains("Log out? [y/N]"));
    EXPECT_TRUE(asked.err.ends_with("Nothing was changed.\n"));
  }
}

TEST(TokenShow, colours_the_end_of_a_login_at_fourteen_and_seven_days) {
  auto colour = [](int days) {
    auto const asked =
        ask({"token", "show"},
            answer(200, R"({"grants":[{"identity":"admin","state":"valid","refresh_expires_at":)"
                        R"("2027-01-01T00:00:00.000Z","refresh_days_left":)" +
                            std::to_string(days) + "}]}"),
            {.terminal = true});
    auto const at = asked.out.find("in 39 days");
    return asked.out.substr(at - 3, 3);
  };
  EXPECT_EQ(colour(15).back(), ' ');
  EXPECT_EQ(colour(14), "33m");
  EXPECT_EQ(colour(8), "33m");
  EXPECT_EQ(colour(7), "31m");
  EXPECT_EQ(colour(1), "31m");
}

}  // namespace
}  // namespace wardroom::test
