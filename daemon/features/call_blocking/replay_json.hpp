/// What a replay found, counted and put into the answer of `fence simulate`. Pure.
#pragma once
#include "features/call_blocking/replay_run.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::call_blocking {

struct ReplayCounts {
  std::size_t would = 0, would_people = 0;  ///< cut by the policy tried out
  std::size_t was = 0, was_people = 0;      ///< refused as recorded, ended or only observed
  std::size_t really = 0;                   ///< of those that would be cut: were ended
  std::size_t newly = 0, no_longer = 0, same = 0;
  std::size_t only_observed = 0;             ///< refused, but `enforce_for` leaves their people out
  std::size_t compared = 0, reproduced = 0;  ///< of the policy in force, with the records
  std::size_t without_history = 0;           ///< there was a position, but none is kept
  std::size_t other_rules = 0;               ///< decided by another policy than the one in force
};

/// A call that is or was cut, by its number in the result.
struct ChangedCall {
  std::size_t call = 0;
  std::string_view change;  ///< "newly_cut", "no_longer_cut" or "same"
};

struct ReplayReport {
  ReplayCounts counts;
  std::vector<ChangedCall> changed;  ///< newest first
  std::vector<std::pair<std::string, std::size_t>> by_fence;
};

/// `in_force` = the digest of the policy in force.
ReplayReport report_of(ReplayResult const& result, std::string const& in_force);

nlohmann::ordered_json counts_json(ReplayReport const& report);
/// One row, without the person's name.
nlohmann::ordered_json row_json(ReplayResult const& result, ChangedCall const& changed);

}  // namespace wardroom::call_blocking
