/// Decides from the health signs what people must be told: raised once, worse, over. Pure: time is
/// given.
///
///   sign not green for `hold`  → raised                       (once per trouble)
///   another colour or key, as long → escalated, eased, changed
///   green for `hold`           → cleared                      (the all-clear)
///   comes and goes, or is told the fifth time within an hour
///                              → raised once; still_flapping at most once an hour
///   red for another day        → reminder
///
/// `urgent_hold` stands in for `hold` where a red sign means that calls pass unwatched or that a
/// login has ended, but not in the first `hold` after the start: a daemon that comes up finds its
/// channels closed. A part that is not in the list any more counts as green. What a restart
/// interrupts goes on counting (`Begun`): a daemon that dies before any `hold` is over would else
/// never tell.
#pragma once
#include "base/units.hpp"
#include "process/health.hpp"

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::alerts {

struct AlertRules {
  Milliseconds hold{60'000};
  Milliseconds urgent_hold{10'000};
  std::size_t flaps = 5;  ///< beginnings within `flap_window` that make a flapping sign
  Milliseconds flap_window{600'000};
  /// An alert that comes again so soon after its all-clear flaps too.
  Milliseconds flap_memory{3'600'000};
  Milliseconds flap_calm{1'800'000};  ///< green for so long ends a flapping alert
  Milliseconds still_flapping_every{3'600'000};
  Milliseconds remind_every{86'400'000};
  /// After a start, before what the last run saw begin is told.
  Milliseconds settle{2'000};
};

enum class Notice { raised, escalated, eased, changed, still_flapping, reminder, cleared };
std::string_view name(Notice notice);
std::optional<Notice> parse_notice(std::string_view text);

struct AlertEvent {
  Notice notice = Notice::raised;
  HealthSign sign;  ///< what is told; at `cleared` the last bad one
  Instant since;    ///< when the part stopped being green
  bool flapping = false;
  bool operator==(AlertEvent const&) const = default;
};

/// What a restart must know of an alert that is not over.
struct OpenFact {
  std::string part;
  HealthColour colour = HealthColour::red;
  std::string key{};
  std::string sentence{}, remedy{};
  Instant since{}, told_at{};
  bool flapping = false;
};

/// What a restart must know of trouble that is not told yet.
struct Begun {
  std::string part;
  Instant since{}, seen{};  ///< when it began; when it was there last
  bool operator==(Begun const&) const = default;
};

class AlertBook {
 public:
  AlertBook(AlertRules rules, std::span<OpenFact const> open, Instant now, Uptime up,
            std::span<Begun const> begun = {});

  /// What became due; `signs` are all that there are. Call it every few seconds.
  std::vector<AlertEvent> fold(std::span<HealthSign const> signs, Instant now, Uptime up);

  std::size_t open() const;
  bool is_open(std::string_view part) const;
  std::vector<Begun> begun(Instant now, Uptime up) const;

 private:
  struct Told {
    HealthSign sign;
    Uptime at{}, remind_at{};
  };
  struct Onset {
    Uptime at;
    HealthSign sign;
  };
  /// One part that is, or lately was, not green.
  struct Watch {
    HealthSign now;  ///< as last seen
    Uptime fact_since{}, bad_since{}, green_since{};
    Instant since{};  ///< for people
    std::optional<HealthSign> last_bad{};
    std::deque<Onset> onsets{};
    std::deque<Uptime> told_at{};  ///< of the last hour
    std::optional<Told> told{};
    std::optional<Uptime> cleared_at{};
    bool flapping = false;
  };

  void see(Watch& watch, HealthSign sign, Instant now, Uptime up);
  std::optional<AlertEvent> judge(Watch& watch, Uptime up);
  std::optional<AlertEvent> judge_new(Watch& watch, Uptime up);
  std::optional<AlertEvent> judge_told(Watch& watch, Uptime up);
  AlertEvent tell(Watch& watch, Notice notice, HealthSign sign, Uptime up);
  Milliseconds hold_of(HealthSign const& sign, Uptime up) const;
  bool forgotten(Watch const& watch, Uptime up) const;

  AlertRules rules_;
  Uptime started_;
  std::map<std::string, Watch, std::less<>> watches_;
};

/// Whether red there means that calls pass unwatched, or that a login has ended.
bool is_urgent(HealthSign const& sign);

}  // namespace wardroom::alerts
