/// A site with every door for logins, on virtual time: shared by the tests of logins.
#pragma once
#include "base/encoding.hpp"
#include "front/control_server.hpp"
#include "front/login_routes.hpp"
#include "front/login_verbs.hpp"
#include "front/session_routes.hpp"
#include "front/session_verbs.hpp"
#include "support/captured_answer.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace wardroom::front {
using namespace std::chrono_literals;
using test::FakeHttpClient;

inline std::string const org = "0f1e2d3c-4b5a-4968-8777-aabbccddeeff";
inline std::string const full_admin = "Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg";

/// People and sessions as a keeper of people would hold them.
class FakePersonSessions final : public PersonSessions {
 public:
  Task<Result<PersonNo>> open(Person person, std::string digest, Instant expires,
                              SessionOrigin origin) override {
    if (failing) co_return failure(ErrorKind::unavailable, "disk full");
    sessions[digest] = {7, person.display_name, expires};
    origins[digest] = std::move(origin);
    co_return 7;
  }
  PersonNo find(std::string_view digest) override {
    auto const it = sessions.find(std::string(digest));
    return it == sessions.end() ? 0 : it->second.person;
  }
  Task<Result<PersonSession>> describe(std::string digest) override {
    auto const it = sessions.find(digest);
    if (it == sessions.end()) co_return failure(ErrorKind::not_found, "no such session");
    co_return it->second;
  }
  Task<Result<void>> extend(std::string digest, Instant expires) override {
    sessions[digest].expires = expires;
    co_return Result<void>{};
  }
  Task<Result<void>> close(std::string digest) override {
    sessions.erase(digest);
    co_return Result<void>{};
  }
  Task<Result<std::vector<PersonSessionView>>> list(PersonNo person) override {
    std::vector<PersonSessionView> out;
    for (auto const& [digest, session] : sessions)
      if (session.person == person)
        out.push_back({digest, origins[digest], {}, {}, session.expires});
    co_return out;
  }
  Task<Result<std::size_t>> close_all(PersonNo person, std::string keep) override {
    co_return std::erase_if(sessions, [&](auto const& one) {
      return one.second.person == person && one.first != keep;
    });
  }
  std::size_t count() const override { return sessions.size(); }
  std::map<std::string, PersonSession> sessions;
  std::map<std::string, SessionOrigin> origins;
  bool failing = false;
};

/// The daemon's doors for logins, all of them, with Webex played by a FakeHttpClient: a browser
/// that keeps cookies, and the control socket's verbs.
struct LoginSite {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  test::FakeDatabase database;
  FakeHttpClient http;
  SeededRandom random{11};
  TaskGroup tasks{io.get_executor(), [](auto, auto) { ADD_FAILURE() << "a handler threw"; }};
  crypto::Sealer sealer{*crypto::MasterKey::from_bytes(std::string(32, 'k')), random};
  oauth::TokenVault vault;
  webex::WebexApi webex;
  FakePersonSessions people;
  std::map<std::string, PersonNo> numbers;  ///< by uuid
  BrowserSessions sessions;
  SiteAdmins admins{database, clock};
  store::Journal journal{database, clock};
  std::vector<std::pair<std::string, control::Change>> audited;  ///< of sessions, by action
  SessionDesk session_desk{
      {.sessions = sessions,
       .people = people,
       .clock = clock,
       .find_person = [this](std::string const& uuid) { return number_of(uuid); },
       .resolve = [](std::string who) -> Task<Result<PersonNo>> {
         if (who == "nobody") co_return failure(ErrorKind::not_found, "nobody fits 'nobody'");
         co_return PersonNo(std::stoul(who));
       },
       .name_of = [](PersonNo no) -> Task<std::string> {
         co_return "person " + std::to_string(no);
       }}};
  SessionTrail session_trail{
      {.journal = journal,
       .audit = [this](http::Caller const&, std::string action,
                       control::Change change) { audited.emplace_back(action, change); },
       .audit_first = [this](http::Caller, std::string action,
                             control::Change change) -> Task<Result<void>> {
         if (!audit_takes) co_return failure(ErrorKind::unavailable, "the audit cannot be written");
         audited.emplace_back(action, change);
         co_return Result<void>{};
       }}};
  bool audit_takes = true;
  Throttle throttle{database, clock};
  LoginDesk desk;
  LoginRoutes login;
  http::Router router{tasks}, control_router{tasks};
  LocalRights rights{true, true, true, "root"};
  ControlServer verbs{control_router, [this](http::PeerCredentials const&) { return rights; }};
  std::map<std::string, std::string> jar;
  std::string remote;  ///< the address requests come from

  explicit LoginSite(std::vector<std::string> listed = {"ada@acme.example"},
                     std::string org_id = org, std::string url = "https://ward.test",
                     test::FakeDisk disk = nullptr)
      : database(io, clock, tables(), std::move(disk)),
        vault(io.get_executor(), {database, http, clock, random, tasks, sealer}, identities(url)),
        webex({http, vault, clock, random}, {}),
        sessions({database, people, clock, random,
                  [this](std::string const& uuid) { return number_of(uuid); }},
                 url),
        desk({io.get_executor(), clock, random, tasks, http, vault, webex, admins, journal,
              throttle, [this](std::string const& uuid) { return numbers[uuid]; },
              [this](Person person) -> Task<PersonNo> {
                co_return numbers[person.uuid] = PersonNo(40 + numbers.size());
              }},
             {.public_url = url, .admins = std::move(listed), .org_id = std::move(org_id)}),
        login({vault, webex, http, sessions, desk, throttle, clock, random}) {
    add_session_verbs(verbs, session_desk, session_trail);
    add_session_list_routes(router, sessions, session_desk, session_trail);
    add_login_verbs(verbs, {desk, vault, webex, http, clock, "https://webexapis.com/v1", "k3y1d"});
    login.add_routes(router);
    router.add({.method = http::Method::post,
                .pattern = "/api/v1/monitor",
                .audience = http::Audience::admin,
                .body_limit = 100,
                .json = true},
               [](http::ServerRequest& r, http::Responder answer) {
                 answer.send(http::text(200, r.caller.name));
               });
    router.add({.method = http::Method::post,
                .pattern = "/api/v1/location",
                .audience = http::Audience::person,
                .body_limit = 100,
                .json = true,
                .token = false},
               [](http::ServerRequest& r, http::Responder answer) {
                 answer.send(http::text(200, std::to_string(r.caller.person)));
               });
    router.add({.pattern = "/api/v1/dashboard/stream", .audience = http::Audience::admin},
               [](http::ServerRequest&, http::Responder answer) { answer.stream({}); });
    sessions.guard(router);
    sessions.on_event([this](SessionEvent const& event) { session_trail.hear(event); });
    http.always("/roles", FakeHttpClient::reply(200, R"({"items":[]})"));
    webex_knows("Ada", "ada@acme.example", org, full_admin);
    token_answer("");
    run(sessions.load());
    run(throttle.load());
    run(admins.load());
    run(journal.load());
  }
  ~LoginSite() {
    test::start_task(io, tasks.stop(clock, 0ms));
    clock.advance(100ms);
  }

  static std::vector<store::Migration> tables() {
    std::vector<store::Migration> out{oauth::grants_migration, oauth::grants_client_migration,
                                      site_admins_migration, throttle_migration};
    for (auto const& step : web_session_migrations) out.push_back(step);
    return out;
  }
  PersonNo number_of(std::string const& uuid) const {
    auto const found = numbers.find(uuid);
    return found == numbers.end() ? 0 : found->second;
  }

  static std::vector<oauth::IdentitySettings> identities(std::string const& url) {
    std::string const api = "https://webexapis.com/v1";
    oauth::OAuthClient const client{
        api + "/authorize", api + "/access_token",     redirect_uri(url),    "C1",
        Secret("s"),        api + "/device/authorize", api + "/device/token"};
    oauth::IdentitySettings admin{.name = "admin", .client = client, .scopes = admin_scopes()};
    admin.scope_users = {{"spark-admin:xsi", "call_blocking"}};
    oauth::IdentitySettings sync{.name = "sync",
                                 .client = client,
                                 .scopes = {"spark:people_read", "spark:memberships_write"}};
    sync.client.client_id = "C3";
    sync.scope_users = {{"spark:memberships_write", "space_sync"}};
    oauth::IdentitySettings guests{
        .name = "guests", .client = client, .scopes = {"guest-issuer:write"}};
    guests.kind = oauth::IdentityKind::service_app;
    oauth::IdentitySettings issuer{.name = "issuer", .client = {}, .scopes = {}};
    issuer.kind = oauth::IdentityKind::guest_issuer;
    return {admin, sync, guests, issuer};
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(value));
    });
    clock.drain();
    return std::move(out.value());
  }

  void webex_knows(std::string name, std::string email, std::string org_uuid, std::string role,
                   std::string uuid = "f5b36187-c8dd-4727-8b2f-f9c447f29046") {
    http.always(
        "/people/me",
        FakeHttpClient::reply(
            200,
            nlohmann::json{{"id", uuid},
                           {"displayName", name},
                           {"emails", {email}},
                           {"orgId", to_base64("ciscospark://eu/ORGANIZATION/" + org_uuid)},
                           {"type", "person"},
                           {"roles", role.empty() ? nlohmann::json::array() : nlohmann::json{role}}}
                .dump()));
  }
  void token_answer(std::string scope) {
    nlohmann::json body{{"access_token", "canary-access"},
                        {"expires_in", 1209600},
                        {"refresh_token", "canary-refresh"},
                        {"refresh_token_expires_in", 7776000}};
    if (!scope.empty()) body["scope"] = scope;
    http.always("/access_token", FakeHttpClient::reply(200, body.dump()));
  }

  http::Response ask(http::Method method, std::string target, http::Headers headers = {},
                     std::string body = "") {
    std::string cookies;
    for (auto const& [name, value] : jar)
      cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
    if (!cookies.empty()) headers.add("Cookie", cookies);
    http::ServerRequest request;
    auto const question = target.find('?');
    request.method = method;
    request.remote = remote;
    request.target = target;
    request.path = std::string_view(target).substr(0, question);
    if (question != std::string::npos)
      request.query = std::string_view(target).substr(question + 1);
    request.body = body;
    request.headers = &headers;
    auto answer = std::make_shared<test::CapturedAnswer>();
    auto const match = router.match(method, request.path);
    if (!match.route) throw std::runtime_error("no route " + target);
    router.dispatch(match, request, http::Responder(answer));
    clock.drain();
    if (!answer->answer) throw std::runtime_error("no answer from " + target);
    for (auto const set : answer->answer->headers.get_all("Set-Cookie")) {
      auto const equals = set.find('=');
      auto const name = std::string(set.substr(0, equals));
      auto const value = std::string(set.substr(equals + 1, set.find(';') - equals - 1));
      if (value.empty())
        jar.erase(name);
      else
        jar[name] = value;
    }
    return *answer->answer;
  }
  http::Response get(std::string target) { return ask(http::Method::get, std::move(target)); }
  http::Response post(std::string target, http::Headers headers = {}) {
    headers.add("Content-Type", "application/json");
    return ask(http::Method::post, std::move(target), std::move(headers), "{}");
  }
  /// The state of the authorize URL that a login page leads to.
  std::string begin(std::string target) {
    auto const to = get(std::move(target));
    EXPECT_EQ(to.status, 303);
    auto const url = std::string(to.headers.get("Location"));
    return *http::find(*http::parse_query(url.substr(url.find('?') + 1)), "state");
  }
  http::Response log_in(std::string target) {
    auto const state = begin(std::move(target));
    return get("/oauth/callback?code=c0de&state=" + state);
  }
  nlohmann::json session() { return nlohmann::json::parse(get("/api/v1/session").body); }

  /// One verb over the control socket's router. What streams stays open until the test ends.
  test::CapturedAnswer& verb(std::string_view words,
                             nlohmann::json params = nlohmann::json::object()) {
    auto const& row = *control::find_verb(words);
    auto const path = control::path_of(row);
    auto const body = row.changes ? params.dump() : std::string();
    http::QueryPairs pairs;
    if (!row.changes)
      for (auto const& [key, value] : params.items())
        pairs.emplace_back(key, value.get<std::string>());
    auto const query = http::to_query(pairs);
    http::Headers const headers{{"Content-Type", "application/json"}};
    http::ServerRequest request;
    request.method = control::method_of(row);
    request.path = path;
    request.query = query;
    request.body = body;
    request.headers = &headers;
    asked.push_back(std::make_shared<test::CapturedAnswer>());
    control_router.dispatch(control_router.match(request.method, path), request,
                            http::Responder(asked.back()));
    clock.drain();
    return *asked.back();
  }
  /// A verb's answer with its status as "status".
  nlohmann::json answer_of(std::string_view words,
                           nlohmann::json params = nlohmann::json::object()) {
    auto const& got = verb(words, std::move(params));
    if (!got.answer) throw std::runtime_error("no answer");
    auto body = nlohmann::json::parse(got.answer->body);
    body["status"] = got.answer->status;
    return body;
  }
  static std::vector<nlohmann::json> lines(test::CapturedAnswer const& answer) {
    std::vector<nlohmann::json> out;
    std::istringstream text(answer.stream ? answer.stream->written : "");
    for (std::string line; std::getline(text, line);) out.push_back(nlohmann::json::parse(line));
    return out;
  }
  /// Newest first, the bodies as JSON with "kind" and "person_no"; of logins and logouts.
  std::vector<nlohmann::json> journal_rows() { return rows_of({.kinds = {"login", "logout"}}); }
  std::vector<nlohmann::json> session_rows() { return rows_of({.kinds = {"session"}}); }
  std::vector<nlohmann::json> rows_of(store::JournalFilter filter) {
    std::vector<nlohmann::json> out;
    for (auto const& entry : run(journal.read_latest(std::move(filter), 100)).value()) {
      auto body = nlohmann::json::parse(entry.body);
      body["kind"] = entry.kind;
      body["person_no"] = entry.person_no;
      out.push_back(std::move(body));
    }
    return out;
  }

  std::vector<std::shared_ptr<test::CapturedAnswer>> asked;
};

}  // namespace wardroom::front
