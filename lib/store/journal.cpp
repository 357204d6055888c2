#include "store/journal.hpp"

namespace wardroom::store {

Task<Result<void>> Journal::load() {
  auto last = co_await database_.read<std::int64_t>([](Sql& sql) {
    auto const row = sql.one("SELECT COALESCE(MAX(seq), 0) FROM journal");
    return row ? row->integer(0) : 0;
  });
  if (!last) co_return std::unexpected(std::move(last.error()));
  last_seq_ = std::max(last_seq_, *last);
  co_return Result<void>{};
}

void Journal::append(std::string kind, PersonNo person_no, std::string call, std::string body,
                     Appended then) {
  auto entry = std::make_shared<JournalEntry>(JournalEntry{.seq = 0,
                                                           .at = clock_.now(),
                                                           .kind = std::move(kind),
                                                           .person_no = person_no,
                                                           .call = std::move(call),
                                                           .body = std::move(body)});
  database_.write([entry](Sql& sql) { insert_journal(sql, *entry); },
                  [this, entry, then = std::move(then)](Result<void> outcome) {
                    if (outcome) publish(*entry);
                    if (!then) return;
                    if (outcome)
                      then(entry->seq);
                    else
                      then(std::unexpected(std::move(outcome.error())));
                  });
}

void Journal::publish(JournalEntry const& entry) {
  last_seq_ = std::max(last_seq_, entry.seq);
  std::erase_if(subscribers_, [](auto const& weak) { return weak.expired(); });
  auto const now = subscribers_;  // one may come or go while it is told
  for (auto const& weak : now)
    if (auto const hear = weak.lock()) (*hear)(entry);
}

std::shared_ptr<void> Journal::on_entry(OnEntry hear) {
  auto shared = std::make_shared<OnEntry>(std::move(hear));
  subscribers_.push_back(shared);
  return shared;
}

Task<Result<std::vector<JournalEntry>>> Journal::read_since(std::int64_t seq, JournalFilter filter,
                                                            std::size_t limit) {
  return database_.read<std::vector<JournalEntry>>(
      [seq, filter = std::move(filter), limit](Sql& sql) {
        return journal_since(sql, seq, filter, limit);
      });
}

Task<Result<std::vector<JournalEntry>>> Journal::read_latest(JournalFilter filter,
                                                             std::size_t limit,
                                                             std::int64_t before) {
  return database_.read<std::vector<JournalEntry>>(
      [filter = std::move(filter), limit, before](Sql& sql) {
        return journal_latest(sql, filter, limit, before);
      });
}

Task<Result<std::size_t>> Journal::forget_before(Instant cutoff) {
  constexpr std::size_t step = 1'000;
  std::size_t total = 0;
  for (;;) {
    auto gone = std::make_shared<std::size_t>(0);
    auto done = co_await database_.write(
        [gone, cutoff](Sql& sql) { *gone = forget_journal(sql, cutoff, step); });
    if (!done) co_return std::unexpected(std::move(done.error()));
    total += *gone;
    if (*gone < step) co_return total;
  }
}

}  // namespace wardroom::store
