/// `audit list` and `audit verify`.
#pragma once
#include "audit/audit_log.hpp"
#include "control/verbs.hpp"

#include <optional>
#include <string_view>

namespace wardroom::front {

/// `log` is there by the time a verb is asked.
void add_audit_verbs(control::Verbs& verbs, std::unique_ptr<audit::AuditLog> const& log,
                     Clock& clock);

/// "2026-11-22", "2026-11-22T08:00", "2026-11-22T08:00:05.250Z" (UTC), or how long ago: "90m".
Result<Instant> parse_since(std::string_view text, Instant now);
/// Whom --actor means: daemon, cli, web; a uid; "person 17"; or a login name.
void want_actor(audit::Filter& filter, std::string_view who);

}  // namespace wardroom::front
