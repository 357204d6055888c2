/// What call blocking keeps: a record a call, answered emergency calls, the wish to monitor.
#pragma once
#include "features/call_blocking/call_record.hpp"
#include "store/journal.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::call_blocking {

/// Numbers 30-39 of the store's schema.
std::span<store::Migration const> call_blocking_migrations();

using Document = nlohmann::ordered_json;  ///< see document_json

/// On the loop. Records are written a few milliseconds after they changed, many in one unit; while
/// the store refuses, they wait in memory (10,000 of them) and are tried again.
class CallBlockingStore {
 public:
  CallBlockingStore(store::Database& database, store::Journal& journal, Clock& clock)
      : database_(database), journal_(journal), clock_(clock) {}

  /// Queues a record; `decided` makes its journal entry a "decision" instead of a "call".
  void changed(std::shared_ptr<CallRecord> record, bool decided);
  /// Whether `find` and `latest` see everything queued so far once it has resolved.
  Task<Result<void>> flush();
  std::uint64_t dropped() const { return dropped_; }

  /// Newest first.
  Task<Result<std::vector<Document>>> latest(std::size_t limit, PersonNo person = 0);
  /// By call id or a unique end of one. Errors: not_found, conflict.
  Task<Result<Document>> find(std::string call);
  /// Calls that were open when the daemon stopped, not older than `since`.
  Task<Result<std::vector<Document>>> unfinished(Instant since);
  Task<Result<std::size_t>> forget_before(Instant cutoff);

  void remember_emergency(XsiUserId const& target, Instant until);
  Task<Result<std::vector<std::pair<XsiUserId, Instant>>>> emergencies(Instant now);

  Task<Result<void>> set_wish(bool monitoring);
  Task<Result<bool>> wish();

 private:
  void write_later(BootClock::duration delay);
  void write_now(std::function<void(Result<void>)> then);

  store::Database& database_;
  store::Journal& journal_;
  Clock& clock_;
  std::vector<std::pair<std::shared_ptr<CallRecord>, bool>> queue_;
  std::unordered_map<CallRecord*, std::size_t> queued_;
  TimerHandle timer_;
  std::uint64_t dropped_ = 0;
};

}  // namespace wardroom::call_blocking
