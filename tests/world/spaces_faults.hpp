/// What goes wrong between the daemon's syncs and Webex: single answers (a storm), and lists that
/// lie for a while. Touches the requests of syncs only.
#pragma once
#include "chance.hpp"
#include "sim/platform.hpp"
#include "world.hpp"

#include <map>
#include <optional>
#include <string>

namespace wardroom::world {

class SpaceFaults {
 public:
  SpaceFaults(World& world, Chance dice) : world_(world), dice_(std::move(dice)) {}

  /// One thing breaks for a while.
  void begin(Chance& chance);
  void heal();

  /// What a request of a sync is about.
  enum class About { nothing, people, person, members, member, room, group, add, remove };
  static About about(sim::Request const& request);

  struct Meddled {
    std::optional<sim::Answer> instead{};  ///< nothing = the true answer
    bool truthful = true;                  ///< what comes, if anything, is true and can be read
    bool last_page = true;                 ///< of a list: nothing is to follow it
  };
  Meddled meddle(sim::Request const& request);

  /// "half", "none", "stale" and since when; for lists of people, or of members.
  struct Lie {
    std::string how{};
    Uptime since{}, until{};
    bool now(std::string_view what, Uptime at) const { return how == what && at < until; }
  };
  Lie const& people() const { return people_; }
  Lie const& members() const { return members_; }

 private:
  Meddled answer_to(sim::Request const& request, About what);
  bool is_storm() const;
  sim::Answer refusal(int status, std::string_view body, std::string retry_after = "");
  sim::Answer truth(sim::Request const& request);
  sim::Answer single(sim::Request const& request, bool& truthful);
  sim::Answer garbage(sim::Request const& request);
  sim::Answer crooked(sim::Request const& request, bool people);
  std::optional<sim::Answer> lying(sim::Request const& request, Lie const& lie, bool people);
  std::string retry_after();

  World& world_;
  Chance dice_;
  unsigned per_mille_ = 0;
  Uptime storm_until_{};
  Lie people_, members_;
  std::map<std::string, sim::Answer> replica_;  ///< by path and query: what a stale one answers
};

}  // namespace wardroom::world
