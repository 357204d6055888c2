/// What happened, in the order it was committed, with numbers that live pages resume from.
#pragma once
#include "domain/person.hpp"
#include "store/database.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::store {

struct JournalEntry {
  std::int64_t seq = 0;  ///< given by the store, rising; 0 until committed
  Instant at{};
  std::string kind;         ///< "call", "decision", "channel", "login" …
  PersonNo person_no = 0;   ///< 0 = nobody in particular
  std::string call{};       ///< empty = no call
  std::string body = "{}";  ///< a JSON object; no coordinates, no secrets
  bool operator==(JournalEntry const&) const = default;
};

/// Which entries a reader wants; empty members want all.
struct JournalFilter {
  std::vector<std::string> kinds{};
  PersonNo person_no = 0;
  std::string call{};
};
bool matches(JournalFilter const& filter, JournalEntry const& entry);

/// Inside any unit: writes the entry and sets its seq, one more than the newest there is. A number
/// is told only after the commit that holds it, and the newest entry is never removed: no number is
/// told twice, whatever was killed or rolled back in between. Publish the entry with
/// Journal::publish when the unit is answered, or live pages will not see it.
void insert_journal(Sql& sql, JournalEntry& entry);
/// Inside a read: entries after `seq` and before `before` (0 = to the end), oldest first.
std::vector<JournalEntry> journal_since(Sql& sql, std::int64_t seq, JournalFilter const& filter,
                                        std::size_t limit, std::int64_t before = 0);
/// Inside a read: the newest entries before `before` (0 = from the end) and after `after`, newest
/// first.
std::vector<JournalEntry> journal_latest(Sql& sql, JournalFilter const& filter, std::size_t limit,
                                         std::int64_t before = 0, std::int64_t after = 0);
/// Inside a read: the number of the first entry not older than `at`; one more than the newest when
/// all are. Where the wall clock was set back, one of the moments that fit.
std::int64_t journal_seq_at(Sql& sql, Instant at);
/// Inside a unit: removes entries older than `cutoff` from the old end, at most `limit`, and notes
/// up to which number; the newest one always stays. Returns how many went.
std::size_t forget_journal(Sql& sql, Instant cutoff, std::size_t limit = 1'000);

/// What there is of the journal.
struct JournalExtent {
  std::int64_t entries = 0;
  std::int64_t last_seq = 0;   ///< 0 = none yet
  std::int64_t forgotten = 0;  ///< the highest number that was removed for its age; 0 = none
  std::optional<Instant> oldest{};
};
JournalExtent journal_extent(Sql& sql);
std::int64_t journal_forgotten(Sql& sql);

/// The loop's side. Owner of the subscribers.
class Journal {
 public:
  using OnEntry = std::function<void(JournalEntry const&)>;
  using Appended = std::function<void(Result<std::int64_t>)>;

  Journal(Database& database, Clock& clock) : database_(database), clock_(clock) {}

  /// Reads the last number and counts; before the first subscriber resumes, and whenever the count
  /// is to be made exact.
  Task<Result<void>> load();

  /// `then` (may be empty) hears the number after the commit, just after the subscribers did.
  void append(std::string kind, PersonNo person_no, std::string call, std::string body,
              Appended then = {});
  /// For entries written by insert_journal in somebody's own unit, from that unit's answer.
  void publish(JournalEntry const& entry);

  /// Called after the commit, in order of seq. The subscription ends with the handle.
  [[nodiscard]] std::shared_ptr<void> on_entry(OnEntry hear);
  std::int64_t last_seq() const { return extent_.last_seq; }
  /// Entries that are told are counted as they come; `load` and retention count anew.
  JournalExtent const& extent() const { return extent_; }
  /// Who asks for what came after a lower number does not get all of it any more.
  std::int64_t forgotten() const { return extent_.forgotten; }

  Task<Result<std::vector<JournalEntry>>> read_since(std::int64_t seq, JournalFilter filter,
                                                     std::size_t limit);
  Task<Result<std::vector<JournalEntry>>> read_latest(JournalFilter filter, std::size_t limit,
                                                      std::int64_t before = 0);
  /// One step of at most 1,000 entries, so that no commit grows long; less = that was all.
  static constexpr std::size_t forget_step = 1'000;
  Task<Result<std::size_t>> forget_some(Instant cutoff);
  /// Step by step to the end.
  Task<Result<std::size_t>> forget_before(Instant cutoff);

 private:
  Database& database_;
  Clock& clock_;
  std::vector<std::weak_ptr<OnEntry>> subscribers_;
  JournalExtent extent_;
};

}  // namespace wardroom::store
