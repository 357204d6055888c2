#include "features/space_sync/access.hpp"

#include <fmt/format.h>

namespace wardroom::space_sync {

Result<void> may_act(Space const& space, std::optional<Membership> const& own) {
  auto const refused = [&](std::string_view why) {
    return failure(ErrorKind::denied, fmt::format("the space \"{}\" {}", space.title, why));
  };
  if (!space.group)
    return refused(
        "is a direct one between two people, whose members nobody can change; name a group space "
        "in "
        "space_sync.jobs");
  if (space.read_only)
    return refused(
        "is read-only; have a moderator make it writable again in Webex, or pause the job with "
        "`wardroomctl sync pause`");
  if (!own)
    return refused(
        "does not have the account that space_sync is logged in with as a member; add that account "
        "to "
        "the space in Webex");
  if (space.moderated && !own->moderator)
    return refused(
        "is moderated, and the account that space_sync is logged in with is no moderator of it; "
        "make "
        "it one in Webex");
  return {};
}

Result<void> is_whole_list(Space const& space, MemberSnapshot const& members, Uuid const& self) {
  if (members.find(self)) return {};
  auto const why = space.team_id.empty()
                       ? "the list is not believed, and nothing is done"
                       : "of a team's moderated space outsiders are told the moderators alone, so "
                         "the list is not believed; add the account to the space itself";
  return failure(
      ErrorKind::malformed,
      fmt::format("the members of \"{}\" were listed without the account that space_sync is "
                  "logged in with: {}",
                  space.title, why));
}

}  // namespace wardroom::space_sync
