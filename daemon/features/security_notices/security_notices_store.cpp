#include "features/security_notices/security_notices_store.hpp"

#include "features/security_notices/noted_rows.hpp"
#include "features/security_notices/security_rows.hpp"

#include <boost/asio/async_result.hpp>
#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <ranges>

namespace wardroom::security_notices {
namespace asio = boost::asio;
using store::Sql;

namespace {

constexpr std::size_t kMostOfAName = 500;
constexpr std::size_t kMostOfASentence = 2'000;

/// So many of the newest levels can still be told to be shown.
constexpr std::size_t kNumbersKept = 200'000;

using Json = nlohmann::ordered_json;

std::string dump(Json const& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Ids and levels only: names of conferences can be names of people.
store::JournalEntry entry_of(LevelRow const& row, LevelTelling const& telling) {
  Json body{{"conference", row.conference}};
  if (telling.before) body["before"] = number(*telling.before);
  body["level"] = number(row.level);
  body["cause"] = row.cause;
  if (telling.observed) body["observed"] = true;
  return {.at = row.at, .kind = "level", .body = dump(body)};
}

/// What one commit takes along, and what the store made of it.
struct Flight {
  NotedRows rows;
  std::map<std::uint64_t, std::int64_t> seq_of;  ///< of levels stored before
  std::vector<std::int64_t> seqs;                ///< of `rows.levels`
  std::vector<store::JournalEntry> told;

  /// On the writer's thread; may be run again when a batch is.
  void write(Sql& sql) {
    seqs.clear();
    told.clear();
    write_all(sql, rows.conferences, put_conferences);
    write_all(sql, rows.stays, put_stays);
    for (auto const& level : rows.levels) write_level(sql, level);
    for (auto const& [number, shown] : rows.shown)
      if (auto const found = seq_of.find(number); found != seq_of.end())
        put_shown(sql, found->second, shown.at, shown.trouble);
    for (auto const& entry : rows.entries) tell(sql, entry);
    for (auto const& [bridge, mark] : rows.marks) put_mark(sql, bridge, mark);
  }

 private:
  template <class Rows, class Put>
  static void write_all(Sql& sql, Rows const& rows, Put put) {
    if (rows.empty()) return;
    std::vector<typename Rows::mapped_type> list;
    list.reserve(rows.size());
    for (auto const& row : rows | std::views::values) list.push_back(row);
    put(sql, list);
  }
  void write_level(Sql& sql, NotedLevel const& level) {
    if (level.again) {
      if (auto const there = find_level(sql, level.row); there != 0) {
        put_shown(sql, there, level.row.shown, level.row.trouble);
        seqs.push_back(there);
        return;
      }
    }
    auto row = level.row;
    put_level(sql, row);
    seqs.push_back(row.seq);
    if (level.entry) tell(sql, *level.entry);
  }
  void tell(Sql& sql, store::JournalEntry entry) {
    store::insert_journal(sql, entry);
    told.push_back(std::move(entry));
  }
};

}  // namespace

class SecurityNoticesStore::Impl {
 public:
  using Then = std::function<void(Result<void>)>;

  Impl(store::Database& database, store::Journal& journal, Clock& clock)
      : database_(database), journal_(journal), clock_(clock) {
    source_ = database_.add_source([this, alive = std::weak_ptr<int>(alive_)](auto& batch) {
      if (!alive.expired()) collect(batch);
    });
  }

  bool all_stored() const { return noted_.empty() && !flight_; }
  std::size_t waiting() const { return noted_.size() + (flight_ ? flight_->rows.size() : 0); }

  void commit(Then then) {
    if (noted_.empty() && flight_) {
      in_flight_.push_back(std::move(then));
      return;
    }
    waiters_.push_back(std::move(then));
    database_.wake_source(source_);
  }

  std::uint64_t note_level(LevelRow row, bool tell, LevelTelling const& telling) {
    NotedLevel level{.number = ++last_number_, .row = std::move(row)};
    if (tell) level.entry = entry_of(level.row, telling);
    noted_.levels.push_back(std::move(level));
    return last_number_;
  }

  void note_shown(std::uint64_t number, NotedShown shown) {
    if (number > last_number_ || number + kNumbersKept <= last_number_) return;
    noted_.shown.insert_or_assign(number, std::move(shown));
  }

  NotedRows& noted() { return noted_; }
  Clock& clock() { return clock_; }

 private:
  /// The writer puts its next batch together. One flight at a time: rows of one key never pass
  /// each other.
  void collect(std::vector<std::pair<store::Unit, store::Committed>>& batch) {
    if (flight_ || waiters_.empty()) return;
    auto flight = std::make_shared<Flight>();
    std::swap(flight->rows, noted_);
    flight->rows.fold_shown();
    for (auto const& [number, shown] : flight->rows.shown)
      if (auto const seq = seq_of(number); seq != 0) flight->seq_of.emplace(number, seq);
    in_flight_ = std::exchange(waiters_, {});
    flight_ = flight;
    batch.emplace_back([flight](Sql& sql) { flight->write(sql); },
                       [this, flight, alive = std::weak_ptr<int>(alive_)](Result<void> outcome) {
                         if (!alive.expired()) landed(*flight, std::move(outcome));
                       });
  }

  void landed(Flight& flight, Result<void> outcome) {
    flight_.reset();
    if (outcome)
      remember_seqs(flight);
    else
      noted_.take_back(std::move(flight.rows));
    if (!waiters_.empty()) database_.wake_source(source_);
    auto const waiters = std::exchange(in_flight_, {});
    if (outcome)
      for (auto const& entry : flight.told) journal_.publish(entry);
    for (auto const& then : waiters) then(outcome ? outcome : refused(outcome.error()));
  }

  static Result<void> refused(Error const& why) {
    return std::unexpected(
        Error{ErrorKind::unavailable, why.what, why.retry_after.value_or(Milliseconds(1'000))});
  }

  std::int64_t seq_of(std::uint64_t number) const {
    if (number < first_number_ || number - first_number_ >= seqs_.size()) return 0;
    return seqs_[number - first_number_];
  }

  /// Levels are stored in the order of their numbers: what failed comes first the next time.
  void remember_seqs(Flight const& flight) {
    seqs_.insert(seqs_.end(), flight.seqs.begin(), flight.seqs.end());
    while (seqs_.size() > kNumbersKept) {
      seqs_.pop_front();
      ++first_number_;
    }
  }

  store::Database& database_;
  store::Journal& journal_;
  Clock& clock_;
  std::size_t source_ = 0;
  NotedRows noted_;
  std::vector<Then> waiters_;  ///< of what was noted
  std::shared_ptr<Flight> flight_;
  std::vector<Then> in_flight_;
  std::uint64_t last_number_ = 0, first_number_ = 1;
  std::deque<std::int64_t> seqs_;  ///< of the numbers from `first_number_`
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

SecurityNoticesStore::SecurityNoticesStore(store::Database& database, store::Journal& journal,
                                           Clock& clock)
    : database_(database), impl_(std::make_unique<Impl>(database, journal, clock)) {}
SecurityNoticesStore::~SecurityNoticesStore() = default;

void SecurityNoticesStore::note(ConferenceRow row) {
  row.id = storable_key(std::move(row.id));
  row.name = storable(std::move(row.name), kMostOfAName);
  row.space = storable(std::move(row.space), kMostOfAName);
  auto key = row.id;
  impl_->noted().conferences.insert_or_assign(std::move(key), std::move(row));
}

void SecurityNoticesStore::note(StayRow row) {
  for (auto* key : {&row.bridge, &row.leg, &row.conference, &row.call})
    *key = storable_key(std::move(*key));
  for (auto* text : {&row.name, &row.address, &row.domain, &row.why, &row.machine, &row.end_reason})
    *text = storable(std::move(*text), kMostOfAName);
  NotedRows::StayKey key{row.bridge, row.leg, row.began};
  impl_->noted().stays.insert_or_assign(std::move(key), std::move(row));
}

std::uint64_t SecurityNoticesStore::note(LevelRow row, bool tell, LevelTelling telling) {
  row.conference = storable_key(std::move(row.conference));
  row.cause = storable(std::move(row.cause), kMostOfASentence);
  row.trouble = storable(std::move(row.trouble), kMostOfASentence);
  return impl_->note_level(std::move(row), tell, telling);
}

void SecurityNoticesStore::note_shown(std::uint64_t number, Instant at, std::string trouble) {
  NotedShown shown{.trouble = storable(std::move(trouble), kMostOfASentence)};
  if (shown.trouble.empty()) shown.at = at;
  impl_->note_shown(number, std::move(shown));
}

void SecurityNoticesStore::note_mark(std::string const& bridge, OrderMark mark) {
  mark.session = storable_key(std::move(mark.session));
  for (auto& over : mark.over) over.session = storable_key(std::move(over.session));
  impl_->noted().marks.insert_or_assign(bridge, std::move(mark));
}

void SecurityNoticesStore::tell_bridge(std::string const& bridge, std::string what,
                                       std::string sentence) {
  Json const body{{"bridge", bridge},
                  {"what", std::move(what)},
                  {"sentence", storable(std::move(sentence), kMostOfASentence)}};
  impl_->noted().entries.push_back(
      {.at = impl_->clock().now(), .kind = "bridge", .body = dump(body)});
}

Task<Result<void>> SecurityNoticesStore::commit() {
  if (impl_->all_stored()) co_return Result<void>{};
  auto begin = [this](auto handler) {
    // std::function wants copies; the handler can only move.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    impl_->commit([shared](Result<void> outcome) { (*shared)(std::move(outcome)); });
  };
  co_return co_await asio::async_initiate<asio::use_awaitable_t<Executor> const,
                                          void(Result<void>)>(std::move(begin), use_task);
}

std::size_t SecurityNoticesStore::waiting() const { return impl_->waiting(); }

}  // namespace wardroom::security_notices
