#include "front/browser_session.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::front {
namespace {
using store::Blob;
using store::Row;
using store::Sql;

constexpr std::chrono::hours person_life{24 * 30};
constexpr std::chrono::minutes admin_idle{30};
constexpr std::chrono::hours admin_life{12};
constexpr std::chrono::minutes seen_grain{5};

struct StoredSession {
  std::string digest;
  AdminSession session;
  Instant seen_at{};
};

std::int64_t seconds_left(BootClock::duration left) {
  return std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(left).count(), 0);
}

}  // namespace

BrowserSessions::BrowserSessions(Ports ports, std::string public_url)
    : ports_(ports), cookies_(public_url), origin_(origin_text(public_url)) {}

Task<Result<void>> BrowserSessions::load() {
  auto rows = co_await ports_.database.read<std::vector<StoredSession>>([](Sql& sql) {
    std::vector<StoredSession> out;
    sql.query("SELECT digest, person_uuid, name, email, opened_at, seen_at FROM admin_sessions", {},
              [&](Row const& row) {
                StoredSession stored;
                stored.digest = row.blob(0);
                stored.session.person_uuid = row.text(1);
                stored.session.name = row.text(2);
                stored.session.email = row.text(3);
                stored.session.opened_at = from_unix_ms(row.integer(4));
                stored.seen_at = from_unix_ms(row.integer(5));
                out.push_back(std::move(stored));
              });
    return out;
  });
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  auto const now = ports_.clock.now();
  auto const uptime = ports_.clock.uptime();
  for (auto& [digest, session, seen_at] : *rows) {
    auto const age = now - session.opened_at;
    auto const idle = now - seen_at;
    // A session from the future means that the wall clock went back: its age is unknown, so it
    // ends.
    if (age < Milliseconds(0) || age >= admin_life || idle < Milliseconds(0) ||
        idle >= admin_idle + seen_grain) {
      forget(digest);
      continue;
    }
    session.seen = session.stored = uptime - std::min<BootClock::duration>(idle, admin_idle);
    session.ends = uptime + (admin_life - age);
    // `seen` is written down every few minutes only; the doubt goes to the administrator.
    session.seen = std::max(session.seen, uptime - admin_idle + seen_grain);
    admins_.emplace(digest, std::move(session));
  }
  co_return Result<void>{};
}

std::optional<http::Response> BrowserSessions::guard(http::Route const& route,
                                                     http::ServerRequest& request) {
  bool const changes = changes_state(request.method);
  if (changes && !comes_from_us(request, origin_))
    return http::problem(403, "denied", "This request comes from another site.",
                         fmt::format("open Wardroom as {}, which is its http.public_url", origin_));
  switch (route.audience) {
    case http::Audience::anyone:
      return std::nullopt;
    case http::Audience::person:
      return admit_person(request);
    case http::Audience::admin:
      return admit_admin(request, changes);
    case http::Audience::guest:
      return http::problem(401, "unauthorized", "Only guests may do this.", "open /guest");
    case http::Audience::operators:
      break;
  }
  return http::problem(403, "denied", "This is only served on the control socket.",
                       "use wardroomctl");
}

std::optional<http::Response> BrowserSessions::admit_person(http::ServerRequest& request) {
  auto const cookie = cookies_.read(request, CookieKind::person);
  auto const digest = cookie ? sha256(*cookie) : std::string();
  auto const person = cookie ? ports_.people.find(digest) : 0;
  if (person == 0)
    return http::problem(401, "unauthorized", "You are not logged in.", "open /user/login");
  // The number says it all: nothing is put together for what comes 30,000 times a second.
  request.caller = {http::Audience::person, person, {}, {}};
  return std::nullopt;
}

std::optional<http::Response> BrowserSessions::admit_admin(http::ServerRequest& request,
                                                           bool changes) {
  auto const cookie = cookies_.read(request, CookieKind::admin);
  auto const* const session = cookie ? admin(*cookie) : nullptr;
  if (!session)
    return http::problem(401, "unauthorized", "You are not logged in as an administrator.",
                         "open /admin/login");
  if (changes && !same_bytes(request.header("X-CSRF-Token"), csrf_token(*cookie)))
    return http::problem(403, "denied", "The page's token is missing or out of date.",
                         "reload the page; scripts take it from /api/v1/session");
  request.caller = {http::Audience::admin, 0, to_hex(sha256(*cookie)), session->email};
  return std::nullopt;
}

bool BrowserSessions::over(AdminSession const& session) const {
  auto const now = ports_.clock.uptime();
  return now >= session.ends || now >= session.seen + admin_idle;
}

AdminSession* BrowserSessions::live(std::string const& digest) {
  auto const it = admins_.find(digest);
  if (it == admins_.end()) return nullptr;
  if (!over(it->second)) return &it->second;
  admins_.erase(it);
  forget(digest);
  return nullptr;
}

AdminSession const* BrowserSessions::admin(std::string_view cookie) {
  auto const digest = sha256(cookie);
  auto* const found = live(digest);
  if (!found) return nullptr;
  auto& session = *found;
  session.seen = ports_.clock.uptime();
  if (session.seen >= session.stored + seen_grain) {
    session.stored = session.seen;
    ports_.database.write(
        [digest, at = unix_ms(ports_.clock.now())](Sql& sql) {
          sql.run("UPDATE admin_sessions SET seen_at = $2 WHERE digest = $1",
                  {Blob{digest}, std::int64_t{at}});
        },
        [](Result<void> done) {
          if (!done)
            log::warning("the activity of a session could not be stored",
                         {{"why", done.error().what}});
        });
  }
  return &session;
}

bool BrowserSessions::alive(std::string_view session) const {
  auto const digest = from_hex(session);
  auto const found = digest ? admins_.find(*digest) : admins_.end();
  return found != admins_.end() && !over(found->second);
}

std::string BrowserSessions::csrf_token(std::string_view admin_cookie) {
  return to_base64url(sha256(fmt::format("wardroom csrf\n{}", admin_cookie)));
}

Task<Result<std::string>> BrowserSessions::open_person(Person person,
                                                       std::optional<std::string> old_cookie) {
  auto cookie = ports_.random.token();
  auto opened = co_await ports_.people.open(std::move(person), sha256(cookie),
                                            ports_.clock.now() + person_life);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  if (old_cookie)
    if (auto closed = co_await ports_.people.close(sha256(*old_cookie)); !closed)
      log::warning("an older session could not be ended", {{"why", closed.error().what}});
  co_return cookies_.set(CookieKind::person, cookie, person_life);
}

Task<Result<std::string>> BrowserSessions::open_admin(Person person,
                                                      std::optional<std::string> old_cookie) {
  sweep();
  auto const cookie = ports_.random.token();
  auto const digest = sha256(cookie);
  auto const email = person.emails.empty() ? person.uuid : person.emails.front();
  AdminSession session{person.uuid, person.display_name, email, ports_.clock.now(), {}, {}, {}};
  std::int64_t const at = unix_ms(session.opened_at);
  auto const old_digest = old_cookie ? sha256(*old_cookie) : std::string();
  auto saved = co_await ports_.database.write([session, digest, old_digest, at](Sql& sql) {
    sql.run("DELETE FROM admin_sessions WHERE digest = $1", {Blob{old_digest}});
    sql.run(
        "INSERT INTO admin_sessions (digest, person_uuid, name, email, opened_at, seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        {Blob{digest}, session.person_uuid, session.name, session.email, at, at});
  });
  if (!saved) co_return std::unexpected(std::move(saved.error()));
  admins_.erase(old_digest);
  session.seen = session.stored = ports_.clock.uptime();
  session.ends = session.seen + admin_life;
  admins_.emplace(digest, std::move(session));
  co_return cookies_.set(CookieKind::admin, cookie, admin_life);
}

Task<Result<std::vector<std::string>>> BrowserSessions::close(
    std::optional<std::string> person_cookie, std::optional<std::string> admin_cookie) {
  std::vector<std::string> out;
  if (person_cookie) {
    auto closed = co_await ports_.people.close(sha256(*person_cookie));
    if (!closed) co_return std::unexpected(std::move(closed.error()));
    out.push_back(cookies_.clear(CookieKind::person));
  }
  if (admin_cookie) {
    auto const digest = sha256(*admin_cookie);
    admins_.erase(digest);
    auto removed = co_await ports_.database.write([digest](Sql& sql) {
      sql.run("DELETE FROM admin_sessions WHERE digest = $1", {Blob{digest}});
    });
    if (!removed) co_return std::unexpected(std::move(removed.error()));
    out.push_back(cookies_.clear(CookieKind::admin));
  }
  co_return out;
}

Task<BrowserSessions::Report> BrowserSessions::report(std::optional<std::string> person_cookie,
                                                      std::optional<std::string> admin_cookie) {
  Report out{nlohmann::ordered_json::object(), {}};
  if (person_cookie) {
    auto const digest = sha256(*person_cookie);
    if (auto session = co_await ports_.people.describe(digest)) {
      // Always, since only the browser knows how old its cookie is: location posts move the session
      // on without moving the cookie on.
      auto const now = ports_.clock.now();
      auto const later = now + person_life;
      if (co_await ports_.people.extend(digest, later)) {
        session->expires = later;
        out.set_cookies.push_back(cookies_.set(CookieKind::person, *person_cookie, person_life));
      }
      out.body["person"] = {{"name", session->name}};
      out.body["expires_in_s"] = seconds_left(session->expires - now);
    }
  }
  if (admin_cookie) {
    // Only looked at: pages ask every 30 s, and that must not keep an idle session alive.
    if (auto const* const session = live(sha256(*admin_cookie))) {
      out.body["admin"] = {{"name", session->name}};
      out.body["csrf"] = csrf_token(*admin_cookie);
      out.body["expires_in_s"] =
          seconds_left(std::min(session->ends, session->seen + admin_idle) - ports_.clock.uptime());
    }
  }
  co_return out;
}

void BrowserSessions::retain_admins(std::function<bool(AdminSession const&)> const& stays) {
  for (auto it = admins_.begin(); it != admins_.end();) {
    if (stays(it->second)) {
      ++it;
      continue;
    }
    forget(it->first);
    it = admins_.erase(it);
  }
}

void BrowserSessions::sweep() {
  for (auto it = admins_.begin(); it != admins_.end();) {
    if (!over(it->second)) {
      ++it;
      continue;
    }
    forget(it->first);
    it = admins_.erase(it);
  }
}

void BrowserSessions::forget(std::string const& digest) {
  ports_.database.write(
      [digest](Sql& sql) {
        sql.run("DELETE FROM admin_sessions WHERE digest = $1", {Blob{digest}});
      },
      [](Result<void> done) {
        if (!done)
          log::warning("a session that ended is still stored", {{"why", done.error().what}});
      });
}

}  // namespace wardroom::front
