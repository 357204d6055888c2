/// What call blocking keeps: a record a call, the wish to monitor.
#pragma once
#include "features/call_blocking/call_record.hpp"
#include "store/journal.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::call_blocking {

/// Numbers 30-39 of the store's schema.
std::span<store::Migration const> call_blocking_migrations();

using Document = nlohmann::ordered_json;  ///< see text_of

/// On the loop. Records are written a little after they changed, once for all their changes of that
/// time, and a slice of them a turn: calls go first. While the store refuses, they wait in memory
/// (10,000 of them) and are tried again.
class CallBlockingStore {
 public:
  CallBlockingStore(store::Database& database, store::Journal& journal, Clock& clock)
      : database_(database), journal_(journal), clock_(clock) {}

  /// Queues a record; `decided` makes its journal entry a "decision" instead of a "call".
  void changed(std::shared_ptr<CallRecord> record, bool decided);
  /// Queues a record of which only the acknowledgement is new: kept, but no news for the journal.
  void acknowledged(std::shared_ptr<CallRecord> record);
  /// Whether `find` and `latest` see everything queued so far once it has resolved.
  Task<Result<void>> flush();
  std::uint64_t dropped() const { return dropped_; }

  /// Which calls a reader wants; empty members want all.
  struct Filter {
    PersonNo person = 0;
    std::optional<Instant> since{};
    std::optional<Decision> decision{};
  };
  /// Newest first.
  Task<Result<std::vector<Document>>> latest(std::size_t limit, Filter filter);
  Task<Result<std::vector<Document>>> latest(std::size_t limit);
  /// By call id or a unique end of one. Errors: not_found, conflict.
  Task<Result<Document>> find(std::string call);
  /// Calls that were open when the daemon stopped, not older than `since`.
  Task<Result<std::vector<Document>>> unfinished(Instant since);
  /// The moment by the clock that never jumps, and which boot it is of; 0 = not known.
  struct Boot {
    std::int64_t no = 0;
    Uptime now{};
  };
  Task<Result<std::size_t>> forget_before(Instant cutoff, Boot boot);

  Task<Result<void>> set_wish(bool monitoring);
  Task<Result<bool>> wish();

 private:
  struct Waiting {
    std::shared_ptr<CallRecord> record;
    bool decided = false, news = false;
  };
  struct Batch;
  void queue(std::shared_ptr<CallRecord> record, bool decided, bool news);
  void write_later(BootClock::duration delay);
  void write_slice();
  void write_some(std::size_t most);
  void answered(Batch& batch, Result<void> done);

  store::Database& database_;
  store::Journal& journal_;
  Clock& clock_;
  std::unordered_map<CallRecord*, Waiting> waiting_;
  std::deque<CallRecord*> order_;
  TimerHandle timer_;
  Uptime due_{};         ///< of the timer, while it is armed
  Uptime not_before_{};  ///< after the store refused
  std::uint64_t dropped_ = 0;
};

}  // namespace wardroom::call_blocking
