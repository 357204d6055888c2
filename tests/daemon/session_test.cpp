// Sessions of browsers: CSRF, ends, restarts, logout.
#include "login_site.hpp"

namespace wardroom::front {
namespace {
using Site = LoginSite;

TEST(AdminSession, needs_the_csrf_token_and_our_own_origin) {
  Site site;
  EXPECT_EQ(site.post("/api/v1/monitor").status, 401);
  site.log_in("/admin/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  EXPECT_EQ(site.post("/api/v1/monitor").status, 403);
  EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf + "x"}}).status, 403);
  EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}}).body, "ada@acme.example");
  auto with = [&](std::string name, std::string value) {
    return site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}, {name, value}}).status;
  };
  EXPECT_EQ(with("Origin", "https://ward.test"), 200);
  EXPECT_EQ(with("Sec-Fetch-Site", "same-origin"), 200);
  for (auto const* origin : {"https://evil.example", "http://ward.test", "https://ward.test:444",
                             "null", "https://ward.test.evil.example"})
    EXPECT_EQ(with("Origin", origin), 403) << origin;
  EXPECT_EQ(with("Sec-Fetch-Site", "cross-site"), 403);
  EXPECT_EQ(with("Sec-Fetch-Site", "same-site"), 403);
}

TEST(AdminSession, ends_after_30_idle_minutes_and_after_12_hours) {
  Site site;
  site.log_in("/admin/login");
  site.clock.advance(29min);
  EXPECT_TRUE(site.session().contains("admin"));
  site.clock.advance(31min);
  EXPECT_FALSE(site.session().contains("admin"));
  site.log_in("/admin/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  for (int i = 0; i < 24; ++i) {
    EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}}).status, 200) << i;
    site.clock.advance(29min + 59s);
  }
  site.clock.advance(2min);
  EXPECT_FALSE(site.session().contains("admin"));
}

TEST(AdminSession, is_not_kept_alive_by_a_page_that_asks_how_long_it_lasts) {
  Site site;
  site.log_in("/admin/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  EXPECT_EQ(site.session()["expires_in_s"], 30 * 60);
  for (int i = 0; i < 29; ++i) {
    site.clock.advance(1min);
    EXPECT_EQ(site.session()["expires_in_s"], (29 - i) * 60);
  }
  site.clock.advance(2min);
  EXPECT_EQ(site.get("/api/v1/session").body, "{}");
  EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}}).status, 401);
}

TEST(AdminSession, can_be_asked_after_by_its_handle_without_counting_as_a_request) {
  Site site;
  site.log_in("/admin/login");
  auto const handle = to_hex(sha256(site.jar.at("__Host-wardroom_admin")));
  EXPECT_FALSE(site.sessions.alive(""));
  EXPECT_FALSE(site.sessions.alive("no handle"));
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(site.sessions.alive(handle)) << i;
    site.clock.advance(1min);
  }
  EXPECT_FALSE(site.sessions.alive(handle));
}

TEST(AdminSession, outlives_a_restart_but_not_a_wall_clock_that_went_back) {
  Site site;
  site.log_in("/admin/login");
  auto const jar = site.jar;
  {
    Site next({"ada@acme.example"}, org, "https://ward.test", site.database.disk());
    next.jar = jar;
    EXPECT_TRUE(next.session().contains("admin"));
    next.clock.advance(31min);
    EXPECT_FALSE(next.session().contains("admin"));
  }
  Site gone({"ada@acme.example"}, org, "https://ward.test", site.database.disk());
  gone.jar = jar;
  EXPECT_FALSE(gone.session().contains("admin")) << "it ended in the store as well";
}

TEST(AdminSession, of_somebody_taken_off_the_list_ends_at_once) {
  Site site;
  site.log_in("/admin/login");
  site.login.set_admins({"ada@acme.example", "bob@acme.example"});
  EXPECT_TRUE(site.session().contains("admin"));
  site.login.set_admins({"bob@acme.example"});
  EXPECT_FALSE(site.session().contains("admin"));
}

TEST(AdminSession, gets_a_new_id_at_every_login_and_the_old_one_is_dead) {
  Site site;
  site.log_in("/admin/login");
  auto const old = site.jar.at("__Host-wardroom_admin");
  site.log_in("/admin/login");
  EXPECT_NE(site.jar.at("__Host-wardroom_admin"), old);
  EXPECT_EQ(site.sessions.admins(), 1u);
  site.jar["__Host-wardroom_admin"] = old;
  EXPECT_FALSE(site.session().contains("admin"));
}

TEST(Sessions, of_a_person_open_no_door_of_an_admin_and_the_other_way_round) {
  Site site;
  site.log_in("/user/login");
  EXPECT_EQ(site.post("/api/v1/monitor").status, 401);
  auto const person = site.jar.at("__Host-wardroom_person");
  site.jar.clear();
  site.jar["__Host-wardroom_admin"] = person;
  EXPECT_EQ(site.post("/api/v1/monitor").status, 401);
  site.jar.clear();
  site.log_in("/admin/login");
  EXPECT_EQ(site.post("/api/v1/location").status, 401);
}

TEST(Sessions, W1_made_up_broken_and_twice_sent_cookies_are_nobody) {
  Site site;
  for (auto const& value : {std::string(43, 'A'), std::string("x"), std::string(5000, 'a'),
                            std::string("\"\""), std::string(43, '%')}) {
    site.jar.clear();
    site.jar["__Host-wardroom_person"] = value;
    site.jar["__Host-wardroom_admin"] = value;
    EXPECT_EQ(site.post("/api/v1/location").status, 401);
    EXPECT_EQ(site.get("/api/v1/session").body, "{}");
  }
}

TEST(Sessions, of_a_person_roll_on_while_they_come_back) {
  Site site;
  site.log_in("/user/login");
  site.clock.advance(std::chrono::hours(24 * 20));
  // Location posts have moved the session on, but the browser's cookie is 20 days old.
  for (auto& [digest, session] : site.people.sessions)
    session.expires = site.clock.now() + std::chrono::hours(24 * 30);
  auto const again = site.get("/api/v1/session");
  EXPECT_NE(again.headers.get("Set-Cookie").find("Max-Age=2592000"), std::string_view::npos);
  EXPECT_EQ(nlohmann::json::parse(again.body)["expires_in_s"], 30 * 24 * 3600);
}

TEST(Logout, ends_both_sessions_on_the_server) {
  Site site;
  site.log_in("/user/login");
  site.log_in("/admin/login");
  auto const jar = site.jar;
  EXPECT_EQ(site.post("/api/v1/logout").status, 403) << "an administrator's needs the CSRF token";
  auto const csrf = site.session()["csrf"].get<std::string>();
  EXPECT_EQ(site.post("/api/v1/logout", {{"X-CSRF-Token", csrf}}).status, 204);
  EXPECT_TRUE(site.jar.empty());
  site.jar = jar;
  EXPECT_EQ(site.get("/api/v1/session").body, "{}");
  EXPECT_TRUE(site.people.sessions.empty());
}

TEST(AdminSession, of_somebody_listed_by_a_second_address_outlives_a_reload_and_a_restart) {
  Site site({"lovelace@acme.example"});
  site.http.always(
      "/people/me",
      FakeHttpClient::reply(
          200, nlohmann::json{{"id", "f5b36187-c8dd-4727-8b2f-f9c447f29046"},
                              {"displayName", "Ada"},
                              {"emails", {"ada@acme.example", "lovelace@acme.example"}},
                              {"orgId", to_base64("ciscospark://eu/ORGANIZATION/" + org)},
                              {"type", "person"},
                              {"roles", {full_admin}}}
                   .dump()));
  site.log_in("/admin/login");
  ASSERT_TRUE(site.session().contains("admin"));
  site.login.set_admins({"lovelace@acme.example", "bob@acme.example"});
  EXPECT_TRUE(site.session().contains("admin")) << "the second address counts as well";
  Site next({"lovelace@acme.example"}, org, "https://ward.test", site.database.disk());
  next.jar = site.jar;
  next.login.set_admins({"lovelace@acme.example"});
  EXPECT_TRUE(next.session().contains("admin"));
  next.login.set_admins({"bob@acme.example"});
  EXPECT_FALSE(next.session().contains("admin"));
}

TEST(AdminSession, is_not_kept_alive_by_what_a_page_asks_by_itself) {
  Site site;
  site.log_in("/admin/login");
  for (int i = 0; i < 29; ++i) {
    EXPECT_EQ(
        site.ask(http::Method::get, "/api/v1/sessions", {{"Wardroom-Background", "1"}}).status, 200)
        << i;
    site.clock.advance(1min);
  }
  EXPECT_EQ(site.get("/api/v1/sessions").status, 200) << "somebody is there";
  site.clock.advance(2min);
  EXPECT_TRUE(site.session().contains("admin"));
  for (int i = 0; i < 29; ++i) {
    site.ask(http::Method::get, "/api/v1/sessions", {{"Wardroom-Background", "1"}});
    site.clock.advance(1min);
  }
  EXPECT_EQ(site.get("/api/v1/sessions").status, 401);
}

TEST(Sessions, W1_need_every_origin_and_every_fetch_site_to_be_ours) {
  Site site;
  site.log_in("/admin/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  auto with = [&](http::Headers headers) {
    headers.add("X-CSRF-Token", csrf);
    return site.post("/api/v1/monitor", headers).status;
  };
  EXPECT_EQ(with({{"Origin", "https://ward.test"}, {"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(with({{"Origin", "https://ward.test"}, {"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(with({{"Origin", "https://ward.test"}, {"Origin", "https://evil.example"}}), 403);
  EXPECT_EQ(with({{"Sec-Fetch-Site", "none"}}), 403);
}

TEST(Sessions, W1_of_a_person_need_the_token_of_their_page_for_all_but_location_posts) {
  Site site;
  site.log_in("/user/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  EXPECT_EQ(site.post("/api/v1/location").status, 200);
  EXPECT_EQ(site.post("/api/v1/me/sessions/end").status, 403);
  EXPECT_EQ(site.post("/api/v1/me/sessions/end", {{"X-CSRF-Token", csrf + "x"}}).status, 403);
  EXPECT_EQ(site.post("/api/v1/me/sessions/end", {{"X-CSRF-Token", csrf}}).status, 400);
  EXPECT_EQ(site.post("/api/v1/logout").status, 403);
  EXPECT_EQ(site.post("/api/v1/logout", {{"X-CSRF-Token", csrf}}).status, 204);
}

/// The answer to a change of sessions with the token of the page.
nlohmann::json change(Site& site, std::string const& path, nlohmann::json const& body) {
  auto const csrf = site.session().value("csrf", "");
  auto const got =
      site.ask(http::Method::post, path,
               {{"Content-Type", "application/json"}, {"X-CSRF-Token", csrf}}, body.dump());
  auto out = nlohmann::json::parse(got.body);
  out["status"] = got.status;
  return out;
}

TEST(SessionList, tells_administrators_who_is_here_and_ends_it_streams_included) {
  Site site;
  site.log_in("/admin/login");
  auto const first = site.jar;
  site.jar.clear();
  site.clock.advance(1min);
  site.log_in("/admin/login");
  auto const listed = nlohmann::json::parse(site.get("/api/v1/sessions").body);
  ASSERT_EQ(listed["sessions"].size(), 2u) << listed;
  EXPECT_EQ(listed["sessions"][0]["here"], true);
  EXPECT_FALSE(listed["sessions"][1].contains("here"));
  EXPECT_EQ(listed["sessions"][1]["who"], "ada@acme.example");
  EXPECT_EQ(listed.dump().find(first.at("__Host-wardroom_admin")), std::string::npos);
  auto const second = std::exchange(site.jar, first);
  std::string const cookie = "__Host-wardroom_admin=" + first.at("__Host-wardroom_admin");
  auto watching = std::make_shared<test::CapturedAnswer>();
  http::Headers const headers{{"Cookie", cookie}};
  http::ServerRequest request;
  request.path = "/api/v1/dashboard/stream";
  request.headers = &headers;
  site.router.dispatch(site.router.match(request.method, request.path), request,
                       http::Responder(watching));
  ASSERT_TRUE(watching->stream && watching->stream->open());
  site.jar = second;
  auto const id = listed["sessions"][1]["id"].get<std::string>();
  EXPECT_EQ(change(site, "/api/v1/sessions/revoke", {{"id", id}})["ended"], 1);
  EXPECT_FALSE(watching->stream->open()) << "at once";
  site.jar = first;
  EXPECT_EQ(site.get("/api/v1/sessions").status, 401);
  site.jar = second;
  EXPECT_EQ(change(site, "/api/v1/sessions/revoke", {{"id", id}})["status"], 404);
  for (auto const& broken :
       {nlohmann::json{{"id", ""}}, nlohmann::json{{"id", 7}}, nlohmann::json{{"others", false}},
        nlohmann::json::object(), nlohmann::json{{"id", id}, {"others", true}}, nlohmann::json(3)})
    EXPECT_EQ(change(site, "/api/v1/sessions/revoke", broken)["status"], 400) << broken;
  EXPECT_EQ(change(site, "/api/v1/sessions/revoke", {{"id", "ab"}})["status"], 400);
}

TEST(SessionList, is_journalled_and_audited_and_changes_nothing_while_the_audit_takes_nothing) {
  Site site;
  site.log_in("/admin/login");
  auto const first = site.jar;
  site.jar.clear();
  site.log_in("/admin/login");
  site.audit_takes = false;
  EXPECT_EQ(change(site, "/api/v1/sessions/revoke", {{"others", true}})["status"], 503);
  EXPECT_EQ(site.sessions.admins(), 2u);
  site.audit_takes = true;
  EXPECT_EQ(change(site, "/api/v1/sessions/revoke", {{"others", true}})["ended"], 1);
  EXPECT_EQ(site.sessions.admins(), 1u);
  EXPECT_TRUE(site.session().contains("admin")) << "one's own stays";
  ASSERT_EQ(site.audited.size(), 2u);
  EXPECT_EQ(site.audited[0].first, "sessions revoke");
  EXPECT_EQ(site.audited[1].first, "sessions revoked");
  auto const rows = site.session_rows();
  EXPECT_EQ(rows.front()["what"], "revoked");
  EXPECT_TRUE(rows.front()["by"].get<std::string>().starts_with("person 4"));
  for (auto const& row : rows) {
    EXPECT_EQ(row.dump().find("acme.example"), std::string::npos) << "the journal names nobody";
    EXPECT_EQ(row.dump().find(to_hex(sha256(first.at("__Host-wardroom_admin")))),
              std::string::npos);
  }
}

TEST(SessionList, writes_down_what_was_refused_in_somebodys_name_once_a_minute) {
  Site site;
  for (int i = 0; i < 5; ++i) site.post("/api/v1/monitor", {{"Origin", "https://evil.example"}});
  EXPECT_TRUE(site.session_rows().empty()) << "in nobody's name: no trace";
  site.log_in("/admin/login");
  for (int i = 0; i < 5; ++i) site.post("/api/v1/monitor", {{"Origin", "https://evil.example"}});
  for (int i = 0; i < 5; ++i) site.post("/api/v1/monitor");
  ASSERT_EQ(site.audited.size(), 2u);
  EXPECT_EQ(site.audited[0].first, "web request refused");
  EXPECT_EQ(*site.audited[0].second.after,
            R"({"route":"POST /api/v1/monitor","reason":"another site"})");
  EXPECT_EQ(*site.audited[1].second.after,
            R"({"route":"POST /api/v1/monitor","reason":"no token"})");
  site.clock.advance(1min);
  site.post("/api/v1/monitor");
  EXPECT_EQ(site.audited.size(), 3u);
  EXPECT_EQ(site.session_rows().front()["what"], "refused");
}

TEST(SessionList, lets_people_end_their_own_other_sessions_and_nobody_elses) {
  Site site;
  site.log_in("/user/login");
  auto const lost = site.jar;
  site.jar.clear();
  site.log_in("/user/login");
  PersonSession bobs{8, "Bob", {}};
  site.people.sessions[sha256("bob's")] = bobs;
  auto const mine = nlohmann::json::parse(site.get("/api/v1/me/sessions").body)["sessions"];
  ASSERT_EQ(mine.size(), 2u) << mine;
  for (auto const& one : mine) {
    EXPECT_EQ(one["browser"], "another program");
    EXPECT_EQ(one.contains("here"),
              one["id"] == session_id(sha256(site.jar.at("__Host-wardroom_person"))));
  }
  auto const bobs_id = session_id(sha256("bob's"));
  EXPECT_EQ(change(site, "/api/v1/me/sessions/end", {{"id", bobs_id}})["status"], 404);
  EXPECT_EQ(change(site, "/api/v1/me/sessions/end", {{"person", "8"}})["status"], 400);
  auto const lost_id = session_id(sha256(lost.at("__Host-wardroom_person")));
  EXPECT_EQ(change(site, "/api/v1/me/sessions/end", {{"id", lost_id}})["ended"], 1);
  EXPECT_EQ(change(site, "/api/v1/me/sessions/end", {{"others", true}})["ended"], 0);
  EXPECT_EQ(site.people.sessions.size(), 2u);
  EXPECT_TRUE(site.session().contains("person"));
}

TEST(SessionVerbs, list_and_end_sessions_and_say_what_they_did) {
  Site site;
  site.log_in("/admin/login");
  site.log_in("/user/login");
  auto const all = site.answer_of("sessions list");
  ASSERT_EQ(all["sessions"].size(), 1u);
  EXPECT_EQ(all["location_sessions"], 1);
  auto const id = all["sessions"][0]["id"].get<std::string>();
  EXPECT_EQ(site.answer_of("sessions revoke")["status"], 400);
  EXPECT_EQ(site.answer_of("sessions revoke", {{"id", id}, {"all", "true"}})["status"], 400);
  EXPECT_EQ(site.answer_of("sessions revoke", {{"id", "ffffffffffff"}})["status"], 404);
  EXPECT_EQ(site.answer_of("people sessions", {{"person", "nobody"}})["status"], 404);
  auto const ada = site.answer_of("people sessions", {{"person", "40"}});
  EXPECT_EQ(ada["sessions"].size(), 1u) << ada;
  EXPECT_EQ(ada["sessions"][0]["role"], "administrator");
  EXPECT_EQ(site.answer_of("people sessions", {{"person", "7"}})["sessions"][0]["role"], "person");
  auto const done = site.answer_of("people revoke", {{"person", "7"}});
  EXPECT_EQ(done["ended"], 1);
  EXPECT_EQ(done["person"], "person 7");
  EXPECT_TRUE(site.people.sessions.empty());
  EXPECT_EQ(site.answer_of("sessions revoke", {{"id", id.substr(0, 4)}})["ended"], 1);
  EXPECT_EQ(site.get("/api/v1/sessions").status, 401);
  EXPECT_EQ(site.answer_of("sessions revoke", {{"all", "true"}})["ended"], 0);
  EXPECT_EQ(site.session_rows().front()["by"], "root");
  site.rights = {true, false, false, "joe"};
  EXPECT_EQ(site.answer_of("sessions list")["status"], 200);
  EXPECT_EQ(site.answer_of("people revoke", {{"person", "7"}})["status"], 403);
}

TEST(Login, W1_pictures_on_other_sites_make_nobody_wait) {
  Site site({}, "");
  site.remote = "192.0.2.7";
  for (auto const* dest : {"image", "iframe", "empty"})
    for (auto const* path :
         {"/admin/login?code=WRONG-CODE", "/user/login", "/oauth/callback?state=x&code=c"})
      for (int i = 0; i < 25; ++i)
        EXPECT_EQ(site.ask(http::Method::get, path, {{"Sec-Fetch-Dest", dest}}).status, 403);
  EXPECT_EQ(site.get("/oauth/callback?state=x&code=c").status, 400) << "not 429";
  EXPECT_EQ(site.ask(http::Method::get, "/user/login", {{"Sec-Fetch-Dest", "document"}}).status,
            303);
}

TEST(Login, W1_with_wrong_codes_and_made_up_answers_waits_longer_and_longer) {
  Site site({}, "");
  site.remote = "192.0.2.7";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(site.get("/admin/login?code=WRONG-CODE").status, 403) << i;
  auto const page = site.get("/admin/login?code=WRONG-CODE");
  EXPECT_EQ(page.status, 429);
  EXPECT_EQ(page.headers.get("Retry-After"), "1");
  EXPECT_NE(page.body.find("have failed"), std::string::npos);
  EXPECT_EQ(site.get("/oauth/callback?state=x&code=c").status, 429) << "one address, all doors";
  site.remote = "192.0.2.8";
  EXPECT_EQ(site.get("/oauth/callback?state=x&code=c").status, 400);
  site.remote = "192.0.2.7";
  site.clock.advance(1s);
  auto const code = site.desk.acceptance().make_code();
  EXPECT_EQ(site.log_in("/admin/login?code=" + code).status, 303) << "never locked out";
}

}  // namespace
}  // namespace wardroom::front
