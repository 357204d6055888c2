#include "features/call_blocking/past_calls_store.hpp"

namespace wardroom::call_blocking {

namespace {
constexpr std::int64_t kCallsAPage = 1'000;
}

Task<Result<std::int64_t>> PastCallsStore::count() {
  std::function<std::int64_t(store::Sql&)> work = [since = since_,
                                                   until = until_](store::Sql& sql) {
    return sql
        .one("SELECT COUNT(*) FROM call_record WHERE at_ms >= $1 AND at_ms <= $2",
             {unix_ms(since), unix_ms(until)})
        ->integer(0);
  };
  co_return co_await database_.read(std::move(work));
}

Task<Result<PastCallsPage>> PastCallsStore::after(PastCallsPage before) {
  auto const from = std::max(unix_ms(since_), before.at_ms);
  std::function<PastCallsPage(store::Sql&)> work = [from, until = unix_ms(until_),
                                                    before = std::move(before)](store::Sql& sql) {
    PastCallsPage out;
    sql.query(
        "SELECT document, at_ms, target, call_id FROM call_record"
        " WHERE at_ms >= $1 AND at_ms <= $2 AND (at_ms > $3 OR (at_ms = $3 AND"
        " (target > $4 OR (target = $4 AND call_id > $5))))"
        " ORDER BY at_ms, target, call_id LIMIT $6",
        {from, until, before.at_ms, before.target, before.call, kCallsAPage},
        [&](store::Row const& row) {
          out.documents.push_back(row.text(0));
          out.at_ms = row.integer(1);
          out.target = row.text(2);
          out.call = row.text(3);
        });
    out.end = std::ssize(out.documents) < kCallsAPage;
    return out;
  };
  co_return co_await database_.read(std::move(work));
}

}  // namespace wardroom::call_blocking
