/// What wardroomctl asks of security_notices.
#pragma once
#include "control/verbs.hpp"
#include "features/security_notices/security_notices.hpp"

namespace wardroom::security_notices {

/// Run by SecurityNotices::add_verbs.
void add_security_notices_verbs(control::Verbs& verbs, SecurityNotices& feature);
/// `cms report`: a stream of NDJSON or CSV.
void add_report_verb(control::Verbs& verbs, SecurityNotices& feature);

/// A parameter as a level from 1 to 3; 0 = it was not given. Error: malformed.
Result<int> level_param(control::VerbCall const& call);

}  // namespace wardroom::security_notices
