// Verbs about the configuration.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> config_rows() {
  return {
      {.words = "config check",
       .schema = "wardroom.config_check/1",
       .summary = "Checks the daemon's configuration file; names every mistake with its line",
       .examples = {"config check"}},
      {.words = "config show",
       .schema = "wardroom.config_show/1",
       .summary = "The settings in force and where each comes from; no secrets",
       .examples = {"config show", "config show --json"}},
      {.words = "reload",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.reload/1",
       .summary = "Reads the configuration again and swaps the policy when all of it is right",
       .examples = {"reload"}},
  };
}

}  // namespace wardroom::control
