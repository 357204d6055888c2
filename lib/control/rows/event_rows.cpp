// Verbs about what happened.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> event_rows() {
  return {
      {.words = "events",
       .stream = true,
       .schema = "wardroom.events/1",
       .summary = "What happened: calls, decisions, channels, logins; a line each",
       .params = {{"since", option, false, "SEQ", "only what came after this sequence number"},
                  {"person", option, false, "P", "only this person's"},
                  {"follow", flag, false, "", "go on as things happen, until Ctrl-C"}},
       .examples = {"events", "events --follow", "events --since 4200 --person ada@acme.example"}},
  };
}

}  // namespace wardroom::control
