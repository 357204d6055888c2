/// The log file beside the journal: JSON lines, a mode that keeps strangers out, rotation.
#include "base/log.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>

namespace wardroom {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(std::string const& path) {
  struct stat seen{};
  return ::stat(path.c_str(), &seen) == 0 ? seen.st_mode & 0777 : 0;
}

/// The lines are written on a thread of their own.
bool eventually(std::function<bool()> const& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(LogFile, R108_gets_json_lines_of_its_level_and_turns_over_at_its_size) {
  test::TempDirectory folder;
  auto const path = folder / "wardroomd.log";
  log::open(log::Level::info, true);
  auto const opened = log::also_to({.path = path, .megabytes = 1, .kept = 2});
  ASSERT_TRUE(opened) << opened.error().what;
  log::debug("nobody asked for this");
  log::info("first", {{"line", "a\nb"}});
  auto const text = [&] {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
  };
  ASSERT_TRUE(eventually([&] { return !text().empty(); }));
  auto const line = nlohmann::json::parse(text());
  EXPECT_EQ(line["message"], "first");
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["line"], "a\nb") << "one event, one line";
  EXPECT_EQ(mode_of(path), 0640u);
  std::string const filler(1'000, 'x');
  for (int turn = 0; turn < 10 && !fs::exists(folder / "wardroomd.1.log"); ++turn) {
    auto const before = fs::file_size(path);
    for (int i = 0; i < 300; ++i) log::info(filler);
    eventually([&] { return fs::file_size(path) != before; });
  }
  std::size_t files = 0;
  for (auto const& entry : fs::directory_iterator(fs::path(path).parent_path())) {
    ++files;
    EXPECT_EQ(mode_of(entry.path()), 0640u) << entry.path();
    EXPECT_LE(entry.file_size(), 1u << 20);
  }
  EXPECT_GE(files, 2u) << "it turned over";
}

TEST(LogFile, that_cannot_be_made_is_told_of_by_name) {
  auto const opened = log::also_to({.path = "/proc/no-such-folder/wardroomd.log"});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().what.find("/proc/no-such-folder/wardroomd.log"), std::string::npos);
}

}  // namespace
}  // namespace wardroom
