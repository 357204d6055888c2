// Verbs about alerts.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> alert_rows() {
  return {
      {.words = "alerts list",
       .schema = "wardroom.alerts_list/1",
       .summary = "Open alerts, since when, and who was told; then the recent ones",
       .examples = {"alerts list"}},
      {.words = "alerts test",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.alerts_test/1",
       .summary =
           "Sends a test message to every place that alerts go to; exit code 1 when one fails",
       .examples = {"alerts test"}},
  };
}

}  // namespace wardroom::control
