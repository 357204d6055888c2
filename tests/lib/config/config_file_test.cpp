// Loading the file and the secrets it points to.
#include "config/config_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::config {
namespace {

struct TempFile {
  std::string path =
      std::filesystem::temp_directory_path() / ("wardroom-config-" + std::to_string(getpid()));
  TempFile(std::string const& text, mode_t mode) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
  }
  ~TempFile() { std::filesystem::remove(path); }
};

TEST(ConfigFile, names_the_place_of_a_syntax_error) {
  TempFile f("a: [1, 2\nb: 3\n", 0600);
  Complaints complaints;
  load_yaml(f.path, complaints);
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_GT(complaints[0].line, 0);
}

TEST(ConfigFile, says_why_a_missing_file_cannot_be_read) {
  Complaints complaints;
  load_yaml("/nonexistent/wardroom.yaml", complaints);
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_NE(complaints[0].text().find("No such file"), std::string::npos);
}

TEST(SecretFile, is_read_without_its_newline) {
  TempFile f("s3cret\n", 0600);
  auto const secret = read_secret(f.path);
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->reveal(), "s3cret");
}

TEST(SecretFile, readable_by_others_is_refused_with_the_remedy) {
  TempFile f("s3cret\n", 0644);
  auto const secret = read_secret(f.path);
  ASSERT_FALSE(secret);
  EXPECT_NE(secret.error().what.find("chmod 600"), std::string::npos);
  EXPECT_EQ(secret.error().what.find("s3cret"), std::string::npos);
}

TEST(SecretFile, empty_is_refused) {
  TempFile f("\n", 0600);
  EXPECT_FALSE(read_secret(f.path));
}

}  // namespace
}  // namespace wardroom::config
