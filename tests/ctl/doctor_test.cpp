// `doctor` in the tool: what it draws, its exit codes, and what it says without a daemon.
#include "doctor.hpp"

#include "ctl/golden.hpp"
#include "ctl/tool.hpp"
#include "program.hpp"
#include "render.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

using ctl::Json;

Json examined() {
  std::istringstream text(recorded("doctor.ndjson"));
  Json out{{"checks", Json::array()}, {"took_ms", 1340}};
  for (std::string line; std::getline(text, line);) {
    auto const one = Json::parse(line);
    if (one["step"] == "begin") out["areas"] = one["areas"];
    if (one["step"] == "check") out["checks"].push_back(one);
  }
  return out;
}

std::string drawn(Json answer, bool verbose, bool colour = false) {
  answer["verbose"] = verbose;
  std::string out;
  for (std::size_t const width : {80u, 140u})
    out += "=== " + std::to_string(width) + " columns\n" +
           ctl::render_doctor(answer, {.colour = colour, .width = width, .now = {}});
  return out;
}

TEST(DoctorScreen, looks_as_it_was_approved) {
  compare("doctor", drawn(examined(), false));
  compare("doctor_verbose", drawn(examined(), true));
}

TEST(DoctorScreen, has_a_line_for_each_area_and_no_wall_of_green_when_all_is_well) {
  auto answer = examined();
  for (auto& check : answer["checks"])
    if (check["result"] != "skipped") check["result"] = "ok";
  compare("doctor_well", drawn(answer, false));
}

TEST(DoctorScreen, never_breaks_a_command) {
  auto const command = "systemctl edit wardroomd " + std::string(120, 'x');
  Json const answer{{"checks",
                     {{{"step", "check"},
                       {"area", "a"},
                       {"name", "a"},
                       {"result", "failed"},
                       {"sentence", "S."},
                       {"remedy", command + "   # why this is so"}}}}};
  EXPECT_NE(ctl::render_doctor(answer, {.colour = false, .width = 60, .now = {}}).find(command),
            std::string::npos);
}

Json line(char const* result, char const* area = "store") {
  return Json{{"step", "check"},  {"name", area + std::string(".x")}, {"area", area},
              {"result", result}, {"sentence", "Something."},         {"remedy", "true"}};
}

std::string stream(std::vector<Json> const& lines, bool ended = true) {
  std::string out = R"({"step":"begin","checks":1,"areas":["store","logins"]})"
                    "\n";
  for (auto const& one : lines) out += one.dump() + "\n";
  if (ended)
    out += R"({"step":"done","took_ms":3})"
           "\n";
  return chunked(out);
}

TEST(DoctorTool, ends_with_1_for_what_failed_10_for_warnings_and_0_when_all_is_well) {
  auto const exit_code = [](std::vector<std::string> results) {
    ctl::CheckLines lines;
    for (auto const& result : results) lines.push_back(line(result.c_str()));
    return ctl::exit_of_examination(lines);
  };
  EXPECT_EQ(exit_code({"ok", "skipped"}), 0);
  EXPECT_EQ(exit_code({"ok", "warning"}), 10);
  EXPECT_EQ(exit_code({"warning", "failed", "ok"}), 1);
}

TEST(DoctorTool, asks_for_one_area_and_shows_it_alone) {
  FakeDaemon const daemon([](std::string const&) { return stream({line("ok")}); });
  Tool const tool{.terminal = true, .no_color = true, .width = 100};
  auto const outcome =
      tool({"doctor", "store", "--deep", "--config", "x.yaml", "--socket", daemon.socket()});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("All is well"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("machine"), std::string::npos) << outcome.out;
  ASSERT_EQ(daemon.requests().size(), 1u);
  EXPECT_TRUE(daemon.requests()[0].starts_with("GET /v1/doctor?area=store&deep=true HTTP"))
      << daemon.requests()[0];
}

TEST(DoctorTool, passes_lines_on_as_json_with_totals_at_the_end) {
  FakeDaemon const daemon([](std::string const&) { return stream({line("ok"), line("warning")}); });
  auto const outcome = Tool{}({"doctor", "store", "--json", "--socket", daemon.socket()});
  EXPECT_EQ(outcome.code, 10);
  std::istringstream text(outcome.out);
  std::vector<Json> lines;
  for (std::string one; std::getline(text, one);) lines.push_back(Json::parse(one));
  ASSERT_EQ(lines.size(), 3u) << outcome.out;
  for (auto const& one : lines) EXPECT_EQ(one["schema"], "wardroom.doctor/1");
  EXPECT_EQ(lines.back()["step"], "done");
  EXPECT_EQ(lines.back()["warnings"], 1);
}

TEST(DoctorTool, says_so_when_the_daemon_dies_under_examination) {
  FakeDaemon const daemon([](std::string const&) { return stream({line("ok")}, false); });
  auto const outcome = Tool{}({"doctor", "store", "--socket", daemon.socket()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.out.find("ended, or fell silent"), std::string::npos) << outcome.out;
}

TEST(DoctorTool, tells_a_daemon_that_is_not_there_from_one_that_left_its_socket) {
  auto const folder = scratch_directory();
  Tool const tool;
  auto const none = tool({"doctor", "service", "--socket", folder + "/none.sock"});
  EXPECT_EQ(none.code, 1);
  EXPECT_NE(none.out.find("there is no control socket at " + folder), std::string::npos)
      << none.out;
  EXPECT_NE(none.out.find("→ sudo systemctl start wardroomd   # or name another socket"),
            std::string::npos)
      << none.out;
  int const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const path = folder + "/stale.sock";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  auto const stale = tool({"doctor", "service", "--socket", path});
  EXPECT_EQ(stale.code, 1);
  EXPECT_NE(stale.out.find("left its control socket behind"), std::string::npos) << stale.out;
}

TEST(DoctorTool, names_the_group_that_is_missing_when_the_daemon_refuses) {
  FakeDaemon const daemon([](std::string const&) {
    return answer(
        403,
        R"x({"error":{"code":"denied","message":"bob may not use 'doctor': that needs the group )x"
        R"x(wardroom","remedy":"sudo usermod -aG wardroom bob   (then log in again)"}})x");
  });
  auto const outcome = Tool{}({"doctor", "--socket", daemon.socket()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.out.find("→ sudo usermod -aG wardroom bob   # then log in again"),
            std::string::npos)
      << outcome.out;
}

TEST(DoctorTool, refuses_an_area_that_is_not_there_with_those_that_are) {
  FakeDaemon const daemon([](std::string const&) {
    return chunked("{\"error\":{\"code\":\"malformed\",\"message\":\"there is no area 'x'\"}}\n");
  });
  auto const outcome = Tool{}({"doctor", "x", "--socket", daemon.socket()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("service, config, files, machine"), std::string::npos) << outcome.err;
}

TEST(Program, gives_what_it_said_and_is_ended_when_it_takes_too_long) {
  auto const said = ctl::run_program({"cat"}, Milliseconds(5'000), std::string(300'000, 'x'));
  EXPECT_TRUE(said.ran);
  EXPECT_EQ(said.out.size(), 300'000u);
  EXPECT_FALSE(ctl::run_program({"no-such-program-here"}, Milliseconds(5'000)).ran);
  EXPECT_FALSE(ctl::run_program({"sleep", "60"}, Milliseconds(50)).ran);
  EXPECT_EQ(ctl::run_program({"false"}, Milliseconds(5'000)).code, 1);
  EXPECT_EQ(ctl::value_of("A=1\nAB=2\n", "AB"), "2");
  EXPECT_EQ(ctl::value_of("A=1\nAB=2\n", "B"), "");
}

}  // namespace
}  // namespace wardroom::test
