// Verbs about setting a site up and finding what is wrong with it.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> site_rows() { return {}; }

}  // namespace wardroom::control
