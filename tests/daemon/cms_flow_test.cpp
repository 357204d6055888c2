// The notices of conferences through the whole daemon, over real sockets: people come and go on two
// simulated meeting servers, and each screen is looked at as they see it.
#include "support/site.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/stat.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::steady_clock;

// wardroomctl's exit codes. Source: decisions.md "Control socket".
constexpr int ok = 0, conflict = 8;
constexpr auto one = "All secure", two = "All internal", three = "External participants";

struct Said {
  int code = -1;
  std::string text;
};

class CmsFlow : public testing::Test {
 protected:
  std::optional<Site> site;
  int said_ = 0;

  void start(bool with_receivers = true) {
    site.emplace("  mode: observe",
                 std::vector<std::string>{"--cms", "127.0.0.1:0", "--cms", "127.0.0.1:0"});
    std::string bridges;
    for (std::size_t i = 0; i < site->cms_apis().size(); ++i) {
      secret_file("cms_password", "demo-cms-password\n");
      secret_file(fmt::format("cdr_secret{}", i + 1), secret(i) + "\n");
      bridges += fmt::format(
          "    - {{ name: cms{0}, api: \"{1}\", username: wardroom, password_file: "
          "{2}/cms_password, "
          "cdr_secret_file: {2}/cdr_secret{0} }}\n",
          i + 1, site->cms_apis()[i], site->folder());
    }
    site->add_sections(fmt::format(R"(security_notices:
  mode: enforce
  secure_domains: [secure.acme.example]
  internal_domains: [acme.example, "*.acme.example"]
  texts: {{ 1: "{}", 2: "{}", 3: "{}" }}
  check_every: 10s
  bridges:
{})",
                                   one, two, three, bridges));
    site->write_config("  mode: observe");
    site->start_daemon();
    if (with_receivers) ASSERT_EQ(tool("cms register").code, ok) << site->daemon_log();
  }
  static std::string secret(std::size_t bridge) {
    return fmt::format("cdr-secret-of-bridge-{}-0123456789abcdef", bridge + 1);
  }
  void secret_file(std::string const& name, std::string const& text) {
    auto const path = site->folder() + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
  }
  Said tool(std::string const& words) {
    auto const out = site->folder() + "/said" + std::to_string(++said_);
    auto const line = "exec " WARDROOM_BUILD_DIR "/ctl/wardroomctl --socket " + site->folder() +
                      "/control.sock " + words + " </dev/null";
    Process process({"/bin/sh", "-c", line}, out);
    Said said;
    said.code = process.wait(60s).value_or(-1);
    std::ifstream in(out);
    std::stringstream text;
    text << in.rdbuf();
    said.text = text.str();
    return said;
  }

  int join(std::string const& address, std::string const& bridge, json more = json::object()) {
    more["conference"] = more.value("conference", "Board");
    more["address"] = address;
    more["bridge"] = bridge;
    auto const told = site->sim_post("/sim/cms/join", more).json();
    if (!told.is_object() || !told.contains("person"))
      throw std::runtime_error("nobody joined: " + told.dump());
    return told["person"].get<int>();
  }
  void act(int person, std::string const& what, json const& more = json::object()) {
    ASSERT_EQ(site->sim_post(fmt::format("/sim/cms/people/{}/{}", person, what), more).status, 200);
  }
  void bridge(std::string const& name, std::string const& act, json const& more = json::object()) {
    ASSERT_LT(site->sim_post("/sim/cms/bridges/" + name + "/" + act, more).status, 300) << act;
  }
  /// What the screens of a conference show, by bridge; "" = nothing.
  std::map<std::string, std::string> screens(std::string const& conference = "Board") const {
    std::map<std::string, std::string> out;
    auto const state = site->sim("/sim/cms");
    if (!state.is_object()) return out;
    for (auto const& c : state["conferences"])
      if (c["name"] == conference)
        for (auto const& call : c["calls"])
          out[call["bridge"].get<std::string>()] =
              call["shows"].is_string() ? call["shows"].get<std::string>() : "";
    return out;
  }
  bool all_show(std::string const& text, std::string const& conference = "Board") const {
    auto const now = screens(conference);
    for (auto const& [name, shown] : now)
      if (shown != text) return false;
    return !now.empty();
  }
  std::string seen() const {
    return json(screens()).dump() + "\n" + site->control("/v1/cms/calls").dump() + "\n" +
           site->daemon_log();
  }
  json bridge_state(std::size_t i) const { return site->sim("/sim/cms")["bridges"][i]; }
  std::uint64_t delivered(std::size_t i) const {
    std::uint64_t sum = 0;
    for (auto const& r : bridge_state(i)["receivers"]) sum += r["delivered"].get<std::uint64_t>();
    return sum;
  }
  std::uint64_t waiting(std::size_t i) const {
    std::uint64_t sum = 0;
    for (auto const& r : bridge_state(i)["receivers"]) sum += r["waiting"].get<std::uint64_t>();
    return sum;
  }
};

#define EVENTUALLY(limit, condition) \
  ASSERT_TRUE(eventually(limit, [&] { return condition; })) << #condition << "\n" << seen()

TEST_F(CmsFlow, register_enters_our_receiver_once_and_takes_nobodys_place) {
  start(false);
  bridge("cms1", "receivers", {{"uri", "http://127.0.0.1:9/somebody"}});
  for (int i = 0; i < 4; ++i) bridge("cms2", "receivers", {{"uri", "http://127.0.0.1:9/other"}});
  auto const first = tool("cms register cms1");
  EXPECT_EQ(first.code, ok) << first.text << site->daemon_log();
  EXPECT_EQ(first.text.find(secret(0)), std::string::npos) << "no secret on a screen";
  EXPECT_EQ(bridge_state(0)["receivers"].size(), 2u);
  EXPECT_EQ(tool("cms register cms1").code, ok);
  EXPECT_EQ(bridge_state(0)["receivers"].size(), 2u);
  auto const full = tool("cms register cms2");
  EXPECT_EQ(full.code, conflict) << full.text;
  EXPECT_EQ(bridge_state(1)["receivers"].size(), 4u);
  join("boardroom@secure.acme.example", "cms1");
  EVENTUALLY(10s, delivered(0) == 3 && all_show(one));
}

TEST_F(CmsFlow, a_post_with_a_wrong_secret_is_not_there) {
  start();
  std::string const body = "<?xml version=\"1.0\"?><records session=\"x\"></records>";
  auto post = [&](std::string const& path) {
    return http({.method = "POST", .url = site->daemon_url() + path, .body = body});
  };
  for (auto const& path :
       {std::string("/cdr/wrong"), "/cdr/" + secret(0) + "x", std::string("/cdr/")}) {
    auto const answer = post(path);
    EXPECT_EQ(answer.status, 404) << path;
  }
  EXPECT_EQ(post("/cdr/wrong").body, "");
  EXPECT_EQ(http({.url = site->daemon_url() + "/cdr/" + secret(0)}).status / 100, 4);
  auto const good = post("/cdr/" + secret(0));
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, "");
  EXPECT_EQ(good.headers.at("content-length"), "0");
}

TEST_F(CmsFlow, B1_an_outsider_shows_on_every_bridge_at_once_and_goes_with_the_calm) {
  start();
  join("boardroom@secure.acme.example", "cms1");
  EVENTUALLY(10s, all_show(one));
  join("bela@acme.example", "cms2");
  EVENTUALLY(10s, screens().size() == 2 && all_show(two));

  auto const came = steady_clock::now();
  auto const pat = join("pat@partner.example", "cms2");
  EVENTUALLY(10s, all_show(three));
  auto const took = [](auto since) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - since)
        .count();
  };
  std::printf("[   LATENCY] an outsider showed on both screens after %lld ms\n",
              static_cast<long long>(took(came)));
  EXPECT_EQ(site->sim("/sim/cms")["conferences"][0]["calls"][0]["position"], "bottom");
  act(pat, "leave");
  auto const left = steady_clock::now();
  EVENTUALLY(20s, all_show(two));
  auto const calm = took(left);
  std::printf("[   LATENCY] and was gone from them after %lld ms\n", static_cast<long long>(calm));
  EXPECT_GE(calm, 1900) << "no fall before two seconds of calm";

  // A guest who waits can listen in already when the record of the admission arrives.
  auto const guest =
      join("guest1@meet.acme.example", "cms1", {{"via", "guest"}, {"state", "lobby"}});
  EVENTUALLY(10s, all_show(three));
  act(guest, "admit");
  act(guest, "leave");
  EVENTUALLY(20s, all_show(two));
}

TEST_F(CmsFlow, machines_and_links_are_nobody_and_a_disguise_helps_nobody) {
  start();
  for (auto const* name : {"cms1", "cms2"}) bridge(name, "faults", {{"link_sub_type", false}});
  join("a@secure.acme.example", "cms1");
  join("b@secure.acme.example", "cms2");
  EVENTUALLY(15s, screens().size() == 2 && all_show(one));
  site->sim_post("/sim/cms/conferences/Board/record", {{"bridge", "cms1"}});
  site->sim_post("/sim/cms/conferences/Board/stream", {{"bridge", "cms2"}, {"sip", true}});
  EVENTUALLY(15s, all_show(one));
  // Somebody whose address is that of a bridge.
  auto const eve = join("x@10.2.0.1", "cms1");
  EVENTUALLY(10s, all_show(three));
  act(eve, "mention");
  ASSERT_FALSE(eventually(3s, [&] { return !all_show(three); })) << seen();
  act(eve, "leave");
  EVENTUALLY(20s, all_show(one));
}

TEST_F(CmsFlow, B1_after_a_kill_the_levels_are_right_without_a_single_record) {
  start();
  join("boardroom@secure.acme.example", "cms1");
  auto const bela = join("bela@acme.example", "cms2");
  EVENTUALLY(10s, screens().size() == 2 && all_show(two));
  for (auto const* name : {"cms1", "cms2"}) bridge(name, "faults", {{"hold_posts", true}});
  site->kill_daemon();
  auto const pat = join("pat@partner.example", "cms1");
  auto const records = delivered(0) + delivered(1);
  site->start_daemon();
  EVENTUALLY(15s, all_show(three));
  EXPECT_EQ(delivered(0) + delivered(1), records);
  // Still without one, the check of each bridge notices that it made records which did not come.
  act(pat, "leave");
  act(bela, "leave");
  EVENTUALLY(60s, all_show(one));
  EXPECT_EQ(delivered(0) + delivered(1), records);
  for (auto const* name : {"cms1", "cms2"}) bridge(name, "faults", {{"hold_posts", false}});
  EVENTUALLY(15s, waiting(0) + waiting(1) == 0 && all_show(one));
}

TEST_F(CmsFlow, what_somebody_clears_is_shown_again) {
  start();
  join("pat@partner.example", "cms1");
  join("boardroom@secure.acme.example", "cms2");
  EVENTUALLY(10s, screens().size() == 2 && all_show(three));
  bridge("cms1", "message", {{"text", ""}, {"duration", "0"}});
  bridge("cms2", "message", {{"text", "Lunch is ready"}, {"duration", "permanent"}});
  EXPECT_FALSE(all_show(three));
  EVENTUALLY(40s, all_show(three));
}

TEST_F(CmsFlow, a_bridge_that_restarts_takes_its_people_with_it) {
  start();
  join("boardroom@secure.acme.example", "cms2");
  join("pat@partner.example", "cms1");
  EVENTUALLY(10s, screens().size() == 2 && all_show(three));
  bridge("cms1", "restart");
  // Its new session is told by the next record, of another conference.
  join("ann@secure.acme.example", "cms1", {{"conference", "Other"}});
  EVENTUALLY(20s, all_show(one) && all_show(one, "Other"));
  join("pat@partner.example", "cms1");
  EVENTUALLY(10s, screens().size() == 2 && all_show(three));
}

TEST_F(CmsFlow, a_dead_bridge_delays_nobody) {
  start();
  join("pat@partner.example", "cms2", {{"conference", "Elsewhere"}});
  auto const ann = join("ann@secure.acme.example", "cms1");
  EVENTUALLY(10s, all_show(one) && all_show(three, "Elsewhere"));
  bridge("cms2", "faults", {{"dead", true}});
  join("x@secure.acme.example", "cms2", {{"conference", "Elsewhere"}});
  auto const pat = join("pat@partner.example", "cms1");
  EVENTUALLY(10s, all_show(three));
  act(pat, "leave");
  EVENTUALLY(30s, all_show(one));
  EXPECT_TRUE(all_show(three, "Elsewhere")) << "what is not known does not fall";
  bridge("cms2", "faults", {{"dead", false}});
  act(ann, "leave");
  EVENTUALLY(30s, all_show(three, "Elsewhere"));
}

TEST_F(CmsFlow, B2_lost_doubled_and_damaged_records_raise_and_are_read_again) {
  start();
  auto const ann = join("ann@secure.acme.example", "cms1");
  EVENTUALLY(10s, all_show(one));
  bridge("cms1", "faults", {{"duplicate_posts", 3}, {"lose_200", 2}});
  for (int i = 0; i < 3; ++i) act(ann, "mention");
  EVENTUALLY(15s, waiting(0) == 0 && all_show(one));

  for (auto const& wish : {json{{"lose_records", 2}, {"tell_missing", true}},
                           json{{"lose_records", 2}, {"tell_missing", false}}}) {
    bridge("cms1", "faults", wish);
    for (int i = 0; i < 3; ++i) act(ann, "mention");
    EVENTUALLY(10s, all_show(three));
    EVENTUALLY(20s, all_show(one));
  }
  // The record of an outsider is lost in a damaged document: who is in is read from the bridge.
  bridge("cms1", "faults", {{"garble", "doctype"}, {"garble_posts", 1}});
  auto const pat = join("pat@partner.example", "cms1");
  EVENTUALLY(10s, all_show(three));
  act(pat, "leave");
  EVENTUALLY(20s, all_show(one));
  // … and in a gap nobody tells of, until the bridge is compared.
  bridge("cms1", "faults", {{"lose_records", 2}, {"tell_missing", false}});
  join("pat@partner.example", "cms1");
  EVENTUALLY(40s, all_show(three));
  auto const report = tool("cms calls");
  EXPECT_EQ(report.code, ok) << report.text;
  EXPECT_NE(report.text.find("Board"), std::string::npos) << report.text;
}

}  // namespace
}  // namespace wardroom::test
