#include "people/session_store.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

#include <algorithm>

namespace wardroom::people {
using store::Blob;
using store::Row;
using store::Sql;

namespace {

constexpr std::size_t uses_a_commit = 1'024;

std::int64_t minutes(std::chrono::minutes span) { return span.count(); }

std::uint32_t to_min(std::int64_t ms) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, ms / 60'000));
}

std::int64_t expiry_ms(Instant used) {
  return unix_ms(used + std::chrono::duration_cast<Milliseconds>(SessionStore::lifetime));
}

}  // namespace

SessionStore::SessionStore(store::Database& database, Clock& clock)
    : database_(database), clock_(clock) {
  source_ = database_.add_source([this, alive = std::weak_ptr<int>(alive_)](auto& batch) {
    if (!alive.expired()) collect(batch);
  });
}

std::string SessionStore::digest(std::string_view cookie) { return sha256(cookie); }

std::uint32_t SessionStore::now_min() const { return to_min(unix_ms(clock_.now())); }

bool SessionStore::expired(Mark mark) const {
  return now_min() > mark.used_min && now_min() - mark.used_min >= minutes(lifetime);
}

Task<Result<void>> SessionStore::load() {
  using Entries = std::vector<std::pair<Digest96, Mark>>;
  auto const now = unix_ms(clock_.now());
  auto entries = co_await database_.read<Entries>([now](Sql& sql) {
    Entries out;
    sql.query("SELECT digest, person_no, last_used_ms FROM location_sessions WHERE expires_ms > $1",
              {now}, [&](Row const& row) {
                if (row.blob(0).size() != 32) return;  // not one of ours
                out.emplace_back(
                    Digest96::from(row.blob(0)),
                    Mark{static_cast<PersonNo>(row.integer(1)), to_min(row.integer(2))});
              });
    return out;
  });
  if (!entries) co_return std::unexpected(std::move(entries.error()));
  for (auto const& [key, mark] : *entries)
    if (mark.person != 0) marks_.put(key, mark);
  co_return Result<void>{};
}

Task<Result<void>> SessionStore::add(std::string digest, PersonNo person, SessionPlace place) {
  if (digest.size() != 32 || person == 0)
    co_return failure(ErrorKind::internal, "a session needs a digest of 32 bytes and a person");
  auto const now = clock_.now();
  auto done = co_await database_.write([digest, person, place = std::move(place), now](Sql& sql) {
    sql.run(
        "INSERT INTO location_sessions (digest, person_no, created_ms, last_used_ms, expires_ms, "
        "browser, network) VALUES ($1, $2, $3, $3, $4, $5, $6)",
        {Blob{digest}, std::int64_t{person}, unix_ms(now), expiry_ms(now), place.browser,
         place.network});
  });
  if (done) marks_.put(Digest96::from(digest), {person, to_min(unix_ms(now))});
  co_return done;
}

PersonNo SessionStore::find(std::string_view digest) const {
  if (digest.size() != 32) return 0;
  auto const mark = marks_.find(Digest96::from(digest));
  return mark && !expired(*mark) ? mark->person : 0;
}

PersonNo SessionStore::use(std::string_view digest) {
  if (digest.size() != 32) return 0;
  auto const key = Digest96::from(digest);
  auto const mark = marks_.find(key);
  if (!mark || expired(*mark)) return 0;
  auto const now = now_min();
  if (now > mark->used_min && now - mark->used_min >= minutes(renewal)) {
    marks_.put(key, {mark->person, now});
    uses_.push_back({std::string(digest), clock_.now()});
    database_.wake_source(source_);
  }
  return mark->person;
}

void SessionStore::collect(std::vector<std::pair<store::Unit, store::Committed>>& batch) {
  if (uses_.empty()) return;
  auto const count = std::min(uses_.size(), uses_a_commit);
  auto const part = std::make_shared<std::vector<Use>>(
      std::make_move_iterator(uses_.end() - static_cast<std::ptrdiff_t>(count)),
      std::make_move_iterator(uses_.end()));
  uses_.resize(uses_.size() - count);
  std::ranges::sort(*part, {}, &Use::digest);
  batch.emplace_back(
      [part](Sql& sql) {
        for (auto const& use : *part)
          sql.run(
              "UPDATE location_sessions SET last_used_ms = $1, expires_ms = $2 WHERE digest = $3",
              {unix_ms(use.at), expiry_ms(use.at), Blob{use.digest}});
      },
      [](Result<void> outcome) {
        // Harmless: the sessions were renewed in memory, and the next use after a restart renews
        // again.
        if (!outcome)
          log::warning("the use of location sessions was not stored",
                       {{"why", outcome.error().what}});
      });
  if (!uses_.empty()) database_.wake_source(source_);
}

Task<Result<void>> SessionStore::remove(std::string digest) {
  if (digest.size() != 32) co_return Result<void>{};
  auto done = co_await database_.write([digest](Sql& sql) {
    sql.run("DELETE FROM location_sessions WHERE digest = $1", {Blob{digest}});
  });
  if (done) marks_.erase(Digest96::from(digest));
  co_return done;
}

Task<Result<std::size_t>> SessionStore::revoke(PersonNo person, std::string keep) {
  auto gone = std::make_shared<std::vector<Digest96>>();
  auto done = co_await database_.write([person, keep = std::move(keep), gone](Sql& sql) {
    gone->clear();
    sql.query(
        "DELETE FROM location_sessions WHERE person_no = $1 AND digest <> $2 RETURNING digest",
        {std::int64_t{person}, Blob{keep}}, [&](Row const& row) {
          if (row.blob(0).size() == 32) gone->push_back(Digest96::from(row.blob(0)));
        });
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  for (auto const& key : *gone) marks_.erase(key);
  co_return gone->size();
}

Task<Result<std::vector<SessionInfo>>> SessionStore::sessions_of(PersonNo person) {
  auto const now = unix_ms(clock_.now());
  return database_.read<std::vector<SessionInfo>>([person, now](Sql& sql) {
    std::vector<SessionInfo> out;
    sql.query(
        "SELECT digest, browser, network, created_ms, last_used_ms, expires_ms "
        "FROM location_sessions WHERE person_no = $1 AND expires_ms > $2 "
        "ORDER BY last_used_ms DESC, created_ms DESC, digest",
        {std::int64_t{person}, now}, [&](Row const& row) {
          out.push_back({row.blob(0),
                         {row.text(1), row.text(2)},
                         from_unix_ms(row.integer(3)),
                         from_unix_ms(row.integer(4)),
                         from_unix_ms(row.integer(5))});
        });
    return out;
  });
}

Task<Result<std::size_t>> SessionStore::purge() {
  auto const now = unix_ms(clock_.now());
  auto gone = std::make_shared<std::int64_t>(0);
  auto done = co_await database_.write([now, gone](Sql& sql) {
    *gone = sql.run("DELETE FROM location_sessions WHERE expires_ms <= $1", {now});
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  marks_.erase_if([this](Digest96 const&, Mark mark) { return expired(mark); });
  co_return static_cast<std::size_t>(*gone);
}

}  // namespace wardroom::people
