#include "features/call_blocking/call_blocking_store.hpp"

#include "base/log.hpp"
#include "features/call_blocking/caller_notice_store.hpp"
#include "store/meta.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kMostWaiting = 10'000;
constexpr std::size_t kMostAUnit = 64;  // copied and told in one turn of the loop
/// Many changes of one call fall into this time, and a commit costs as much as several records.
constexpr auto kGather = std::chrono::milliseconds(50);
constexpr auto kGatherAcknowledged = std::chrono::seconds(1);
constexpr auto kBetweenSlices = std::chrono::milliseconds(1);
constexpr auto kTryAgain = std::chrono::seconds(1);
constexpr std::string_view kWish = "call_blocking.monitoring";

constexpr store::Migration kMigrations[] = {
    {30, "calls and what was decided about them",
     "CREATE TABLE call_record (target TEXT NOT NULL, call_id TEXT NOT NULL, at_ms BIGINT NOT NULL,"
     " person_no BIGINT NOT NULL, ended BIGINT NOT NULL, document TEXT NOT NULL,"
     " PRIMARY KEY (target, call_id));"
     "CREATE INDEX call_record_at ON call_record (at_ms);"
     "CREATE INDEX call_record_person ON call_record (person_no, at_ms);"
     "CREATE INDEX call_record_call ON call_record (call_id);"},
    {31, "answered emergency calls, after which incoming calls pass",
     "CREATE TABLE emergency_callback (target TEXT NOT NULL PRIMARY KEY, until_ms BIGINT NOT "
     "NULL);"},
    {32, "what operators decided about single people",
     "CREATE TABLE person_override (person_no BIGINT NOT NULL PRIMARY KEY, kind TEXT NOT NULL,"
     " reason TEXT NOT NULL, set_by TEXT NOT NULL, since_ms BIGINT NOT NULL, until_ms BIGINT);"},
    caller_notice_migration,
    {38, "hours after emergency calls by the clock that never jumps",
     "ALTER TABLE emergency_callback ADD COLUMN boot_no BIGINT NOT NULL DEFAULT 0;"
     "ALTER TABLE emergency_callback ADD COLUMN until_boot_ms BIGINT NOT NULL DEFAULT 0;"},
};

void write_record(store::Sql& sql, CallRecord const& record, std::string document) {
  bool const ended = rank(record.state) >= rank(CallState::detached);
  sql.run(
      "INSERT INTO call_record (target, call_id, at_ms, person_no, ended, document)"
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (target, call_id) DO UPDATE SET"
      " person_no = excluded.person_no, ended = excluded.ended, document = excluded.document",
      {record.target.text(), record.call.text(), unix_ms(record.at), std::int64_t(record.person),
       std::int64_t(ended), std::move(document)});
}

std::int64_t boot_ms(Uptime t) {
  return std::chrono::duration_cast<Milliseconds>(t.time_since_epoch()).count();
}

Document parse(store::Row const& row) { return Document::parse(row.text(0), nullptr, false); }

/// The end of an id as a LIKE pattern with its wildcards escaped.
std::string ends_with(std::string_view call) {
  std::string out = "%";
  for (char c : call) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::span<store::Migration const> call_blocking_migrations() { return kMigrations; }

/// What crosses to the writer: copies, and the entries it fills in.
struct CallBlockingStore::Batch {
  struct One {
    Waiting from;
    CallRecord copy;
  };
  std::vector<One> records;
  std::vector<store::JournalEntry> entries;

  void write(store::Sql& sql, Instant now) {
    entries.clear();
    for (auto const& [from, record] : records) {
      auto texts = text_of(record);
      write_record(sql, record, std::move(texts.document));
      if (!from.news) continue;
      entries.push_back({.at = now,
                         .kind = from.decided ? "decision" : "call",
                         .person_no = record.person,
                         .call = record.call.text(),
                         .body = std::move(texts.entry)});
      store::insert_journal(sql, entries.back());
    }
  }
};

void CallBlockingStore::changed(std::shared_ptr<CallRecord> record, bool decided) {
  queue(std::move(record), decided, true);
  write_later(kGather);
}

void CallBlockingStore::acknowledged(std::shared_ptr<CallRecord> record) {
  queue(std::move(record), false, false);
  write_later(kGatherAcknowledged);
}

void CallBlockingStore::queue(std::shared_ptr<CallRecord> record, bool decided, bool news) {
  auto* const key = record.get();
  if (auto const it = waiting_.find(key); it != waiting_.end()) {
    it->second.decided |= decided;
    it->second.news |= news;
    return;
  }
  if (waiting_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  waiting_.emplace(key, Waiting{std::move(record), decided, news});
  order_.push_back(key);
}

void CallBlockingStore::write_later(BootClock::duration delay) {
  auto const due = std::max(clock_.uptime() + delay, not_before_);
  if (order_.empty() || (timer_.armed() && due_ <= due)) return;
  due_ = due;
  timer_ = clock_.at(due, [this] { write_slice(); });
}

void CallBlockingStore::write_slice() {
  timer_.cancel();
  write_some(kMostAUnit);
  write_later(kBetweenSlices);
}

void CallBlockingStore::write_some(std::size_t most) {
  auto batch = std::make_shared<Batch>();
  auto const count = std::min(most, order_.size());
  if (count == 0) return;
  batch->records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto one = waiting_.extract(order_.front());
    order_.pop_front();
    auto copy = *one.mapped().record;
    batch->records.push_back({std::move(one.mapped()), std::move(copy)});
  }
  auto const now = clock_.now();
  database_.write([batch, now](store::Sql& sql) { batch->write(sql, now); },
                  [this, batch](Result<void> done) { answered(*batch, std::move(done)); });
}

void CallBlockingStore::answered(Batch& batch, Result<void> done) {
  if (done) {
    for (auto const& entry : batch.entries) journal_.publish(entry);
    return;
  }
  log::error("calls could not be recorded; they are kept and tried again",
             {{"calls", batch.records.size()}, {"why", done.error().what}});
  for (auto& [from, copy] : batch.records) queue(std::move(from.record), from.decided, from.news);
  timer_.cancel();
  not_before_ = clock_.uptime() + kTryAgain;
  write_later(kTryAgain);
}

Task<Result<void>> CallBlockingStore::flush() {
  write_some(kMostWaiting);
  timer_.cancel();
  // Units commit in order, so an empty one answers after what was written before it.
  co_return co_await database_.write([](store::Sql&) {});
}

Task<Result<std::vector<Document>>> CallBlockingStore::latest(std::size_t limit) {
  co_return co_await latest(limit, Filter{});
}

Task<Result<std::vector<Document>>> CallBlockingStore::latest(std::size_t limit, Filter filter) {
  auto const flushed = co_await flush();
  if (!flushed) log::debug("calls are listed without the newest", {{"why", flushed.error().what}});
  std::function<std::vector<Document>(store::Sql&)> work = [limit, filter](store::Sql& sql) {
    std::vector<Document> out;
    std::vector<store::Value> values{std::int64_t(limit)};
    std::string where;
    auto const want = [&](std::string_view condition, store::Value value) {
      values.push_back(std::move(value));
      where +=
          fmt::format("{} {} ${}", where.empty() ? " WHERE" : " AND", condition, values.size());
    };
    if (filter.person != 0) want("person_no =", std::int64_t(filter.person));
    if (filter.since) want("at_ms >=", unix_ms(*filter.since));
    // As text_of writes it: no text of a call can hold it with these quotes.
    if (filter.decision)
      want("document LIKE", fmt::format("%\"decision\":\"{}\"%", name(*filter.decision)));
    sql.query("SELECT document FROM call_record" + where + " ORDER BY at_ms DESC LIMIT $1", values,
              [&](store::Row const& row) { out.push_back(parse(row)); });
    return out;
  };
  co_return co_await database_.read(std::move(work));
}

Task<Result<Document>> CallBlockingStore::find(std::string call) {
  auto const flushed = co_await flush();
  if (!flushed)
    log::debug("a call is looked up without the newest", {{"why", flushed.error().what}});
  std::function<std::vector<Document>(store::Sql&)> work = [call](store::Sql& sql) {
    std::vector<Document> out;
    auto const take = [&](store::Row const& row) { out.push_back(parse(row)); };
    sql.query("SELECT document FROM call_record WHERE call_id = $1 ORDER BY at_ms DESC LIMIT 2",
              {call}, take);
    if (out.empty())
      sql.query(
          "SELECT document FROM call_record WHERE call_id LIKE $1 ESCAPE '\\' ORDER BY at_ms DESC "
          "LIMIT 2",
          {ends_with(call)}, take);
    return out;
  };
  auto found = co_await database_.read(std::move(work));
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (found->empty())
    co_return failure(ErrorKind::not_found,
                      "no call is known by '" + call + "'; see `wardroomctl calls list`");
  if (found->size() > 1)
    co_return failure(ErrorKind::conflict,
                      "several calls end in '" + call + "'; give more of the id");
  co_return std::move(found->front());
}

Task<Result<std::vector<Document>>> CallBlockingStore::unfinished(Instant since) {
  std::function<std::vector<Document>(store::Sql&)> work = [since](store::Sql& sql) {
    std::vector<Document> out;
    sql.query("SELECT document FROM call_record WHERE ended = 0 AND at_ms >= $1", {unix_ms(since)},
              [&](store::Row const& row) { out.push_back(parse(row)); });
    return out;
  };
  co_return co_await database_.read(std::move(work));
}

Task<Result<std::size_t>> CallBlockingStore::forget_before(Instant cutoff, Boot boot) {
  auto gone = std::make_shared<std::size_t>(0);
  auto const done = co_await database_.write([gone, cutoff, boot](store::Sql& sql) {
    *gone = static_cast<std::size_t>(
        sql.run("DELETE FROM call_record WHERE at_ms < $1", {unix_ms(cutoff)}));
    sql.run(
        "DELETE FROM emergency_callback WHERE until_ms < $1 AND (boot_no <> $2 OR until_boot_ms < "
        "$3)",
        {unix_ms(cutoff), boot.no, boot_ms(boot.now)});
  });
  if (!done) co_return std::unexpected(done.error());
  co_return *gone;
}

Task<Result<void>> CallBlockingStore::set_wish(bool monitoring) {
  co_return co_await database_.write(
      [monitoring](store::Sql& sql) { store::set_meta(sql, kWish, monitoring ? "on" : "off"); });
}

Task<Result<bool>> CallBlockingStore::wish() {
  // Nobody decided yet: protection is on from the first login of an administrator on.
  std::function<bool(store::Sql&)> work = [](store::Sql& sql) {
    return store::get_meta(sql, kWish).value_or("on") == "on";
  };
  co_return co_await database_.read(std::move(work));
}

}  // namespace wardroom::call_blocking
