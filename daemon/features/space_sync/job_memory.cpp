#include "features/space_sync/run_rows.hpp"
#include "features/space_sync/space_sync_store.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace wardroom::space_sync {
using store::Blob;
using store::Row;
using store::Sql;
using store::Value;

namespace {

constexpr std::size_t kUuidsAPiece = 65'536;
constexpr std::size_t kPeopleAUnit = 1'000;

Value moment(std::optional<Instant> at) { return at ? Value(unix_ms(*at)) : Value(); }
Value number(std::optional<std::int64_t> count) { return count ? Value(*count) : Value(); }

JobMemory memory_of(Sql& sql, std::string const& job) {
  auto const row = sql.one(
      "SELECT last_began_ms, people, members, paused, paused_by, pause_reason, paused_at_ms"
      " FROM space_sync_job WHERE job = $1",
      {job});
  JobMemory out;
  if (!row) return out;
  if (!row->is_null(0)) out.last_began = from_unix_ms(row->integer(0));
  if (!row->is_null(1)) out.people = row->integer(1);
  if (!row->is_null(2)) out.members = row->integer(2);
  out.paused = row->integer(3) != 0;
  out.paused_by = row->text(4);
  out.pause_reason = row->text(5);
  if (!row->is_null(6)) out.paused_at = from_unix_ms(row->integer(6));
  return out;
}

void put_memory(Sql& sql, std::string const& job, JobMemory const& memory) {
  sql.run(
      "INSERT INTO space_sync_job (job, last_began_ms, people, members, paused, paused_by,"
      " pause_reason, paused_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
      " ON CONFLICT (job) DO UPDATE SET last_began_ms = excluded.last_began_ms,"
      " people = excluded.people, members = excluded.members, paused = excluded.paused,"
      " paused_by = excluded.paused_by, pause_reason = excluded.pause_reason,"
      " paused_at_ms = excluded.paused_at_ms",
      {job, moment(memory.last_began), number(memory.people), number(memory.members),
       std::int64_t{memory.paused}, memory.paused_by, memory.pause_reason,
       moment(memory.paused_at)});
}

std::int64_t generation_of(Sql& sql, std::string const& job) {
  auto const row = sql.one("SELECT generation FROM space_sync_job WHERE job = $1", {job});
  return row ? row->integer(0) : 0;
}

/// The bytes of some of them, one behind the other.
std::string bytes_of(std::span<Uuid const> people) {
  std::string out(people.size() * sizeof(Uuid), '\0');
  if (!people.empty()) std::memcpy(out.data(), people.data(), out.size());
  return out;
}

void append(std::vector<Uuid>& people, std::string const& bytes) {
  if (bytes.size() % sizeof(Uuid) != 0)
    throw store::StoreError(
        Error{ErrorKind::malformed, "the store holds a damaged list of members"});
  auto const before = people.size();
  people.resize(before + bytes.size() / sizeof(Uuid));
  if (!bytes.empty()) std::memcpy(people.data() + before, bytes.data(), bytes.size());
}

/// Pieces of lists that were never finished, or are no longer the one; one a commit.
void forget_a_piece(Sql& sql, std::string const& job, std::int64_t current, std::int64_t& gone) {
  gone = sql.run(
      "DELETE FROM space_sync_members WHERE job = $1 AND generation <> $2 AND generation = "
      "(SELECT MIN(generation) FROM space_sync_members WHERE job = $1 AND generation <> $2) AND "
      "piece = (SELECT MIN(piece) FROM space_sync_members WHERE job = $1 AND generation = (SELECT "
      "MIN(generation) FROM space_sync_members WHERE job = $1 AND generation <> $2))",
      {job, current});
}

}  // namespace

Task<Result<JobMemory>> SpaceSyncStore::memory(std::string job) {
  return database_.read<JobMemory>(
      [job = std::move(job)](Sql& sql) { return memory_of(sql, job); });
}

Task<Result<void>> SpaceSyncStore::save_memory(std::string job, JobMemory memory) {
  auto const entry = std::make_shared<std::optional<store::JournalEntry>>();
  auto done = co_await database_.write(
      [job = std::move(job), memory = std::move(memory), entry, now = clock_.now()](Sql& sql) {
        bool const turned = memory_of(sql, job).paused != memory.paused;
        put_memory(sql, job, memory);
        if (turned) store::insert_journal(sql, entry->emplace(entry_of_pause(job, memory, now)));
      });
  if (!done) co_return std::unexpected(std::move(done.error()));
  if (*entry) journal_.publish(**entry);
  co_return Result<void>{};
}

Task<Result<std::vector<Uuid>>> SpaceSyncStore::members_before(std::string job) {
  return database_.read<std::vector<Uuid>>([job = std::move(job)](Sql& sql) {
    std::vector<Uuid> out;
    sql.query(
        "SELECT uuids FROM space_sync_members WHERE job = $1 AND generation = $2 ORDER BY piece",
        {job, generation_of(sql, job)}, [&](Row const& row) { append(out, row.blob(0)); });
    return out;
  });
}

/// The pieces are written beside those that count; one small commit then makes the new ones count.
Task<Result<void>> SpaceSyncStore::save_members(std::string job, std::vector<Uuid> members) {
  auto const generation = std::make_shared<std::int64_t>(0);
  auto const all = std::make_shared<std::vector<Uuid> const>(std::move(members));
  auto const pieces = (all->size() + kUuidsAPiece - 1) / kUuidsAPiece;
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    auto done = co_await database_.write([job, generation, all, piece](Sql& sql) {
      if (piece == 0)
        *generation = std::max(generation_of(sql, job),
                               sql.one("SELECT COALESCE(MAX(generation), 0) FROM space_sync_members"
                                       " WHERE job = $1",
                                       {job})
                                   ->integer(0)) +
                      1;
      auto const from = piece * kUuidsAPiece;
      auto const some = std::span(*all).subspan(from, std::min(kUuidsAPiece, all->size() - from));
      sql.run(
          "INSERT INTO space_sync_members (job, generation, piece, uuids) VALUES ($1, $2, $3, $4)",
          {job, *generation, static_cast<std::int64_t>(piece), Blob{bytes_of(some)}});
    });
    if (!done) co_return done;
  }
  auto flipped = co_await database_.write([job, generation](Sql& sql) {
    if (*generation == 0) *generation = generation_of(sql, job) + 1;  // nobody is a member
    sql.run(
        "INSERT INTO space_sync_job (job, paused, paused_by, pause_reason, generation)"
        " VALUES ($1, 0, '', '', $2)"
        " ON CONFLICT (job) DO UPDATE SET generation = excluded.generation",
        {job, *generation});
  });
  if (!flipped) co_return flipped;
  auto const gone = std::make_shared<std::int64_t>(0);
  do {
    auto done = co_await database_.write(
        [job, generation, gone](Sql& sql) { forget_a_piece(sql, job, *generation, *gone); });
    if (!done) co_return done;
  } while (*gone > 0);
  co_return Result<void>{};
}

Task<Result<std::unordered_set<Uuid>>> SpaceSyncStore::left(std::string job) {
  return database_.read<std::unordered_set<Uuid>>([job = std::move(job)](Sql& sql) {
    std::unordered_set<Uuid> out;
    sql.query("SELECT person FROM space_sync_left WHERE job = $1", {job},
              [&](Row const& row) { out.insert(uuid_from(row.text(0))); });
    return out;
  });
}

Task<Result<void>> SpaceSyncStore::note_left(std::string job, std::vector<Uuid> people,
                                             Instant at) {
  auto const all = std::make_shared<std::vector<Uuid> const>(std::move(people));
  for (std::size_t from = 0; from < all->size(); from += kPeopleAUnit) {
    auto done = co_await database_.write([job, all, from, at](Sql& sql) {
      for (auto i = from; i < std::min(from + kPeopleAUnit, all->size()); ++i)
        sql.run(
            "INSERT INTO space_sync_left (job, person, at_ms) VALUES ($1, $2, $3)"
            " ON CONFLICT (job, person) DO NOTHING",
            {job, (*all)[i].text(), unix_ms(at)});
    });
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

Task<Result<void>> SpaceSyncStore::forget_left(std::string job, std::vector<Uuid> people) {
  auto const all = std::make_shared<std::vector<Uuid> const>(std::move(people));
  for (std::size_t from = 0; from < all->size(); from += kPeopleAUnit) {
    auto done = co_await database_.write([job, all, from](Sql& sql) {
      for (auto i = from; i < std::min(from + kPeopleAUnit, all->size()); ++i)
        sql.run("DELETE FROM space_sync_left WHERE job = $1 AND person = $2",
                {job, (*all)[i].text()});
    });
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

}  // namespace wardroom::space_sync
