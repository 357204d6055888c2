/// What the daemon's own parts tell the journal: alerts, and the store's bad and good times.
#pragma once
#include "alerts/alert_book.hpp"
#include "runtime/clock.hpp"
#include "store/journal.hpp"

#include <optional>
#include <string>

namespace wardroom {

void note_alert(store::Journal& journal, alerts::AlertEvent const& event);

/// Watches the writer. Trouble cannot be written while it lasts: both entries, with the moment it
/// began, are written when it is over.
class StoreNotes {
 public:
  StoreNotes(Clock& clock, store::Database& database, store::Journal& journal)
      : clock_(clock), database_(database), journal_(journal) {}

  /// Looks every second, until cancelled.
  Task<void> run();

 private:
  struct Trouble {
    Instant since{};
    Uptime begun{};
    std::string sentence;
  };
  void look();
  void write_down(Trouble const& trouble);

  Clock& clock_;
  store::Database& database_;
  store::Journal& journal_;
  std::optional<Trouble> trouble_;
};

}  // namespace wardroom
