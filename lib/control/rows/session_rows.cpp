// Verbs about web sessions.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> session_rows() {
  return {
      {.words = "people sessions",
       .schema = "wardroom.people_sessions/1",
       .summary = "The browsers in which a person is logged in",
       .params = {person_word()},
       .examples = {"people sessions ada@acme.example"}},
      {.words = "people revoke",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.people_revoke/1",
       .summary = "Ends every session of a person at once, in all browsers",
       .params = {person_word()},
       .examples = {"people revoke ada@acme.example"}},
      {.words = "sessions list",
       .schema = "wardroom.sessions_list/1",
       .summary = "Administrators who are logged in on the web, since when and until when",
       .examples = {"sessions list", "sessions list --json"}},
      {.words = "sessions revoke",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.sessions_revoke/1",
       .summary = "Ends one administrator's session on the web, or all of them",
       .params = {positional("id", "ID", "an id of `sessions list`, or its beginning", false),
                  {"all", flag, false, "", "all of them"}},
       .examples = {"sessions revoke 3f9a01c2d4e5", "sessions revoke --all"}},
  };
}

}  // namespace wardroom::control
