/// Keeps the fixes of the last `call_blocking.history_hours` for replays, and removes older ones.
#pragma once
#include "people/fix_history_store.hpp"
#include "people/fix_log.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>

namespace wardroom::call_blocking {

/// On the loop.
class HistoryKeeper {
 public:
  HistoryKeeper(store::Database& database, people::FixLog& fixes, Clock& clock,
                std::chrono::hours keep);

  /// From now on; 0 = nothing new is kept, and what is there goes with the next sweep.
  Task<void> keep_for(std::chrono::hours hours);
  /// Hourly. What the store refuses waits for the next one.
  Task<void> sweep();

  std::chrono::hours hours() const { return hours_; }
  /// As the last sweep left it.
  people::FixHistorySize const& size() const { return size_; }
  people::FixHistoryStore& store() { return store_; }
  /// {hours, oldest?, fixes, bytes}
  nlohmann::ordered_json json() const;

 private:
  Task<void> note_start();

  people::FixHistoryStore store_;
  people::FixLog& fixes_;
  Clock& clock_;
  Instant started_;
  std::chrono::hours hours_;
  bool noted_ = false;
  people::FixHistorySize size_;
};

}  // namespace wardroom::call_blocking
