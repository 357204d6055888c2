/// Says when each job is due: jitter, what was missed while the daemon was down, no overlap, and a
/// wall clock that jumps. It starts nothing itself. On the loop only.
///
///   loop:  for (auto const& due : keeper.due()) …start or tell…
///          wake.wait_until(clock, *keeper.wake_at())   (no moment: wake.wait())
///
/// A moment is told once, whether or not a run then begins. Calendars go by the wall clock,
/// intervals by the boot-time clock from when a run last began.
#pragma once
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "timetable/timetable.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

struct ScheduledJob {
  std::string name;
  std::optional<timetable::Timetable> timetable;  ///< none = only on demand
  Milliseconds jitter{};
};

/// What the store remembers of a job.
struct JobPast {
  std::optional<Instant> last_began;
  bool paused = false;
};

struct Due {
  enum class What : std::uint8_t {
    run,
    catch_up,  ///< it was missed while nobody could run it: once, however many were missed
    skip,      ///< its run is still going on: told, not started
  };
  std::string job;
  Instant moment{};  ///< of the timetable, without jitter
  What what = What::run;
};

class ScheduleKeeper {
 public:
  /// A moment that was missed by more is not caught up.
  static constexpr auto catch_up_within = std::chrono::hours(24);
  /// What begins later than this (and its jitter) is told as a catch-up.
  static constexpr auto late = std::chrono::minutes(5);
  /// A clock set back by less does not run again what ran; by more, the clock was wrong before.
  static constexpr auto set_back = std::chrono::hours(3);
  /// The wall clock may jump: nobody sleeps longer.
  static constexpr auto look_again = std::chrono::seconds(30);

  ScheduleKeeper(Clock& clock, Random& dice) : clock_(clock), dice_(dice) {}

  /// All jobs anew; one whose timetable stays keeps its place in it. `past` = what is remembered of
  /// jobs that were not there before. A changed timetable begins now: nothing of it was missed.
  void set_jobs(std::vector<ScheduledJob> jobs,
                std::map<std::string, JobPast, std::less<>> const& past = {});

  /// What is due by now; each moment once.
  std::vector<Due> due();
  /// When to ask again; nothing = not before something is changed here.
  std::optional<Uptime> wake_at() const;

  /// A run of the job began, whoever asked for it; `ended` when it is over.
  void began(std::string_view job);
  void ended(std::string_view job);
  /// Moments pass while it is paused, and are not caught up afterwards.
  void pause(std::string_view job, bool paused);

  /// The next moments; empty for a job without timetable, and one that is paused.
  std::vector<Instant> next(std::string_view job, std::size_t count) const;

 private:
  struct Job {
    std::optional<timetable::Timetable> timetable;
    Milliseconds jitter{};
    bool paused = false;
    int running = 0;
    Instant passed{};                  ///< calendar: moments until then were dealt with
    std::optional<Uptime> from;        ///< interval: counted from there; none = never began
    std::optional<Instant> drawn_for;  ///< which moment `delay` was drawn for
    Milliseconds delay{};              ///< the jitter of the moment that comes next
    std::optional<Instant> moment;     ///< calendar: the first after `passed`
    Uptime interval_due{};             ///< interval: with its jitter
  };
  Milliseconds draw(Milliseconds most);
  void aim(Job& job);
  void remember(Job& job, JobPast const& past);
  std::optional<Due> look_at_calendar(Job& job);
  std::optional<Due> look_at_interval(Job& job);

  Clock& clock_;
  Random& dice_;
  std::map<std::string, Job, std::less<>> jobs_;
};

}  // namespace wardroom::space_sync
