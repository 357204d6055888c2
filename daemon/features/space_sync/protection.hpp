/// Who stays in a space whatever the rules say. Pure.
#pragma once
#include "features/space_sync/membership_plan.hpp"

#include <optional>
#include <string_view>
#include <unordered_set>

namespace wardroom::space_sync {

/// Never removed: whose login acts, monitors, guests, other organisations' people, who is listed
/// by any of their addresses, and, unless the job says otherwise, moderators and bots. What cannot
/// be told (no organisation, no type, a damaged entry) protects as `Spared::unknown`.
class Protection {
 public:
  /// `org` = ours; nil = not known yet: then everybody's is in doubt.
  Protection(Protect const& protect, Uuid self, Uuid org);

  /// Of a member, at planning. `person` = their row; null = the directory does not have them.
  /// Listings of people have no bots, so an absent one is known by its address (@webex.bot,
  /// @sparkbot.io).
  std::optional<Spared> of(MemberSnapshot const& members, MemberRow const& member,
                           DirectorySnapshot const& directory, PersonRow const* person) const;
  /// Of what the service says of a person by themselves: the look just before a removal.
  std::optional<Spared> of(PersonFacts const& person) const;
  /// Of one membership.
  std::optional<Spared> of(Membership const& membership) const;

 private:
  std::optional<Spared> of_org(Uuid const& org) const;
  std::optional<Spared> of_type(AccountType type) const;
  bool is_listed(std::string_view address) const;
  bool is_self(Uuid const& person) const { return !self_.is_nil() && person == self_; }

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_set<std::string, TextHash, std::equal_to<>> listed_;  ///< folded
  bool moderators_ = true, bots_ = true;
  Uuid self_, org_;
};

}  // namespace wardroom::space_sync
