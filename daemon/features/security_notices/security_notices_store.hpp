/// Who was in which conference and what it showed, in the store; and how far each bridge was heard.
/// On the loop only.
///
/// Facts are noted at once and go into the store with the next commit; nothing noted is forgotten
/// by a commit that failed: it goes along with the next.
#pragma once
#include "features/security_notices/record_order.hpp"
#include "features/security_notices/security_level.hpp"
#include "runtime/clock.hpp"
#include "store/database.hpp"
#include "store/journal.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace wardroom::security_notices {

/// A conference as it is kept; `id` as ConferenceId, with the bridge's name in place of its number.
struct ConferenceRow {
  std::string id, name, space;
  Instant began{};
  std::optional<Instant> ended{};
  SecurityLevel highest = SecurityLevel::none;
  bool operator==(ConferenceRow const&) const = default;
};

/// One participant's time in a conference. Names and addresses are personal data: here only.
struct StayRow {
  std::string bridge, leg;  ///< with `began` the key
  Instant began{};
  std::string conference, call;
  std::string name, address;
  std::string domain;  ///< that decided; empty = none
  SecurityLevel level = SecurityLevel::external;
  std::string why;      ///< as Classified::why
  std::string machine;  ///< "", "recorder", "streamer", "link"
  std::optional<Instant> ended{};
  std::string end_reason{};
  bool operator==(StayRow const&) const = default;
};

/// What a conference wanted to show from then on, and what its calls did show.
struct LevelRow {
  std::int64_t seq = 0;  ///< given by the store
  std::string conference;
  Instant at{};
  SecurityLevel level = SecurityLevel::none;
  std::string cause;               ///< as Evidence::cause or ::doubt
  std::optional<Instant> shown{};  ///< when the last of its calls had it
  std::string trouble{};           ///< why it was not shown
  bool operator==(LevelRow const&) const = default;
};

/// Which conferences: those that went on in the time from `since` to `until`.
struct ReportFilter {
  std::optional<Instant> since{}, until{};
  std::string conference{};   ///< id, or its beginning
  int least_level = 0;        ///< only conferences that reached it
  std::size_t limit = 1'000;  ///< conferences; an answer with very many stays may have fewer
  /// Only those behind this one in the order of reports: the last of the page before.
  std::optional<Instant> after_began{};
  std::string after_id{};
};

/// What the journal tells of a level beside the row.
struct LevelTelling {
  std::optional<SecurityLevel> before{};
  bool observed = false;  ///< observe mode: nothing is shown
};

class SecurityNoticesStore {
 public:
  SecurityNoticesStore(store::Database& database, store::Journal& journal, Clock& clock);
  ~SecurityNoticesStore();

  /// The last one of a key counts.
  void note(ConferenceRow row);
  void note(StayRow row);
  /// A level that is wanted from now on; `tell` = a journal entry of kind "level" as well. The
  /// number names it in `note_shown`.
  std::uint64_t note(LevelRow row, bool tell, LevelTelling telling = {});
  void note_shown(std::uint64_t number, Instant at, std::string trouble = {});
  void note_mark(std::string const& bridge, OrderMark mark);
  /// What happened to a bridge: session, gap, lost, back, registered. Journal entry of kind
  /// "bridge": {"bridge","what","sentence"}.
  void tell_bridge(std::string const& bridge, std::string what, std::string sentence);

  /// Resolves when all that was noted before the call is in the store, whoever's commit took it
  /// there. Error: unavailable; then it goes along with the next commit.
  Task<Result<void>> commit();
  std::size_t waiting() const;  ///< rows noted and not stored

  /// At start.
  Task<Result<std::map<std::string, OrderMark>>> marks();
  /// Stays and conferences without an end: they went while nobody watched, or go on.
  Task<Result<std::vector<StayRow>>> open_stays();
  Task<Result<std::vector<ConferenceRow>>> open_conferences();

  /// For reports, in order of time; the rows of each conference together.
  struct Report {
    std::vector<ConferenceRow> conferences;
    std::vector<StayRow> stays;
    std::vector<LevelRow> levels;
    bool more = false;
  };
  Task<Result<Report>> report(ReportFilter filter);
  Task<Result<std::vector<LevelRow>>> levels(std::string conference);

  /// What ended before `cutoff`, at most 1,000 rows a commit. Returns how many went.
  Task<Result<std::size_t>> forget_before(Instant cutoff);

 private:
  class Impl;
  store::Database& database_;
  std::unique_ptr<Impl> impl_;
};

std::span<store::Migration const> security_notices_migrations();

}  // namespace wardroom::security_notices
