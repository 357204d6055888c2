// Verbs about the audit.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> audit_rows() {
  return {
      {.words = "audit list",
       .right = Right::admin,
       .schema = "wardroom.audit_list/1",
       .summary = "Who changed what, newest first",
       .params = {{"since", option, false, "T",
                   "only since then: 2h (ago), 2026-11-22 or 2026-11-22T08:00:00Z"},
                  {"actor", option, false, "WHO",
                   "only by: daemon, web, a login name, a uid or 'person 17'"},
                  {"action", option, false, "A",
                   "only this action: 'token' has token refresh, too"},
                  {"object", option, false, "O", "only on this: 'identity admin', 'person 17'"},
                  {"limit", option, false, "N", "at most this many; 50 unless given"},
                  {"before", option, false, "SEQ", "only records before this number, to page on"}},
       .examples = {"audit list", "audit list --since 2h --actor root",
                    "audit list --action 'monitor stop' --json"}},
      {.words = "audit verify",
       .right = Right::admin,
       .long_params = true,
       .schema = "wardroom.audit_verify/1",
       .summary =
           "Proves that no record was changed, left out or put back; exit code 1 when one was",
       .params = {{"from", option, false, "SEQ", "begin with this record; 1 unless given"},
                  {"heads", option, false, "FILE",
                   "published heads to hold it against, as journalctl -u wardroomd has them; - "
                   "reads stdin"}},
       .examples = {"audit verify", "audit verify --heads heads.log",
                    "audit verify --heads - < heads.log"}},
  };
}

}  // namespace wardroom::control
