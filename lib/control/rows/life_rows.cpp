// Verbs about the daemon itself.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> life_rows() {
  return {
      {.words = "status",
       .schema = "wardroom.status/1",
       .summary = "Everything at a glance: health, people, calls, channels, logins",
       .examples = {"status", "status --watch", "status --json"}},
      {.words = "health",
       .schema = "wardroom.health/1",
       .summary = "Health of each part; exit code 10 unless all is green",
       .examples = {"health"}},
      {.words = "wait",
       .schema = "wardroom.wait/1",
       .summary = "Waits until the daemon, or its event channels, are up",
       .params = {{"for", option, true, "ready|xsi", "what to wait for"},
                  {"timeout", option, false, "DURATION",
                   "give up after this long; 30s unless given"}},
       .examples = {"wait --for ready", "wait --for xsi --timeout 2m"}},
      {.words = "metrics",
       .schema = "wardroom.metrics/1",
       .summary = "The figures of /metrics, in Prometheus text form",
       .examples = {"metrics"}},
      {.words = "log-level",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.log_level/1",
       .summary = "Changes how much is logged, for good or for a while",
       .params = {plain(positional("level", "LEVEL", "trace, debug, info, warning or error")),
                  plain({"for", option, false, "DURATION",
                         "go back to the configured level after this long"})},
       .examples = {"log-level debug --for 10m", "log-level info"}},
  };
}

}  // namespace wardroom::control
