#include "audit/audit_log.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

namespace wardroom::audit {
using store::Sql;

Task<Result<std::unique_ptr<AuditLog>>> AuditLog::open(store::Database& database, Clock& clock,
                                                       Random& random,
                                                       crypto::Sealer const& sealer) {
  auto const loop = co_await boost::asio::this_coro::executor;
  auto key = std::make_shared<std::optional<AuditKey>>();
  // A store that takes no writes just now still lets the daemon begin.
  auto done = co_await database.read<bool>([key, &sealer](Sql& sql) {
    *key = load_key(sql, sealer);
    return true;
  });
  if (!done) co_return std::unexpected(done.error());
  if (!*key) {
    auto const made = co_await database.write([key, &sealer, &random](Sql& sql) {
      key->emplace(load_or_create_key(sql, sealer, random));
    });
    if (!made) co_return std::unexpected(made.error());
  }
  co_return std::make_unique<AuditLog>(database, clock, random, loop, std::move(**key));
}

AuditLog::AuditLog(store::Database& database, Clock& clock, Random& random, Executor loop,
                   AuditKey key)
    : database_(database),
      clock_(clock),
      random_(random),
      loop_(loop),
      key_(std::make_shared<AuditKey const>(std::move(key))),
      spool_(random) {}

std::int64_t AuditLog::append(Sql& sql, Instant now, Record const& record) {
  auto const seq = audit::append(sql, *key_, random_, now, record);
  if (seq % head_every == 0)
    boost::asio::post(loop_, [this, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired()) head_is_due();
    });
  return seq;
}

void AuditLog::append(Record record, std::function<void(Result<std::int64_t>)> then) {
  auto seq = std::make_shared<std::int64_t>(0);
  database_.write([this, seq, now = clock_.now(),
                   record = std::move(record)](Sql& sql) { *seq = append(sql, now, record); },
                  [seq, then = std::move(then)](Result<void> outcome) {
                    if (!then) return;
                    if (outcome)
                      then(*seq);
                    else
                      then(std::unexpected(std::move(outcome.error())));
                  });
}

Task<Result<std::int64_t>> AuditLog::commit(Record record) {
  auto seq = std::make_shared<std::int64_t>(0);
  auto const done =
      co_await database_.write([this, seq, now = clock_.now(), record = std::move(record)](
                                   Sql& sql) { *seq = append(sql, now, record); });
  if (!done) co_return std::unexpected(done.error());
  co_return *seq;
}

void AuditLog::start_publishing(OnHead hear) {
  on_head_ = std::move(hear);
  head_is_due();
}

void AuditLog::arm(BootClock::duration wait) {
  next_head_ = clock_.after(wait, [this] { head_is_due(); });
}

void AuditLog::head_is_due() {
  if (!on_head_) return;
  arm(head_period);
  // A unit comes after every batch that is on its way: what it reads is committed with it.
  auto head = std::make_shared<std::optional<Head>>();
  database_.write([head, key = key_](Sql& sql) { *head = stored_head(sql, *key); },
                  [this, head, alive = std::weak_ptr<int>(alive_)](Result<void> outcome) {
                    if (alive.expired()) return;
                    if (outcome && *head) return published(**head);
                    if (outcome) return;  // no record yet, or not genuine: verify tells
                    log::warning("the audit's signed head was not published",
                                 {{"why", outcome.error().what}});
                    arm(std::chrono::minutes(1));
                  });
}

void AuditLog::published(Head const& head) {
  auto const signed_now = sign_head(*key_, head.seq, head.hash, clock_.now());
  std::erase_if(own_heads_, [&](Head const& h) { return h.seq == head.seq; });
  if (own_heads_.size() >= 100) own_heads_.erase(own_heads_.begin());
  own_heads_.push_back(signed_now);
  if (on_head_) on_head_(signed_now);
}

Task<Result<Head>> AuditLog::publish() {
  auto head = std::make_shared<std::optional<Head>>();
  auto const done =
      co_await database_.write([head, key = key_](Sql& sql) { *head = stored_head(sql, *key); });
  if (!done) co_return std::unexpected(done.error());
  if (!*head)
    co_return failure(ErrorKind::not_found,
                      "the audit has no record yet, or its head was altered: "
                      "run wardroomctl audit verify");
  published(**head);
  co_return own_heads_.back();
}

Task<Result<Verification>> AuditLog::verify(std::int64_t from, std::vector<Head> heads) {
  heads.insert(heads.end(), own_heads_.begin(), own_heads_.end());
  auto const key = key_;
  auto const verifier = std::make_shared<Verifier>(*key, std::move(heads), from);
  for (;;) {
    auto const end =
        co_await database_.read<bool>([key, verifier](Sql& sql) { return verifier->step(sql); });
    if (!end) co_return std::unexpected(end.error());
    if (*end) co_return verifier->result();
  }
}

Task<Result<std::vector<Entry>>> AuditLog::list(Filter filter, std::size_t limit) {
  return database_.read<std::vector<Entry>>(
      [filter = std::move(filter), limit](Sql& sql) { return list_entries(sql, filter, limit); });
}

Task<Result<std::size_t>> AuditLog::erase(Erasure erasure, Record why) {
  auto const count = std::make_shared<std::size_t>(0);
  auto const done =
      co_await database_.write([this, count, now = clock_.now(), erasure = std::move(erasure),
                                why = std::move(why)](Sql& sql) {
        *count = erase_texts(sql, *key_, erasure);
        append(sql, now, why);
      });
  if (!done) co_return std::unexpected(done.error());
  co_return *count;
}

Task<Result<std::size_t>> AuditLog::flush_spool() {
  if (flushing_) co_return failure(ErrorKind::conflict, "the audit's spool is being written");
  flushing_ = true;
  struct Ended {
    bool& flag;
    ~Ended() { flag = false; }
  } const ended{flushing_};
  std::size_t total = 0;
  while (!spool_.empty()) {
    auto const records = spool_.oldest(flush_slice);
    auto const lost = spool_.lost();
    auto const overflow = spool_.lost_record();
    auto const done =
        co_await database_.write([this, records, lost, overflow, now = clock_.now()](Sql& sql) {
          for (auto const& record : records) {
            // An answer may have got lost after its commit.
            if (!sql.one("SELECT 1 FROM audit WHERE spool <> '' AND spool = $1", {record.spool}))
              append(sql, now, record);
          }
          if (lost > 0) append(sql, now, overflow);
        });
    if (!done) co_return std::unexpected(done.error());
    spool_.written(records.size());
    spool_.forget_lost(lost);
    total += records.size();
  }
  co_return total;
}

}  // namespace wardroom::audit
