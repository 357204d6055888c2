/// One world in which channels break again and again while twenty calls are in flight, and the
/// oracle that knows which calls must end, which must not be touched, and when nothing could be
/// seen.
#pragma once
#include "channel_world.hpp"
#include "support/random_runs.hpp"

#include <map>
#include <set>

namespace wardroom::call_blocking {

/// What goes wrong. `outage` = it lasts until it is mended; otherwise the server is there at once.
struct BreakKind {
  std::string_view name;
  bool lasts;
};
inline constexpr BreakKind kBreaks[] = {
    {"reset", false},
    {"fin", false},
    {"clean end", false},
    {"half-open", false},
    {"network lost", true},
    {"heartbeat 401", true},
    {"heartbeat 404", true},
    {"heartbeat 410", true},
    {"heartbeat 500", true},
    {"heartbeat 503", true},
    {"heartbeat 403 and a code", true},
    {"terminated ExplicitDelete", false},
    {"terminated Expired", false},
    {"terminated NonResponsiveChannel", false},
    {"terminated UnknownChannel", false},
    {"terminated SomethingNew", false},
    {"names changed", false},
    {"tokens expired, streams live on", false},
    {"tokens expired, streams cut", false},
    {"refused for a while", true},
    {"reopening answered 503", true},
    {"cut inside an event", false},
};

/// What was seen of many breaks together.
struct BreakFigures {
  std::size_t breaks = 0, calls = 0, blocked = 0, emergencies = 0;
  std::map<std::string, std::size_t> kinds;
  Milliseconds first_release{0}, first_release_seen{0}, any_release{0}, noticed_silence{0},
      noticed_loss{0};
  double blind_error = 0;         ///< of breaks that are seen at once
  double blind_error_unseen = 0;  ///< of those found out afterwards: never too little
  double blind_seconds = 0;
  void print() const;
};

class ChannelBreaks {
 public:
  ChannelBreaks(std::uint64_t seed, BreakFigures& figures);

  /// False when something failed: it was told, with the history.
  bool play(BreakKind const& kind);

 private:
  struct Placed {
    std::string id, what;
    Uptime at;
    Uptime to_end_from;  ///< since when it must not go on
    bool blocked = false, emergency = false;
  };
  struct Plan {
    BreakKind kind;
    bool all = true;
    std::vector<std::size_t> hit;  ///< XSPs
    Milliseconds outage{0};
    Uptime begin{}, breaks{}, back{};
  };

  Plan draw(BreakKind const& kind);
  void make_noise();
  void silence_noise();
  void schedule_calls(Plan const& plan);
  void schedule_one(Plan const& plan, int index);
  void schedule_mover(Plan const& plan);
  void place(std::string from, std::string to, bool blocked, Plan const& plan);
  void strike(Plan const& plan);
  void mend(Plan const& plan);
  void at(Uptime when, std::function<void()> then);

  bool over(Plan const& plan) const;
  void judge(Plan const& plan);
  void judge_releases(Plan const& plan, Uptime reachable);
  void judge_notice(Plan const& plan, Uptime noticed);
  void judge_deletions();
  void settle();
  void judge_blindness(Plan const& plan);
  void look();  ///< the oracle's 20 looks a second

  sim::Person const& anybody(std::vector<sim::Person const*> const& from) {
    return *from[dice_.below(from.size())];
  }
  std::string outside_number() { return "+4420794600" + std::to_string(10 + dice_.below(90)); }
  double seconds_since_start(Uptime t) const;
  void tell(std::string line);
  void fail(std::string const& why);

  std::uint64_t seed_;
  BreakFigures& figures_;
  test::Dice dice_;
  ChannelWorld world_;
  Uptime start_;
  std::vector<sim::Person const*> home_, abroad_;
  sim::Person const* caller_of_112_ = nullptr;
  sim::Person const* mover_ = nullptr;
  std::vector<Placed> placed_;
  std::vector<TimerHandle> timers_;
  std::vector<std::string> history_;
  std::size_t deletions_judged_ = 0;
  bool failed_ = false;

  bool subscription_known_ = false;
  std::optional<Uptime> known_blind_since_;  ///< the client can know it
  double blind_ = 0;                         ///< seconds of this break, known or not
  double blind_told_ = 0;                    ///< by the session, before this break
  Uptime last_look_{};
};

}  // namespace wardroom::call_blocking
