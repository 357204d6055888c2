// `login --browser` and `auth`: a login finished by what somebody pasted.
#include "login_site.hpp"

namespace wardroom::front {
namespace {

struct PastedLogin : testing::Test {
  explicit PastedLogin(std::vector<std::string> listed = {"ada@acme.example"})
      : site(std::move(listed)) {}
  nlohmann::json offer(std::string const& identity = "admin") {
    auto& answer = site.verb("login", {{"browser", true}, {"identity", identity}});
    EXPECT_FALSE(answer.stream->open());
    auto const lines = site.lines(answer);
    EXPECT_EQ(lines.size(), 1u);
    return lines.at(0);
  }
  static std::string state_of(nlohmann::json const& offer) {
    auto const url = offer["url"].get<std::string>();
    return *http::find(*http::parse_query(url.substr(url.find('?') + 1)), "state");
  }
  nlohmann::json auth(std::string const& text) { return site.answer_of("auth", {{"code", text}}); }
  std::string address(std::string const& rest) {
    return "https://ward.test/oauth/callback?" + rest;
  }
  std::string bearer() {
    auto const token = site.run(site.vault.bearer("admin"));
    return token ? std::string(token->reveal()) : "none";
  }
  LoginSite site;
};
struct PastedFirstLogin : PastedLogin {
  PastedFirstLogin() : PastedLogin(std::vector<std::string>{}) {}
};

TEST_F(PastedLogin, R2_is_offered_by_one_line_with_the_authorize_address) {
  auto const line = offer();
  EXPECT_EQ(line["step"], "browser");
  EXPECT_EQ(line["identity"], "admin");
  EXPECT_TRUE(line["url"].get<std::string>().starts_with("https://webexapis.com/v1/authorize?"));
  EXPECT_NE(line["url"].get<std::string>().find("code_challenge_method=S256"), std::string::npos);
  EXPECT_EQ(line["page"], "https://ward.test/admin/login");
  EXPECT_FALSE(line.contains("code"));
  EXPECT_EQ(line["expires_in_s"], 1800);
  auto const other = offer("sync");
  EXPECT_NE(other["url"].get<std::string>().find("client_id=C3"), std::string::npos);
  EXPECT_FALSE(other.contains("page")) << "the page logs in to admin only";
  auto& none = site.verb("login", {{"browser", true}, {"identity", "guests"}});
  EXPECT_EQ(site.lines(none).at(0)["error"]["code"], "denied");
}

TEST_F(PastedLogin, R2_ends_with_the_bare_code_of_the_newest_attempt) {
  offer();
  offer();
  auto const done = auth(" c0de-123 \n");
  EXPECT_EQ(done["status"], 200) << done;
  EXPECT_EQ(done["schema"], "wardroom.auth/1");
  EXPECT_EQ(done["person"], "Ada");
  EXPECT_FALSE(done.contains("step"));
  EXPECT_EQ(bearer(), "canary-access");
  auto const form = *http::parse_query(site.http.requests.front().body);
  EXPECT_EQ(http::find(form, "code"), "c0de-123");
  EXPECT_EQ(http::find(form, "redirect_uri"), "https://ward.test/oauth/callback");
  EXPECT_FALSE(http::find(form, "code_verifier")->empty());
  auto const row = site.journal_rows().at(0);
  EXPECT_EQ(row["door"], "pasted code");
  EXPECT_EQ(row["by"], "root");
}

TEST_F(PastedLogin, R2_ends_with_the_address_whose_state_fits) {
  auto const first = offer();
  offer();
  auto const done = auth("'" + address("code=c&state=" + state_of(first)) + "#frag'");
  EXPECT_EQ(done["status"], 200) << done;
  EXPECT_EQ(auth(address("code=c&state=" + state_of(first)))["status"], 409) << "works once";
  EXPECT_EQ(site.http.count("access_token"), 1u);
}

TEST_F(PastedLogin, R3_with_a_state_that_is_not_ours_makes_no_token_call_and_uses_nothing_up) {
  auto const line = offer();
  for (auto const& text :
       {address("code=c&state=" + std::string(43, 'x')), address("code=c"), address("state=x"),
        std::string("https://ward.test/oauth/callback"), std::string(""), std::string("two words"),
        address("code=%zz&state=" + state_of(line)), std::string(9000, 'c')}) {
    site.clock.advance(10s);  // who gives wrong ones again and again waits
    auto const no = auth(text);
    EXPECT_TRUE(no["status"] == 409 || no["status"] == 400) << no;
    EXPECT_TRUE(no.contains("error"));
  }
  EXPECT_EQ(site.http.count("access_token"), 0u);
  site.clock.advance(10s);
  EXPECT_EQ(auth(address("code=c&state=" + state_of(line)))["status"], 200);
}

TEST_F(PastedLogin, W1_that_fails_five_times_must_wait_and_a_restart_is_no_way_around) {
  auto const line = offer();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(auth("two words")["status"], 400) << i;
  auto const later = auth(address("code=c&state=" + state_of(line)));
  EXPECT_EQ(later["status"], 429) << later;
  EXPECT_NE(later["error"]["message"].get<std::string>().find("Try again in 1 s"),
            std::string::npos);
  LoginSite next({"ada@acme.example"}, org, "https://ward.test", site.database.disk());
  EXPECT_EQ(next.answer_of("auth", {{"code", "two words"}})["status"], 429);
  site.clock.advance(1s);
  EXPECT_EQ(auth(address("code=c&state=" + state_of(line)))["status"], 200);
  EXPECT_EQ(auth("two words")["status"], 400) << "success forgets";
}

TEST_F(PastedLogin, R3_that_is_denied_or_from_another_issuer_is_refused_with_the_reason) {
  auto const denied = auth(address("error=access_denied&state=" + state_of(offer())));
  EXPECT_EQ(denied["status"], 403);
  EXPECT_NE(denied["error"]["message"].get<std::string>().find("refused the access"),
            std::string::npos);
  auto const odd = auth(address("error=server_error&state=" + state_of(offer())));
  EXPECT_EQ(odd["status"], 400);
  auto const issuer =
      auth(address("code=c&iss=https%3A%2F%2Fevil.example&state=" + state_of(offer())));
  EXPECT_NE(issuer["error"]["message"].get<std::string>().find("configured Webex service"),
            std::string::npos);
  EXPECT_EQ(site.http.count("access_token"), 0u);
  EXPECT_EQ(auth(address("code=c&iss=https%3A%2F%2Fidbroker.webex.com%2Fidb&state=" +
                         state_of(offer())))["status"],
            200);
}

TEST_F(PastedLogin, R3_with_a_wrong_reused_or_old_code_leaves_the_stored_login_alone) {
  site.log_in("/admin/login");
  offer();
  site.http.next("access_token",
                 FakeHttpClient::reply(400, R"({"errors":[{"description":"invalid_grant"}]})"));
  auto const wrong = auth("wr0ng");
  EXPECT_EQ(wrong["status"], 409);
  auto const message = wrong["error"]["message"].get<std::string>();
  EXPECT_NE(message.find("wrong, was used before, or is too old"), std::string::npos);
  EXPECT_NE(message.find("wardroomctl login --browser"), std::string::npos);
  EXPECT_NE(message.find("unchanged"), std::string::npos);
  EXPECT_EQ(auth("wr0ng")["status"], 409) << "the attempt serves once";
  EXPECT_EQ(bearer(), "canary-access");
  EXPECT_EQ(site.vault.grants().front().generation, 1u);
}

TEST_F(PastedLogin, R3_of_the_wrong_person_is_refused_and_nothing_is_stored) {
  site.webex_knows("Eve", "eve@acme.example", org, full_admin);
  offer();
  auto const no = auth("c0de");
  EXPECT_EQ(no["status"], 403);
  EXPECT_NE(no["error"]["message"].get<std::string>().find("eve@acme.example"), std::string::npos);
  EXPECT_EQ(bearer(), "none");
}

TEST_F(PastedLogin, is_open_for_thirty_minutes_on_the_boot_time_clock) {
  offer();
  site.clock.jump_wall(std::chrono::hours(24 * 365));
  site.clock.advance(29min + 59s);
  EXPECT_EQ(auth("c0de")["status"], 200);
  auto const late = offer();
  site.clock.jump_wall(-std::chrono::hours(24 * 365 * 2));
  site.clock.advance(30min);
  EXPECT_EQ(auth("c0de")["status"], 409);
  EXPECT_EQ(auth(address("code=c&state=" + state_of(late)))["status"], 409);
  EXPECT_EQ(site.http.count("access_token"), 1u);
}

TEST_F(PastedLogin, for_one_identity_is_not_finished_as_another) {
  auto const sync = offer("sync");
  auto const no = site.answer_of(
      "auth", {{"code", address("code=c&state=" + state_of(sync))}, {"identity", "admin"}});
  EXPECT_EQ(no["status"], 409);
  EXPECT_NE(no["error"]["message"].get<std::string>().find("'sync'"), std::string::npos);
  EXPECT_EQ(site.answer_of("auth", {{"code", "c"}, {"identity", "admin"}})["status"], 409);
  auto const done = site.answer_of("auth", {{"code", "c"}});
  EXPECT_EQ(done["status"], 200);
  EXPECT_EQ(done["identity"], "sync");
}

TEST_F(PastedLogin, whose_redirect_reaches_us_is_left_to_the_terminal) {
  auto const line = offer();
  auto const state = state_of(line);
  auto const page = site.get("/oauth/callback?code=canary-code&state=" + state);
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("One step left"), std::string::npos);
  EXPECT_NE(page.body.find("wardroomctl auth"), std::string::npos);
  EXPECT_EQ(page.body.find("canary-code"), std::string::npos) << "no code in the page";
  EXPECT_EQ(page.body.find(state), std::string::npos);
  EXPECT_EQ(page.headers.get("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(page.headers.get("Cache-Control"), "no-store");
  EXPECT_TRUE(page.headers.get("Set-Cookie").empty());
  EXPECT_EQ(site.http.requests.size(), 0u) << "that browser could be anybody's";
  EXPECT_EQ(auth(address("code=canary-code&state=" + state))["status"], 200);
  EXPECT_EQ(site.get("/oauth/callback?code=canary-code&state=" + state).status, 400);
}

TEST_F(PastedLogin, T3_no_answer_or_journal_row_holds_code_or_token) {
  offer();
  auto all = auth("canary-code").dump();
  site.http.next("access_token", FakeHttpClient::reply(400, R"({"error":"invalid_grant"})"));
  offer();
  all += auth("canary-code").dump();
  for (auto const& row : site.journal_rows()) all += row.dump();
  EXPECT_EQ(all.find("canary"), std::string::npos);
}

TEST_F(PastedFirstLogin, offers_a_one_time_code_for_the_page_and_needs_none_itself) {
  auto const line = offer();
  EXPECT_EQ(line["page"], "https://ward.test/admin/login?code=" + line["code"].get<std::string>());
  EXPECT_EQ(auth("c0de")["status"], 200);
  EXPECT_EQ(site.log_in("/admin/login").status, 303) << "remembered as an administrator";
}

TEST(PastedText, is_a_code_an_address_or_nothing) {
  EXPECT_EQ(read_pasted(" abc ")->code, "abc");
  EXPECT_FALSE(read_pasted("abc")->address);
  auto const whole = read_pasted("\"https://h.test/cb?code=a%20b&state=s&iss=https%3A%2F%2Fi\"");
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->address);
  EXPECT_EQ(whole->code, "a b");
  EXPECT_EQ(whole->state, "s");
  EXPECT_EQ(whole->issuer, "https://i");
  auto const query = read_pasted("code=a&state=s");
  ASSERT_TRUE(query && query->address);
  for (auto const* bad : {"", "  ", "''", "a b", "https://h.test", "https://h.test/?state=s",
                          "https://h.test/?code=c",
                          "a\x01"
                          "b"})
    EXPECT_FALSE(read_pasted(bad)) << bad;
}

}  // namespace
}  // namespace wardroom::front
