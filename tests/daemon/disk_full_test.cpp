// D3, and "Disk full" of the design: while the store takes nothing, calls are judged and released
// from memory, posts hear 503 with their standing, health says so, and once there is room all turns
// green by itself. And how a start ends on such a disk: with 74 and one sentence.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

constexpr auto fences = R"(  mode: enforce
  post_interval: 2s
  timeout: 300s
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, margin: 300m, people: { all: true },
        no_fix: open, stale: closed, uncertain: open, degraded: open })";

/// A small disk of its own for the state folder of a site, seen by this program and its children
/// only.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    // Once a program: everything it mounts from then on goes with it.
    static bool const apart = ::unshare(CLONE_NEWNS) == 0 &&
                              ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    mounted_ = apart && ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=6m,mode=0700") == 0;
    why_ = mounted_ ? "" : std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(SmallDisk const&) = delete;
  SmallDisk& operator=(SmallDisk const&) = delete;
  bool mounted() const { return mounted_; }
  std::string const& why() const { return why_; }

  void fill() const {
    int const file = ::open((folder_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    std::string const block(4'096, 'f');
    while (::write(file, block.data(), block.size()) > 0) {
    }
    ::close(file);
  }
  void empty() const { fs::remove(folder_ + "/filler"); }
  bool read_only() const {
    return ::mount(nullptr, folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }

 private:
  std::string folder_, why_;
  bool mounted_ = false;
};

#define NEEDS(disk)                                                                  \
  if (!(disk).mounted())                                                             \
  GTEST_SKIP() << "SKIPPED: this machine does not let the test mount a small disk (" \
               << (disk).why() << "); run it as root to see a disk that is really full"

struct Refused {
  std::optional<int> code;
  std::string told;
};
Refused refused(Site const& site) {
  auto const log = site.folder() + "/refused.log";
  Process daemon(
      {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", site.folder() + "/wardroom.yaml"}, log);
  auto const code = daemon.wait(20s);
  std::ifstream in(log);
  std::stringstream text;
  text << in.rdbuf();
  return {code, text.str()};
}

/// What the tests below do with a site whose disk is taken away and given back.
struct Story {
  Site site{fences};
  std::optional<Browser> ada, bela;

  void begin() {
    site.start_daemon();
    site.go_live();
    ada = site.browser("ada@acme.example");
    bela = site.browser("bela@acme.example");
    ASSERT_TRUE(ada->sign_in());
    ASSERT_TRUE(bela->sign_in());
    ASSERT_EQ(ada->post_location(48.2082, 16.3738, 20).status, 204);
    ASSERT_EQ(bela->post_location(47.4979, 19.0402, 20).status, 204);
  }
  std::string call(std::string const& from, std::string const& to, double answer_after = 30) {
    auto const answer =
        site.sim_post("/sim/calls", {{"from", from}, {"to", to}, {"answer_after_s", answer_after}});
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    return answer.json().value("call", "");
  }
  json state(std::string const& call) { return site.sim("/sim/calls/" + call); }
  bool released(std::string const& call) {
    return eventually(10s, [&] { return state(call).value("released_by", "") == "api"; });
  }
  HttpAnswer readyz() { return http({.url = site.daemon_url() + "/readyz"}); }
  /// The daemon's word on the store, from its health.
  json store_sign() {
    auto const health = readyz().json();
    for (auto const& sign : health.value("signs", json::array()))
      if (sign.value("part", "") == "store") return sign;
    return {};
  }

  void goes_on_from_memory(std::string const& told) {
    HttpAnswer answer;
    // The room that the log had before it was moved takes some posts more, and those that are
    // folded make room for others; what is kept of a call makes none.
    ASSERT_TRUE(eventually(30s,
                           [&] {
                             call("bela@acme.example", "+442079460001");
                             answer = bela->post_location(47.4979, 19.0402, 20);
                             return answer.status == 503;
                           }))
        << answer.status << answer.body;
    EXPECT_EQ(answer.headers["wardroom-standing"], "outside");
    EXPECT_EQ(answer.headers["wardroom-calls"], "blocked");
    EXPECT_FALSE(answer.headers["retry-after"].empty());
    EXPECT_NE(answer.body.find("Your position counts"), std::string::npos) << answer.body;

    auto const sign = store_sign();
    EXPECT_EQ(sign.value("colour", ""), "red") << sign.dump();
    EXPECT_NE(sign.value("sentence", "").find(told), std::string::npos) << sign.dump();
    EXPECT_EQ(readyz().status, 503);
    EXPECT_NE(site.control("/v1/status").dump().find(told), std::string::npos);

    EXPECT_TRUE(released(call("bela@acme.example", "+442079460001")));
    auto const running = call("ada@acme.example", "+442079460000", 0.1);
    EXPECT_TRUE(eventually(5s, [&] { return state(running).contains("answered_at"); }));
    EXPECT_TRUE(state(running).value("live", false)) << "who is inside may call";
    EXPECT_TRUE(eventually(10s, [&] {
      answer = ada->post_location(47.4979, 19.0402, 20);
      return answer.status == 503;
    })) << answer.status;
    EXPECT_EQ(answer.headers["wardroom-standing"], "outside");
    EXPECT_TRUE(released(running)) << "a position that could not be stored counts all the same";
  }

  /// Nobody posts, nobody restarts anything.
  void turns_green() {
    EXPECT_TRUE(eventually(20s, [&] { return readyz().status == 200; })) << readyz().body;
    EXPECT_EQ(store_sign().value("colour", ""), "green");
    HttpAnswer answer;
    EXPECT_TRUE(eventually(10s,
                           [&] {
                             answer = bela->post_location(47.4979, 19.0402, 20);
                             return answer.status == 204;
                           }))
        << answer.status << answer.body;
    EXPECT_FALSE(site.daemon().wait(0ms)) << "it is the same process as before";
  }
};

TEST(DiskFull, D3_calls_are_released_from_memory_and_all_turns_green_once_there_is_room) {
  Story story;
  SmallDisk const disk(story.site.folder() + "/state");
  NEEDS(disk);
  ASSERT_NO_FATAL_FAILURE(story.begin());
  disk.fill();
  ASSERT_NO_FATAL_FAILURE(story.goes_on_from_memory("full; free some space"));
  disk.empty();
  story.turns_green();
  EXPECT_EQ(story.site.stop_daemon(), 0);
}

TEST(DiskFull, D3_the_same_when_files_may_not_grow_any_more) {
  Story story;
  ASSERT_NO_FATAL_FAILURE(story.begin());
  auto const pid = story.site.daemon().pid();
  struct rlimit before{};
  ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, nullptr, &before), 0);
  struct rlimit const tight{512, before.rlim_max};
  ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, &tight, nullptr), 0);
  ASSERT_NO_FATAL_FAILURE(story.goes_on_from_memory("the disk under the store"));
  ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, &before, nullptr), 0);
  story.turns_green();
  EXPECT_EQ(story.site.stop_daemon(), 0);
}

TEST(DiskFull, D3_a_start_on_a_full_or_read_only_disk_ends_with_74_and_one_sentence) {
  Site site("  mode: observe");
  SmallDisk const disk(site.folder() + "/state");
  NEEDS(disk);
  disk.fill();
  auto end = refused(site);
  EXPECT_EQ(end.code, 74) << end.told;
  EXPECT_NE(end.told.find("full; free some space"), std::string::npos) << end.told;
  disk.empty();
  site.start_daemon();
  ASSERT_EQ(site.stop_daemon(), 0);
  ASSERT_TRUE(disk.read_only());
  end = refused(site);
  EXPECT_EQ(end.code, 74) << end.told;
  EXPECT_NE(end.told.find("mounted read-only"), std::string::npos) << end.told;
}

TEST(DiskFull, D3_a_start_on_a_damaged_store_ends_with_74_and_names_the_command_that_restores) {
  Site site("  mode: observe");
  site.start_daemon();
  ASSERT_EQ(site.stop_daemon(), 0);
  auto const store = site.folder() + "/state/wardroom.db";
  {
    std::fstream file(store, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 4'096 * 2; at < fs::file_size(store); at += 4'096) {
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(64, '\x5a');
    }
  }
  auto const size = fs::file_size(store);
  auto const end = refused(site);
  EXPECT_EQ(end.code, 74) << end.told;
  EXPECT_NE(end.told.find("wardroomd --restore FILE"), std::string::npos) << end.told;
  EXPECT_EQ(fs::file_size(store), size) << "it is left as it was";
}

}  // namespace
}  // namespace wardroom::test
