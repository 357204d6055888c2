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

}  // namespace
}  // namespace wardroom::front
