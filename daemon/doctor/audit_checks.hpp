/// Checks of the audit: that records are written, the signed head is fresh, and the newest part of
/// the chain proves itself.
#pragma once
#include "audit/audit_log.hpp"
#include "process/doctor.hpp"

#include <functional>

namespace wardroom::doctor {

struct AuditPorts {
  store::Database& database;
  Clock& clock;
  std::function<audit::AuditLog*()> log;  ///< null while there is none
};
void add_audit_checks(Doctor& doctor, AuditPorts ports);

/// Pure.
Finding judge_head(std::optional<audit::Head> const& head, Instant now);

}  // namespace wardroom::doctor
