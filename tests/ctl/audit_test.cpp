// The audit as the tool shows it, and the published heads it takes along.
#include "audit.hpp"

#include "ctl/golden.hpp"
#include "ctl/screens.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace wardroom::test {
namespace {

std::string const head =
    "audit-head v1 seq=1000 at=2026-11-22T02:04:45.120Z ms=1795313085120 hash=00ff key=aa sig=bb";

/// A file of this test, gone at its end.
struct Log {
  explicit Log(std::string const& content) {
    path =
        (std::filesystem::temp_directory_path() / ("wardroom-heads-" + std::to_string(::getpid())))
            .string();
    std::ofstream(path) << content;
  }
  ~Log() { std::filesystem::remove(path); }
  std::string path;
};

Outcome verify(std::vector<std::string> args, std::string const& wire,
               std::vector<std::string>* asked = nullptr) {
  FakeDaemon const daemon([&](std::string const& request) {
    if (asked != nullptr) asked->push_back(request);
    return wire;
  });
  args.insert(args.begin(), {"audit", "verify"});
  args.insert(args.end(), {"--socket", daemon.socket()});
  return Tool()(args);
}

TEST(AuditGolden, answers_look_as_they_were_approved) {
  compare("audit_list", drawn_on_all({"audit", "list"}, answer(200, recorded("audit_list.json"))));
  compare("audit_verify",
          drawn_on_all({"audit", "verify"}, answer(200, recorded("audit_verify.json"))));
  compare("audit_verify_bad",
          drawn_on_all({"audit", "verify"}, answer(200, recorded("audit_verify_bad.json"))));
}

TEST(Audit, verify_ends_with_1_when_a_record_is_bad) {
  EXPECT_EQ(verify({}, answer(200, recorded("audit_verify.json"))).code, 0);
  EXPECT_EQ(verify({}, answer(200, recorded("audit_verify_bad.json"))).code, 1);
  EXPECT_EQ(verify({"--json"}, answer(200, recorded("audit_verify_bad.json"))).code, 1);
}

TEST(Audit, verify_takes_the_heads_out_of_any_log_each_once) {
  Log const log("Nov 22 host wardroomd[1]: " + head + "\nsomething else\n" +
                R"({"level":"notice","message":")" + head + "\"}\r\n" + head + "\n");
  std::vector<std::string> asked;
  EXPECT_EQ(verify({"--heads", log.path}, answer(200, recorded("audit_verify.json")), &asked).code,
            0);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_NE(asked[0].find("POST /v1/audit/verify"), std::string::npos);
  auto const first = asked[0].find("audit-head v1");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(asked[0].find("audit-head v1", first + 1), std::string::npos) << asked[0];
  EXPECT_EQ(asked[0].find("something else"), std::string::npos);
}

TEST(Audit, verify_asks_as_often_as_the_heads_take_and_tells_the_earliest_bad_record) {
  std::string many;
  for (int i = 0; i < 6'000; ++i) many += head + std::to_string(i) + "\n";
  Log const log(many);
  std::vector<std::string> asked;
  auto const outcome =
      verify({"--heads", log.path, "--json"}, answer(200, recorded("audit_verify.json")), &asked);
  EXPECT_EQ(asked.size(), 3u);
  for (auto const& request : asked) EXPECT_LT(request.size(), 1u << 20);
  EXPECT_NE(outcome.out.find("\"heads\":9"), std::string::npos) << outcome.out;

  using ctl::Json;
  auto const bad = [](int seq) {
    return Json{{"ok", false}, {"heads", 1}, {"first", {{"seq", seq}, {"what", "w"}}}};
  };
  auto const merged = ctl::merged({Json{{"ok", true}, {"heads", 1}}, bad(9), bad(4), bad(7)});
  EXPECT_EQ(merged["first"]["seq"], 4);
  EXPECT_EQ(merged["ok"], false);
  EXPECT_EQ(merged["heads"], 4);
}

TEST(Audit, verify_says_so_when_there_is_no_head_to_be_found) {
  auto const missing = verify({"--heads", "/nowhere/heads"}, "");
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("/nowhere/heads: No such file"), std::string::npos) << missing.err;
  Log const log("nothing of ours\n");
  auto const none = verify({"--heads", log.path}, "");
  EXPECT_EQ(none.code, 1);
  EXPECT_NE(none.err.find("holds no published head"), std::string::npos) << none.err;
}

}  // namespace
}  // namespace wardroom::test
