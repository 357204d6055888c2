// Verbs about the configuration.
#include "control/rows/rows.hpp"

namespace wardroom::control {
namespace {

Param file_option() {
  return {"file", option, false, "FILE", "this file instead of the running daemon's"};
}

}  // namespace

std::vector<VerbRow> config_rows() {
  return {
      {.words = "config check",
       .local = true,
       .schema = "wardroom.config_check/1",
       .summary = "Names every mistake of a configuration with its line; needs no daemon",
       .params = {positional("file", "FILE",
                             "the running daemon's unless given, or /etc/wardroom/wardroom.yaml",
                             false)},
       .examples = {"config check", "config check new.yaml --json"}},
      {.words = "config show",
       .schema = "wardroom.config_show/1",
       .summary = "The settings in force and where each comes from; no secrets",
       .params = {{"changed", flag, false, "", "only what differs from the defaults"}},
       .examples = {"config show", "config show --changed"}},
      {.words = "config diff",
       .schema = "wardroom.config_diff/1",
       .summary = "What the file says and is not in force yet; exit code 6 when there is any",
       .examples = {"config diff"}},
      {.words = "config explain",
       .local = true,
       .schema = "wardroom.config_explain/1",
       .summary = "What a key is for: unit, default, value in force, whether a reload takes it",
       .params = {positional("key", "KEY", "a key, or a section for all below it; all unless given",
                             false)},
       .examples = {"config explain call_blocking.timeout", "config explain alerts"}},
      {.words = "config set",
       .right = Right::admin,
       .local = true,
       .schema = "wardroom.config_set/1",
       .summary = "Changes one value in the file, keeps its comments, and checks it before",
       .params = {positional("key", "KEY", "as `config show` lists it"),
                  positional("value", "VALUE", "a list as a,b or [a, b]; '' for an empty text"),
                  {"reload", flag, false, "", "then tell the daemon to read it"},
                  file_option()},
       .examples = {"config set log.level debug --reload",
                    "config set webex.admins ada@acme.example,bob@acme.example"}},
      {.words = "reload",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.reload/1",
       .summary = "Reads the configuration again and swaps the policy when all of it is right",
       .examples = {"reload"}},
  };
}

}  // namespace wardroom::control
