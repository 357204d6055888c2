// Verbs about the store: backup and moving.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> store_rows() {
  return {
      {.words = "backup",
       .right = Right::admin,
       .changes = true,
       .stream = true,
       .schema = "wardroom.backup/1",
       .summary = "Writes the whole store, as it is now, into a file; the daemon goes on",
       .params = {plain(positional("file", "FILE", "where to; written with your own rights")),
                  plain({"force", flag, false, "", "replace a file that is there"})},
       .examples = {"backup /var/backups/wardroom-$(date +%F).db"}},
      {.words = "store show",
       .schema = "wardroom.store_show/1",
       .summary = "Engine, place and size of the store, its tables, and the last backup",
       .examples = {"store show", "store show --json"}},
      {.words = "store migrate",
       .right = Right::admin,
       .changes = true,
       .stream = true,
       .schema = "wardroom.store_migrate/1",
       .summary = "Moves the running site into another, empty store, and uses that from then on",
       .params = {{"to", option, true,
                   "URL",  // hashed in the audit: somebody types a password into it
                   "sqlite:/folder/wardroom.db or postgresql://user@host/database"},
                  {"from", option, false, "URL",
                   "the store in use, to be sure that it is this one"},
                  plain({"password-file", option, false, "FILE",
                         "on the daemon's machine: the password of the new store"})},
       .examples = {"store migrate --to postgresql://wardroom@db.acme.example/wardroom "
                    "--password-file /etc/wardroom/store_password"}},
  };
}

}  // namespace wardroom::control
