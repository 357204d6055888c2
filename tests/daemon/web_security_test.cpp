// W1: what a browser, another site or somebody in between could try, as data, against the whole
// daemon over real sockets; none may succeed.
#include "support/site.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

namespace wardroom::test {
namespace {
using namespace std::chrono_literals;

constexpr auto observing = R"(  mode: observe
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true }, no_fix: closed })";
constexpr auto ada = "ada@acme.example";
constexpr auto zoe = "zoe.mueller@acme.example";

std::string file_text(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// "POST /api/v1/monitor" of every changing route that docs/api.md names.
std::set<std::string> documented_changes() {
  std::set<std::string> out;
  std::istringstream text(file_text(WARDROOM_SOURCE_DIR "/docs/api.md"));
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("| `POST /api/")) continue;
    auto route = line.substr(3, line.find('`', 3) - 3);
    if (auto const at = route.find("{job}"); at != std::string::npos)
      route.replace(at, 5, "all-hands");
    out.insert(std::move(route));
  }
  return out;
}

/// Bytes as they are, and the whole answer.
std::string raw(std::uint16_t port, std::string const& bytes) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval limit{5, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<sockaddr const*>(&to), sizeof to) == 0 &&
      ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    for (ssize_t got; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return answer;
}

struct WebSecurity : testing::Test {
  Site site{observing};
  void start() { site.start_daemon(); }

  static std::string value_of(Browser const& browser, std::string const& name) {
    auto const all = browser.cookie_header();
    auto const at = all.find(name + "=");
    if (at == std::string::npos) return "";
    auto const from = at + name.size() + 1;
    return all.substr(from, all.find(';', from) - from);
  }
  static std::string csrf(Browser const& browser) {
    return browser.get("/api/v1/session").json().value("csrf", "");
  }
  HttpAnswer send(std::string const& method, std::string const& path,
                  std::vector<std::string> headers, std::string body = "{}") {
    return http({.method = method,
                 .url = site.daemon_url() + path,
                 .body = std::move(body),
                 .headers = std::move(headers),
                 .timeout = 5s});
  }
  /// What a forged change would leave behind.
  nlohmann::json traces() {
    return {site.control("/v1/monitor/status")["monitoring"]["on"],
            site.control("/v1/sessions/list")["sessions"].size(),
            site.control("/v1/sessions/list")["location_sessions"],
            site.control("/v1/people/list?standing=inside")["total"]};
  }
};

/// One way to send a change that must come to nothing. "{…}" is filled in.
struct Forgery {
  char const* name;
  std::vector<std::string> headers;
};

std::vector<Forgery> forgeries() {
  std::string const json = "Content-Type: application/json", me = "Origin: {origin}",
                    token = "X-CSRF-Token: {token}", cookies = "Cookie: {cookies}";
  return {
      {"nobody", {json, me, token}},
      {"another site", {json, "Origin: https://evil.example", token, cookies}},
      {"another port", {json, "Origin: http://127.0.0.1:1", token, cookies}},
      {"another scheme", {json, "Origin: https://127.0.0.1:{port}", token, cookies}},
      {"a longer host", {json, "Origin: {origin}.evil.example", token, cookies}},
      {"credentials in the origin",
       {json, "Origin: http://127.0.0.1@evil.example", token, cookies}},
      {"an opaque origin", {json, "Origin: null", token, cookies}},
      {"two origins, ours first", {json, me, "Origin: https://evil.example", token, cookies}},
      {"two origins in one", {json, "Origin: {origin} https://evil.example", token, cookies}},
      {"cross-site", {json, me, "Sec-Fetch-Site: cross-site", token, cookies}},
      {"cross-site without origin", {json, "Sec-Fetch-Site: cross-site", token, cookies}},
      {"same-site", {json, me, "Sec-Fetch-Site: same-site", token, cookies}},
      {"typed into the address bar", {json, "Sec-Fetch-Site: none", token, cookies}},
      {"no token", {json, me, cookies}},
      {"an empty token", {json, me, "X-CSRF-Token;", cookies}},
      {"somebody else's token", {json, me, "X-CSRF-Token: {other}", cookies}},
      {"the cookie as the token", {json, me, "X-CSRF-Token: {cookie}", cookies}},
      {"the token in a cookie", {json, me, "Cookie: {cookies} X-CSRF-Token={token}"}},
      {"text/plain", {"Content-Type: text/plain", me, token, cookies}},
      {"a form", {"Content-Type: application/x-www-form-urlencoded", me, token, cookies}},
      {"no content type", {"Content-Type:", me, token, cookies}},
      {"JSON in a parameter only",
       {"Content-Type: text/plain; a=application/json", me, token, cookies}},
      {"another host", {json, me, token, cookies, "Host: evil.example"}},
      {"another host, forwarded",
       {json, "Origin: https://evil.example", token, cookies, "X-Forwarded-Host: evil.example"}},
      {"a dead session",
       {json, me, token, "Cookie: wardroom_admin={dead}; wardroom_person={dead}"}},
      {"roles exchanged",
       {json, me, token, "Cookie: wardroom_admin={person}; wardroom_person={admin}"}},
  };
}

/// The body with which each route would do something.
std::string body_for(std::string const& route) {
  if (route == "/api/v1/location") return R"({"latitude":48.2,"longitude":16.37,"accuracy":10})";
  if (route == "/api/v1/monitor") return R"({"on":false})";
  if (route == "/api/v1/logins/refresh") return R"({"identity":"admin"})";
  if (route.find("/sessions/") != std::string::npos) return R"({"others":true})";
  if (route.ends_with("/approve")) return R"({"removals":1})";
  if (route.ends_with("/pause")) return R"({"reason":"forged"})";
  return "{}";
}

TEST_F(WebSecurity, W1_no_forged_change_gets_through_at_any_route) {
  start();
  auto admin = site.browser(ada);
  ASSERT_TRUE(admin.sign_in("/admin/login")) << admin.last().body;
  auto person = site.browser(zoe);
  ASSERT_TRUE(person.sign_in()) << person.last().body;
  auto bystander = site.browser(ada);
  ASSERT_TRUE(bystander.sign_in("/admin/login"));
  auto dead = site.browser(ada);
  ASSERT_TRUE(dead.sign_in("/admin/login"));
  auto const dead_cookie = value_of(dead, "wardroom_admin");
  ASSERT_EQ(
      send("POST", "/api/v1/logout",
           {dead.cookie_header(), "Content-Type: application/json", "X-CSRF-Token: " + csrf(dead)})
          .status,
      204);
  auto const routes = documented_changes();
  for (auto const* needed : {"POST /api/v1/location", "POST /api/v1/logout", "POST /api/v1/monitor",
                             "POST /api/v1/sessions/revoke", "POST /api/v1/me/sessions/end",
                             "POST /api/v1/sync/jobs/all-hands/approve"})
    EXPECT_TRUE(routes.contains(needed)) << needed << " is not in docs/api.md";
  auto const before = traces();
  std::size_t sent = 0;
  for (auto const& route : routes) {
    auto const path = route.substr(5);
    bool const persons = path == "/api/v1/location" || path.starts_with("/api/v1/me/");
    auto const& who = persons ? person : admin;
    std::map<std::string, std::string> const words{
        {"{origin}", site.daemon_url()},
        {"{port}", std::to_string(site.http_port())},
        {"{token}", csrf(who)},
        {"{other}", csrf(bystander)},
        {"{cookies}", who.cookie_header().substr(8)},
        {"{cookie}", value_of(who, persons ? "wardroom_person" : "wardroom_admin")},
        {"{dead}", dead_cookie},
        {"{admin}", value_of(admin, "wardroom_admin")},
        {"{person}", value_of(person, "wardroom_person")}};
    for (auto const& forgery : forgeries()) {
      std::string const name = forgery.name;
      // Its pages stay open over updates; see front/route_rules.cpp.
      if (path == "/api/v1/location" &&
          (name.find("token") != std::string::npos || name == "the cookie as the token"))
        continue;
      // Without a session there is nothing to end, which is no harm done.
      bool const harmless =
          path == "/api/v1/logout" &&
          (name == "nobody" || name == "a dead session" || name == "roles exchanged");
      auto headers = forgery.headers;
      for (auto& header : headers)
        for (auto const& [key, value] : words)
          for (auto at = header.find(key); at != std::string::npos; at = header.find(key))
            header.replace(at, key.size(), value);
      auto const got = send("POST", path, headers, body_for(path));
      ++sent;
      if (harmless) continue;
      EXPECT_TRUE(got.status == 400 || got.status == 401 || got.status == 403 ||
                  got.status == 415 || got.status == 421)
          << route << ", " << name << ": " << got.status << " " << got.body;
      EXPECT_TRUE(got.json().contains("error")) << route << ", " << name << ": " << got.body;
    }
  }
  EXPECT_GT(sent, 100u);
  EXPECT_EQ(traces(), before);
  // With everything right the same request goes through: the probes were aimed well.
  EXPECT_EQ(person.post_location(48.2, 16.37, 10).status, 204);
  auto const right =
      send("POST", "/api/v1/sessions/revoke",
           {admin.cookie_header(), "Content-Type: application/json", "Origin: " + site.daemon_url(),
            "Sec-Fetch-Site: same-origin", "X-CSRF-Token: " + csrf(admin)},
           R"({"others":true})");
  EXPECT_EQ(right.status, 200) << right.body;
  EXPECT_EQ(right.json().value("ended", 0), 1) << right.body;
  EXPECT_EQ(bystander.get("/api/v1/dashboard").status, 401);
  // What was tried in somebody's name stands in the audit and in the journal, and not too often.
  // The record of what was done is written beside the answer, not before it.
  std::string audited;
  EXPECT_TRUE(eventually(10s, [&] {
    audited = site.control("/v1/audit/list?limit=500").dump();
    return audited.find("web request refused") != std::string::npos &&
           audited.find("sessions revoked") != std::string::npos;
  })) << audited;
  auto const events =
      http({.url = "http://wardroom/v1/events", .unix_socket = site.folder() + "/control.sock"})
          .body;
  EXPECT_NE(events.find(R"("what":"refused")"), std::string::npos) << events;
}

TEST_F(WebSecurity, W1_other_methods_and_overrides_change_nothing) {
  start();
  auto admin = site.browser(ada);
  ASSERT_TRUE(admin.sign_in("/admin/login"));
  auto const before = traces();
  std::vector<std::string> const all{admin.cookie_header(), "Content-Type: application/json",
                                     "X-CSRF-Token: " + csrf(admin)};
  for (auto const* override_field :
       {"X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"}) {
    auto headers = all;
    headers.emplace_back(override_field);
    for (auto const* path : {"/api/v1/monitor", "/api/v1/sessions/revoke", "/api/v1/logout",
                             "/api/v1/monitor?_method=POST"})
      EXPECT_EQ(send("GET", path, headers, R"({"on":false})").status, 405) << path;
  }
  for (auto const* method : {"PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"})
    EXPECT_GE(send(method, "/api/v1/monitor", all, R"({"on":false})").status, 400) << method;
  EXPECT_EQ(traces(), before);
  auto const options =
      send("OPTIONS", "/api/v1/monitor",
           {"Origin: https://evil.example", "Access-Control-Request-Method: POST"}, "");
  for (auto const& [name, value] : options.headers)
    EXPECT_FALSE(name.starts_with("access-control-")) << name;
}

TEST_F(WebSecurity, W1_a_session_planted_before_the_login_is_worth_nothing_after_it) {
  start();
  std::string const planted(43, 'A');
  auto admin = site.browser(ada);
  ASSERT_TRUE(site.browser(ada).sign_in("/admin/login"))
      << "who is of the organisation is known now";
  ASSERT_TRUE(admin.sign_in("/user/login"));
  auto const as_person = value_of(admin, "wardroom_person");
  ASSERT_TRUE(admin.sign_in("/admin/login"));
  auto const first = value_of(admin, "wardroom_admin");
  EXPECT_NE(first, planted);
  EXPECT_NE(first, as_person) << "another role is another session";
  ASSERT_TRUE(admin.sign_in("/admin/login"));
  EXPECT_NE(value_of(admin, "wardroom_admin"), first);
  for (auto const& value : {planted, first, as_person})
    EXPECT_EQ(send("GET", "/api/v1/dashboard", {"Cookie: wardroom_admin=" + value}, "").status,
              401);
}

TEST_F(WebSecurity, W1_what_was_ended_is_dead_at_once_with_its_streams_also_after_a_restart) {
  start();
  auto admin = site.browser(ada);
  ASSERT_TRUE(admin.sign_in("/admin/login"));
  auto person = site.browser(zoe);
  ASSERT_TRUE(person.sign_in());
  auto stream = std::async(std::launch::async, [&] {
    return http({.url = site.daemon_url() + "/api/v1/dashboard/stream",
                 .headers = {admin.cookie_header()},
                 .timeout = 30s});
  });
  ASSERT_TRUE(eventually(10s, [&] {
    return http({.url = site.daemon_url() + "/metrics"}).body.find("wardroom_") !=
           std::string::npos;
  }));
  auto const sessions = site.control("/v1/sessions/list")["sessions"];
  ASSERT_EQ(sessions.size(), 1u) << sessions;
  EXPECT_EQ(sessions[0]["who"], ada);
  auto const id = sessions[0]["id"].get<std::string>();
  EXPECT_EQ(site.control_post("/v1/sessions/revoke", {{"id", id}}).json()["ended"], 1);
  EXPECT_EQ(admin.get("/api/v1/dashboard").status, 401);
  EXPECT_EQ(stream.wait_for(2s), std::future_status::ready) << "the open stream ends, too";
  EXPECT_EQ(site.control_post("/v1/sessions/revoke", {{"id", id}}).status, 404);

  EXPECT_EQ(person.post_location(48.2, 16.37, 10).status, 204);
  auto const of_zoe = site.control(std::string("/v1/people/sessions?person=") + zoe);
  ASSERT_EQ(of_zoe["sessions"].size(), 1u) << of_zoe;
  EXPECT_EQ(of_zoe["sessions"][0]["network"], "this machine");
  EXPECT_EQ(site.control_post("/v1/people/revoke", {{"person", zoe}}).json()["ended"], 1);
  EXPECT_EQ(person.post_location(48.2, 16.37, 10).status, 401);
  ASSERT_EQ(site.stop_daemon(), 0);
  start();
  EXPECT_EQ(admin.get("/api/v1/dashboard").status, 401);
  EXPECT_EQ(person.post_location(48.2, 16.37, 10).status, 401);
}

TEST_F(WebSecurity, W1_every_answer_keeps_browsers_from_framing_guessing_and_keeping_it) {
  start();
  auto admin = site.browser(ada);
  ASSERT_TRUE(admin.sign_in("/admin/login"));
  for (auto const* path : {"/", "/me", "/dashboard", "/dashboard/logins", "/dashboard/sessions",
                           "/dashboard/spaces", "/dashboard/conferences", "/api/v1/session",
                           "/api/v1/me", "/api/v1/dashboard", "/api/v1/logins", "/api/v1/sessions",
                           "/user/login", "/oauth/callback?state=x", "/nothing/here", "/healthz"}) {
    auto const got = admin.get(path);
    auto const policy = got.headers.contains("content-security-policy")
                            ? got.headers.at("content-security-policy")
                            : "";
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << path;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << path;
    auto has = [&](std::string const& name, std::string const& value) {
      EXPECT_TRUE(got.headers.contains(name) && got.headers.at(name) == value)
          << path << " " << name;
    };
    has("x-frame-options", "DENY");
    has("x-content-type-options", "nosniff");
    has("referrer-policy", "no-referrer");
    has("cross-origin-resource-policy", "same-origin");
    auto const caching =
        got.headers.contains("cache-control") ? got.headers.at("cache-control") : "";
    bool const page = got.status == 200 && std::string(path).find("/api/") == std::string::npos &&
                      std::string(path) != "/healthz";
    EXPECT_EQ(caching, page ? "no-cache" : "no-store") << path;
    EXPECT_FALSE(got.headers.contains("access-control-allow-origin")) << path;
  }
}

TEST_F(WebSecurity, W1_cookies_are_kept_from_scripts_and_other_sites_and_appear_nowhere_else) {
  start();
  auto admin = site.browser(ada);
  ASSERT_TRUE(admin.sign_in("/admin/login"));
  auto person = site.browser(zoe);
  ASSERT_TRUE(person.sign_in());
  auto const begun = http({.url = site.daemon_url() + "/user/login"});
  auto const asked = person.get("/api/v1/session");
  ASSERT_FALSE(begun.cookies.empty());
  ASSERT_FALSE(asked.cookies.empty());
  for (auto const& answer : {begun, asked})
    for (auto const& cookie : answer.cookies) {
      for (auto const* attribute : {"; HttpOnly", "; SameSite=Lax", "; Path=/"})
        EXPECT_NE(cookie.find(attribute), std::string::npos) << cookie;
      EXPECT_EQ(cookie.find("Domain"), std::string::npos) << cookie;
    }
  auto const token = csrf(admin);
  person.post_location(48.2, 16.37, 10);
  admin.get("/api/v1/sessions");
  site.control("/v1/sessions/list");
  auto const wire =
      site.control("/v1/sessions/list").dump() +
      site.control(std::string("/v1/people/sessions?person=") + zoe).dump() +
      site.control("/v1/audit/list?limit=500").dump() +
      http({.url = "http://wardroom/v1/events", .unix_socket = site.folder() + "/control.sock"})
          .body;
  ASSERT_EQ(site.stop_daemon(), 0);
  std::vector<std::string> places{wire, file_text(site.folder() + "/daemon.log")};
  for (auto const& entry : std::filesystem::recursive_directory_iterator(site.folder() + "/state"))
    if (entry.is_regular_file()) places.push_back(file_text(entry.path()));
  EXPECT_GE(places.size(), 3u);
  for (auto const& secret :
       {value_of(admin, "wardroom_admin"), value_of(person, "wardroom_person"), token}) {
    ASSERT_EQ(secret.size(), 43u);
    for (auto const& place : places) EXPECT_EQ(place.find(secret), std::string::npos);
  }
}

TEST_F(WebSecurity, W1_the_way_back_from_a_login_stays_on_this_site) {
  start();
  ASSERT_TRUE(site.browser(ada).sign_in("/admin/login"));
  for (auto const* next :
       {"https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "/%09/evil.example", "/%0d%0aLocation:%20https://evil.example", "javascript:alert(1)",
        "%2f%2fevil.example", "http:evil.example", "/%5cevil.example", "@evil.example",
        ".evil.example", "/%0aSet-Cookie:%20wardroom_admin=x"}) {
    auto browser = site.browser(zoe);
    browser.sign_in(std::string("/user/login?next=") + next);
    if (browser.last().status == 400 && std::string(next).find('\\') != std::string::npos)
      continue;  // not even a request
    // The browser followed only what begins with our address; the last stop is a page of ours.
    EXPECT_TRUE(browser.last().status == 200 || browser.last().status == 404)
        << next << ": " << browser.last().status;
    EXPECT_EQ(value_of(browser, "wardroom_person").size(), 43u) << next;
    EXPECT_EQ(value_of(browser, "wardroom_admin"), "") << next;
  }
}

TEST_F(WebSecurity, W1_no_header_can_be_put_into_an_answer_and_no_host_made_up) {
  start();
  auto const port = site.http_port();
  struct Probe {
    char const* name;
    std::string bytes;
    std::vector<int> answers;
  };
  std::string const host = fmt::format("Host: 127.0.0.1:{}\r\n", port);
  std::string const end = "Connection: close\r\n\r\n";
  Probe const probes[] = {
      {"a raw line break in the query",
       "GET /user/login?next=/\r\nX-Evil: 1 HTTP/1.1\r\n" + host + end,
       {400}},
      {"a bare line feed in a field",
       "GET / HTTP/1.1\r\n" + host + "X-A: b\nX-Evil: 1\r\n" + end,
       {400}},
      {"a NUL in a field",
       "GET / HTTP/1.1\r\n" + host + std::string("X-A: b\0c\r\n", 10) + end,
       {400}},
      {"line breaks in the path", "GET /%0d%0aX-Evil:%201 HTTP/1.1\r\n" + host + end, {404}},
      {"line breaks in a state",
       "GET /oauth/callback?state=a%0d%0aX-Evil:%201&code=c HTTP/1.1\r\n" + host + end,
       {400}},
      {"line breaks in an error",
       "GET /oauth/callback?error=a%0d%0aX-Evil:%201 HTTP/1.1\r\n" + host + end,
       {400}},
      {"no host", "GET / HTTP/1.1\r\n" + end, {400}},
      {"another host", "GET / HTTP/1.1\r\nHost: evil.example\r\n" + end, {421}},
      {"our host as a part",
       fmt::format("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}.evil.example\r\n", port) + end,
       {400, 421}},
      {"two hosts", "GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n" + end, {400}},
      {"another host in the target",
       "GET http://evil.example/ HTTP/1.1\r\n" + host + end,
       {400, 421}},
      {"credentials in the host",
       "GET / HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n" + end,
       {400, 421}},
      {"a forwarded host from nobody we trust",
       "GET /user/login HTTP/1.1\r\n" + host +
           "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n" + end,
       {303}},
  };
  for (auto const& probe : probes) {
    auto const answer = raw(port, probe.bytes);
    ASSERT_GE(answer.size(), 12u) << probe.name;
    auto const status = std::stoi(answer.substr(9, 3));
    EXPECT_TRUE(std::ranges::find(probe.answers, status) != probe.answers.end())
        << probe.name << ": " << answer;
    auto const head = answer.substr(0, answer.find("\r\n\r\n"));
    EXPECT_EQ(head.find("\nX-Evil"), std::string::npos) << probe.name << ": " << head;
    EXPECT_EQ(head.find("//evil.example"), std::string::npos) << probe.name << ": " << head;
  }
}

TEST_F(WebSecurity, who_is_no_administrator_any_more_is_none_after_a_restart) {
  start();
  auto admin = site.browser("ada@acme.example");
  ASSERT_TRUE(admin.sign_in("/admin/login")) << admin.last().body;
  site.kill_daemon();
  start();
  EXPECT_EQ(admin.get("/api/v1/logins").status, 200);
  site.kill_daemon();
  site.set_admins("bela@acme.example");
  site.write_config(observing);
  start();
  EXPECT_EQ(admin.get("/api/v1/logins").status, 401);
}

TEST_F(WebSecurity, W1_who_guesses_waits_also_after_a_restart) {
  auto const path = site.folder() + "/wardroom.yaml";
  auto yaml = file_text(path);
  std::string const key = "http: { ";
  yaml.replace(yaml.find(key), key.size(), key + "trusted_proxies: [127.0.0.1], ");
  std::ofstream(path) << yaml;
  start();
  auto const guess = [&](std::string const& from) {
    return send("GET", "/oauth/callback?state=made-up&code=x", {"X-Forwarded-For: " + from}, "");
  };
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(guess("2001:db8:1:2::" + std::to_string(i)).status, 400) << i;
  auto const refused = guess("2001:db8:1:2::99");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(guess("203.0.113.5").status, 400) << "nobody else waits";
  site.kill_daemon();
  start();
  ASSERT_TRUE(eventually(10s, [&] { return guess("2001:db8:1:2::1").status == 400; }));
  EXPECT_EQ(guess("2001:db8:1:2::1").status, 429) << "the sixth try was not a first one";
}

}  // namespace
}  // namespace wardroom::test
