/// Removes what the journal need not keep any longer: hourly, in small steps, in the background.
#pragma once
#include "runtime/believed_clock.hpp"
#include "runtime/wake.hpp"
#include "store/journal.hpp"

namespace wardroom::store {

class JournalKeeper {
 public:
  static constexpr Milliseconds least = std::chrono::hours(24);
  static constexpr Milliseconds usual = std::chrono::hours(24 * 30);

  JournalKeeper(Executor loop, Clock& clock, Journal& journal, Milliseconds keep)
      : clock_(clock), journal_(journal), keep_(keep), wake_(loop) {}

  /// Until cancelled.
  Task<void> run();
  /// A shorter time takes effect at once.
  void set_keep(Milliseconds keep);
  Milliseconds keep() const { return keep_; }

 private:
  Task<void> forget();

  Clock& clock_;
  Journal& journal_;
  Milliseconds keep_;
  Wake wake_;
  BelievedClock believed_{clock_, "the journal"};
};

}  // namespace wardroom::store
