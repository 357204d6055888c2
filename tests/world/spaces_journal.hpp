/// At the end of a world: whether what the daemon tells of its syncs is what happened, and whether
/// every run was allowed to do what it did.
#pragma once
#include "spaces_operator.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace wardroom::world {

class SpacesJournal {
 public:
  /// `unstored`: since its start the daemon could not store the end of some run, and said so; the
  /// next start would end it.
  SpacesJournal(World& world, SpacesTruth const& truth, SpacesOperator const& person, bool unstored)
      : world_(world), truth_(truth), operator_(person), unstored_(unstored) {}

  /// Asks the daemon for every run and every step. `jobs` = all that ever were.
  void check(std::vector<SpaceJob> const& jobs);

 private:
  struct Step {
    std::string person{}, state{}, outcome{};
    bool adds = false;
  };
  struct Run {
    std::int64_t id = 0, undoes = 0, to_remove = 0, approved = -1, members = 0;
    std::string job{}, room{}, kind{}, cause{}, state{};
    std::vector<Step> steps{};
    bool changed() const;
  };

  bool read();
  bool read_steps(Run& run);
  void check_ends();
  void check_changes();
  void check_holds(std::vector<SpaceJob> const& jobs);
  void check_undos(std::vector<SpaceJob> const& jobs);
  void check_pauses();
  std::string address_of(std::string const& uuid) const;

  World& world_;
  SpacesTruth const& truth_;
  SpacesOperator const& operator_;
  bool unstored_;
  std::map<std::int64_t, Run> runs_;
};

}  // namespace wardroom::world
