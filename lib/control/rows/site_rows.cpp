// Verbs about setting a site up and finding what is wrong with it.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> site_rows() {
  return {
      {.words = "setup",
       .right = Right::admin,
       .changes = true,
       .local = true,
       .schema = "wardroom.setup/1",
       .summary =
           "Asks for what the configuration lacks, tries it out and writes it; no daemon needed",
       .params =
           {{"config", option, false, "FILE",
             "the configuration; /etc/wardroom/wardroom.yaml unless given"},
            {"dir", option, false, "DIR", "a site of its own, all of it in this folder"},
            {"answers", option, false, "FILE", "takes the answers from a file and asks nothing"},
            {"print-answers", flag, false, "", "prints such a file to fill in"},
            {"write-anyway", flag, false, "", "writes although something was not found right"},
            {"start", flag, false, "", "starts the daemon then, and waits until it is ready"}},
       .examples = {"setup", "setup --dir /srv/wardroom-test --start", "setup --print-answers",
                    "setup --answers site.answers --json"}},
      {.words = "import",
       .right = Right::admin,
       .changes = true,
       .local = true,
       .schema = "wardroom.import/1",
       .summary = "Takes over what a prototype's files say: shows it key by key, then writes it",
       .params = {positional("dir", "DIR", "the prototype's folder"),
                  {"config", option, false, "FILE",
                   "the configuration; /etc/wardroom/wardroom.yaml unless given"},
                  {"dry-run", flag, false, "", "only shows it, and does not ask"},
                  {"apply", flag, false, "", "writes it without asking"},
                  {"force", flag, false, "", "also over values that stand there and differ"}},
       .examples = {"import /opt/call-block --dry-run", "import /opt/call-block --apply"}},
  };
}

}  // namespace wardroom::control
