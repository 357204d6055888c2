/// What is needed of a messaging service's spaces: one space, its members, and to change them.
#pragma once
#include "base/result.hpp"
#include "base/uuid.hpp"
#include "runtime/task.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wardroom {

struct Space {
  std::string id, title;
  bool group = true;       ///< false = a direct space of two
  bool moderated = false;  ///< locked: only moderators add and remove
  bool read_only = false;
  bool announcements = false;
  std::string team_id;    ///< empty = no team's
  std::string owner_org;  ///< UUID of the organisation that owns it; empty = not told
  bool operator==(Space const&) const = default;
};

/// A membership of a listing. The views live during the call that hands them over.
struct MemberFacts {
  std::string_view id{};  ///< of the membership
  Uuid person{};
  std::string_view email{}, name{};
  Uuid org{};  ///< of the person; nil = not told
  bool moderator = false;
  bool monitor = false;  ///< a bot that only listens (deprecated)
  bool whole = true;     ///< false: it has `errors`, or lacks what decides; it is let be
};

/// One membership, asked for by itself.
struct Membership {
  std::string id;
  Uuid person{}, org{};
  std::string email, name;
  bool moderator = false;
};

struct Added {
  std::string membership;  ///< its id; may be empty when they were there already
  bool was_there = false;
};
enum class Removed { removed, was_gone };

class Spaces {
 public:
  /// Called on a helper, one page after another in order; an error ends the listing with it.
  using Page = std::function<Result<void>(std::span<MemberFacts const>)>;

  /// Whether a change is still to be made: asked each time before it is sent.
  using Wanted = std::function<bool()>;

  virtual ~Spaces() = default;
  /// Whose token acts: the id of that person.
  virtual Task<Result<Uuid>> self() = 0;
  virtual Task<Result<Space>> space(std::string id) = 0;
  /// Nothing = no member, which for a space of somebody else also means "not told".
  virtual Task<Result<std::optional<Membership>>> member(std::string space, Uuid person) = 0;
  /// Complete by the same rules as PeopleListing::everybody, or an error.
  virtual Task<Result<void>> members(std::string space, Page page) = 0;
  /// `person` = their id as the service writes it. 409 is success. Sent again when its answer was
  /// lost: there is none twice. Errors: denied (not a moderator, policy, external; also "Add
  /// participant failed", 502, when that does not heal), not_found, throttled, unavailable;
  /// cancelled when it is not wanted any more and was not sent.
  virtual Task<Result<Added>> add(std::string space, std::string person, Wanted wanted) = 0;
  Task<Result<Added>> add(std::string space, std::string person) {
    return add(std::move(space), std::move(person), {});
  }
  /// 404 is success, when the service says it and not something in between. Sent again when its
  /// answer was lost. Errors: also cancelled, as of add().
  virtual Task<Result<Removed>> remove(std::string membership, Wanted wanted) = 0;
  Task<Result<Removed>> remove(std::string membership) { return remove(std::move(membership), {}); }
  /// For people: "Webex asks for 12 s of quiet". Empty = nothing holds up.
  virtual std::string waiting_for() const { return {}; }
};

}  // namespace wardroom
