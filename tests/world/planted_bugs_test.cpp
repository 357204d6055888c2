// The planted bugs of the sources beside those of the table, and none of them in what is shipped.
#include "planted_bugs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace wardroom::world {
namespace {
namespace fs = std::filesystem;

fs::path const root = WARDROOM_SOURCE_DIR;

std::string content(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::vector<fs::path> sources_below(std::initializer_list<char const*> folders) {
  std::vector<fs::path> out;
  for (auto const* folder : folders)
    for (auto it = fs::recursive_directory_iterator(root / folder);
         it != fs::recursive_directory_iterator(); ++it) {
      if (it->path().filename() == "node_modules") it.disable_recursion_pending();
      if (it->path().extension() == ".cpp" || it->path().extension() == ".hpp")
        out.push_back(it->path());
    }
  return out;
}

/// Names asked for in the sources, and where.
std::map<std::string, std::vector<fs::path>> asked_for() {
  static std::regex const pattern(R"re(WARDROOM_PLANTED\("([^"]*)"\))re");
  std::map<std::string, std::vector<fs::path>> out;
  for (auto const& file : sources_below({"lib", "daemon", "ctl"})) {
    if (file.filename() == "planted.hpp") continue;
    auto const text = content(file);
    if (text.find("WARDROOM_PLANTED(") == text.npos) continue;
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
      out[(*it)[1]].push_back(file);
  }
  return out;
}

TEST(PlantedBugs, each_of_the_table_is_at_one_place_of_the_sources_and_no_other_is) {
  auto const places = asked_for();
  for (auto const& bug : planted_bugs()) {
    auto const found = places.find(std::string(bug.name));
    ASSERT_NE(found, places.end()) << bug.name << " is in the table, and nowhere in the sources";
    EXPECT_EQ(found->second.size(), 1u) << bug.name;
  }
  for (auto const& [name, files] : places)
    EXPECT_NE(planted_bug(name), nullptr) << name << " in " << files.front() << " is in no table";
}

TEST(PlantedBugs, the_worlds_programs_compile_every_source_that_has_one) {
  std::set<std::string> compiled;
  std::stringstream list(WARDROOM_PLANTED_SOURCES);
  for (std::string one; std::getline(list, one, ':');) compiled.insert(one);
  for (auto const& [name, files] : asked_for())
    for (auto const& file : files) {
      EXPECT_EQ(file.extension(), ".cpp") << name << ": a header would have it in other programs";
      EXPECT_TRUE(compiled.contains(file.string()))
          << file << " is not compiled with " << name << ": run cmake again";
    }
}

TEST(PlantedBugs, there_is_one_for_every_promise_and_for_every_layer) {
  std::set<std::string> promises, layers, names;
  for (auto const& bug : planted_bugs()) {
    EXPECT_TRUE(names.insert(std::string(bug.name)).second) << bug.name << " is there twice";
    std::stringstream words{std::string(bug.promises)};
    for (std::string word; words >> word;) promises.insert(word);
    layers.insert(std::string(bug.layer));
  }
  EXPECT_GE(names.size(), 25u);
  for (auto const* promise : {"X1", "X2", "X3", "X4", "S1", "S2", "S3", "B1", "B2", "B3", "T1",
                              "T2", "D1", "A1", "why", "observe", "leaks", "G2", "sessions"})
    EXPECT_TRUE(promises.contains(promise)) << promise;
  for (auto const* layer : {"runtime", "store", "http", "oauth", "effects", "audit", "people",
                            "cisco/webex", "cisco/xsi", "cisco/cms", "front", "daemon"})
    EXPECT_TRUE(layers.contains(layer)) << layer;
  for (auto const* feature : {"call_blocking", "space_sync", "security_notices"})
    for (auto const* part : {"rules", "core", "door"})
      EXPECT_TRUE(layers.contains(std::string(feature) + "/" + part)) << feature << "/" << part;
}

/// Programs as they are shipped, of this build and, where it is there, of the release.
std::vector<fs::path> shipped() {
  std::vector<fs::path> out;
  for (fs::path const& build : {fs::path(WARDROOM_BUILD_DIR), root / "build" / "release"})
    for (auto const* program : {"daemon/wardroomd", "ctl/wardroomctl"})
      if (fs::exists(build / program)) out.push_back(build / program);
  return out;
}

TEST(PlantedBugs, no_program_that_is_shipped_has_one) {
  ASSERT_GE(shipped().size(), 2u);
  for (auto const& program : shipped()) {
    auto const bytes = content(program);
    for (auto const& bug : planted_bugs())
      EXPECT_EQ(bytes.find(bug.name), std::string::npos) << bug.name << " is in " << program;
    // By whatever name: who asks for one calls this.
    EXPECT_EQ(bytes.find("planted6active"), std::string::npos) << program;
  }
  // That would be seen: this program has them.
  EXPECT_NE(content("/proc/self/exe").find(planted_bugs().front().name), std::string::npos);
}

}  // namespace
}  // namespace wardroom::world
