#include "store/journal.hpp"

namespace wardroom::store {

Task<Result<void>> Journal::load() {
  auto found = co_await database_.read<JournalExtent>(journal_extent);
  if (!found) co_return std::unexpected(std::move(found.error()));
  // What was told while this was read is counted by neither; the next count has it.
  found->last_seq = std::max(extent_.last_seq, found->last_seq);
  found->forgotten = std::max(extent_.forgotten, found->forgotten);
  extent_ = *found;
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
  if (entry.seq > extent_.last_seq) {
    extent_.last_seq = entry.seq;
    ++extent_.entries;
    if (!extent_.oldest) extent_.oldest = entry.at;
  }
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

Task<Result<std::size_t>> Journal::forget_some(Instant cutoff) {
  struct Gone {
    std::size_t count = 0;
    std::int64_t upto = 0;
  };
  auto gone = std::make_shared<Gone>();
  auto done = co_await database_.write([gone, cutoff](Sql& sql) {
    gone->count = forget_journal(sql, cutoff, forget_step);
    gone->upto = journal_forgotten(sql);
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  extent_.forgotten = std::max(extent_.forgotten, gone->upto);
  extent_.entries = std::max<std::int64_t>(0, extent_.entries - std::int64_t(gone->count));
  co_return gone->count;
}

Task<Result<std::size_t>> Journal::forget_before(Instant cutoff) {
  std::size_t total = 0;
  for (;;) {
    auto const gone = co_await forget_some(cutoff);
    if (!gone) co_return gone;
    total += *gone;
    if (*gone < forget_step) co_return total;
  }
}

}  // namespace wardroom::store
