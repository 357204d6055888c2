#include "front/web_sessions.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/planted.hpp"

#include <algorithm>

namespace wardroom::front {
namespace {
using http::Audience;
using store::Blob;
using store::Row;
using store::Sql;

constexpr std::chrono::minutes seen_grain{5};
/// After a write that failed.
constexpr std::chrono::minutes seen_again{1};

/// One a line: addresses hold no line breaks.
std::string lines_of(std::vector<std::string> const& emails) {
  std::string out;
  for (auto const& email : emails) out += (out.empty() ? "" : "\n") + email;
  return out;
}
std::vector<std::string> of_lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

struct StoredSession {
  std::string digest, role;
  WebSession session;
  Instant seen_at{};
};

std::vector<StoredSession> read_all(Sql& sql) {
  std::vector<StoredSession> out;
  sql.query(
      "SELECT digest, role, person_uuid, name, emails, browser, network, opened_at, seen_at "
      "FROM web_sessions",
      {}, [&](Row const& row) {
        StoredSession stored{row.blob(0), row.text(1), {}, from_unix_ms(row.integer(8))};
        auto& session = stored.session;
        session.person_uuid = row.text(2);
        session.name = row.text(3);
        session.emails = of_lines(row.text(4));
        session.origin = {row.text(5), row.text(6)};
        session.opened_at = from_unix_ms(row.integer(7));
        out.push_back(std::move(stored));
      });
  return out;
}

void remove(Sql& sql, std::string const& digest) {
  sql.run("DELETE FROM web_sessions WHERE digest = $1", {Blob{digest}});
}

std::optional<Audience> role_of(std::string_view word) {
  for (auto role : {Audience::admin, Audience::guest})
    if (word == role_word(role)) return role;
  return std::nullopt;
}

}  // namespace

RoleRules rules_of(Audience) { return {}; }

std::string_view role_word(Audience role) {
  switch (role) {
    case Audience::admin:
      return "administrator";
    case Audience::guest:
      return "guest";
    case Audience::person:
      return "person";
    default:
      return "anyone";
  }
}

std::string session_id(std::string_view digest) {
  return to_hex(digest.substr(0, session_id_length / 2));
}

Task<Result<void>> WebSessions::load() {
  auto rows = co_await database_.read<std::vector<StoredSession>>(read_all);
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  auto const now = clock_.now();
  auto const uptime = clock_.uptime();
  for (auto& [digest, word, session, seen_at] : *rows) {
    auto const role = role_of(word);
    auto const rules = rules_of(role.value_or(Audience::admin));
    auto const age = now - session.opened_at;
    auto const idle = now - seen_at;
    // A session from the future means that the wall clock went back: its age is unknown, so it
    // ends.
    if (!role || age < Milliseconds(0) || age >= rules.life || idle < Milliseconds(0) ||
        idle >= rules.idle + seen_grain) {
      forget(digest);
      continue;
    }
    session.role = *role;
    session.seen = session.stored = uptime - std::min<BootClock::duration>(idle, rules.idle);
    session.ends = uptime + (rules.life - age);
    // `seen` is written down every few minutes only; the doubt goes to whose session it is.
    session.seen = std::max(session.seen, uptime - rules.idle + seen_grain);
    sessions_.emplace(digest, std::move(session));
  }
  co_return Result<void>{};
}

Task<Result<void>> WebSessions::add(std::string digest, WebSession session,
                                    std::string old_digest) {
  sweep();
  session.opened_at = clock_.now();
  std::int64_t const at = unix_ms(session.opened_at);
  auto saved = co_await database_.write([session, digest, old_digest, at](Sql& sql) {
    if (!old_digest.empty()) remove(sql, old_digest);
    sql.run(
        "INSERT INTO web_sessions (digest, role, person_uuid, name, emails, browser, network, "
        "opened_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {Blob{digest}, std::string(role_word(session.role)), session.person_uuid, session.name,
         lines_of(session.emails), session.origin.browser, session.origin.network, at, at});
  });
  if (!saved) co_return saved;
  if (auto const old = sessions_.find(old_digest); old != sessions_.end()) drop(old, End::by_owner);
  session.seen = session.stored = clock_.uptime();
  session.ends = session.seen + rules_of(session.role).life;
  sessions_.insert_or_assign(std::move(digest), std::move(session));
  co_return saved;
}

bool WebSessions::over(WebSession const& session) const {
  return left(session) <= BootClock::duration::zero();
}

BootClock::duration WebSessions::left(WebSession const& session) const {
  return std::min(session.ends, session.seen + rules_of(session.role).idle) - clock_.uptime();
}

WebSession* WebSessions::live(Audience role, std::string const& digest) {
  auto const it = sessions_.find(digest);
  if (it == sessions_.end()) return nullptr;
  if (it->second.role != role) return nullptr;
  if (!over(it->second)) return &it->second;
  finish(it);
  return nullptr;
}

WebSession const* WebSessions::find(Audience role, std::string const& digest) {
  return live(role, digest);
}

WebSession const* WebSessions::use(Audience role, std::string const& digest) {
  auto* const session = live(role, digest);
  if (!session) return nullptr;
  session->seen = clock_.uptime();
  if (session->seen < session->stored + seen_grain) return session;
  auto const before = std::exchange(session->stored, session->seen);
  database_.write(
      [digest, at = unix_ms(clock_.now())](Sql& sql) {
        sql.run("UPDATE web_sessions SET seen_at = $2 WHERE digest = $1",
                {Blob{digest}, std::int64_t{at}});
      },
      [this, digest, before](Result<void> done) {
        if (done) return;
        log::warning("the activity of a session could not be stored", {{"why", done.error().what}});
        auto const it = sessions_.find(digest);
        if (it == sessions_.end()) return;
        auto& stored = it->second.stored;
        stored = std::max(before, stored - seen_grain + seen_again);
      });
  return session;
}

bool WebSessions::alive(std::string const& digest) const {
  auto const found = sessions_.find(digest);
  return found != sessions_.end() && !over(found->second);
}

Task<Result<void>> WebSessions::end(std::vector<std::string> digests, End how) {
  for (auto const& digest : digests)
    if (auto const it = sessions_.find(digest); it != sessions_.end()) drop(it, how);
  if (digests.empty() || WARDROOM_PLANTED("logout-not-stored")) co_return Result<void>{};
  auto removed = co_await database_.write([digests](Sql& sql) {
    for (auto const& digest : digests) remove(sql, digest);
  });
  if (!removed) unforgotten_.insert(unforgotten_.end(), digests.begin(), digests.end());
  co_return removed;
}

void WebSessions::retain(std::function<bool(WebSession const&)> const& stays) {
  for (auto it = sessions_.begin(); it != sessions_.end();)
    it = stays(it->second) ? std::next(it) : finish(it);
}

std::vector<std::pair<std::string, WebSession>> WebSessions::list() {
  sweep();
  std::vector<std::pair<std::string, WebSession>> out(sessions_.begin(), sessions_.end());
  std::ranges::sort(out, [](auto const& a, auto const& b) {
    return std::pair(b.second.opened_at, a.first) < std::pair(a.second.opened_at, b.first);
  });
  return out;
}

WebSessions::Sessions::iterator WebSessions::drop(Sessions::iterator it, End how) {
  auto const [digest, session] = *it;
  auto const next = sessions_.erase(it);
  if (on_end_) on_end_(digest, session, how);
  return next;
}

WebSessions::Sessions::iterator WebSessions::finish(Sessions::iterator it) {
  forget(it->first);
  return drop(it, End::by_time);
}

void WebSessions::sweep() {
  forget_again();
  retain([this](WebSession const& session) { return !over(session); });
}

/// One that the store kept would be back after a restart.
void WebSessions::forget_again() {
  for (auto const& digest : std::exchange(unforgotten_, {})) forget(digest);
}

void WebSessions::forget(std::string const& digest) {
  database_.write([digest](Sql& sql) { remove(sql, digest); },
                  [this, digest](Result<void> done) {
                    if (done) return;
                    unforgotten_.push_back(digest);
                    log::warning("a session that ended is still stored",
                                 {{"why", done.error().what}});
                  });
}

}  // namespace wardroom::front
