/// Removes what the journal need not keep any longer: hourly, in small steps, in the background.
#pragma once
#include "runtime/wake.hpp"
#include "store/journal.hpp"

#include <optional>

namespace wardroom::store {

class JournalKeeper {
 public:
  static constexpr Milliseconds least = std::chrono::hours(24);
  static constexpr Milliseconds usual = std::chrono::hours(24 * 30);
  /// A wall clock that jumps forward while we run is believed after this long: nothing is removed
  /// for an hour that was wrong.
  static constexpr auto doubted_for = std::chrono::hours(24);

  JournalKeeper(Executor loop, Clock& clock, Journal& journal, Milliseconds keep)
      : clock_(clock), journal_(journal), keep_(keep), wake_(loop) {}

  /// Until cancelled.
  Task<void> run();
  /// A shorter time takes effect at once.
  void set_keep(Milliseconds keep);
  Milliseconds keep() const { return keep_; }

 private:
  Task<void> forget();
  Instant believed_now();

  Clock& clock_;
  Journal& journal_;
  Milliseconds keep_;
  Wake wake_;
  struct Moment {
    Instant wall{};
    Uptime up{};
  };
  std::optional<Moment> believed_{};  ///< the last look at a wall clock that went well
  std::optional<Uptime> doubted_since_{};
};

}  // namespace wardroom::store
