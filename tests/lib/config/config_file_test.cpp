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
  EXPECT_NE(secret.error().what.find("chmod 0600"), std::string::npos);
  EXPECT_EQ(secret.error().what.find("s3cret"), std::string::npos);
}

TEST(SecretFile, T3_readable_by_the_group_is_refused_for_people_are_in_it) {
  for (mode_t mode : {0640, 0660, 0610, 0604, 0602}) {
    TempFile f("s3cret\n", mode);
    auto const secret = read_secret(f.path);
    ASSERT_FALSE(secret) << mode;
    EXPECT_EQ(secret.error().kind, ErrorKind::denied);
  }
  TempFile f("s3cret\n", 0400);
  EXPECT_TRUE(read_secret(f.path));
}

TEST(SecretFile, T3_of_another_user_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of somebody else";
  TempFile f("s3cret\n", 0600);
  ASSERT_EQ(::chown(f.path.c_str(), 4711, 0), 0);
  auto const secret = read_secret(f.path);
  ASSERT_FALSE(secret);
  EXPECT_NE(secret.error().what.find("belongs to uid 4711"), std::string::npos);
}

TEST(SecretFile, T3_behind_a_link_or_in_a_pipe_is_refused_without_hanging) {
  TempFile f("s3cret\n", 0600);
  auto const other = f.path + ".other";
  std::filesystem::create_symlink(f.path, other);
  EXPECT_NE(read_secret(other).error().what.find("symbolic link"), std::string::npos);
  std::filesystem::remove(other);
  ASSERT_EQ(::mkfifo(other.c_str(), 0600), 0);
  EXPECT_NE(read_secret(other).error().what.find("pipe"), std::string::npos);
  std::filesystem::remove(other);
}

TEST(SecretFile, without_a_slash_is_a_credential_when_there_is_one_of_that_name) {
  auto const folder =
      std::filesystem::temp_directory_path() / ("wardroom-credentials-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  ::setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  std::ofstream(folder / "client") << "by systemd\n";
  ::chmod((folder / "client").c_str(), 0440);
  auto const secret = read_secret("client");
  auto const absent = read_secret("absent");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(secret) << secret.error().what;
  EXPECT_EQ(secret->reveal(), "by systemd");
  EXPECT_EQ(absent.error().kind, ErrorKind::not_found);
}

TEST(SecretFile, longer_than_any_secret_is_refused) {
  EXPECT_TRUE(read_secret(TempFile(std::string(64 * 1024, 's'), 0600).path));
  EXPECT_FALSE(read_secret(TempFile(std::string(64 * 1024 + 1, 's'), 0600).path));
}

TEST(SecretFile, empty_is_refused) {
  TempFile f("\n", 0600);
  EXPECT_FALSE(read_secret(f.path));
}

}  // namespace
}  // namespace wardroom::config
