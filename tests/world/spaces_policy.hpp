/// What the section space_sync of a world's configuration says: as text for the daemon, and as the
/// same rules written once more for whoever watches it. Shares no code with the product.
#pragma once
#include "chance.hpp"
#include "sim/rooms_sim.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wardroom::world {

struct SpaceRule {
  enum class Kind { all, domain, email, department, department_contains, group };
  Kind kind = Kind::all;
  std::vector<std::string> words{};
};

struct SpaceJob {
  std::string name, room;  ///< UUID of the space
  std::vector<SpaceRule> include{}, exclude{};
  bool inactive = true, pending = true;  ///< are out
  std::vector<std::string> protect{};    ///< addresses
  int hold_count = 5, hold_percent = 2, shrink_percent = 10;
  std::string schedule = "every 10m";
};

struct SpacePolicy {
  std::string mode = "enforce";
  int concurrency = 12;
  std::vector<SpaceJob> jobs{};

  std::string yaml() const;
  SpaceJob const* of_room(std::string_view uuid) const;
  SpaceJob const* named(std::string_view name) const;
};

/// A person as they were at one moment.
struct SomebodyThen {
  std::vector<std::string> addresses{};  ///< lower case
  std::string department{};
  bool exists = true, may_log_in = true, invited_only = false;
  std::set<std::string> groups{};  ///< by name
  /// Of these it is not known whether they are in them.
  std::set<std::string> perhaps{};

  bool has_address(std::string const& one) const;
};

/// By the words of docs/space_rules.md. Of the groups of which it is not known, whichever answer
/// has them in.
bool could_belong(SpaceJob const& job, SomebodyThen const& who);
/// Whichever answer has them out.
bool could_be_out(SpaceJob const& job, SomebodyThen const& who);

/// What a world's section says over time: what the daemon may have in force.
class SpacePolicies {
 public:
  struct Version {
    SpacePolicy policy;
    Uptime from{};
    std::optional<Uptime> until{};  ///< not in force any more
    bool taken = false;             ///< the daemon said so
  };

  /// It stands in the file from now on.
  void offered(SpacePolicy policy, Uptime now);
  /// How it was answered: it is in force now; it has a mistake; not done at all, this time.
  enum class Reload { taken, mistaken, not_done };
  void reloaded(Reload how, Uptime now);
  /// A daemon that starts takes what stands in the file, and nothing from before.
  void started(Uptime now);
  void gone(Uptime now);

  /// Everything that may have been in force at some moment since then.
  std::vector<SpacePolicy const*> since(Uptime then) const;
  /// None of those that may be in force changes anything, since then.
  std::optional<Uptime> observing_since() const { return observing_since_; }
  /// The newest one that the daemon took; nothing when it is not known.
  SpacePolicy const* surely() const;

 private:
  void look_at_mode(Uptime now);
  std::vector<Version> versions_;
  std::optional<Uptime> observing_since_;
};

}  // namespace wardroom::world
