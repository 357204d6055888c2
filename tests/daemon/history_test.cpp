// One sequence holds what happened at a site: what is written into it, and how it is read by the
// tool, by a page, as a file, and on after kill -9: real daemon, real tool, real sockets.
#include "support/site.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <signal.h>
#include <sstream>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

struct Said {
  int code = -1;
  std::string text;
};

struct History : testing::Test {
  static constexpr auto policy =
      "  mode: enforce\n"
      "  fences:\n"
      "    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true "
      "},"
      " no_fix: open }";
  Site site{policy};
  int runs = 0;

  Said tool(std::string const& words) {
    auto const out = site.folder() + "/said" + std::to_string(++runs);
    auto const line = "exec " WARDROOM_BUILD_DIR "/ctl/wardroomctl --socket " + site.folder() +
                      "/control.sock " + words + " </dev/null 2>&1";
    Process process({"/bin/sh", "-c", line}, out);
    Said said;
    said.code = process.wait(60s).value_or(-1);
    std::ifstream in(out);
    std::stringstream text;
    text << in.rdbuf();
    said.text = text.str();
    return said;
  }
  std::vector<json> events(std::string const& words = "--since 0") {
    auto const said = tool("events --json " + words);
    EXPECT_EQ(said.code, 0) << said.text;
    std::vector<json> out;
    std::istringstream in(said.text);
    for (std::string line; std::getline(in, line);) {
      out.push_back(json::parse(line, nullptr, false));
      EXPECT_EQ(out.back().value("schema", ""), "wardroom.events/1") << line;
    }
    return out;
  }
  bool has(std::string const& kind, std::string const& words) {
    auto const all = events("--since 0 --kind " + kind);
    return std::ranges::any_of(
        all, [&](json const& one) { return one.dump().find(words) != std::string::npos; });
  }
  Browser admin() {
    auto browser = site.browser("ada@acme.example");
    EXPECT_TRUE(browser.sign_in("/admin/login")) << browser.last().body;
    return browser;
  }
  /// What a stream says within `limit`.
  std::string listen(Browser const& browser, std::string const& path, std::string const& last = "",
                     std::chrono::milliseconds limit = 1'500ms) {
    HttpAsk ask{
        .url = site.daemon_url() + path, .headers = {browser.cookie_header()}, .timeout = limit};
    if (!last.empty()) ask.headers.push_back("Last-Event-ID: " + last);
    return http(ask).body;
  }
};

TEST_F(History, each_kind_that_happens_is_written_and_read_in_a_sentence) {
  // Without this an alert waits for 60 s; and so it does in the first minute of a daemon, even for
  // a login that is gone.
  site.add_sections("alerts: { hold: 2s }\n");
  site.write_config(policy);
  site.start_daemon();
  site.go_live();
  auto bela = site.browser("bela@acme.example");
  ASSERT_TRUE(bela.sign_in());
  ASSERT_EQ(bela.post_location(47.4979, 19.0402, 20).status, 204);
  ASSERT_EQ(
      site.sim_post("/sim/calls", {{"from", "bela@acme.example"}, {"to", "+442079460000"}}).status /
          100,
      2);
  EXPECT_TRUE(eventually(10s, [&] { return has("decision", "\"decision\":\"rejected\""); }));
  // A call that lasts is more than its decision: what happens to it is told, too.
  ASSERT_EQ(site.sim_post("/sim/calls",
                          {{"from", "bela@acme.example"}, {"to", "112"}, {"answer_after_s", 0.3}})
                    .status /
                100,
            2);
  EXPECT_TRUE(eventually(10s, [&] { return has("call", "112"); }));
  ASSERT_EQ(tool("monitor stop").code, 0);
  ASSERT_EQ(tool("monitor start").code, 0);
  ASSERT_EQ(tool("reload").code, 0);
  ASSERT_EQ(tool("people revoke bela@acme.example").code, 0);
  // What was told of the start, when nobody had logged in yet, is over first.
  ASSERT_TRUE(eventually(30s, [&] { return site.control("/v1/alerts/list")["open"].empty(); }))
      << site.control("/v1/alerts/list").dump();
  auto const calm = events("--since 0").back()["seq"].get<std::int64_t>();
  ASSERT_EQ(tool("logout --yes").code, 0);
  auto const raised = [&] {
    return std::ranges::any_of(
        events(fmt::format("--since {} --kind alert", calm)), [](json const& one) {
          return one.value("part", "") == "login.admin" && one.value("notice", "") == "raised";
        });
  };
  EXPECT_TRUE(eventually(30s, raised)) << "a login that is gone raises an alert";

  std::set<std::string> kinds;
  std::int64_t last = 0;
  for (auto const& one : events()) {
    kinds.insert(one.value("kind", ""));
    EXPECT_GT(one.value("seq", 0), last) << "numbers rise";
    last = one.value("seq", 0);
    EXPECT_FALSE(one.value("line", "").empty()) << one.dump();
    for (auto const* coordinate : {"latitude", "longitude", "47.49", "19.04"})
      EXPECT_EQ(one.dump().find(coordinate), std::string::npos) << one.dump();
  }
  for (auto const* kind :
       {"call", "decision", "channel", "monitor", "login", "logout", "session", "alert", "reload"})
    EXPECT_TRUE(kinds.contains(kind)) << kind;
  auto const seen = tool("events --since 0 --kind decision");
  EXPECT_NE(seen.text.find("Béla"), std::string::npos) << seen.text;
  EXPECT_NE(seen.text.find("outgoing call to +442079460000 rejected: outside"), std::string::npos)
      << seen.text;
}

TEST_F(History, is_chosen_by_number_time_person_and_kind_and_paged_back) {
  site.start_daemon();
  for (int i = 0; i < 60; ++i)
    ASSERT_EQ(site.control_post("/v1/reload", json::object()).status, 200);
  auto const newest = events("");
  ASSERT_EQ(newest.size(), 50u);
  auto const first = newest.front()["seq"].get<int>();
  auto const before = events("--until " + std::to_string(first) + " --limit 5");
  ASSERT_EQ(before.size(), 5u);
  EXPECT_EQ(before.back()["seq"], first - 1);
  EXPECT_EQ(events("--since " + std::to_string(first) + " --limit 2").front()["seq"], first + 1);
  EXPECT_GE(events("--since 1h --kind reload").size(), 60u);
  EXPECT_TRUE(events("--until 1h").empty());
  EXPECT_TRUE(events("--since 0 --kind level,sync").empty());
  for (auto const* words : {"--since yesterdayish", "--kind decisions", "--limit 0",
                            "--follow --until 1h", "--csv --json"}) {
    auto const said = tool(std::string("events ") + words);
    EXPECT_EQ(said.code, 2) << words << said.text;
  }
  EXPECT_EQ(tool("events --person nobody-like-this").code, 5);
}

TEST_F(History, is_exported_as_csv_with_every_row_whole) {
  site.start_daemon();
  site.go_live();
  auto const said = tool("events --since 0 --csv");
  ASSERT_EQ(said.code, 0) << said.text;
  std::istringstream in(said.text);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "seq,at,kind,person_no,person,call,line,details\r");
  std::size_t rows = 0;
  while (std::getline(in, line)) {
    EXPECT_TRUE(line.ends_with("\r")) << line;
    ++rows;
  }
  EXPECT_EQ(rows, events().size());
}

TEST_F(History, the_page_reads_filters_and_downloads_and_each_viewing_is_audited_once) {
  site.start_daemon();
  site.go_live();
  auto const stranger = site.browser("bela@acme.example");
  for (auto const* path :
       {"/api/v1/journal", "/api/v1/journal/stream", "/api/v1/journal/export?format=csv"})
    EXPECT_EQ(stranger.get(path).status, 401) << path;
  auto const ada = admin();
  auto const page = ada.get("/api/v1/journal?limit=3");
  ASSERT_EQ(page.status, 200) << page.body;
  auto const body = page.json();
  ASSERT_EQ(body["entries"].size(), 3u) << page.body;
  EXPECT_GT(body["entries"][0]["seq"], body["entries"][1]["seq"]);
  EXPECT_GE(body["entries"][0]["seq"], body["newest"]) << "one may have come meanwhile";
  EXPECT_GE(body["kinds"].size(), 13u);
  EXPECT_EQ(body["keep_s"], 30 * 86'400);
  auto const older = body["older"].get<int>();
  auto const next = ada.get("/api/v1/journal?limit=3&until=" + std::to_string(older)).json();
  EXPECT_EQ(next["entries"][0]["seq"], older - 1);
  auto const mine = ada.get("/api/v1/journal?kind=login&person=ada@acme.example");
  ASSERT_EQ(mine.status, 200) << mine.body;
  EXPECT_EQ(mine.json()["entries"][0]["person"], "Ada Lovelace") << mine.body;
  EXPECT_EQ(ada.get("/api/v1/journal?person=nobody-like-this").status, 404);
  EXPECT_EQ(ada.get("/api/v1/journal?kind=x").status, 400);
  EXPECT_EQ(ada.get("/api/v1/journal?limit=9999").status, 400);
  EXPECT_EQ(ada.get("/api/v1/journal/export?format=pdf").status, 400);

  auto const csv = ada.get("/api/v1/journal/export?format=csv&kind=login");
  EXPECT_EQ(csv.status, 200);
  EXPECT_NE(csv.headers.at("content-type").find("text/csv"), std::string::npos);
  EXPECT_NE(csv.headers.at("content-disposition").find("attachment; filename=\"wardroom-journal-"),
            std::string::npos);
  EXPECT_NE(csv.body.find(",Ada Lovelace,"), std::string::npos) << csv.body;
  auto const lines = ada.get("/api/v1/journal/export?format=json").body;
  EXPECT_EQ(std::ranges::count(lines, '\n'), std::ssize(events())) << lines;

  json audit;
  ASSERT_TRUE(eventually(10s, [&] {  // the last record may be on its way
    audit = json::parse(tool("audit list --json --limit 1000").text);
    return std::ranges::count_if(audit["records"], [](auto const& record) {
             return record["action"] == "journal exported";
           }) >= 2;
  }));
  std::size_t viewed = 0, exported = 0;
  for (auto const& record : audit["records"]) {
    viewed += record["action"] == "journal viewed";
    exported += record["action"] == "journal exported";
    EXPECT_EQ(record["after"].dump().find("acme.example"), std::string::npos) << record.dump();
  }
  EXPECT_EQ(viewed, 2u) << "paging on is the same viewing, another filter another one";
  EXPECT_EQ(exported, 2u);
}

TEST_F(History, the_live_head_goes_on_after_kill_9_without_a_number_twice) {
  site.start_daemon();
  site.go_live();
  auto const ada = admin();
  auto const newest = ada.get("/api/v1/journal").json()["newest"].get<int>();
  ASSERT_EQ(site.control_post("/v1/reload", json::object()).status, 200);
  auto const first = listen(ada, "/api/v1/journal/stream?since=" + std::to_string(newest));
  EXPECT_NE(first.find("id: " + std::to_string(newest + 1) + "\nevent: entry\n"), std::string::npos)
      << first;
  site.kill_daemon();
  site.start_daemon();
  ASSERT_EQ(site.control_post("/v1/reload", json::object()).status, 200);
  auto const second = listen(ada, "/api/v1/journal/stream?kind=reload", std::to_string(newest + 1));
  EXPECT_EQ(second.find("id: " + std::to_string(newest + 1) + "\n"), std::string::npos) << second;
  EXPECT_NE(second.find("event: entry\n"), std::string::npos) << second;
  EXPECT_EQ(second.find("event: gap"), std::string::npos) << second;
  auto const ahead = listen(ada, "/api/v1/journal/stream", "1000000");
  EXPECT_NE(ahead.find("event: gap"), std::string::npos) << ahead;
  auto const board = listen(ada, "/api/v1/dashboard/stream", std::to_string(newest + 1));
  EXPECT_NE(board.find("event: reload"), std::string::npos) << board;
}

TEST_F(History, R115_is_kept_for_as_long_as_is_configured_and_says_so) {
  site.start_daemon();
  auto const status = site.control("/v1/status");
  EXPECT_EQ(status["journal"]["keep_s"], 30 * 86'400) << status.dump();
  site.add_sections("journal: { keep: 36h }\n");
  site.write_config("  mode: observe\n  fences: []");
  ASSERT_EQ(tool("reload").code, 0);
  EXPECT_EQ(site.control("/v1/status")["journal"]["keep_s"], 36 * 3'600);
  EXPECT_GE(site.control("/v1/status")["journal"]["entries"].get<int>(), 1);
  EXPECT_NE(site.control("/v1/metrics")["text"].get<std::string>().find("wardroom_journal_entries"),
            std::string::npos);
  site.add_sections("journal: { keep: 12h }\n");
  site.write_config("  mode: observe\n  fences: []");
  auto const refused = tool("reload");
  EXPECT_NE(refused.code, 0) << refused.text;
  EXPECT_NE(refused.text.find("journal.keep"), std::string::npos) << refused.text;
  EXPECT_EQ(site.control("/v1/status")["journal"]["keep_s"], 36 * 3'600);
}

}  // namespace
}  // namespace wardroom::test
