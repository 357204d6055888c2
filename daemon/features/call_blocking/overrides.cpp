#include "features/call_blocking/overrides.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/time_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace wardroom::call_blocking {
namespace {

constexpr std::array<std::string_view, 4> kWords{"none", "allow", "block", "exempt"};

using Rows = std::vector<std::pair<PersonNo, OverrideEntry>>;

Rows read_rows(store::Sql& sql) {
  Rows out;
  sql.query(
      "SELECT person_no, kind, reason, set_by, since_ms, until_ms FROM person_override"
      " ORDER BY person_no",
      {}, [&](store::Row const& row) {
        auto const word = std::ranges::find(kWords, row.text(1));
        if (word == kWords.end() || *word == "none")
          throw store::StoreError(
              Error{ErrorKind::malformed,
                    fmt::format("the store holds an override of a kind that is unknown: '{}'",
                                row.text(1))});
        OverrideEntry entry{.kind = static_cast<Override>(word - kWords.begin()),
                            .reason = row.text(2),
                            .by = row.text(3),
                            .since = from_unix_ms(row.integer(4))};
        if (!row.is_null(5)) entry.until = from_unix_ms(row.integer(5));
        out.emplace_back(static_cast<PersonNo>(row.integer(0)), std::move(entry));
      });
  return out;
}

void insert(store::Sql& sql, PersonNo person, OverrideEntry const& entry) {
  store::Value until;
  if (entry.until) until = unix_ms(*entry.until);
  sql.run(
      "INSERT INTO person_override (person_no, kind, reason, set_by, since_ms, until_ms)"
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person_no) DO UPDATE SET"
      " kind = excluded.kind, reason = excluded.reason, set_by = excluded.set_by,"
      " since_ms = excluded.since_ms, until_ms = excluded.until_ms",
      {std::int64_t(person), std::string(name(entry.kind)), entry.reason, entry.by,
       unix_ms(entry.since), until});
}

/// No reason in it: that is a text about a person, and erased with the entry.
store::JournalEntry told(PersonNo person, std::string_view what, OverrideEntry const& entry,
                         Instant now) {
  nlohmann::ordered_json body{{"what", what}, {"override", name(entry.kind)}};
  if (entry.until) body["until"] = iso_text(*entry.until);
  if (what == "set") body["by"] = entry.by;
  return {.seq = 0, .at = now, .kind = "override", .person_no = person, .body = body.dump()};
}

/// The row goes, and the journal says so, in one unit.
Task<Result<void>> take_out(store::Database& database, store::Journal& journal, Instant now,
                            PersonNo person, OverrideEntry const& entry, std::string_view what) {
  auto line = std::make_shared<store::JournalEntry>(told(person, what, entry, now));
  auto done = co_await database.write([person, line](store::Sql& sql) {
    sql.run("DELETE FROM person_override WHERE person_no = $1", {std::int64_t(person)});
    store::insert_journal(sql, *line);
  });
  if (done) journal.publish(*line);
  co_return done;
}

Result<void> check(OverrideEntry const& entry, Instant now) {
  if (entry.reason.find_first_not_of(" \t\r\n") == std::string::npos)
    return failure(ErrorKind::malformed,
                   "an override needs a reason: the next operator will want to know");
  if (entry.reason.size() > Overrides::longest_reason)
    return failure(ErrorKind::malformed, fmt::format("the reason is longer than {} characters",
                                                     Overrides::longest_reason));
  if (!entry.until) return {};
  if (*entry.until <= now)
    return failure(ErrorKind::malformed, "the time of an override must be longer than nothing");
  if (*entry.until - now > Overrides::longest_time)
    return failure(ErrorKind::malformed,
                   "an override for more than a year is one for good: leave --for out");
  return {};
}

}  // namespace

std::string_view name(Override kind) { return kWords[static_cast<std::size_t>(kind)]; }

Task<Result<void>> Overrides::load() {
  auto rows = co_await database_.read<Rows>(read_rows);
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  for (auto& [person, entry] : *rows) {
    auto const kind = entry.kind;
    keep(person, std::move(entry));
    changed_(person, kind);
  }
  end_what_is_over();
  co_return Result<void>{};
}

void Overrides::keep(PersonNo person, OverrideEntry entry) {
  Kept kept{.entry = std::move(entry)};
  if (auto const until = kept.entry.until) {
    auto const meant = *until - kept.entry.since;
    kept.ends = clock_.uptime() + std::min(*until - clock_.now(), meant);
  }
  entries_[person] = std::move(kept);
  arm();
}

void Overrides::arm() {
  auto next = Uptime::max();
  for (auto const& [person, kept] : entries_) next = std::min(next, kept.ends);
  timer_.cancel();
  if (next != Uptime::max()) timer_ = clock_.at(next, [this] { end_what_is_over(); });
}

/// It no longer counts at once; its row goes when the store lets it, and a restart before that
/// finds it over too.
void Overrides::end_what_is_over() {
  auto const now = clock_.uptime();
  std::vector<std::pair<PersonNo, OverrideEntry>> over;
  for (auto const& [person, kept] : entries_)
    if (kept.ends <= now) over.emplace_back(person, kept.entry);
  for (auto const& [person, entry] : over) {
    entries_.erase(person);
    log::info("an override is over", {{"person", person}, {"override", name(entry.kind)}});
    auto line = std::make_shared<store::JournalEntry>(told(person, "over", entry, clock_.now()));
    database_.write(
        [line, since = unix_ms(entry.since)](store::Sql& sql) {
          // Not one that was set anew meanwhile.
          sql.run("DELETE FROM person_override WHERE person_no = $1 AND since_ms = $2",
                  {std::int64_t(line->person_no), since});
          store::insert_journal(sql, *line);
        },
        [&journal = journal_, line](Result<void> done) {
          if (done)
            journal.publish(*line);
          else
            log::warning("the end of an override could not be written; the next start will",
                         {{"why", done.error().what}});
        });
    changed_(person, Override::none);
  }
  arm();
}

Task<Result<std::optional<OverrideEntry>>> Overrides::set(PersonNo person, OverrideEntry entry) {
  auto const now = clock_.now();
  entry.since = now;
  if (auto fine = check(entry, now); !fine) co_return std::unexpected(std::move(fine.error()));
  auto line = std::make_shared<store::JournalEntry>(told(person, "set", entry, now));
  auto done = co_await database_.write([person, entry, line](store::Sql& sql) {
    insert(sql, person, entry);
    store::insert_journal(sql, *line);
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  journal_.publish(*line);
  std::optional<OverrideEntry> before;
  if (auto const* had = find(person)) before = *had;
  auto const kind = entry.kind;
  keep(person, std::move(entry));
  changed_(person, kind);
  co_return before;
}

Task<Result<OverrideEntry>> Overrides::remove(PersonNo person) {
  auto const* found = find(person);
  if (found == nullptr)
    co_return failure(ErrorKind::not_found, "there is no override for this person");
  auto const entry = *found;
  auto done = co_await take_out(database_, journal_, clock_.now(), person, entry, "removed");
  if (!done) co_return std::unexpected(std::move(done.error()));
  entries_.erase(person);
  arm();
  changed_(person, Override::none);
  co_return entry;
}

OverrideEntry const* Overrides::find(PersonNo person) const {
  auto const it = entries_.find(person);
  return it == entries_.end() ? nullptr : &it->second.entry;
}

std::vector<std::pair<PersonNo, OverrideEntry>> Overrides::list() const {
  std::vector<std::pair<PersonNo, OverrideEntry>> out;
  for (auto const& [person, kept] : entries_) out.emplace_back(person, kept.entry);
  return out;
}

}  // namespace wardroom::call_blocking
