/// Turns what the ledger tells into rows of the store: conferences, who was in them, levels.
/// On the loop only.
#pragma once
#include "features/security_notices/conference_ledger.hpp"
#include "features/security_notices/security_notices_store.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace wardroom::security_notices {

/// As rows name it; empty = a person.
std::string machine_word(Machine machine);

class RowKeeping {
 public:
  RowKeeping(SecurityNoticesStore& store, ConferenceLedger const& ledger, Clock& clock,
             std::vector<std::string> bridges);

  /// What the store knows without an end. Goes on when the ledger tells of it again; what it does
  /// not tell of until the bridge was read has ended while nobody watched.
  void remember(std::vector<StayRow> stays, std::vector<ConferenceRow> conferences);
  /// The bridge was read for the first time since `remember`, or is not ours any more.
  void settle(BridgeNo bridge);

  /// `at` = the time a record tells; absent = now.
  void hear(Changes const& changes, std::optional<Instant> at = {});
  /// The number for note_shown.
  std::uint64_t wanted(ConferenceId const& conference, SecurityLevel level, std::string cause,
                       LevelTelling telling);

  /// As rows name it: the bridge's name in place of its number.
  std::string row_id(ConferenceId const& conference) const;

 private:
  void rename(ConferenceId const& from, ConferenceId const& to, Instant at);
  void follow(ConferenceId const& conference, Instant at);
  ConferenceRow& open(ConferenceId const& conference, Instant at);
  void close(ConferenceId const& conference, Instant at);
  void begin_or_change(Leg const& leg, Instant at);
  void end(LegKey const& leg, Instant at, std::string const& reason);
  void end(StayRow row, Instant at, std::string const& reason);
  StayRow row_of(Leg const& leg, Instant began) const;
  std::optional<StayRow> remembered(LegKey const& leg);

  SecurityNoticesStore& store_;
  ConferenceLedger const& ledger_;
  Clock& clock_;
  std::vector<std::string> bridges_;
  std::map<ConferenceId, ConferenceRow> conferences_;
  std::map<LegKey, StayRow> stays_;
  std::map<std::pair<std::string, std::string>, StayRow> left_stays_;  ///< by bridge and leg
  std::map<std::string, ConferenceRow> left_conferences_;
  std::set<BridgeNo> unsettled_;
};

}  // namespace wardroom::security_notices
