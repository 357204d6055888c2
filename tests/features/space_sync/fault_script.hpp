/// What happens to one request after another: the fault script of reliability.md test 3, thrown by
/// dice. Answers that look right and are not are made from the simulator's true ones.
#pragma once
#include "sim/platform.hpp"
#include "support/random_runs.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace wardroom::space_sync::test {

class FaultScript {
 public:
  FaultScript(sim::Platform& platform, wardroom::test::Dice& dice)
      : platform_(platform), dice_(dice) {}

  /// Of a thousand requests, so many go wrong; 0 = none.
  unsigned per_mille = 0;
  /// How often each happened, over all runs.
  static std::map<std::string, std::uint64_t>& tally();

  /// An answer in place of the true one; nothing = the true one.
  std::optional<sim::Answer> meddle(sim::Request const& request);

 private:
  sim::Answer refusal(int status, std::string body, std::string retry_after = "");
  sim::Answer truth(sim::Request const& request);
  sim::Answer truth_with(sim::Request const& request, std::function<void(sim::Faults&)> change);
  sim::Answer spoilt(sim::Request const& request, sim::Answer::Wire wire);
  sim::Answer lost_before();
  sim::Answer garbage(sim::Request const& request);
  sim::Answer crooked_list(sim::Request const& request);
  std::string retry_after();

  sim::Platform& platform_;
  wardroom::test::Dice& dice_;
};

}  // namespace wardroom::space_sync::test
