// `wardroomctl login`: the device grant line by line, and who is let in by it.
#include "login_site.hpp"

#include <gtest/gtest-spi.h>

namespace wardroom::front {
namespace {

std::string const code_answer =
    R"({"device_code":"canary-device","expires_in":300,"user_code":"729703",)"
    R"("verification_uri":"https://helper.test/verify",)"
    R"("verification_uri_complete":"https://helper.test/verify?userCode=aa","interval":2})";

struct DeviceLogin : testing::Test {
  explicit DeviceLogin(std::vector<std::string> listed = {"ada@acme.example"},
                       std::string org_id = org)
      : site(std::move(listed), std::move(org_id)) {
    site.http.always("/device/authorize", FakeHttpClient::reply(200, code_answer));
    site.http.always("/device/token", FakeHttpClient::reply(428));
  }
  void allow(std::string const& scope = "") {
    nlohmann::json body{{"access_token", "canary-access"},
                        {"expires_in", 1209600},
                        {"refresh_token", "canary-refresh"},
                        {"refresh_token_expires_in", 7776000}};
    if (!scope.empty()) body["scope"] = scope;
    site.http.next("/device/token", FakeHttpClient::reply(200, body.dump()));
  }
  /// The error line that ends the attempt which `allow` lets through.
  nlohmann::json refused_line(std::string const& identity = "admin") {
    auto& answer = site.verb("login", {{"identity", identity}});
    allow();
    site.clock.advance(2s);
    EXPECT_FALSE(answer.stream->open());
    auto const lines = site.lines(answer);
    return lines.empty() ? nlohmann::json() : lines.back().value("error", nlohmann::json());
  }
  std::string bearer() {
    auto const token = site.run(site.vault.bearer("admin"));
    return token ? std::string(token->reveal()) : "none";
  }
  LoginSite site;
};
struct DeviceLoginOfFirst : DeviceLogin {
  DeviceLoginOfFirst() : DeviceLogin({}, "") {}
};

TEST_F(DeviceLogin, R2_shows_the_code_waits_and_keeps_the_grant) {
  auto& answer = site.verb("login");
  EXPECT_EQ(answer.answer->headers.get("Content-Type"), "application/x-ndjson");
  auto const first = site.lines(answer).at(0);
  EXPECT_EQ(first["step"], "device");
  EXPECT_EQ(first["identity"], "admin");
  EXPECT_EQ(first["url"], "https://helper.test/verify");
  EXPECT_EQ(first["url_complete"], "https://helper.test/verify?userCode=aa");
  EXPECT_EQ(first["user_code"], "729703");
  EXPECT_EQ(first["expires_in_s"], 300);
  EXPECT_EQ(first["interval_s"], 2);
  EXPECT_EQ(first["expires_at"].get<std::string>().size(), 24u);
  site.clock.advance(7s);
  auto const waiting = site.lines(answer).back();
  EXPECT_EQ(waiting["step"], "waiting");
  EXPECT_EQ(waiting["left_s"], 294);
  EXPECT_TRUE(answer.stream->open());
  allow();
  site.clock.advance(1s);
  auto const done = site.lines(answer).back();
  EXPECT_EQ(done["step"], "done");
  EXPECT_EQ(done["identity"], "admin");
  EXPECT_EQ(done["person"], "Ada");
  EXPECT_EQ(done["email"], "ada@acme.example");
  EXPECT_EQ(done["scopes"].size(), admin_scopes().size());
  EXPECT_TRUE(done["missing_scopes"].empty());
  EXPECT_FALSE(done.contains("replaced"));
  EXPECT_FALSE(answer.stream->open());
  EXPECT_EQ(bearer(), "canary-access");
  auto const row = site.journal_rows().at(0);
  EXPECT_EQ(row["kind"], "login");
  EXPECT_EQ(row["door"], "device");
  EXPECT_EQ(row["accepted"], true);
  EXPECT_EQ(row["by"], "root");
  EXPECT_EQ(row["person_no"], 40);
  EXPECT_EQ(site.desk.device().running(), 0);
}

TEST_F(DeviceLogin, tells_when_it_was_asked_to_slow_down) {
  auto& answer = site.verb("login");
  site.http.next("/device/token", FakeHttpClient::reply(400, R"({"error":"slow_down"})"));
  site.clock.advance(2s);
  auto const line = site.lines(answer).back();
  EXPECT_EQ(line["step"], "slow_down");
  EXPECT_EQ(line["interval_s"], 7);
  answer.stream->close();
  site.clock.advance(1s);
}

TEST_F(DeviceLogin, R3_ends_with_reason_and_remedy_when_it_is_denied_or_its_code_ends) {
  auto& denied = site.verb("login");
  site.http.next("/device/token", FakeHttpClient::reply(400, R"({"error":"access_denied"})"));
  site.clock.advance(2s);
  EXPECT_FALSE(denied.stream->open());
  auto const no = site.lines(denied).back()["error"];
  EXPECT_EQ(no["code"], "denied");
  EXPECT_NE(no["message"].get<std::string>().find("refused"), std::string::npos);
  EXPECT_NE(no["remedy"].get<std::string>().find("wardroomctl login"), std::string::npos);
  auto& late = site.verb("login");
  site.clock.advance(300s);
  EXPECT_FALSE(late.stream->open());
  EXPECT_EQ(site.lines(late).back()["error"]["code"], "timed_out");
  EXPECT_EQ(bearer(), "none");
  EXPECT_EQ(site.journal_rows().size(), 2u);
}

TEST_F(DeviceLogin, R3_of_the_wrong_person_org_role_or_scope_stores_nothing_and_keeps_what_was) {
  site.log_in("/admin/login");
  ASSERT_EQ(bearer(), "canary-access");
  auto const says = [](nlohmann::json const& error, char const* words) {
    return (error.value("message", "") + error.value("remedy", "")).find(words) !=
           std::string::npos;
  };
  site.webex_knows("Eve", "eve@acme.example", org, full_admin,
                   "11111111-c8dd-4727-8b2f-f9c447f29046");
  auto const stranger = refused_line();
  EXPECT_EQ(stranger["code"], "denied");
  EXPECT_TRUE(says(stranger, "eve@acme.example")) << stranger;
  EXPECT_TRUE(says(stranger, "webex.admins"));
  site.webex_knows("Ada", "ada@acme.example", "11111111-4b5a-4968-8777-aabbccddeeff", full_admin);
  EXPECT_TRUE(says(refused_line(), "another Webex organization"));
  site.webex_knows("Ada", "ada@acme.example", org, "");
  EXPECT_TRUE(says(refused_line(), "full administrator"));
  site.webex_knows("Ada", "ada@acme.example", org, full_admin);
  auto& answer = site.verb("login");
  allow("spark:people_read spark-admin:people_read");
  site.clock.advance(2s);
  auto const scopes = site.lines(answer).back()["error"];
  EXPECT_TRUE(says(scopes, "spark-admin:xsi (needed by call_blocking)")) << scopes;
  EXPECT_TRUE(says(scopes, "developer portal"));
  EXPECT_TRUE(says(scopes, "switch off"));
  EXPECT_EQ(site.vault.grants().front().generation, 1u) << "the login from before is untouched";
  EXPECT_EQ(site.vault.grants().front().who.email, "ada@acme.example");
  EXPECT_EQ(site.journal_rows().size(), 5u);
}

TEST_F(DeviceLogin, R3_of_a_bot_is_refused_in_words) {
  site.http.always("/people/me",
                   FakeHttpClient::reply(200, R"({"id":"f5b36187-c8dd-4727-8b2f-f9c447f29046",)"
                                              R"("displayName":"Robo","emails":["r@webex.bot"],)"
                                              R"("type":"bot"})"));
  auto const error = refused_line();
  EXPECT_NE(error["message"].get<std::string>().find("Bots and guests"), std::string::npos);
  EXPECT_EQ(bearer(), "none");
}

TEST_F(DeviceLogin, without_the_scope_to_ask_who_it_is_names_the_scopes) {
  site.http.always("/people/me", FakeHttpClient::reply(403, R"({"message":"no"})"));
  auto& answer = site.verb("login");
  allow("spark-admin:xsi");
  site.clock.advance(2s);
  auto const message = site.lines(answer).back()["error"]["message"].get<std::string>();
  EXPECT_NE(message.find("spark:people_read"), std::string::npos) << message;
}

TEST_F(DeviceLogin, R11_for_another_identity_asks_its_scopes_by_its_client) {
  auto& answer = site.verb("login", {{"identity", "sync"}});
  auto const form = *http::parse_query(site.http.last().body);
  EXPECT_EQ(http::find(form, "client_id"), "C3");
  EXPECT_EQ(http::find(form, "scope"), "spark:people_read spark:memberships_write");
  allow();
  site.clock.advance(2s);
  EXPECT_EQ(site.lines(answer).back()["step"], "done");
  EXPECT_TRUE(site.run(site.vault.bearer("sync")));
  EXPECT_EQ(bearer(), "none") << "admin was not meant";
}

TEST_F(DeviceLogin, R11_for_an_identity_nobody_logs_in_to_says_so) {
  for (auto const& [identity, words] : std::vector<std::pair<std::string, std::string>>{
           {"guests", "service app"},
           {"issuer", "guest issuer"},
           {"nobody", "no identity 'nobody'"},
           {"person:f5b36187-c8dd-4727-8b2f-f9c447f29046", "by that person"}}) {
    auto& answer = site.verb("login", {{"identity", identity}});
    auto const error = site.lines(answer).at(0)["error"];
    EXPECT_NE(error["message"].get<std::string>().find(words), std::string::npos) << error;
    EXPECT_FALSE(error["remedy"].get<std::string>().empty());
    EXPECT_FALSE(answer.stream->open());
  }
  EXPECT_EQ(site.http.requests.size(), 0u);
}

TEST_F(DeviceLogin, given_up_by_closing_the_stream_asks_no_more_and_stores_nothing) {
  auto& answer = site.verb("login");
  site.clock.advance(4s);
  answer.stream->close();
  site.clock.drain();
  EXPECT_EQ(site.desk.device().running(), 0);
  auto const asked = site.http.count("/device/token");
  allow();
  site.clock.advance(60s);
  EXPECT_EQ(site.http.count("/device/token"), asked);
  EXPECT_EQ(bearer(), "none");
}

TEST_F(DeviceLogin, that_waits_for_somebody_does_not_hold_up_a_stop_of_the_daemon) {
  auto& answer = site.verb("login");
  site.clock.advance(3s);
  test::start_task(site.io, site.tasks.stop(site.clock, 3500ms));
  site.clock.drain();
  EXPECT_FALSE(answer.stream->open());
  EXPECT_EQ(site.lines(answer).back()["error"]["message"], "The daemon is stopping.");
  EXPECT_EQ(site.tasks.running(), 0u);
  EXPECT_EQ(bearer(), "none");
}

TEST_F(DeviceLogin, runs_eight_at_once_and_refuses_the_ninth) {
  std::vector<test::CapturedAnswer*> all;
  for (int i = 0; i < 8; ++i) all.push_back(&site.verb("login"));
  EXPECT_EQ(site.desk.device().running(), 8);
  auto& ninth = site.verb("login");
  EXPECT_EQ(site.lines(ninth).at(0)["error"]["code"], "throttled");
  EXPECT_FALSE(ninth.stream->open());
  for (auto* one : all) one->stream->close();
  site.clock.drain();
  EXPECT_EQ(site.desk.device().running(), 0);
  EXPECT_EQ(site.lines(site.verb("login")).at(0)["step"], "device");
}

TEST_F(DeviceLogin, that_breaks_off_after_it_was_allowed_says_so) {
  auto& answer = site.verb("login");
  allow();
  site.http.next("/people/me", [](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    throw std::runtime_error("a broken invariant");
    co_return http::ClientResponse{};
  });
  EXPECT_NONFATAL_FAILURE(site.clock.advance(2s), "a handler threw");
  EXPECT_FALSE(answer.stream->open());
  EXPECT_EQ(site.lines(answer).back()["error"]["message"],
            "The login broke off; the log says why.");
  EXPECT_EQ(site.desk.device().running(), 0);
}

TEST_F(DeviceLogin, two_for_one_identity_may_both_end_well_and_the_later_one_stays) {
  site.verb("login");
  auto& second = site.verb("login");
  allow();
  site.clock.advance(2s);
  site.webex_knows("Ada L", "ada@acme.example", org, full_admin);
  allow();
  site.clock.advance(10s);
  EXPECT_EQ(site.vault.grants().front().generation, 2u);
  (void)second;
  bool replaced = false;
  for (auto const& one : site.asked)
    for (auto const& line : LoginSite::lines(*one))
      replaced |= line.value("replaced", "") == "ada@acme.example";
  EXPECT_TRUE(replaced);
}

TEST_F(DeviceLogin, that_cannot_begin_says_why) {
  site.http.next("/device/authorize",
                 FakeHttpClient::reply(400, R"({"errors":[{"description":"invalid_scope"}]})"));
  auto const refused = site.lines(site.verb("login")).at(0)["error"];
  EXPECT_NE(refused["remedy"].get<std::string>().find("developer portal"), std::string::npos);
  site.http.next("/device/authorize", FakeHttpClient::fail(ErrorKind::unavailable, "no route"));
  auto const dead = site.lines(site.verb("login")).at(0)["error"];
  EXPECT_EQ(dead["code"], "unavailable");
  EXPECT_NE(dead["message"].get<std::string>().find("no route"), std::string::npos);
}

TEST_F(DeviceLogin, that_cannot_be_stored_says_so) {
  auto& answer = site.verb("login");
  allow();
  site.database.fail_next_commit({ErrorKind::unavailable, "disk full"});
  site.clock.advance(2s);
  auto const error = site.lines(answer).back()["error"];
  EXPECT_EQ(error["code"], "unavailable");
  EXPECT_NE(error["message"].get<std::string>().find("isk full"), std::string::npos);
  EXPECT_EQ(bearer(), "none");
}

TEST_F(DeviceLogin, T3_no_line_or_journal_row_holds_a_secret) {
  auto& answer = site.verb("login");
  allow();
  site.clock.advance(2s);
  std::string all = answer.stream->written;
  for (auto const& row : site.journal_rows()) all += row.dump();
  EXPECT_EQ(all.find("canary"), std::string::npos);
  EXPECT_EQ(all.find("ada@acme.example", answer.stream->written.size()), std::string::npos)
      << "the journal names nobody by address";
}

TEST_F(DeviceLoginOfFirst, R3_for_another_identity_makes_nobody_an_administrator_of_the_site) {
  auto& answer = site.verb("login", {{"identity", "sync"}});
  allow();
  site.clock.advance(2s);
  EXPECT_EQ(site.lines(answer).back()["step"], "done") << site.lines(answer).back();
  EXPECT_EQ(site.log_in("/admin/login").status, 403);
}

TEST_F(DeviceLoginOfFirst, R3_at_the_control_socket_needs_no_one_time_code) {
  auto& answer = site.verb("login");
  allow();
  site.clock.advance(2s);
  EXPECT_EQ(site.lines(answer).back()["step"], "done") << site.lines(answer).back();
  EXPECT_EQ(site.desk.acceptance().org(), org);
  EXPECT_EQ(site.log_in("/admin/login").status, 303) << "known by now, also in the browser";
  site.webex_knows("Bob", "bob@acme.example", org, full_admin,
                   "22222222-c8dd-4727-8b2f-f9c447f29046");
  EXPECT_EQ(site.log_in("/admin/login").status, 403) << "but nobody else";
}

}  // namespace
}  // namespace wardroom::front
