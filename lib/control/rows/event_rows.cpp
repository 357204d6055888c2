// Verbs about what happened.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> event_rows() {
  return {
      {.words = "events",
       .stream = true,
       .schema = "wardroom.events/1",
       .summary = "What happened, a line each: calls, decisions, channels, logins, alerts and more",
       .params = {{"since", option, false, "T|SEQ",
                   "from 2h or 1d ago, 14:30, 2026-11-22, 2026-11-22T14:30Z (UTC), or after #4200"},
                  {"until", option, false, "T|SEQ", "only what came before that"},
                  {"person", option, false, "P", "only this person's"},
                  {"kind", option, false, "K,...", "only these kinds, as they stand in the lines"},
                  {"limit", option, false, "N",
                   "the first N after --since; else the newest N, 50 unless given"},
                  {"follow", flag, false, "", "go on as things happen, until Ctrl-C"},
                  {"csv", flag, false, "", "comma separated values, for spreadsheets"}},
       .examples = {"events", "events --follow --kind decision,alert",
                    "events --since 2h --person ada@acme.example", "events --until 4200",
                    "events --since 0 --csv > journal.csv"}},
  };
}

}  // namespace wardroom::control
