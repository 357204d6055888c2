/// people sessions | revoke, sessions list | revoke, for wardroomctl.
#pragma once
#include "control/verbs.hpp"
#include "front/session_desk.hpp"
#include "front/session_trail.hpp"

namespace wardroom::front {

/// Both outlive the verbs.
void add_session_verbs(control::Verbs& verbs, SessionDesk& desk, SessionTrail& trail);

}  // namespace wardroom::front
