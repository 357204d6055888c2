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
                   "from that moment on, or what came after that number; the newest 50 unless "
                   "given. Moments are 2h, 1d, 14:30, 2026-11-22, 2026-11-22T14:30Z; UTC unless "
                   "they have an offset"},
                  {"until", option, false, "T|SEQ", "only what came before that"},
                  {"person", option, false, "P", "only this person's"},
                  {"kind", option, false, "K,...",
                   "only these: call, decision, channel, monitor, login, logout, session, alert, "
                   "store, reload, config, run, level"},
                  {"limit", option, false, "N",
                   "at most this many: the first after --since, else the newest"},
                  {"follow", flag, false, "", "go on as things happen, until Ctrl-C"},
                  {"csv", flag, false, "", "comma separated values, for spreadsheets"}},
       .examples = {"events", "events --follow --kind decision,alert",
                    "events --since 2h --person ada@acme.example", "events --until 4200",
                    "events --since 0 --csv > journal.csv"}},
  };
}

}  // namespace wardroom::control
