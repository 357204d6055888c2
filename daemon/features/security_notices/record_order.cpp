#include "features/security_notices/record_order.hpp"

#include "base/planted.hpp"

#include <algorithm>

namespace wardroom::security_notices {
namespace {

constexpr std::size_t most_missing = 1'024, most_over = 8;
constexpr std::uint64_t largest_index = std::uint64_t{1} << 53;
/// Of records without a number nobody knows which are copies: only so much later ones are none.
constexpr std::chrono::seconds surely_later{60};

std::optional<std::int64_t> index_of(conference::CallRecord const& record) {
  if (!record.index || *record.index > largest_index) return std::nullopt;
  return static_cast<std::int64_t>(*record.index);
}

}  // namespace

RecordOrder::RecordOrder(OrderMark mark)
    : session_(std::move(mark.session)),
      since_(mark.since),
      began_(!session_.empty() || mark.highest >= 0),
      highest_(std::max<std::int64_t>(mark.highest, -1)),
      missing_(mark.missing.begin(), mark.missing.end()) {
  auto const kept = std::min(mark.over.size(), most_over);
  over_.assign(mark.over.end() - static_cast<std::ptrdiff_t>(kept), mark.over.end());
  std::erase_if(missing_, [&](std::int64_t index) { return index < 0 || index >= highest_; });
  while (missing_.size() > most_missing) missing_.erase(missing_.begin());
  if (missing_.size() == most_missing) forgotten_ = *missing_.begin();
}

/// A session that ended makes no records after the next one began. One that does, and copies of
/// what was heard are no such records, was replaced by a late post of an older one.
bool RecordOrder::is_alive(OverSession const& over, conference::CallRecord const& record) const {
  auto const index = index_of(record);
  if (!record.time || (index && *index <= over.highest)) return false;
  if (!since_) return index.has_value();
  return *record.time >= *since_ + (index ? std::chrono::seconds(0) : surely_later);
}

/// One that comes back goes on where it was. `since_` stays then: whichever of the two is over
/// has only so much left to say, and neither may lock the other out.
void RecordOrder::begin(std::string_view session, conference::CallRecord const& record) {
  auto const known = std::ranges::find(over_, session, &OverSession::session);
  bool const comes_back = known != over_.end();
  auto const highest = comes_back ? known->highest : -1;
  if (comes_back) over_.erase(known);
  if (began_) over_.push_back({std::move(session_), highest_});
  if (over_.size() > most_over) over_.erase(over_.begin());
  session_ = session;
  if (!comes_back || !since_ || *record.time < *since_) since_ = record.time;
  began_ = true;
  highest_ = highest;
  first_ = forgotten_ = 0;
  missing_.clear();
}

/// Not seen, both ends included; the newest are remembered.
void RecordOrder::miss(std::int64_t from, std::int64_t to) {
  if (to - from >= static_cast<std::int64_t>(most_missing)) {
    from = to - static_cast<std::int64_t>(most_missing) + 1;
    forgotten_ = std::max(forgotten_, from);
  }
  for (auto index = from; index <= to; ++index) missing_.insert(index);
  while (missing_.size() > most_missing) {
    forgotten_ = std::max(forgotten_, *missing_.begin() + 1);
    missing_.erase(missing_.begin());
  }
}

OrderVerdict RecordOrder::place(std::int64_t index, std::uint64_t said_missing) {
  if (highest_ < 0) {
    highest_ = first_ = index;
    return {.place = said_missing > 0 ? Place::gap : Place::next, .lost = said_missing};
  }
  if (index > highest_) {
    auto const jump = static_cast<std::uint64_t>(index - highest_ - 1);
    if (jump > 0) miss(highest_ + 1, index - 1);
    highest_ = index;
    if (WARDROOM_PLANTED("gap-not-noticed")) return {.place = Place::next};
    auto const lost = jump > 0 ? jump : said_missing;  // what was said is in the jump
    return {.place = lost > 0 ? Place::gap : Place::next, .lost = lost};
  }
  if (missing_.erase(index) > 0) return {.place = Place::late};
  if (index < first_) {
    if (index + 1 < first_) miss(index + 1, first_ - 1);
    first_ = index;
    return {.place = Place::late};
  }
  return {.place = index < forgotten_ ? Place::old : Place::seen};
}

OrderVerdict RecordOrder::see(std::string_view session, conference::CallRecord const& record) {
  bool const fresh = is_new(session);
  auto const index = index_of(record);
  if (fresh) {
    auto const over = std::ranges::find(over_, session, &OverSession::session);
    if (over != over_.end() && !is_alive(*over, record)) {
      bool const news = index && *index > over->highest;
      if (news) over->highest = *index;
      return {.place = Place::old, .news = news};
    }
    begin(session, record);
  }
  auto verdict = index ? place(*index, record.missing)
                       : OrderVerdict{.place = Place::unnumbered, .lost = record.missing};
  verdict.new_session = fresh;
  return verdict;
}

OrderMark RecordOrder::mark() const {
  return {session_, highest_, {missing_.begin(), missing_.end()}, over_, since_};
}

}  // namespace wardroom::security_notices
