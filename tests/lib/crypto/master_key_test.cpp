// Key files: only a private regular file with exactly one key is taken; a new one never replaces an
// old.
#include "crypto/master_key.hpp"

#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace wardroom::crypto {
namespace {
namespace fs = std::filesystem;

struct MasterKeyFile : testing::Test {
  SystemRandom random;
  fs::path folder = fs::temp_directory_path() / ("wardroom-key-" + SystemRandom().uuid());
  std::string file = (folder / "master.key").string();

  MasterKeyFile() { fs::create_directories(folder); }
  ~MasterKeyFile() override { fs::remove_all(folder); }

  void put(std::string const& path, std::string const& text, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
};

TEST_F(MasterKeyFile, takes_32_bytes_or_64_hex_digits_with_or_without_a_newline) {
  std::string const raw(32, 'k');
  std::string expected = MasterKey::from_bytes(raw)->id();
  for (auto const& text : {raw, to_hex(raw), to_hex(raw) + "\n"}) {
    put(file, text);
    auto const key = load_master_key(file, "");
    ASSERT_TRUE(key) << key.error().what;
    EXPECT_EQ(key->id(), expected);
  }
}

TEST_F(MasterKeyFile, refuses_every_other_length_and_broken_digits) {
  for (auto const& text : {std::string(), std::string(31, 'k'), std::string(33, 'k'),
                           std::string(63, 'a'), std::string(64, 'g'), std::string(66, 'a'),
                           std::string(4096, 'a'), std::string(32, '\0')}) {
    put(file, text);
    auto const key = load_master_key(file, "");
    ASSERT_FALSE(key) << text.size();
    EXPECT_EQ(key.error().kind, ErrorKind::malformed);
  }
}

TEST_F(MasterKeyFile, T3_refuses_a_file_others_may_touch_and_says_what_to_do) {
  for (mode_t mode : {0640, 0620, 0604, 0602, 0610, 0644, 0666}) {
    put(file, std::string(32, 'k'), mode);
    auto const key = load_master_key(file, "");
    ASSERT_FALSE(key) << mode;
    EXPECT_EQ(key.error().kind, ErrorKind::denied);
    EXPECT_NE(key.error().what.find("chmod 0600"), std::string::npos);
  }
}

TEST_F(MasterKeyFile, T3_refuses_links_folders_and_pipes_without_hanging) {
  put((folder / "real").string(), std::string(32, 'k'));
  fs::create_symlink(folder / "real", file);
  EXPECT_EQ(load_master_key(file, "").error().kind, ErrorKind::denied);
  fs::remove(file);
  fs::create_directory(file);
  fs::permissions(file, fs::perms::owner_all);
  EXPECT_EQ(load_master_key(file, "").error().kind, ErrorKind::denied);
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(load_master_key(file, "").error().kind, ErrorKind::denied);
}

TEST_F(MasterKeyFile, prefers_the_systemd_credential) {
  put(file, std::string(32, 'f'));
  auto const credentials = folder / "credentials";
  fs::create_directory(credentials);
  EXPECT_EQ(load_master_key(file, credentials.string())->id(),
            MasterKey::from_bytes(std::string(32, 'f'))->id());
  put((credentials / "master.key").string(), std::string(32, 'c'), 0440);
  EXPECT_EQ(load_master_key(file, credentials.string())->id(),
            MasterKey::from_bytes(std::string(32, 'c'))->id());
}

TEST_F(MasterKeyFile, says_how_to_create_a_missing_one) {
  auto const key = load_master_key(file, "");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().kind, ErrorKind::not_found);
  EXPECT_NE(key.error().what.find("wardroomctl setup"), std::string::npos);
}

TEST_F(MasterKeyFile, creates_a_private_file_once_and_never_overwrites_it) {
  ASSERT_TRUE(create_master_key(file, random));
  struct stat about{};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
  auto const id = load_master_key(file, "")->id();
  auto const again = create_master_key(file, random);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::conflict);
  EXPECT_EQ(load_master_key(file, "")->id(), id);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}), 1);
}

TEST_F(MasterKeyFile, reports_a_folder_that_is_not_there) {
  EXPECT_FALSE(create_master_key((folder / "absent" / "master.key").string(), random));
}

}  // namespace
}  // namespace wardroom::crypto
