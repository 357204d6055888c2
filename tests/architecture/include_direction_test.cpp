// Reads our #includes and refuses arrows that point the wrong way. The map is layout.md's
// "Who may know whom", written here once so that breaking it fails a test instead of a review.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;
using Map = std::map<std::string, std::set<std::string>>;

// What each folder may include besides itself. "base" is free for all.
Map const& allowed() {
  static Map const map{
      {"base", {}},
      {"geo", {"base"}},
      {"zones", {"base"}},
      {"timetable", {"base", "zones"}},
      {"runtime", {"base"}},
      {"config", {"base"}},
      {"metrics", {"base"}},
      {"crypto", {"base", "runtime"}},
      {"domain", {"base"}},
      {"ports", {"base", "domain", "runtime"}},
      {"http", {"base", "runtime"}},
      {"store", {"base", "domain", "runtime"}},
      {"effects", {"base", "runtime", "store", "metrics"}},
      {"people", {"base", "domain", "ports", "runtime", "store"}},
      {"oauth", {"base", "runtime", "http", "store", "crypto"}},
      {"control", {"base", "runtime", "http"}},
      {"mail", {"base", "runtime", "http"}},
      {"audit", {"base", "domain", "runtime", "store", "crypto"}},
      {"cisco", {"base", "domain", "runtime", "ports", "http", "oauth"}},
      {"features",
       {"base", "geo", "domain", "runtime", "ports", "http", "store", "people", "effects",
        "metrics", "config", "control", "process", "timetable", "zones", "feature.hpp"}},
      // The login door asks Webex who signed in: the one place where front knows a product.
      {"front",
       {"audit", "base", "cisco", "config", "domain", "runtime", "http", "store", "oauth",
        "control", "metrics", "people", "process", "feature.hpp"}},
      {"process", {"base", "runtime"}},
      // Looks at every part but the features, which bring checks of their own.
      {"doctor",
       {"alerts", "audit", "base", "cisco", "config", "crypto", "front", "http", "mail", "oauth",
        "process", "runtime", "store"}},
      // The tool: what it does without a daemon it does with the daemon's own libraries.
      {"ctl",
       {"base", "config", "control", "crypto", "geo", "http", "oauth", "runtime", "settings.hpp",
        "store"}},
      // Tells of every part's health, and asks none of them; one of its ways out is Webex.
      {"alerts",
       {"base", "cisco", "runtime", "config", "control", "effects", "http", "mail", "oauth",
        "process", "store"}},
  };
  return map;
}

/// The folder of ours that an include names; empty for system headers and same-folder files.
std::string folder_of(std::string const& include) {
  auto const slash = include.find('/');
  auto const first = include.substr(0, slash);
  return allowed().contains(first) || include == "feature.hpp" || include == "app.hpp" ||
                 include == "settings.hpp"
             ? first
             : std::string();
}

std::vector<std::string> includes_of(fs::path const& file) {
  static std::regex const pattern(R"(^\s*#\s*include\s+"([^"]+)\")");
  std::vector<std::string> out;
  std::ifstream in(file);
  std::smatch match;
  for (std::string line; std::getline(in, line);)
    if (std::regex_search(line, match, pattern)) out.push_back(match[1]);
  return out;
}

void check_tree(fs::path const& root, std::string const& as, std::string const& feature = "") {
  for (auto const& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().string().find("node_modules") != std::string::npos) continue;
    if (entry.path().extension() != ".hpp" && entry.path().extension() != ".cpp") continue;
    for (auto const& include : includes_of(entry.path())) {
      auto const folder = folder_of(include);
      if (folder.empty()) continue;
      bool const fine = folder == as || allowed().at(as).contains(folder);
      EXPECT_TRUE(fine) << entry.path() << " includes \"" << include << "\": " << as
                        << " may not know " << folder;
      if (!feature.empty() && folder == "features")
        EXPECT_TRUE(include.starts_with("features/" + feature + "/"))
            << entry.path() << " includes another feature: " << include;
    }
  }
}

TEST(IncludeDirection, lib_folders_know_only_what_is_below_them) {
  fs::path const lib = fs::path(WARDROOM_SOURCE_DIR) / "lib";
  int folders = 0;
  for (auto const& entry : fs::directory_iterator(lib)) {
    if (!entry.is_directory()) continue;
    auto const name = entry.path().filename().string();
    ASSERT_TRUE(allowed().contains(name))
        << "lib/" << name << " is not on the map; add it to layout and to this test";
    check_tree(entry.path(), name);
    ++folders;
  }
  EXPECT_GE(folders, 10);
}

TEST(IncludeDirection, features_know_ports_and_never_each_other_or_a_product) {
  for (auto const& entry :
       fs::directory_iterator(fs::path(WARDROOM_SOURCE_DIR) / "daemon/features"))
    if (entry.is_directory())
      check_tree(entry.path(), "features", entry.path().filename().string());
}

TEST(IncludeDirection, front_process_alerts_and_doctor_know_no_feature_and_the_tool_no_product) {
  for (auto const* folder : {"front", "process", "alerts", "doctor"})
    check_tree(fs::path(WARDROOM_SOURCE_DIR) / "daemon" / folder, folder);
  check_tree(fs::path(WARDROOM_SOURCE_DIR) / "ctl", "ctl");
}

TEST(IncludeDirection, the_daemon_knows_nothing_of_its_tests) {
  for (auto const* root : {"lib", "daemon", "ctl"})
    for (auto const& entry :
         fs::recursive_directory_iterator(fs::path(WARDROOM_SOURCE_DIR) / root)) {
      if (entry.path().string().find("node_modules") != std::string::npos) continue;
      if (entry.path().extension() != ".hpp" && entry.path().extension() != ".cpp") continue;
      for (auto const& include : includes_of(entry.path()))
        EXPECT_FALSE(include.starts_with("sim/") || include.starts_with("support/") ||
                     include.starts_with("tests/"))
            << entry.path() << " includes \"" << include << "\"";
    }
}

TEST(IncludeDirection, every_file_of_ours_begins_with_its_purpose) {
  for (auto const* root : {"lib", "daemon", "ctl"})
    for (auto const& entry :
         fs::recursive_directory_iterator(fs::path(WARDROOM_SOURCE_DIR) / root)) {
      if (entry.path().string().find("node_modules") != std::string::npos) continue;
      if (entry.path().extension() != ".hpp") continue;
      std::ifstream in(entry.path());
      std::string first;
      std::getline(in, first);
      EXPECT_TRUE(first.starts_with("//"))
          << entry.path() << " does not begin with a sentence of purpose";
    }
}

}  // namespace
