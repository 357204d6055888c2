/// What must become of people's calls, worked out from what the daemon was surely told: a second
/// judgement in plain words. Where a fact may have arrived or not, nothing is certain.
///
///   override   by the answer of its verb; between question and answer nobody knows
///   at home    three acknowledged positions in a row deep inside; abroad: one far outside
///   stale      nothing posted for the time limit and a second
///   emergency  always passes; incoming calls for an hour after an answered one the daemon saw
#pragma once
#include "position_posts.hpp"
#include "runtime/clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wardroom::world {

enum class Operators : std::uint8_t { nothing, allow, block, exempt };

class CallsModel {
 public:
  /// What the policies of the fence say; the same for a whole world. Those for a store in trouble
  /// are the ones for stale positions.
  struct Rules {
    Milliseconds timeout{300'000};
    /// So long after the time limit a call is not let through any more; nothing = it always is.
    std::optional<Milliseconds> stale_grace{Milliseconds(0)};
    std::optional<Milliseconds> no_fix_grace{Milliseconds(0)};
    bool running_too = false;  ///< `end_running_calls: always`
  };

  CallsModel(Clock& clock, Rules rules) : clock_(clock), rules_(rules) {}

  void heard(PositionPost const& post);
  /// Everybody of whom a position was acknowledged; of them those who are quiet, so that it goes
  /// stale soon or did a while ago.
  std::vector<std::string> known_places(bool quiet) const;
  /// Whose calls must end, as of now.
  bool must_end(std::string const& person) const { return of(person).must_end.has_value(); }
  /// An operator's verb was sent, or answered.
  /// Whether it was certain until now.
  bool override_asked(std::string const& person) {
    return std::exchange(people_[person].operators_sure, false);
  }
  void override_refused(std::string const& person) { people_[person].operators_sure = true; }
  void override_answered(std::string const& person, Operators what,
                         std::optional<Milliseconds> lasts);
  /// Over a restart an end is reckoned by the wall clock.
  void daemon_started();
  void mode_asked() { mode_sure_ = false; }
  void mode_is(bool enforce);
  bool surely_observes() const { return mode_sure_ && !enforces_; }
  bool surely_enforces() const { return mode_sure_ && enforces_; }
  Uptime mode_since() const { return mode_since_; }

  /// An emergency call of this person is there; `answered` = when, once the daemon surely saw it.
  void emergency(std::string const& person, std::optional<Uptime> answered);
  /// The disk is well for a while, so what was to be stored is.
  void disk_is_well();
  /// Hours that the disk never took are gone with it: two faults at once.
  void daemon_gone();
  bool calls_back(std::string const& person) const;     ///< incoming calls surely pass
  bool may_call_back(std::string const& person) const;  ///< they may have to

  /// Since when it is certain; nothing when it is not.
  struct Certain {
    std::optional<Uptime> must_end, may_go_on;
    /// Only calls that the daemon never let through: begun since it is certain.
    bool fresh_calls_only = false;
  };
  Certain of(std::string const& person) const;

 private:
  enum class Place : std::uint8_t { never, home, abroad, unclear };
  struct Person {
    Operators operators = Operators::nothing;
    bool operators_sure = true;
    Uptime operators_since{};
    std::optional<Uptime> operators_until{};
    Place place = Place::never;
    Uptime place_since{}, fresh_from{}, heard{};
    bool accepted = false;  ///< at least one position
    int at_home_in_row = 0, doubtful = 0, under_way = 0;
    std::optional<GeoPoint> last{};
    Uptime called_emergency{Uptime::min()}, answered_emergency{Uptime::min()};
    bool hour_stored = false;  ///< of answered_emergency
  };
  static Place place_of(PositionPost const& post);
  void leaves(Person& person, PositionPost const& post);
  void acknowledged(Person& person, PositionPost const& post, Uptime left);
  Certain by_place(Person const& person) const;

  Clock& clock_;
  Rules rules_;
  std::map<std::string, Person> people_;
  std::map<std::uint64_t, Uptime> left_;  ///< of posts under way
  bool enforces_ = false, mode_sure_ = false;
  Uptime mode_since_{};
};

}  // namespace wardroom::world
