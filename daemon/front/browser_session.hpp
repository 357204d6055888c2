/// Who is behind a cookie, and whether a request may do what it asks: the guard of every web route.
///
///   person  30 days rolling; may only post and read their own standing; kept by PersonSessions
///   admin, guest  30 min idle, 12 h at most; kept by WebSessions
///
/// A cookie holds 256 random bits; only its SHA-256 is kept. The CSRF token of a session is derived
/// from the cookie, so nothing that is stored gives it away.
#pragma once
#include "front/cookies.hpp"
#include "front/person_sessions.hpp"
#include "front/session_streams.hpp"
#include "front/web_sessions.hpp"
#include "http/router.hpp"
#include "runtime/random.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <string>

namespace wardroom::front {

/// Something that happened to a session, for the journal and the audit.
struct SessionEvent {
  enum class What {
    opened,
    ended,    ///< its owner logged out, or logged in again
    over,     ///< by its time, or because its owner is an administrator no more
    refused,  ///< a request in its name was stopped by the guard
  };
  What what = What::opened;
  http::Caller caller{};  ///< whose it is
  std::string id{};       ///< session_id; empty when only the person is known
  std::string reason{};   ///< of a refusal: "another site", "no token" …
  std::string route{};    ///< of a refusal
  std::string origin{};   ///< of an opened one: "Firefox on Linux, IPv4"
};

class BrowserSessions {
 public:
  struct Ports {
    store::Database& database;
    PersonSessions& people;
    Clock& clock;
    Random& random;
    /// 0 = nobody known; fills in http::Caller::person of administrators.
    std::function<PersonNo(std::string const& uuid)> find_person{};
  };
  BrowserSessions(Ports ports, std::string public_url);

  using Hear = std::function<void(SessionEvent const&)>;
  void on_event(Hear hear) { hear_ = std::move(hear); }

  /// Reads the sessions of administrators and guests, once at start.
  Task<Result<void>> load() { return web_.load(); }
  /// Becomes the guard of this router, whose common headers are set, and ends streams with their
  /// sessions.
  void guard(http::Router& router);
  /// Of routes whose failures count: fills in the person, or answers 401 (429 when too many
  /// requests of that address have failed) from memory alone, without an allocation. Empty = the
  /// guard decides.
  std::string_view turnstile(http::Route const& route, http::ServerRequest& request,
                             http::FailureLimit& failures);
  /// Fills in the caller by the route's audience, or refuses (401, 403).
  std::optional<http::Response> guard(http::Route const& route, http::ServerRequest& request);

  /// A Set-Cookie value, after the commit. A session the browser had before is ended.
  Task<Result<std::string>> open_person(Person person, std::optional<std::string> old_cookie,
                                        SessionOrigin origin = {});
  Task<Result<std::string>> open_admin(Person person, std::optional<std::string> old_cookie,
                                       SessionOrigin origin = {});
  /// Ends what this request's cookies name; returns the Set-Cookie values that clear them.
  Task<Result<std::vector<std::string>>> close(std::optional<std::string> person_cookie,
                                               std::optional<std::string> admin_cookie);
  /// Ends the sessions of administrators for whom `stays` is false (the list changed).
  void retain_admins(std::function<bool(WebSession const&)> const& stays);

  /// The body of GET /api/v1/session, and a cookie that rolls the person's session on. Does not
  /// count as a request of the administrator's.
  struct Report {
    nlohmann::ordered_json body;
    std::vector<std::string> set_cookies;
  };
  Task<Report> report(std::optional<std::string> person_cookie,
                      std::optional<std::string> admin_cookie);

  /// Whether `X-CSRF-Token` is that of a session this request's cookies name; also when they name
  /// none that lives.
  bool token_fits(http::ServerRequest const& request);
  /// Whether the session of this handle (http::Caller::session) has not ended; asks without
  /// counting as a request.
  bool alive(std::string_view session) const;
  static std::string csrf_token(std::string_view cookie);

  Cookies const& cookies() const { return cookies_; }
  std::string const& origin() const { return origin_; }
  WebSessions& web() { return web_; }
  std::size_t admins() const { return web_.size(); }

 private:
  using Refusal = std::optional<http::Response>;
  bool find_person(http::ServerRequest& request);
  Refusal admit_person(http::Route const& route, http::ServerRequest& request);
  Refusal admit(http::Audience role, http::Route const& route, http::ServerRequest& request);
  Refusal refuse_change(http::Route const& route, http::Caller caller, std::string_view reason);
  http::Caller caller_of(std::string const& digest, WebSession const& session) const;
  http::Caller whoever(http::ServerRequest const& request);
  bool worth_telling(http::Caller const& caller, std::string_view reason);
  void tell(SessionEvent event) const {
    if (hear_) hear_(event);
  }

  Ports ports_;
  Cookies cookies_;
  std::string no_person_, too_many_;  ///< complete answers of the turnstile
  std::string origin_;
  WebSessions web_;
  SessionStreams streams_;
  Hear hear_;
  std::map<std::string, Uptime> told_;  ///< refusals that were told: by session and reason
};

}  // namespace wardroom::front
