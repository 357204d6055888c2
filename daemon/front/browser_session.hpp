/// Who is behind a cookie: location sessions of people, and the sessions of administrators.
///
///   person  30 days rolling; may only post and read their own standing; kept by PersonSessions
///   admin   30 min idle, 12 h at most; in memory, and in the store for restarts
///
/// A cookie holds 256 random bits; only its SHA-256 is kept. The CSRF token of an admin session is
/// derived from the cookie, so nothing that is stored gives it away.
#pragma once
#include "front/cookies.hpp"
#include "front/person_sessions.hpp"
#include "http/router.hpp"
#include "runtime/random.hpp"
#include "store/database.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <unordered_map>

namespace wardroom::front {

inline constexpr store::Migration admin_sessions_migration{21, "web sessions of administrators",
                                                           R"sql(
CREATE TABLE admin_sessions (
  digest BYTEA PRIMARY KEY,
  person_uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
)
)sql"};

struct AdminSession {
  std::string person_uuid, name, email;
  Instant opened_at{};
  Uptime seen{};    ///< last request
  Uptime ends{};    ///< 12 h after the login
  Uptime stored{};  ///< when `seen` was last written down
};

class BrowserSessions {
 public:
  struct Ports {
    store::Database& database;
    PersonSessions& people;
    Clock& clock;
    Random& random;
  };
  BrowserSessions(Ports ports, std::string public_url);

  /// Reads the administrators' sessions, once at start.
  Task<Result<void>> load();

  /// The guard of the router: fills in the caller by the route's audience, or refuses (401, 403).
  std::optional<http::Response> guard(http::Route const& route, http::ServerRequest& request);

  /// A Set-Cookie value, after the commit. A session the browser had before is ended.
  Task<Result<std::string>> open_person(Person person, std::optional<std::string> old_cookie);
  Task<Result<std::string>> open_admin(Person person, std::optional<std::string> old_cookie);
  /// Ends what this request's cookies name; returns the Set-Cookie values that clear them.
  Task<Result<std::vector<std::string>>> close(std::optional<std::string> person_cookie,
                                               std::optional<std::string> admin_cookie);
  /// Ends the sessions of administrators for whom `stays` is false (the list changed).
  void retain_admins(std::function<bool(AdminSession const&)> const& stays);

  /// The body of GET /api/v1/session, and a cookie that rolls the person's session on. Does not
  /// count as a request of the administrator's.
  struct Report {
    nlohmann::ordered_json body;
    std::vector<std::string> set_cookies;
  };
  Task<Report> report(std::optional<std::string> person_cookie,
                      std::optional<std::string> admin_cookie);

  /// Counts as a request of that session. Valid until the next call.
  AdminSession const* admin(std::string_view cookie);
  /// Whether the administrator's session of this handle (http::Caller::session) has not ended; asks
  /// without counting as a request.
  bool alive(std::string_view session) const;
  static std::string csrf_token(std::string_view admin_cookie);

  Cookies const& cookies() const { return cookies_; }
  std::string const& origin() const { return origin_; }
  std::size_t admins() const { return admins_.size(); }

 private:
  using Sessions = std::unordered_map<std::string, AdminSession>;
  std::optional<http::Response> admit_person(http::ServerRequest& request);
  std::optional<http::Response> admit_admin(http::ServerRequest& request, bool changes);
  bool over(AdminSession const& session) const;
  AdminSession* live(std::string const& digest);  ///< null when there is none, or it has ended now
  void forget(std::string const& digest);
  void sweep();

  Ports ports_;
  Cookies cookies_;
  std::string origin_;
  Sessions admins_;  ///< by digest
};

}  // namespace wardroom::front
