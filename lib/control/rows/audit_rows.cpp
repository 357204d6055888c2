// Verbs about the audit.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> audit_rows() { return {}; }

}  // namespace wardroom::control
