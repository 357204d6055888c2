/// What each call is wanted to show and what it does show, and the work of making them equal.
/// On the loop only.
///
/// Wanted belongs to a conference, shown to each of its calls. A message goes to every call through
/// Effects (latest_wins per call), raises before falls; a call that newly joins a conference gets
/// it at once; one that somebody changed gets it again.
#pragma once
#include "effects/effects.hpp"
#include "features/security_notices/conference_ledger.hpp"
#include "features/security_notices/notice.hpp"
#include "features/security_notices/security_notices_settings.hpp"
#include "runtime/task_group.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::security_notices {

/// One call's notice, for views.
struct ShownView {
  CallKey call;
  std::optional<conference::Message>
      shown;              ///< as the bridge confirmed or told; absent = not known
  bool settled = false;   ///< it shows what is wanted
  bool observed = false;  ///< only decided: the feature observes
  std::string trouble;    ///< of the last attempt
};

struct NoticeView {
  SecurityLevel wanted = SecurityLevel::none;
  SecurityLevel evident = SecurityLevel::none;  ///< by who is known to be in it, without doubt
  std::string cause;                            ///< of what is wanted
  std::string doubt;
  Instant since{};        ///< it is wanted
  bool lowering = false;  ///< it may fall soon: waits for calm or for the API
  std::string waits_for;  ///< "calm", "cms2: no answer for 12 s"
  std::vector<ShownView> calls;
};

struct BoardCounters {
  std::uint64_t raised = 0, lowered = 0, cleared = 0, put = 0, put_failed = 0, observed = 0;
  std::uint64_t reasserted = 0, readings = 0, readings_failed = 0;
};

class NoticeBoard {
 public:
  struct Ports {
    Clock& clock;
    TaskGroup& tasks;
    Effects& effects;
    ConferenceLedger& ledger;
    std::function<Conferences&(BridgeNo)> bridge;
    std::function<std::string(BridgeNo)> bridge_name;
    /// Reads every call of a conference from its bridges into the ledger (take_call, take_ended,
    /// take_complete), looks for instances nobody knows. Resolves to the tick it began at. Error:
    /// what was not answered; then nothing is proven.
    std::function<Task<Result<Tick>>(ConferenceId)> read;
    /// A bridge says that the call is not there: it is to be looked at.
    std::function<void(CallKey)> look_for;
    /// What it shows may have been overtaken by an older message: may be absent.
    std::function<void(CallKey)> look_at{};
    /// A level is wanted from now on. Returns the number for on_shown (as the store gave it).
    std::function<std::uint64_t(ConferenceId const&, SecurityLevel before, SecurityLevel now,
                                std::string const& cause)>
        on_wanted;
    std::function<void(std::uint64_t number, std::string const& trouble)> on_shown;
    /// Somebody else changed the message of a call; it was set again.
    std::function<void(CallKey)> on_reasserted;
    /// Falls are refused while it answers no (the audit cannot be written).
    std::function<bool()> may_lower{};
    /// What `view` tells of it may differ now.
    std::function<void(ConferenceId const&)> on_change{};
  };
  NoticeBoard(Ports ports, NoticeTexts texts);
  ~NoticeBoard();

  /// After every change of the ledger: raises at once, plans readings, forgets what is gone.
  void hear(Changes const& changes);
  /// What a bridge tells that a call shows, by a question asked at `begun`. Of a call that the next
  /// `hear` brings: before that, so that what is right already is not sent again.
  void found(CallKey const& call, Tick begun, conference::Message shown);
  /// Calls that do not show what is wanted, and readings that failed, are tried again: a bridge
  /// came back, or it is time to check.
  void retry(BridgeNo bridge);
  /// New texts are shown at once.
  void set_texts(NoticeTexts texts);

  std::optional<NoticeView> view(ConferenceId const& conference) const;
  /// Calls that should show a higher level than they do, for longer than `age`.
  std::size_t behind(BootClock::duration age) const;
  BoardCounters const& counters() const;
  /// Conferences by what they want to show.
  std::array<std::size_t, 4> const& levels() const;
  /// From the change of what is wanted upwards to the last of its calls showing it, in seconds.
  void set_hear_latency(std::function<void(double)> hear);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wardroom::security_notices
