// Verbs about web sessions.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> session_rows() { return {}; }

}  // namespace wardroom::control
