#include "store_positions.hpp"

#include "people/fix_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

/// A post may come twice, the second time later than the next one.
constexpr auto stray = 60s;

std::int64_t ms(Uptime t) { return std::chrono::floor<Milliseconds>(t.time_since_epoch()).count(); }

/// The newest the store has of this person.
std::optional<people::StoredFix> newest_fix(store::Sql& sql, std::int64_t person) {
  std::optional<people::StoredFix> out;
  auto const take = [&](people::StoredFix const& fix) {
    if (!out || fix.boot_ms >= out->boot_ms) out = fix;
  };
  if (auto const row = sql.one(
          "SELECT latitude_e7, longitude_e7, boot_ms, wall_ms FROM last_fix WHERE person_no = $1",
          {person}))
    take({.person = static_cast<PersonNo>(person),
          .latitude_e7 = static_cast<std::int32_t>(row->integer(0)),
          .longitude_e7 = static_cast<std::int32_t>(row->integer(1)),
          .boot_ms = row->integer(2),
          .wall_ms = row->integer(3)});
  sql.query("SELECT blob FROM fix_batch", {}, [&](store::Row const& row) {
    auto const fixes = people::decode_batch(row.blob(0));
    if (!fixes) throw store::StoreError(fixes.error());
    for (auto const& fix : *fixes)
      if (fix.person == person) take(fix);
  });
  return out;
}

bool same(people::StoredFix const& stored, GeoPoint const& where) {
  return std::abs(stored.latitude_e7 / 1e7 - where.latitude) < 2e-7 &&
         std::abs(stored.longitude_e7 / 1e7 - where.longitude) < 2e-7;
}

}  // namespace

void PositionLedger::hear(PositionPost const& post) {
  auto& person = people_[post.email];
  if (post.status == -1) {
    person.posts.push_back({post.number, now_(), post.where});
    return;
  }
  if (post.status != 204) return;
  auto const it = std::ranges::find(person.posts, post.number, &Left::number);
  if (it == person.posts.end()) return;
  auto const at = it->at;
  if (!person.acknowledged || at > *person.acknowledged) person.acknowledged = at;
  while (!person.posts.empty() && person.posts.front().at < *person.acknowledged - stray)
    person.posts.pop_front();
  ledger_.acknowledged("position " + post.email, "D1",
                       [this, email = post.email](store::Sql& sql) { return check(email, sql); });
  told_();
}

std::string PositionLedger::check(std::string const& email, store::Sql& sql) const {
  auto const& person = people_.at(email);
  auto const row = sql.one("SELECT person_no FROM person_email WHERE email = $1", {email});
  if (!row) return fmt::format("{} posted a position, the store does not know them", email);
  auto const fix = newest_fix(sql, row->integer(0));
  if (!fix) return fmt::format("a position of {} was acknowledged, the store has none", email);
  if (fix->boot_ms < ms(*person.acknowledged))
    return fmt::format(
        "a position of {} was acknowledged, the newest in the store is from {} ms before it left",
        email, ms(*person.acknowledged) - fix->boot_ms);
  if (std::ranges::none_of(person.posts, [&](Left const& left) { return same(*fix, left.where); }))
    return fmt::format("the position that the store has of {} was never posted", email);
  return {};
}

std::map<std::string, Uptime> PositionLedger::newest() const {
  std::map<std::string, Uptime> out;
  for (auto const& [email, person] : people_)
    if (person.acknowledged) out[email] = *person.acknowledged;
  return out;
}

}  // namespace wardroom::world
