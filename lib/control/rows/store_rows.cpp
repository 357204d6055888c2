// Verbs about the store: backup and moving.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> store_rows() { return {}; }

}  // namespace wardroom::control
