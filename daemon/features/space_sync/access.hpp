/// Whether our login may change a space's members, asked before anything is planned. Pure.
#pragma once
#include "base/result.hpp"
#include "features/space_sync/snapshot.hpp"
#include "ports/spaces.hpp"

#include <optional>

namespace wardroom::space_sync {

/// `own` = our own membership. Errors: denied, with what to do about it. In a space for
/// announcements only posting is reserved: that says nothing about members.
Result<void> may_act(Space const& space, std::optional<Membership> const& own);

/// Whether the list of members can be all of them: of a team's moderated space, somebody who is in
/// the team but not in the space is told the moderators alone (webex-rest.md 4.2), so our own
/// membership must be in it. Errors: malformed.
Result<void> is_whole_list(Space const& space, MemberSnapshot const& members, Uuid const& self);

}  // namespace wardroom::space_sync
