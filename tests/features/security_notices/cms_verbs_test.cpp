// What wardroomctl asks of security_notices, as the control socket hands it over.
#include "features/security_notices/security_notices_json.hpp"
#include "notices_site.hpp"
#include "support/captured_answer.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Params = std::map<std::string, std::string, std::less<>>;

class TestVerbs final : public control::Verbs {
 public:
  void handle(std::string_view words, control::VerbHandler handler) override {
    EXPECT_NE(control::find_verb(words), nullptr) << words;
    handlers[std::string(words)] = std::move(handler);
  }
  void handle_stream(std::string_view words, control::VerbStreamHandler handler) override {
    EXPECT_NE(control::find_verb(words), nullptr) << words;
    streams[std::string(words)] = std::move(handler);
  }
  std::map<std::string, control::VerbHandler> handlers;
  std::map<std::string, control::VerbStreamHandler> streams;
};

struct CmsVerbs : testing::Test {
  Site site{{"cms1", "cms2"}};
  TestVerbs verbs;
  std::shared_ptr<control::Change> change;

  void SetUp() override {
    site.start();
    site.feature().add_verbs(verbs);
  }
  control::VerbCall call(std::string_view words, Params params) {
    control::VerbCall out{.row = control::find_verb(words), .params = std::move(params)};
    out.caller.name = "ada";
    change = out.change;
    return out;
  }
  Result<Json> ask(std::string const& words, Params params = {}) {
    return site.await(verbs.handlers.at(words)(call(words, std::move(params))));
  }
  Json get(std::string const& words, Params params = {}) {
    auto out = ask(words, std::move(params));
    if (!out) throw std::runtime_error(out.error().what);
    return std::move(*out);
  }
  std::string follow(Params params = {}) {
    auto const stream = std::make_shared<wardroom::test::CapturedStream>();
    verbs.streams.at("cms report")(call("cms report", std::move(params)), stream);
    for (int i = 0; i < 10'000 && stream->open(); ++i) site.clock.advance(10ms);
    EXPECT_FALSE(stream->open());
    return stream->written;
  }
  static std::vector<Json> lines_of(std::string const& text) {
    std::vector<Json> out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) out.push_back(Json::parse(line));
    return out;
  }
  /// Two conferences: one with an outsider, one among ourselves.
  void populate() {
    auto& cms1 = site.bridge(0);
    cms1.start_call("ca11-1", "c0441e1a-1", "space-1");
    cms1.join("ca11-1", "1e6-1", "boss@secure.example");
    cms1.join("ca11-1", "1e6-2", "ann@partner.example");
    ASSERT_EQ(site.post(0).status, 200);
    auto& cms2 = site.bridge(1);
    cms2.start_call("ca11-2", "c0441e1a-2");
    cms2.join("ca11-2", "1e6-3", "bela@staff.example");
    ASSERT_EQ(site.post(1).status, 200);
    site.wait(10s);
  }
};

TEST_F(CmsVerbs, status_tells_of_bridges_and_levels) {
  populate();
  auto const out = get("cms status");
  EXPECT_EQ(out["mode"], "enforce");
  ASSERT_EQ(out["bridges"].size(), 2u);
  EXPECT_EQ(out["bridges"][0]["name"], "cms1");
  EXPECT_EQ(out["bridges"][0]["up"], true);
  EXPECT_EQ(out["bridges"][0]["calls"], 1);
  EXPECT_GT(out["bridges"][0]["counters"]["records"], 2);
  EXPECT_EQ(out["conferences"], 2);
  EXPECT_EQ(out["participants"], 3);
  EXPECT_EQ(out["levels"], Json::parse(R"({"1":0,"2":1,"3":1,"none":0})"));
}

TEST_F(CmsVerbs, calls_are_listed_the_least_trusted_first_and_name_nobody) {
  populate();
  auto const out = get("cms calls");
  ASSERT_EQ(out["conferences"].size(), 2u);
  auto const& first = out["conferences"][0];
  EXPECT_EQ(first["id"], "c0441e1a-1");
  EXPECT_EQ(first["level"], 3);
  EXPECT_EQ(first["settled"], true) << first.dump(1);
  EXPECT_EQ(first["calls"][0]["shown"], "Level 3");
  EXPECT_EQ(first["participants"]["external"], 1);
  EXPECT_EQ(first["participants"]["secure"], 1);
  EXPECT_EQ(out["conferences"][1]["level"], 2);
  EXPECT_THAT(out.dump(), Not(HasSubstr("ann@")));
  EXPECT_EQ(get("cms calls", {{"level", "3"}})["conferences"].size(), 1u);
  EXPECT_EQ(get("cms calls", {{"bridge", "cms2"}})["conferences"][0]["id"], "c0441e1a-2");
  EXPECT_EQ(ask("cms calls", {{"level", "4"}}).error().kind, ErrorKind::malformed);
  auto const none = ask("cms calls", {{"bridge", "cms9"}}).error();
  EXPECT_EQ(none.kind, ErrorKind::not_found);
  EXPECT_THAT(none.what, HasSubstr("cms1, cms2"));
}

TEST_F(CmsVerbs, show_finds_a_conference_by_its_id_its_call_or_its_beginning) {
  populate();
  for (auto const* word : {"c0441e1a-1", "C0441E1A-1", "ca11-1"}) {
    auto const out = get("cms show", {{"call", word}});
    EXPECT_EQ(out["conference"]["id"], "c0441e1a-1") << word;
    ASSERT_EQ(out["people"].size(), 2u);
    EXPECT_EQ(out["people"][1]["address"], "ann@partner.example");
    EXPECT_EQ(out["people"][1]["level_name"], "external");
    EXPECT_EQ(out["people"][1]["counts"], true);
    ASSERT_GE(out["levels"].size(), 1u);
    EXPECT_EQ(out["levels"].back()["level"], 3);
    EXPECT_TRUE(out["levels"].back()["shown"].is_string()) << out["levels"].dump(1);
  }
  auto const both = ask("cms show", {{"call", "c0441e1a"}}).error();
  EXPECT_EQ(both.kind, ErrorKind::conflict);
  EXPECT_THAT(both.what, HasSubstr("c0441e1a-1, c0441e1a-2"));
  EXPECT_EQ(ask("cms show", {{"call", "c04"}}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(ask("cms show", {{"call", "nothing"}}).error().kind, ErrorKind::not_found);
}

TEST_F(CmsVerbs, report_tells_who_was_in_and_what_was_shown) {
  populate();
  site.bridge(0).end_call("ca11-1");
  ASSERT_EQ(site.post(0).status, 200);
  site.wait(10s);
  auto const lines = lines_of(follow());
  ASSERT_EQ(lines.size(), 2u);
  auto const& first = lines[0]["conference"]["id"] == "c0441e1a-1" ? lines[0] : lines[1];
  EXPECT_EQ(first["schema"], "wardroom.cms_report/1");
  EXPECT_TRUE(first["conference"]["ended"].is_string());
  EXPECT_EQ(first["conference"]["highest"], 3);
  ASSERT_EQ(first["stays"].size(), 2u);
  EXPECT_TRUE(first["stays"][0]["left"].is_string());
  EXPECT_GE(first["levels"].size(), 1u);
  EXPECT_EQ(change->object, "who was in which conference");
  EXPECT_THAT(*change->after, HasSubstr(R"("conferences":2)"));
  EXPECT_EQ(lines_of(follow({{"level", "3"}})).size(), 1u);
  EXPECT_EQ(lines_of(follow({{"conference", "c0441e1a-2"}})).size(), 1u);
  EXPECT_EQ(follow({{"until", "1d"}}), "");
  auto const csv = follow({{"csv", "true"}});
  EXPECT_THAT(csv, HasSubstr("ann@partner.example"));
  EXPECT_EQ(std::ranges::count(csv, '\n'),
            1 + 3 + std::ssize(lines[0]["levels"]) + std::ssize(lines[1]["levels"]))
      << csv;
  EXPECT_EQ(lines_of(follow({{"since", "yesterday"}})).at(0)["error"]["code"], "malformed");
  EXPECT_EQ(lines_of(follow({{"since", "1h"}, {"until", "2h"}})).at(0)["error"]["code"],
            "malformed");
}

TEST_F(CmsVerbs, more_conferences_than_a_page_come_all_in_order) {
  for (int n = 0; n < 250; ++n)
    site.feature().store().note(
        ConferenceRow{.id = "old-" + std::to_string(n), .began = site.clock.now() - 1h});
  ASSERT_TRUE(site.await(site.feature().store().commit()));
  EXPECT_EQ(lines_of(follow({{"conference", "old"}})).size(), 250u);
}

TEST_F(CmsVerbs, resync_waits_and_tells_figures_of_each_bridge) {
  populate();
  auto const all = get("cms resync");
  ASSERT_EQ(all["bridges"].size(), 2u);
  EXPECT_EQ(all["failed"], 0);
  EXPECT_EQ(all["bridges"][1]["bridge"], "cms2");
  EXPECT_EQ(all["bridges"][1]["legs"], 1);
  EXPECT_EQ(change->object, "all bridges");
  EXPECT_EQ(get("cms resync", {{"bridge", "cms1"}})["bridges"].size(), 1u);
  EXPECT_EQ(ask("cms resync", {{"bridge", "cms"}}).error().kind, ErrorKind::not_found);
}

TEST_F(CmsVerbs, register_says_what_was_done_at_each_bridge) {
  auto const all = get("cms register");
  ASSERT_EQ(all["bridges"].size(), 2u);
  EXPECT_EQ(all["failed"], 0) << all.dump(1);
  EXPECT_THAT(all["bridges"][0]["uri"].get<std::string>(), StartsWith("https://wardroom"));
  EXPECT_EQ(get("cms register", {{"bridge", "cms1"}})["bridges"][0]["changed"], false);
}

}  // namespace
}  // namespace wardroom::security_notices::test
