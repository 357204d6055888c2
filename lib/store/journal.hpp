/// What happened, in the order it was committed, with numbers that live pages resume from.
#pragma once
#include "domain/person.hpp"
#include "store/database.hpp"

#include <deque>
#include <functional>
#include <memory>
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

/// Inside any unit: writes the entry and sets its seq. Publish it with Journal::publish when the
/// unit is answered, or live pages will not see it.
void insert_journal(Sql& sql, JournalEntry& entry);
/// Inside a read: entries after `seq`, oldest first.
std::vector<JournalEntry> journal_since(Sql& sql, std::int64_t seq, JournalFilter const& filter,
                                        std::size_t limit);
/// Inside a read: the newest entries before `before` (0 = from the end), newest first.
std::vector<JournalEntry> journal_latest(Sql& sql, JournalFilter const& filter, std::size_t limit,
                                         std::int64_t before = 0);
/// Inside a unit: removes entries older than `cutoff` from the old end, at most `limit`; the newest
/// one always stays, so that numbers never start again. Returns how many went.
std::size_t forget_journal(Sql& sql, Instant cutoff, std::size_t limit = 1'000);

/// The loop's side. Owner of the subscribers.
class Journal {
 public:
  using OnEntry = std::function<void(JournalEntry const&)>;
  using Appended = std::function<void(Result<std::int64_t>)>;

  Journal(Database& database, Clock& clock) : database_(database), clock_(clock) {}

  /// Reads the last number; before the first subscriber resumes.
  Task<Result<void>> load();

  /// `then` (may be empty) hears the number after the commit, just after the subscribers did.
  void append(std::string kind, PersonNo person_no, std::string call, std::string body,
              Appended then = {});
  /// For entries written by insert_journal in somebody's own unit, from that unit's answer.
  void publish(JournalEntry const& entry);

  /// Called after the commit, in order of seq. The subscription ends with the handle.
  [[nodiscard]] std::shared_ptr<void> on_entry(OnEntry hear);
  std::int64_t last_seq() const { return last_seq_; }

  Task<Result<std::vector<JournalEntry>>> read_since(std::int64_t seq, JournalFilter filter,
                                                     std::size_t limit);
  Task<Result<std::vector<JournalEntry>>> read_latest(JournalFilter filter, std::size_t limit,
                                                      std::int64_t before = 0);
  /// In steps of 1,000, so that no commit grows long.
  Task<Result<std::size_t>> forget_before(Instant cutoff);

 private:
  Database& database_;
  Clock& clock_;
  std::vector<std::weak_ptr<OnEntry>> subscribers_;
  std::int64_t last_seq_ = 0;
};

}  // namespace wardroom::store
