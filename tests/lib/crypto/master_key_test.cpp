// Key files: only a private regular file with exactly one key is taken; a new one never replaces an
// old.
#include "crypto/master_key.hpp"

#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

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
  for (auto const& text : {raw, to_hex(raw), to_hex(raw) + "\n", to_hex(raw) + "\r\n"}) {
    put(file, text);
    auto const key = load_master_key(file, "");
    ASSERT_TRUE(key) << key.error().what;
    EXPECT_EQ(key->id(), expected);
  }
}

TEST_F(MasterKeyFile, refuses_every_other_length_and_broken_digits) {
  std::string const digits(64, 'a');
  for (auto const& text : {std::string(31, 'k'), std::string(33, 'k'), std::string(32, 'k') + "\n",
                           std::string(63, 'a'), std::string(64, 'g'), std::string(66, 'a'),
                           digits + "\n\n", " " + digits, digits + " ", std::string(4096, 'a'),
                           std::string(32, '\0'), std::string(64, '0'), std::string("\n")}) {
    put(file, text);
    auto const key = load_master_key(file, "");
    ASSERT_FALSE(key) << text.size();
    EXPECT_EQ(key.error().kind, ErrorKind::malformed);
    EXPECT_NE(key.error().what.find(file), std::string::npos);
  }
}

TEST_F(MasterKeyFile, says_of_an_empty_one_that_its_copy_must_come_back) {
  put(file, "");
  auto const key = load_master_key(file, "");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().kind, ErrorKind::malformed);
  EXPECT_NE(key.error().what.find("is empty: put the key back"), std::string::npos);
}

TEST_F(MasterKeyFile, T3_refuses_a_file_others_may_touch_and_says_what_to_do) {
  for (mode_t mode : {0640, 0620, 0604, 0602, 0610, 0601, 0644, 0666, 0660, 0604}) {
    put(file, std::string(32, 'k'), mode);
    auto const key = load_master_key(file, "");
    ASSERT_FALSE(key) << mode;
    EXPECT_EQ(key.error().kind, ErrorKind::denied);
    EXPECT_NE(key.error().what.find("chmod 0600 " + file), std::string::npos);
  }
  for (mode_t mode : {0600, 0400}) {
    put(file, std::string(32, 'k'), mode);
    EXPECT_TRUE(load_master_key(file, "")) << mode;
  }
}

TEST_F(MasterKeyFile, T3_refuses_a_file_of_another_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of somebody else";
  put(file, std::string(32, 'k'));
  ASSERT_EQ(::chown(file.c_str(), 4711, 0), 0);
  auto const key = load_master_key(file, "");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().kind, ErrorKind::denied);
  EXPECT_NE(key.error().what.find("belongs to uid 4711"), std::string::npos);
  EXPECT_NE(key.error().what.find("chown it"), std::string::npos);
}

TEST_F(MasterKeyFile, T3_refuses_links_folders_pipes_and_devices_without_hanging) {
  auto refusal = [this] {
    auto const key = load_master_key(file, "");
    EXPECT_FALSE(key);
    if (key) return std::string();
    EXPECT_EQ(key.error().kind, ErrorKind::denied);
    return key.error().what;
  };
  put((folder / "real").string(), std::string(32, 'k'));
  fs::create_symlink(folder / "real", file);
  EXPECT_NE(refusal().find("is a symbolic link: put the file itself there"), std::string::npos);
  fs::remove(file);
  fs::create_symlink(folder / "absent", file);
  EXPECT_NE(refusal().find("is a symbolic link"), std::string::npos);
  fs::remove(file);
  fs::create_directory(file);
  fs::permissions(file, fs::perms::owner_all);
  EXPECT_NE(refusal().find("is a folder: name the file in it"), std::string::npos);
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_NE(refusal().find("is a pipe or a device"), std::string::npos);
  fs::remove(file);
  auto const device = load_master_key("/dev/zero", "");
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().what.find("is a pipe or a device"), std::string::npos);
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
  EXPECT_NE(key.error().what.find("wardroomd --new-master-key " + file), std::string::npos);
}

TEST_F(MasterKeyFile, a_broken_credential_is_not_passed_over_in_silence) {
  put(file, std::string(32, 'f'));
  auto const credentials = folder / "credentials";
  fs::create_directory(credentials);
  put((credentials / "master.key").string(), "short", 0440);
  EXPECT_EQ(load_master_key(file, credentials.string()).error().kind, ErrorKind::malformed);
  put((credentials / "master.key").string(), std::string(32, 'c'), 0444);
  EXPECT_EQ(load_master_key(file, credentials.string()).error().kind, ErrorKind::denied);
}

TEST_F(MasterKeyFile, the_old_key_comes_from_its_credential_or_its_file_and_may_be_absent) {
  auto const credentials = folder / "credentials";
  fs::create_directory(credentials);
  auto const old_file = (folder / "old.key").string();
  EXPECT_EQ(load_old_master_key("", "")->has_value(), false);
  EXPECT_EQ(load_old_master_key(old_file, credentials.string())->has_value(), false);
  put(old_file, std::string(32, 'f'));
  auto const from_file = load_old_master_key(old_file, credentials.string());
  ASSERT_TRUE(from_file && *from_file);
  EXPECT_EQ((*from_file)->id(), MasterKey::from_bytes(std::string(32, 'f'))->id());
  put((credentials / "old_master.key").string(), std::string(32, 'c'), 0400);
  auto const from_credential = load_old_master_key("", credentials.string());
  ASSERT_TRUE(from_credential && *from_credential);
  EXPECT_EQ((*from_credential)->id(), MasterKey::from_bytes(std::string(32, 'c'))->id());
  put(old_file, std::string(32, 'f'), 0644);
  auto const open_to_all = load_old_master_key(old_file, "");
  ASSERT_FALSE(open_to_all);
  EXPECT_EQ(open_to_all.error().kind, ErrorKind::denied);
  EXPECT_NE(open_to_all.error().what.find("secrets.old_master_key_file"), std::string::npos);
}

TEST_F(MasterKeyFile, creates_a_private_file_once_and_never_overwrites_it) {
  auto const created = create_master_key(file, random);
  ASSERT_TRUE(created) << created.error().what;
  struct stat about{};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
  auto const id = load_master_key(file, "")->id();
  EXPECT_EQ(*created, id);
  auto const again = create_master_key(file, random);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::conflict);
  EXPECT_EQ(load_master_key(file, "")->id(), id);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}), 1);
}

TEST_F(MasterKeyFile, reports_a_folder_that_is_not_there) {
  auto const created = create_master_key((folder / "absent" / "master.key").string(), random);
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().what.find("choose a folder that exists"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::crypto
