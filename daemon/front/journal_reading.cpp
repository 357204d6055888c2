#include "front/journal_reading.hpp"

#include "base/log.hpp"
#include "base/planted.hpp"
#include "runtime/wake.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace wardroom::front {
namespace {

using namespace std::chrono_literals;
using store::DrawnEvent;
using store::EventFormat;

constexpr std::size_t page_size = 250;
/// As many are put together in one turn of the loop: far less than 1 ms.
constexpr std::size_t slice = 50;
/// What may wait for a slow reader; then the store waits for them, not our memory.
constexpr std::size_t most_waiting = 256 * 1024;
constexpr auto look_again = 5ms;
constexpr auto gather = 20ms;  ///< live entries that come together are read together
constexpr auto ask_again = 5s;
constexpr auto quiet_limit = 15s;  ///< then a comment keeps proxies from closing

std::vector<PersonNo> people_of(std::vector<DrawnEvent> const& events) {
  std::set<PersonNo> people;
  for (auto const& event : events)
    if (event.person_no != 0) people.insert(event.person_no);
  return {people.begin(), people.end()};
}

Task<void> next_turn(Executor loop) { co_await boost::asio::post(loop, use_task); }

std::vector<DrawnEvent> draw_page(std::vector<store::JournalEntry> const& entries,
                                  EventFormat format, store::Naming naming) {
  std::vector<DrawnEvent> out;
  out.reserve(entries.size());
  for (auto const& entry : entries) out.push_back(store::draw(entry, format, naming));
  return out;
}

/// One reader on their way through the journal.
class Pour {
 public:
  Pour(SharedJournalPorts ports, JournalPlan plan, std::shared_ptr<http::ResponseStream> stream)
      : ports_(std::move(ports)),
        plan_(std::move(plan)),
        stream_(std::move(stream)),
        wake_(std::make_shared<Wake>(ports_->loop)),
        cursor_(plan_.after) {}

  Task<void> run() {
    stream_->on_close([wake = wake_] { wake->raise(); });
    std::shared_ptr<void> subscription;
    if (plan_.follow)
      subscription = ports_->journal.on_entry(
          [wake = wake_, filter = plan_.filter](store::JournalEntry const& entry) {
            if (store::matches(filter, entry)) wake->raise();
          });
    else if (plan_.before == 0)
      plan_.before = ports_->journal.last_seq() + 1;  // what comes meanwhile is not waited for
    asked_at_ = written_at_ = ports_->clock.uptime();
    if (auto const first = store::first_line(plan_.format); !first.empty()) put(std::string(first));
    if (plan_.sse)
      put(plan_.again ? fmt::format("id: {}\nevent: again\ndata: {{}}\n\n", cursor_)
                      : std::string(": here\n\n"));
    if (plan_.gap) tell_gap(plan_.gap->first, plan_.gap->second);
    while (goes_on()) {
      auto const full = co_await page();
      if (!full) {
        put_error(full.error());
        break;
      }
      if (*full) continue;
      if (!plan_.follow || plan_.limit == 0u) break;
      co_await news();
    }
    stream_->close();
  }

  void broken_off() {
    if (stream_->open())
      put_error({ErrorKind::unavailable, "the daemon is stopping; what would follow is missing"});
  }

 private:
  /// Reads and writes one page; true when there may be more at once.
  Task<Result<bool>> page() {
    auto& journal = ports_->journal;
    if (cursor_ < journal.forgotten()) {  // retention went past a slow reader
      tell_gap(cursor_ + 1, journal.forgotten());
      cursor_ = journal.forgotten();
    }
    auto const want = std::min(page_size, plan_.limit.value_or(page_size));
    if (want == 0) co_return false;
    auto const seen = journal.last_seq();  // all up to here are read, or do not match
    auto const events = co_await ports_->database.read<std::vector<DrawnEvent>>(
        [after = cursor_, filter = plan_.filter, want, before = plan_.before, format = plan_.format,
         naming = plan_.naming](store::Sql& sql) {
          return draw_page(store::journal_since(sql, after, filter, want, before), format, naming);
        });
    if (!events) co_return std::unexpected(events.error());
    if (plan_.naming == store::Naming::told) co_await ports_->learn_names(people_of(*events));
    co_await write(*events);
    if (plan_.limit) *plan_.limit -= events->size();
    if (!events->empty()) cursor_ = events->back().seq;
    if (events->size() == want) co_return plan_.limit != 0u;
    if (plan_.follow) cursor_ = std::max(cursor_, seen);
    co_return false;
  }

  Task<void> write(std::vector<DrawnEvent> const& events) {
    std::string bytes;
    for (std::size_t i = 0; i < events.size(); ++i) {
      auto const& event = events[i];
      auto const name = plan_.naming == store::Naming::told && event.person_no != 0
                            ? ports_->name_of(event.person_no)
                            : std::string();
      auto const text = store::finished(event, plan_.format, name);
      bytes +=
          plan_.sse ? fmt::format("id: {}\nevent: entry\ndata: {}\n\n", event.seq, text) : text;
      if ((i + 1) % slice != 0 && i + 1 != events.size()) continue;
      put(std::exchange(bytes, {}));
      co_await next_turn(ports_->loop);
      co_await drained();
      if (!stream_->open()) co_return;
    }
  }

  Task<void> drained() {
    while (stream_->open() && stream_->backlog() > most_waiting) {
      co_await ports_->clock.sleep_for(look_again);
      ask_admission();
    }
  }

  bool goes_on() const { return stream_->open() || WARDROOM_PLANTED("reader-outlives-its-page"); }

  /// Until something that matches was committed, or the stream ends.
  Task<void> news() {
    while (goes_on() && ports_->journal.last_seq() <= cursor_) {
      co_await wake_->wait_until(ports_->clock, ports_->clock.uptime() + ask_again);
      ask_admission();
      if (plan_.sse && ports_->clock.uptime() - written_at_ >= quiet_limit) put(": here\n\n");
      if (ports_->journal.last_seq() > cursor_) co_await ports_->clock.sleep_for(gather);
    }
  }

  /// A stream must not go on after the session that opened it.
  void ask_admission() {
    auto const now = ports_->clock.uptime();
    if (!plan_.admitted || now - asked_at_ < ask_again) return;
    asked_at_ = now;
    if (!plan_.admitted()) stream_->close();
  }

  void tell_gap(std::int64_t from, std::int64_t to) {
    auto const text = store::gap_line(plan_.format, from, to);
    put(plan_.sse ? fmt::format("id: {}\nevent: gap\ndata: {}\n\n", to, text) : text);
  }
  void put_error(Error const& why) {
    auto const text = store::error_line(plan_.errors, why);
    put(plan_.sse ? fmt::format("event: trouble\ndata: {}\n\n", text) : text);
  }
  void put(std::string bytes) {
    written_at_ = ports_->clock.uptime();
    stream_->write(std::make_shared<std::string const>(std::move(bytes)));
  }

  SharedJournalPorts ports_;
  JournalPlan plan_;
  std::shared_ptr<http::ResponseStream> stream_;
  std::shared_ptr<Wake> wake_;  ///< the stream's end may be told after we are gone
  std::int64_t cursor_;
  Uptime asked_at_{}, written_at_{};
};

}  // namespace

Task<void> pour_journal(SharedJournalPorts ports, JournalPlan plan,
                        std::shared_ptr<http::ResponseStream> stream) {
  Pour pour(std::move(ports), std::move(plan), std::move(stream));
  try {
    co_await pour.run();
  } catch (...) {
    pour.broken_off();
    throw;
  }
}

Task<Result<JournalPage>> read_journal_page(SharedJournalPorts ports, JournalPlan plan,
                                            std::size_t limit) {
  auto const events =
      co_await ports->database.read<std::vector<DrawnEvent>>([plan, limit](store::Sql& sql) {
        return draw_page(
            store::journal_latest(sql, plan.filter, limit + 1, plan.before, plan.after),
            EventFormat::plain, plan.naming);
      });
  if (!events) co_return std::unexpected(events.error());
  bool const named = plan.naming == store::Naming::told;
  if (named) co_await ports->learn_names(people_of(*events));
  JournalPage page;
  for (std::size_t i = 0; i < std::min(limit, events->size()); ++i) {
    auto const& event = (*events)[i];
    bool const person = named && event.person_no != 0;
    page.entries.push_back(
        store::finished(event, EventFormat::plain, person ? ports->name_of(event.person_no) : ""));
    page.older = event.seq;
    if ((i + 1) % slice == 0) co_await next_turn(ports->loop);
  }
  if (events->size() <= limit) page.older = 0;
  co_return page;
}

}  // namespace wardroom::front
