// A file that is replaced whole or not at all.
#include "config/replace_file.hpp"

#include "config/config_file.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::config {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    auto pattern = (fs::temp_directory_path() / "wardroom-replace-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  std::string with(std::string const& name, std::string const& text) const {
    std::ofstream(path / name) << text;
    return path / name;
  }
};

TEST(ReplaceFile, keeps_mode_and_owner) {
  Folder const folder;
  auto const file = folder.with("w.yaml", "old\n");
  ::chmod(file.c_str(), 0640);
  bool const root = ::geteuid() == 0;
  if (root) ASSERT_EQ(::chown(file.c_str(), 4711, 4712), 0);
  auto const done = replace_file(file, "old\n", "new\n");
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(read_text(file), "new\n");
  struct stat about{};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0640u);
  if (root) {
    EXPECT_EQ(about.st_uid, 4711u);
    EXPECT_EQ(about.st_gid, 4712u);
  }
  EXPECT_EQ(folder.files(), 1u) << "nothing is left beside it";
}

TEST(ReplaceFile, writes_through_a_symbolic_link) {
  Folder const folder;
  auto const file = folder.with("real.yaml", "old\n");
  fs::create_symlink("real.yaml", folder.path / "link.yaml");
  ASSERT_TRUE(replace_file(folder.path / "link.yaml", "old\n", "new\n"));
  EXPECT_TRUE(fs::is_symlink(folder.path / "link.yaml"));
  EXPECT_EQ(read_text(file), "new\n");
}

TEST(ReplaceFile, leaves_a_file_alone_that_somebody_changed_meanwhile) {
  Folder const folder;
  auto const file = folder.with("w.yaml", "theirs\n");
  auto const done = replace_file(file, "old\n", "new\n");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::conflict);
  EXPECT_EQ(read_text(file), "theirs\n");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(ReplaceFile, leaves_a_file_alone_that_somebody_else_replaces_just_now) {
  Folder const folder;
  auto const file = folder.with("w.yaml", "old\n");
  int const theirs = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(theirs, LOCK_EX), 0);
  auto const done = replace_file(file, "old\n", "new\n");
  ::close(theirs);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::conflict);
  EXPECT_EQ(read_text(file), "old\n");
  EXPECT_TRUE(replace_file(file, "old\n", "new\n"));
}

TEST(ReplaceFile, says_what_to_do_where_it_may_not) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else here";
  Folder const folder;
  auto const file = folder.with("w.yaml", "old\n");
  ASSERT_EQ(::seteuid(65534), 0);
  auto const done = replace_file(file, "old\n", "new\n");
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::denied);
  EXPECT_NE(done.error().what.find("root"), std::string::npos) << done.error().what;
}

}  // namespace
}  // namespace wardroom::config
