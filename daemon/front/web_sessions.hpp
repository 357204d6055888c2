/// The sessions of administrators (and of guests, once there are any): in memory, and in the store
/// for restarts. People's location sessions, of which there may be a million, are PersonSessions'.
///
///   role    idle     at most
///   admin   30 min   12 h
///   guest   30 min   12 h
///
/// Known by the SHA-256 of the cookie; nothing that is kept opens a session.
#pragma once
#include "front/session_origin.hpp"
#include "runtime/clock.hpp"
#include "store/database.hpp"

#include <array>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::front {

/// 55: roles, all addresses of their owner, and where they were opened.
inline constexpr std::array web_session_migrations{
    store::Migration{21, "web sessions of administrators", R"sql(
CREATE TABLE admin_sessions (
  digest BYTEA PRIMARY KEY,
  person_uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
)
)sql"},
    store::Migration{55, "web sessions with roles", R"sql(
CREATE TABLE web_sessions (
  digest BYTEA PRIMARY KEY,
  role TEXT NOT NULL,
  person_uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  emails TEXT NOT NULL,
  browser TEXT NOT NULL,
  network TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
INSERT INTO web_sessions
  (digest, role, person_uuid, name, emails, browser, network, opened_at, seen_at)
SELECT digest, 'administrator', person_uuid, name, email, '', '', opened_at, seen_at
FROM admin_sessions;
DROP TABLE admin_sessions
)sql"}};

struct WebSession {
  http::Audience role = http::Audience::admin;
  std::string person_uuid, name;
  std::vector<std::string> emails;  ///< all of them: an administrator may be listed by any
  SessionOrigin origin{};
  Instant opened_at{};
  Uptime seen{};    ///< last request
  Uptime ends{};    ///< however busy it is
  Uptime stored{};  ///< when `seen` was last written down

  /// For people and for the audit: the first address, else the id.
  std::string const& owner() const { return emails.empty() ? person_uuid : emails.front(); }
};

struct RoleRules {
  std::chrono::minutes idle{30};
  std::chrono::hours life{12};
};
/// Of the roles kept here.
RoleRules rules_of(http::Audience role);
std::string_view role_word(http::Audience role);  ///< "administrator", "person", "guest"

/// What operators call a session: the first 12 hex digits of its cookie's SHA-256.
std::string session_id(std::string_view digest);
inline constexpr std::size_t session_id_length = 12;

class WebSessions {
 public:
  enum class End {
    by_owner,    ///< logged out, or logged in again
    by_time,     ///< also: who it belongs to may come in no more
    by_another,  ///< revoked
  };
  WebSessions(store::Database& database, Clock& clock) : database_(database), clock_(clock) {}

  /// Hears of each session as soon as it has ended, whatever ended it.
  using OnEnd = std::function<void(std::string const& digest, WebSession const&, End)>;
  void on_end(OnEnd hear) { on_end_ = std::move(hear); }

  /// Once at start.
  Task<Result<void>> load();
  /// Good from the commit on; the session of `old_digest` (empty = none) ends with it.
  Task<Result<void>> add(std::string digest, WebSession session, std::string old_digest);

  /// null when there is none, it has another role, or it has ended by now.
  WebSession const* find(http::Audience role, std::string const& digest);
  /// The same, and counts as a request of it. Valid until the next call.
  WebSession const* use(http::Audience role, std::string const& digest);
  bool alive(std::string const& digest) const;
  /// Until it ends if nothing more is asked.
  BootClock::duration left(WebSession const& session) const;

  /// Ends them at once; answers after the commit. Error: the store could not forget them, which is
  /// tried again. A value also when there were none.
  Task<Result<void>> end(std::vector<std::string> digests, End how);
  /// Ends those for which `stays` is false.
  void retain(std::function<bool(WebSession const&)> const& stays);
  /// In order of opening, newest first.
  std::vector<std::pair<std::string, WebSession>> list();
  std::size_t size() const { return sessions_.size(); }

 private:
  using Sessions = std::unordered_map<std::string, WebSession>;
  bool over(WebSession const& session) const;
  WebSession* live(http::Audience role, std::string const& digest);
  Sessions::iterator finish(Sessions::iterator it);  ///< ends it, and forgets it in the store
  Sessions::iterator drop(Sessions::iterator it, End how);  ///< in memory only
  void forget(std::string const& digest);
  void forget_again();
  void sweep();

  store::Database& database_;
  Clock& clock_;
  OnEnd on_end_;
  Sessions sessions_;                     ///< by digest
  std::vector<std::string> unforgotten_;  ///< ended, but the store still has them
};

}  // namespace wardroom::front
