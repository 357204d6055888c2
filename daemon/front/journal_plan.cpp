// From a query to numbers: whom it means, and where in the journal it begins and ends.
#include "front/journal_reading.hpp"

#include <algorithm>

namespace wardroom::front {
namespace {

constexpr std::size_t looked_at_once = 500;

Task<Result<std::int64_t>> seq_at(JournalPorts const& ports, Instant at) {
  return ports.database.read<std::int64_t>(
      [at](store::Sql& sql) { return store::journal_seq_at(sql, at); });
}

/// A number that is gone, or that this journal never reached (it was restored from a backup), is
/// told; 0 = from the beginning, wherever that is now.
void begin_after(JournalPlan& plan, store::Journal const& journal, std::int64_t seq) {
  auto const last = journal.last_seq(), gone = journal.forgotten();
  plan.after = std::clamp(seq, gone, std::max(gone, last));
  if (seq > last || (seq > 0 && seq < gone)) plan.gap = {seq + 1, plan.after};
}

/// Walks back from the end until `count` entries lie ahead.
Task<Result<std::int64_t>> before_the_newest(JournalPorts const& ports, JournalPlan const& plan,
                                             std::size_t count) {
  auto before = plan.before > 0 ? plan.before : ports.journal.last_seq() + 1;
  while (count > 0) {
    auto const some = std::min(count, looked_at_once);
    using Numbers = std::vector<std::int64_t>;
    auto const page = co_await ports.database.read<Numbers>(
        [filter = plan.filter, some, before, after = plan.after](store::Sql& sql) {
          Numbers out;
          for (auto const& entry : store::journal_latest(sql, filter, some, before, after))
            out.push_back(entry.seq);
          return out;
        });
    if (!page) co_return std::unexpected(page.error());
    if (!page->empty()) before = page->back();
    if (page->size() < some) break;
    count -= some;
  }
  co_return before - 1;
}

}  // namespace

Task<Result<JournalPlan>> plan_journal(SharedJournalPorts ports, JournalQuery query,
                                       std::size_t usually) {
  JournalPlan plan{.limit = query.limit, .follow = query.follow};
  plan.filter.kinds = std::move(query.kinds);
  if (!query.person.empty()) {
    auto const person = co_await ports->find_person(std::move(query.person));
    if (!person) co_return std::unexpected(person.error());
    plan.filter.person_no = *person;
  }
  if (query.until) {
    if (auto const* seq = std::get_if<std::int64_t>(&*query.until)) {
      plan.before = std::max<std::int64_t>(1, *seq);
    } else {
      auto const found = co_await seq_at(*ports, std::get<Instant>(*query.until));
      if (!found) co_return std::unexpected(found.error());
      plan.before = *found;
    }
  }
  plan.after = ports->journal.forgotten();
  if (query.since) {
    if (auto const* seq = std::get_if<std::int64_t>(&*query.since)) {
      begin_after(plan, ports->journal, *seq);
    } else {
      auto const found = co_await seq_at(*ports, std::get<Instant>(*query.since));
      if (!found) co_return std::unexpected(found.error());
      plan.after = std::max(plan.after, *found - 1);
    }
  } else if (usually > 0) {
    auto const after = co_await before_the_newest(*ports, plan, plan.limit.value_or(usually));
    if (!after) co_return std::unexpected(after.error());
    plan.after = std::max(plan.after, *after);
    if (plan.follow) plan.limit.reset();  // it said with how much of the past to begin
  }
  co_return plan;
}

}  // namespace wardroom::front
