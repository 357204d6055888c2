/// Who belongs where in truth, what the daemon was told of it, and whether it may remove whom it
/// removes at the moment it does (S1, S3).
#pragma once
#include "sim/memberships_sim.hpp"
#include "spaces_faults.hpp"
#include "spaces_policy.hpp"
#include "world.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wardroom::world {

class SpacesTruth {
 public:
  SpacesTruth(World& world, SpacePolicies const& policies, SpaceFaults const& faults)
      : world_(world), policies_(policies), faults_(faults) {}

  struct Change {
    Uptime at{};
    std::string room{};  ///< UUID
    sim::Person const* person = nullptr;
    bool added = false;
    bool by_daemon = false;
  };

  // --- what happens
  void put_into_group(std::string const& group, sim::Person const& person, bool in);
  void by_hand(sim::Room& room, sim::Person const& person, bool added);
  void make_moderator(sim::Room& room, sim::Person const& person, bool moderator);
  void daemon_started() { started_ = world_.now(), ++starts_, refused_.clear(); }
  void daemon_gone();
  void run_began(std::string const& room);
  void looked_at(sim::Person const& person);
  /// A page of a list was answered; `room` is empty for people.
  void page_came(std::string const& room, bool last);
  void carried_out(sim::MembershipsSim::Change const& change);
  /// The daemon asks for a change, and has an answer: 0 = none came.
  void change_left(World::Sent const& sent);
  void change_answered(World::Sent const& sent);
  /// Somebody said that so many may be removed, or that a run is to be undone.
  void approved(std::string const& room) { tracks_[room].approved = world_.now(); }
  void undo_asked(std::string const& room) { tracks_[room].undo = world_.now(); }
  /// Whoever came lately is not in a list of members that is asked for now.
  bool members_are_old() const { return faults_.members().now("stale", world_.now()); }
  /// What a good run of a job has read.
  void good_run(std::string const& room, std::size_t people, std::size_t members) {
    tracks_[room].good_people = people;
    tracks_[room].good_members = members;
  }

  // --- what is
  SomebodyThen as_now(sim::Person const& person) const;
  std::vector<Change> const& changes() const { return changes_; }
  /// Whether the daemon can know what became of its change: each answer came, and no list of
  /// members was an old one when it began again.
  bool is_told(std::string const& room, sim::Person const& person) const;
  /// Now, or at any time of this world.
  bool was_moderator(std::string const& room, sim::Person const& person) const;
  /// What is wrong with a space by a policy that is in force; empty = it is as it should be.
  std::string difference(SpaceJob const& job) const;

 private:
  struct Look {
    Uptime at{};
    SomebodyThen who{};
  };
  struct Track {
    std::vector<Uptime> began{};  ///< runs
    std::size_t members_then = 0, removed = 0;
    bool members_open = false;  ///< their list has not come to its end
    std::map<sim::Person const*, Uptime> moderator_since{};
    std::optional<Uptime> approved{}, undo{};
    std::optional<std::size_t> good_people{}, good_members{};
  };

  /// Space and person.
  using Pair = std::pair<std::string, sim::Person const*>;
  std::optional<Pair> subject(World::Sent const& sent) const;
  void judge_lists(sim::Room const& room);
  void judge_removal(sim::Room const& room, sim::Person const& person);
  std::string why_protected(sim::Room const& room, sim::Person const& person,
                            std::vector<SpaceJob const*> const& jobs) const;
  std::string why_too_many(sim::Room const& room);
  std::string why_half(sim::Room const& room, std::vector<SpaceJob const*> const& jobs) const;
  bool is_recent(std::optional<Uptime> at, Milliseconds within) const;
  Uptime rules_since(Track const& track) const;
  std::vector<SpaceJob const*> jobs_of(sim::Room const& room) const;

  World& world_;
  SpacePolicies const& policies_;
  SpaceFaults const& faults_;
  Uptime started_{};
  bool people_open_ = false;
  std::map<std::string, Track> tracks_;  ///< by UUID of the space
  std::map<sim::Person const*, std::vector<Look>> looks_;
  std::map<std::string, std::map<sim::Person const*, std::pair<bool, Uptime>>> groups_;
  std::vector<Change> changes_;
  std::set<Pair> refused_, in_doubt_, moderators_;
  std::map<std::uint64_t, Pair> under_way_;  ///< by number of the request
  std::size_t starts_ = 0;
};

}  // namespace wardroom::world
