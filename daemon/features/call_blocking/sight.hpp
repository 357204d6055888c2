/// When calls were not watched: since when, for how long, why, and the journal's rows about it.
/// Pure: times are given.
///
///   begin ─► not seeing (starting) ─► seeing ─► not seeing ─► seeing … ─► end
///
/// A daemon that was to watch and did not run was blind too: `begin` takes when it last saw.
#pragma once
#include "base/units.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::call_blocking {

struct BlindPeriod {
  Instant from;
  std::optional<Instant> to{};  ///< nullopt while it lasts
  double seconds = 0;
  std::string why;
  bool operator==(BlindPeriod const&) const = default;
};

class Sight {
 public:
  using Row =
      std::optional<nlohmann::ordered_json>;  ///< for the journal; nullopt = nothing to tell
  struct Moment {
    Instant now;
    Uptime up;
  };

  /// Monitoring begins and sees nothing yet. `watched_until`: when an earlier run last saw.
  Row begin(Moment at, std::optional<Instant> watched_until = {});
  /// The sight was lost or is back; the same told twice changes nothing but the cause. `blind` =
  /// for how long nothing was seen already when it is told, which may be found out afterwards.
  Row told(bool sees, BootClock::duration blind, std::string_view why, Moment at);
  /// A start that takes long is told like a loss; `why` = what is known of it now.
  Row look(std::string_view why, Moment at);
  void end(Moment at);  ///< monitoring ends, by wish or with the daemon

  bool begun() const { return begun_; }
  bool seeing() const { return begun_ && !current_; }
  std::optional<BlindPeriod> current(Uptime up) const;
  std::optional<BlindPeriod> const& last() const { return last_; }  ///< that is over
  std::uint64_t times() const { return times_; }  ///< periods; a quick start is none
  double away_seconds() const { return away_; }   ///< before this run, while nothing ran

 private:
  struct Current {
    BlindPeriod period;
    Uptime since;
    double before = 0;  ///< seconds of it that lie before `since`
    bool starting = false;
    bool in_journal = false;
  };
  Row close(BootClock::duration blind, Moment at);
  static std::string cause(Current const& current, std::string_view why);

  bool begun_ = false;
  std::optional<Current> current_;
  std::optional<BlindPeriod> last_;
  std::uint64_t times_ = 0;
  double away_ = 0;
};

/// {from, to?, seconds, why}
nlohmann::ordered_json period_json(BlindPeriod const& period);
/// "12:03:11 UTC", with the day in front unless it is today.
std::string moment_words(Instant when, Instant now);
/// "8 s", "2 min 5 s", "3 h 12 min".
std::string span_words(double seconds);

}  // namespace wardroom::call_blocking
