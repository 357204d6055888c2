/// Keeps account of when calls were not watched, over restarts too: rows for the journal, and in
/// the store the moment until which they were.
#pragma once
#include "features/call_blocking/sight.hpp"
#include "runtime/clock.hpp"
#include "runtime/task.hpp"
#include "store/journal.hpp"

namespace wardroom::call_blocking {

class SightKeeper {
 public:
  SightKeeper(store::Database& database, store::Journal& journal, Clock& clock)
      : database_(database), journal_(journal), clock_(clock) {}

  /// Before monitoring starts; nothing when it runs. Reads what the last run left behind.
  Task<void> begin();
  void told(bool sees, BootClock::duration blind, std::string_view why);  ///< see Sight::told
  /// Now and then; `why` = what is known of a start that takes long.
  void look(std::string_view why);
  void end_by_wish();      ///< what passes from now on is nobody's fault
  void end_with_daemon();  ///< and what passes until the next start is told then

  Sight const& sight() const { return sight_; }

 private:
  Sight::Moment moment() const { return {clock_.now(), clock_.uptime()}; }
  void write(Sight::Row row);
  void note();
  void forget();

  store::Database& database_;
  store::Journal& journal_;
  Clock& clock_;
  Sight sight_;
  std::optional<Uptime> noted_;
};

}  // namespace wardroom::call_blocking
