// `backup` and `store migrate` of the tool: what it writes, shows and refuses.
#include "base/encoding.hpp"
#include "control/octet_digest.hpp"
#include "ctl/tool.hpp"
#include "progress_line.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace wardroom::test {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string octets() {
  std::string out;
  for (int i = 0; i < 200'000; ++i) out += static_cast<char>(i * 7 + i / 256);
  return out;
}

/// What the daemon would send for a backup of these octets.
std::string backup_lines(std::string const& all, std::string const& told_digest = "") {
  control::OctetDigest digest;
  digest.add(all);
  std::string lines = R"({"phase":"copy","table":"people","rows":500,"total":1200})"
                      "\n";
  for (std::size_t at = 0; at < all.size(); at += 48 * 1024)
    lines += fmt::format("{{\"data\":\"{}\"}}\n", to_base64(all.substr(at, 48 * 1024)));
  return lines +
         fmt::format(
             R"({{"done":{{"created_at":"2026-11-22T00:12:00.000Z","key_id":"0123","rows":1200,)"
             R"("bytes":{},"digest":"{}"}}}})"
             "\n",
             all.size(), told_digest.empty() ? digest.hex() : told_digest);
}

struct BackupTool : testing::Test {
  std::string const folder = scratch_directory();
  std::string const file = folder + "/site.db";
  Tool tool;

  Outcome run(std::string const& lines, std::vector<std::string> more = {}) {
    FakeDaemon const daemon([&](std::string const&) { return chunked(lines); });
    std::vector<std::string> args{"--socket", daemon.socket(), "backup", file};
    args.insert(args.end(), more.begin(), more.end());
    return tool(args);
  }
  std::string content() const {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
  }
};

TEST_F(BackupTool, writes_what_it_gets_privately_and_says_to_keep_the_key_elsewhere) {
  auto const outcome = run(backup_lines(octets()));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(content(), octets());
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_NE(outcome.out.find("keep that key elsewhere"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("phase"), std::string::npos);
  EXPECT_EQ(files(), 1);
}

TEST_F(BackupTool, replaces_a_file_only_when_told_to) {
  std::ofstream(file) << "older";
  EXPECT_EQ(run(backup_lines(octets())).code, 1);
  EXPECT_EQ(content(), "older");
  EXPECT_EQ(run(backup_lines(octets()), {"--force"}).code, 0);
  EXPECT_EQ(content(), octets());
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_EQ(run(backup_lines(octets()), {"--force"}).code, 1) << "a folder is no place for it";
}

TEST_F(BackupTool, leaves_nothing_behind_when_it_does_not_arrive_whole) {
  EXPECT_EQ(run(backup_lines(octets(), std::string(64, '0'))).code, 1);
  EXPECT_EQ(files(), 0);
  auto const cut = backup_lines(octets());
  EXPECT_EQ(run(cut.substr(0, cut.find("{\"done"))).code, 1);
  EXPECT_EQ(files(), 0);
  EXPECT_EQ(run("{\"data\":\"!!!\"}\n").code, 1);
  EXPECT_EQ(files(), 0);
  auto const refused = run(R"({"error":{"code":"conflict","message":"a backup is under way"}})"
                           "\n");
  EXPECT_EQ(refused.code, 8);
  EXPECT_NE(refused.err.find("under way"), std::string::npos) << refused.err;
  EXPECT_EQ(files(), 0);
}

TEST_F(BackupTool, gives_programs_the_figures_as_json) {
  auto const outcome = run(backup_lines(octets()), {"--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find(R"("schema":"wardroom.backup/1")"), std::string::npos) << outcome.out;
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1);
}

TEST(MigrateTool, says_what_to_run_when_it_may_not_set_the_configuration) {
  auto const lines =
      R"({"phase":"compare","rows":3,"total":3})"
      "\n"
      R"({"done":{"from":"sqlite:/a.db","to":"postgresql://h/d","rows":3,"changed_meanwhile":1,)"
      R"("pause_ms":40,"tables":[{"table":"people","rows":3,"checksum":"0a1b"}],)"
      R"("set":[{"key":"store.url","value":"postgresql://u@h/d"}]}})"
      "\n";
  int asked = 0;
  FakeDaemon const daemon([&](std::string const&) {
    return asked++ == 0 ? chunked(lines) : answer(404, R"({"error":{"code":"not_found"}})");
  });
  auto const outcome =
      Tool{}({"--socket", daemon.socket(), "store", "migrate", "--to", "postgresql://u@h/d"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.out.find("changes waited for 40 ms"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("wardroomctl config set store.url 'postgresql://u@h/d'"),
            std::string::npos)
      << outcome.err;
}

TEST(ProgressLine, says_how_fast_and_how_long_yet_and_is_cut_to_the_terminal) {
  ctl::ProgressLine line;
  ctl::Look look{.colour = false, .width = 100, .now = {}};
  auto const begun = std::chrono::steady_clock::time_point(1h);
  auto const step = [](std::int64_t rows) {
    return ctl::Json{{"phase", "copy"}, {"table", "people"}, {"rows", rows}, {"total", 3'000}};
  };
  EXPECT_EQ(line.take(step(0), look, begun), "\r\033[K  copy      0 of 3,000 rows, people");
  EXPECT_EQ(line.take(step(10), look, begun + 50ms), "") << "not more often than eyes can follow";
  EXPECT_EQ(line.take(step(1'000), look, begun + 1s),
            "\r\033[K  copy      1,000 of 3,000 rows, people  1,000/s  2 s left");
  look.width = 20;
  EXPECT_LE(ctl::columns(line.take(step(2'000), look, begun + 2s)), 20u + 4);
  EXPECT_EQ(line.leave(), "\r\033[K");
  EXPECT_EQ(line.leave(), "");
}

}  // namespace
}  // namespace wardroom::test
