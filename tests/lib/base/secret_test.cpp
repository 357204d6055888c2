// Secrets move without leaving a copy, compare without telling where they differ, and lie in
// memory that is locked, wiped and absent from dumps and children.
#include "base/secret.hpp"

#include "base/secret_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace wardroom {
namespace {

/// A place in this process, read past the sanitizer, which forbids dropped secrets.
std::string peek(char const* where, std::size_t size) {
  int const memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  std::string out(size, '?');
  auto const got = ::pread(memory, out.data(), size, reinterpret_cast<off_t>(where));
  ::close(memory);
  return got == static_cast<ssize_t>(size) ? out : std::string("nothing is mapped there");
}

bool all_zero(std::string const& bytes) {
  return std::ranges::all_of(bytes, [](char c) { return c == '\0'; });
}

/// VmLck of /proc/self/status, in bytes.
std::size_t locked_bytes_of_the_process() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmLck:"))
      return std::strtoull(line.c_str() + std::strlen("VmLck:"), nullptr, 10) * 1024;
  return 0;
}

/// The flags the kernel keeps for the mapping a byte lies in ("VmFlags: rd wr lo dd wf …").
std::string mapping_flags(char const* where) {
  auto const address = reinterpret_cast<std::uintptr_t>(where);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    auto const* const end = line.data() + line.size();
    auto const dash = std::from_chars(line.data(), end, from, 16);
    if (dash.ptr != end && *dash.ptr == '-' &&
        std::from_chars(dash.ptr + 1, end, to, 16).ec == std::errc{})
      inside = from <= address && address < to;
    if (inside && line.starts_with("VmFlags:")) return line + ' ';
  }
  return "";
}

TEST(Secret, leaves_nothing_behind_when_moved) {
  Secret a(std::string("short"));
  Secret const b(std::move(a));
  EXPECT_EQ(b.reveal(), "short");
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(a.reveal(), "");
  Secret c("other");
  c = Secret("third");
  EXPECT_EQ(c.reveal(), "third");
}

TEST(Secret, copies_are_independent) {
  Secret a("one");
  Secret b(a);
  a = Secret("two");
  EXPECT_EQ(b.reveal(), "one");
  b = a;
  EXPECT_EQ(b.reveal(), "two");
  auto& itself = b;
  b = itself;
  EXPECT_EQ(b.reveal(), "two");
  EXPECT_NE(a.reveal().data(), b.reveal().data());
  b = Secret();
  EXPECT_TRUE(b.empty());
  EXPECT_EQ(Secret(b).reveal(), "");
}

TEST(Secret, compares_by_value) {
  EXPECT_TRUE(same(Secret("abc"), Secret("abc")));
  EXPECT_FALSE(same(Secret("abc"), Secret("abd")));
  EXPECT_FALSE(same(Secret("abc"), Secret("ab")));
  EXPECT_TRUE(same(Secret(), Secret("")));
}

TEST(Secret, wipes_the_text_it_is_made_of) {
  for (std::size_t size : {5u, 15u, 16u, 5000u}) {  // inside the string object, and on the heap
    std::string text(size, 's');
    text.reserve(size + 10);
    auto const* const place = text.data();
    Secret const secret(std::move(text));
    EXPECT_EQ(secret.reveal(), std::string(size, 's'));
    EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_TRUE(all_zero(peek(place, size)));
  }
}

TEST(Secret, is_put_together_in_place_and_ends_with_a_nul) {
  auto const joined = Secret::joined({"Bearer ", "", Secret("token").reveal()});
  EXPECT_EQ(joined.reveal(), "Bearer token");
  EXPECT_EQ(std::strlen(joined.reveal().data()), joined.reveal().size());
  auto const filled = Secret::filled(3, [](std::span<char> to) {
    EXPECT_EQ(std::string(to.begin(), to.end()), std::string(3, '\0'));
    std::ranges::fill(to, 'x');
  });
  EXPECT_EQ(filled.reveal(), "xxx");
  EXPECT_TRUE(Secret::filled(0, [](std::span<char> to) { EXPECT_TRUE(to.empty()); }).empty());
}

TEST(SecretMemory, T3_is_wiped_when_a_secret_is_dropped_or_changed) {
  for (std::size_t size : {1u, 31u, 32u, 100u, 4096u, 16384u, 32767u}) {
    char const* place = nullptr;
    {
      Secret secret(std::string(size, 'c'));
      place = secret.reveal().data();
      EXPECT_EQ(peek(place, size), std::string(size, 'c'));
      secret = Secret("changed");
      EXPECT_TRUE(all_zero(peek(place, size))) << size;
      place = secret.reveal().data();
    }
    EXPECT_TRUE(all_zero(peek(place, 7))) << size;
  }
}

TEST(SecretMemory, T3_pages_of_a_long_secret_are_gone_with_it) {
  auto const before = secret_memory();
  char const* place = nullptr;
  {
    Secret const secret(std::string(1'000'000, 'c'));
    place = secret.reveal().data();
    EXPECT_EQ(secret.reveal().size(), 1'000'000u);
    EXPECT_GT(secret_memory().locked_bytes + secret_memory().unlocked_bytes,
              before.locked_bytes + before.unlocked_bytes + 999'999);
  }
  EXPECT_EQ(peek(place, 4), "nothing is mapped there");
  EXPECT_EQ(secret_memory().locked_bytes, before.locked_bytes);
  EXPECT_EQ(secret_memory().unlocked_bytes, before.unlocked_bytes);
  EXPECT_EQ(secret_memory().secrets, before.secrets);
}

TEST(SecretMemory, T3_holds_thousands_locked_and_uses_their_places_again) {
  auto const figures_before = secret_memory();
  auto const locked_before = locked_bytes_of_the_process();
  std::vector<Secret> all;
  for (int i = 0; i < 5'000; ++i)
    all.emplace_back(
        std::string(i % 50 == 0 ? 16'384 : 20 + i % 300, static_cast<char>('a' + i % 26)));
  auto const full = secret_memory();
  EXPECT_EQ(full.secrets, figures_before.secrets + 5'000);
  if (full.unlocked_slabs == 0) {
    EXPECT_EQ(full.trouble, "");
    EXPECT_EQ(locked_bytes_of_the_process() - locked_before,
              full.locked_bytes - figures_before.locked_bytes);
    EXPECT_GT(full.locked_bytes, 2'000'000u);
  }
  for (int i = 0; i < 5'000; ++i)
    ASSERT_EQ(all[static_cast<std::size_t>(i)].reveal()[0], static_cast<char>('a' + i % 26));
  all.clear();
  EXPECT_EQ(secret_memory().secrets, figures_before.secrets);
  for (int i = 0; i < 1'000; ++i) all.emplace_back(std::string(200, 'x'));
  EXPECT_EQ(secret_memory().slabs, full.slabs);
}

TEST(SecretMemory, T3_is_kept_out_of_dumps_and_of_forked_children) {
  Secret const secret("canary");
  auto const flags = mapping_flags(secret.reveal().data());
  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
  EXPECT_NE(flags.find(" wf "), std::string::npos) << flags;
  auto const* const place = secret.reveal().data();
  auto const child = ::fork();
  if (child == 0) ::_exit(all_zero(std::string(place, 6)) ? 7 : 8);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(SecretMemory, goes_on_unlocked_and_says_so_when_nothing_may_be_locked) {
  auto const child = ::fork();
  if (child == 0) {
    rlimit const none{0, 0};
    // Root may lock without a limit, so be somebody else.
    if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (::geteuid() == 0 && ::setuid(65534) != 0))
      ::_exit(1);
    std::vector<Secret> small;
    while (secret_memory().unlocked_slabs == 0 && small.size() < 10'000)
      small.emplace_back(std::string(1'000, 's'));
    auto const grown = secret_memory();
    bool fine = grown.unlocked_slabs == 1 && small.back().reveal() == std::string(1'000, 's');
    {
      Secret const big(std::string(100'000, 'b'));
      auto const flags = mapping_flags(big.reveal().data());
      fine = fine && secret_memory().unlocked_slabs == 2 &&
             flags.find(" dd ") != std::string::npos && flags.find(" lo ") == std::string::npos;
    }
    auto const after = secret_memory();
    fine = fine && after.unlocked_slabs == 1 && after.unlocked_bytes == 65'536 &&
           after.trouble.find("64 KiB") != std::string::npos &&
           after.trouble.find("LimitMEMLOCK") != std::string::npos;
    ::_exit(fine ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SecretMemory, may_be_used_by_several_threads) {
  auto const before = secret_memory().secrets;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t, &wrong] {
      std::vector<Secret> mine(16);
      for (std::size_t i = 0; i < 5'000; ++i) {
        std::string const text(1 + (i * 37) % 700, static_cast<char>('a' + t));
        auto& slot = mine[i % mine.size()];
        slot = Secret(text);
        if (Secret const copy(slot); copy.reveal() != text) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(secret_memory().secrets, before);
}

}  // namespace
}  // namespace wardroom
