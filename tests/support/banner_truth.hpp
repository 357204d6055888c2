/// Who is truly in simulated conferences, and since when their watcher can know it: the observer of
/// promise B1.
///
/// What is told: a person counts from the moment every record about them was acknowledged; until
/// then nobody could know.
#pragma once
#include "runtime/clock.hpp"
#include "sim/cms_sim.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardroom::test {

class BannerTruth {
 public:
  /// A call on its bridge.
  using Instance = std::pair<std::size_t, std::string>;

  BannerTruth(sim::CmsSim const& cms, Clock const& clock) : cms_(cms), clock_(clock) {}

  /// What changed since the last time, and which records tell of it.
  void learn();
  /// Their address changes with what happens next.
  void readdressed(std::uint64_t person) { readdressed_.insert(person); }
  /// A post of that bridge was answered 200: all its records of that session below `upto` are told.
  void acknowledged(std::size_t bridge, std::string const& session, std::uint64_t upto);
  /// Whoever is told by now.
  void settle();

  bool knows(Instance const& call) const { return calls_.contains(call); }
  /// The least that may be said in that call: by whom there is, as far as it was told before
  /// `before`.
  int need(Instance const& at, std::string const& correlator, Uptime before,
           sim::CmsDomains const& domains) const;
  /// Whom the last `need` was about.
  std::string const& worst() const { return worst_; }
  /// By correlator: all who are there, told or not.
  std::map<std::string, int> levels(sim::CmsDomains const& domains) const;
  /// A screen may say more than is true for good: what was lost cannot be asked for.
  bool may_say_more(sim::CmsConference const& conference) const;
  std::uint64_t told() const { return told_; }

 private:
  /// Somebody, or a call, and the record that tells of it.
  struct Told {
    std::string session;
    std::uint64_t due = 0;  ///< told once all records before this number were acknowledged
    std::optional<Uptime> at{};
  };

  Told fresh(std::size_t bridge) const;
  void settle(std::size_t bridge, Told& told);
  std::vector<std::string> known_addresses(sim::CmsPerson const& person) const;
  int known_level(sim::CmsPerson person, sim::CmsDomains const& domains) const;
  bool maybe_machine(sim::CmsConference const& conference) const;
  bool maybe_back_at_first_address(std::string const& correlator) const;

  sim::CmsSim const& cms_;
  Clock const& clock_;
  std::map<std::uint64_t, std::pair<std::string, Told>> people_;  ///< with what they were like
  std::set<std::uint64_t> readdressed_;  ///< people whose address changed at least once
  std::map<Instance, Told> calls_;
  std::map<std::pair<std::size_t, std::string>, std::uint64_t> acknowledged_;  ///< by session
  std::uint64_t told_ = 0;
  mutable std::string worst_;
};

/// The numbers of the records in a post.
std::vector<std::uint64_t> record_indexes(std::string_view post);

}  // namespace wardroom::test
