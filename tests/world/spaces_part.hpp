/// Spaces that the daemon keeps equal to the directory: the people and the spaces, what changes
/// there, what Webex answers wrong, and who may be removed (S1, S2, S3).
#pragma once
#include "part.hpp"
#include "spaces_faults.hpp"
#include "spaces_journal.hpp"
#include "spaces_operator.hpp"
#include "spaces_policy.hpp"
#include "spaces_truth.hpp"
#include "world.hpp"

#include <memory>
#include <string>
#include <vector>

namespace wardroom::world {

class SpacesPart final : public Part {
 public:
  explicit SpacesPart(World& world);

  std::string_view name() const override { return "spaces"; }
  void prepare() override;
  std::string configuration() override;
  void daemon_started() override;
  void daemon_gone(bool crashed) override;
  void reloaded(bool ok) override;

  unsigned weight() const override { return 3; }
  void act(Chance& chance) override;
  unsigned fault_weight() const override { return 2; }
  void fault(Chance& chance) override;
  void heal() override;
  bool settled() override;
  void finish() override;

 private:
  void make_people();
  void make_spaces();
  void make_policy();
  void change_policy();
  void watch();
  std::optional<sim::Answer> meddle(sim::Request const& request);

  sim::Person const& member(Chance& chance) const;
  sim::Room* space(Chance& chance);
  void change_person(Chance& chance);
  void change_space(Chance& chance);
  void change(sim::Person const& person, nlohmann::json const& wish);

  World& world_;
  Chance dice_;  ///< of the policy
  SpacePolicies policies_;
  SpaceFaults faults_;
  SpacesTruth truth_;
  SpacesOperator operator_;
  SpacePolicy policy_;  ///< what the file is to say next
  std::vector<SpaceJob> all_jobs_;
  std::vector<std::string> members_;  ///< first addresses of people of our own
  std::vector<std::string> rooms_;    ///< UUIDs
  std::optional<Uptime> healed_;
  Uptime calm_asked_{};
  bool unstored_ = false;  ///< the end of a run, since the daemon started
};

}  // namespace wardroom::world
