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
       .examples = {"import /opt/call-block --dry-run", "import /opt/sync-space --apply"}},
      {.words = "doctor",
       .stream = true,
       .schema = "wardroom.doctor/1",
       .summary = "Looks for what is wrong, here and in the daemon, each with a remedy to paste",
       .params = {positional("area", "AREA", "only this part, such as store or logins", false),
                  {"deep", flag, false, "", "also what takes long: reads the whole store"},
                  {"config", option, false, "FILE",
                   "the configuration to look at when the daemon does not run; "
                   "/etc/wardroom/wardroom.yaml unless given"},
                  {"unit", option, false, "UNIT",
                   "the service as systemd knows it; wardroomd unless given"}},
       .examples = {"doctor", "doctor store --deep", "doctor --json"}},
      {.words = "bugreport",
       .local = true,
       .schema = "wardroom.bugreport/1",
       .summary = "Packs what developers need into a file, without people and secrets",
       .params = {positional("file", "FILE", "where to write; a new file here unless given", false),
                  {"list", flag, false, "", "only says what would be in it"}},
       .examples = {"bugreport", "bugreport /root/report.tar.gz", "bugreport --list"}},
  };
}

}  // namespace wardroom::control
