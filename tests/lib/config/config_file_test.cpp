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

/// The one complaint about a file of this text.
std::string complaint(std::string const& text) {
  Complaints complaints;
  auto const node = parse_yaml(text, "w.yaml", complaints);
  EXPECT_EQ(complaints.size(), 1u) << text;
  EXPECT_TRUE(node.IsNull()) << text;
  return complaints.empty() ? "" : complaints[0].text();
}

bool holds(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ConfigFile, says_what_stands_in_the_place_of_a_file) {
  auto const wrong = [](std::string const& file) {
    Complaints complaints;
    load_yaml(file, complaints);
    EXPECT_EQ(complaints.size(), 1u) << file;
    return complaints.empty() ? "" : complaints[0].text();
  };
  EXPECT_EQ(wrong("/nonexistent/wardroom.yaml"),
            "/nonexistent/wardroom.yaml: cannot be read: there is no such file");
  EXPECT_TRUE(holds(wrong("/tmp"), "is a folder"));
  EXPECT_TRUE(holds(wrong("/dev/null"), "is a pipe or a device"));
  EXPECT_TRUE(holds(wrong(TempFile("#" + std::string(10'000'000, 'x'), 0600).path), "1 MiB"));
  if (::geteuid() != 0) return;  // root may read everything
  TempFile const closed("log: {}\n", 0600);
  ASSERT_EQ(::seteuid(65534), 0);
  auto const said = wrong(closed.path);
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_TRUE(holds(said, "chmod 0644")) << said;
}

TEST(ConfigFile, names_what_yaml_would_take_silently_or_tell_unclearly) {
  EXPECT_TRUE(holds(complaint("a:\n\tb: 1\n"), "w.yaml:2:1: a tab stands in the indentation"));
  EXPECT_TRUE(holds(complaint("a: \"x\nb: 3\n"), "w.yaml:1:4: the quote opened here"));
  EXPECT_TRUE(holds(complaint("a: 1\n---\nb: 2\n"), "w.yaml:2:1: a second document"));
  EXPECT_TRUE(holds(complaint("a: 1\n...\nb: 2\n"), "w.yaml:3:1: what begins here"));
  EXPECT_TRUE(holds(complaint("a: @x\n"), "needs quotes"));
  EXPECT_TRUE(holds(complaint("a: *x\n"), "needs quotes"));
  EXPECT_TRUE(holds(complaint("a: x: y\n"), "w.yaml:1:5: cannot be read on from here"));
  EXPECT_TRUE(holds(complaint("a: }\n"), "never opened"));
  EXPECT_TRUE(holds(complaint(std::string("a: b\nc: \0\n", 10)), "w.yaml:2:4: holds a control"));
  EXPECT_TRUE(holds(complaint("a: b\nc: ü\xff\n"), "w.yaml:2:6: holds bytes that are no UTF-8"));
  EXPECT_TRUE(holds(complaint("\xff\xfe"
                              "a"),
                    "UTF-16"));
  EXPECT_TRUE(holds(complaint("a: " + std::string(100'000, '[')), "nested too deeply"));
}

TEST(ConfigFile, takes_files_of_other_editors) {
  for (std::string const text :
       {"\xEF\xBB\xBFlog:\n  level: debug # k\n", "log:\r\n  level: debug # k\r\n",
        "---\nlog: { level: debug }\n...\n", "%YAML 1.2\n---\nlog: { level: debug }\n"}) {
    Complaints complaints;
    auto const node = parse_yaml(text, "w.yaml", complaints);
    ASSERT_TRUE(complaints.empty()) << complaints[0].text();
    EXPECT_EQ(node["log"]["level"].Scalar(), "debug");
  }
}

TEST(ConfigFile, refuses_anchors_so_that_no_file_is_larger_than_it_looks) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i)
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            ", *a" + std::to_string(i - 1) + "]\n";
  Complaints complaints;
  EXPECT_TRUE(parse_yaml(bomb, "w.yaml", complaints).IsNull());
  EXPECT_EQ(complaints.size(), 20u) << "not a thousand of them";
  EXPECT_EQ(complaints[0].text(), "w.yaml:1:5: anchors (&name) are not taken: write the value out");
  EXPECT_TRUE(holds(complaints[2].text(), "aliases"));
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

TEST(WithoutPasswords, masks_what_stands_before_a_host_and_nothing_else) {
  EXPECT_EQ(without_passwords("http://u:p@h:1/x http://v:q@i"),
            "http://u:***@h:1/x http://v:***@i");
  EXPECT_EQ(without_passwords("http://u:p/w#1@h/x"), "http://u:***@h/x");
  EXPECT_EQ(without_passwords("proxy: \"http://u:a@b@h\""), "proxy: \"http://u:***@h\"");
  for (auto const* same : {"http://h:80/~a@b", "postgresql://u@h/d", "http://[::1]:80/", "a: b@c"})
    EXPECT_EQ(without_passwords(same), same);
}

TEST(ParseYaml, R105_has_a_bound_for_everything_that_makes_reading_slow) {
  auto const repeated = [](std::string const& begin, std::string const& part, std::size_t times) {
    auto out = begin;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
  };
  std::string keys;
  for (int i = 0; i < 5'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  for (auto const& text :
       {keys, "{" + repeated("", "a: b, ", 5'000) + "}", repeated("", "a: 1\n", 5'000),
        repeated("a: [", "x,", 200'000) + "]", repeated("a: ", "[", 2'000),
        repeated("a: ", "{a: ", 2'000), repeated("", "- ", 2'000), repeated("", "? ", 2'000),
        repeated("", "---\n", 2'000), repeated("a: 1\n", "]", 2'000)}) {
    Complaints complaints;
    EXPECT_TRUE(parse_yaml(text, "w.yaml", complaints).IsNull()) << text.substr(0, 20);
    ASSERT_FALSE(complaints.empty()) << text.substr(0, 20);
    EXPECT_LE(complaints.size(), 21u);
    EXPECT_GE(complaints.front().line, 1);
  }
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
