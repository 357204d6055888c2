#include "control/verb_table.hpp"

#include <algorithm>

namespace wardroom::control {
namespace {

constexpr auto option = ParamKind::option;
constexpr auto flag = ParamKind::flag;

Param positional(std::string_view name, std::string_view value, std::string_view help,
                 bool required = true) {
  return {name, ParamKind::positional, required, value, help};
}

Param identity_option() {
  return {"identity", option, false, "NAME", "which configured identity; admin unless given"};
}
Param person_word() {
  return positional("person", "P", "a person number, an e-mail address or part of a name");
}
Param call_word() { return positional("call", "CALL", "a call id, or a unique end of one"); }

std::vector<VerbRow> life_rows() {
  return {
      {.words = "status",
       .schema = "wardroom.status/1",
       .summary = "Everything at a glance: health, people, calls, channels, logins",
       .examples = {"status", "status --watch", "status --json"}},
      {.words = "health",
       .schema = "wardroom.health/1",
       .summary = "Health of each part; exit code 10 unless all is green",
       .examples = {"health"}},
      {.words = "wait",
       .schema = "wardroom.wait/1",
       .summary = "Waits until the daemon, or its event channels, are up",
       .params = {{"for", option, true, "ready|xsi", "what to wait for"},
                  {"timeout", option, false, "DURATION",
                   "give up after this long; 30s unless given"}},
       .examples = {"wait --for ready", "wait --for xsi --timeout 2m"}},
      {.words = "events",
       .stream = true,
       .schema = "wardroom.events/1",
       .summary = "What happened: calls, decisions, channels, logins; a line each",
       .params = {{"since", option, false, "SEQ", "only what came after this sequence number"},
                  {"person", option, false, "P", "only this person's"},
                  {"follow", flag, false, "", "go on as things happen, until Ctrl-C"}},
       .examples = {"events", "events --follow", "events --since 4200 --person ada@acme.example"}},
      {.words = "metrics",
       .schema = "wardroom.metrics/1",
       .summary = "The figures of /metrics, in Prometheus text form",
       .examples = {"metrics"}},
      {.words = "reload",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.reload/1",
       .summary = "Reads the configuration again and swaps the policy when all of it is right",
       .examples = {"reload"}},
      {.words = "log-level",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.log_level/1",
       .summary = "Changes how much is logged, for good or for a while",
       .params = {positional("level", "LEVEL", "trace, debug, info, warning or error"),
                  {"for", option, false, "DURATION",
                   "go back to the configured level after this long"}},
       .examples = {"log-level debug --for 10m", "log-level info"}},
      {.words = "config check",
       .schema = "wardroom.config_check/1",
       .summary = "Checks the daemon's configuration file; names every mistake with its line",
       .examples = {"config check"}},
      {.words = "config show",
       .schema = "wardroom.config_show/1",
       .summary = "The settings in force and where each comes from; no secrets",
       .examples = {"config show", "config show --json"}},
  };
}

std::vector<VerbRow> login_rows() {
  return {
      {.words = "login",
       .right = Right::admin,
       .changes = true,
       .stream = true,
       .schema = "wardroom.login/1",
       .summary = "Logs the daemon in at Webex: shows an address, a code and a QR code, and waits",
       .params = {{"browser", flag, false, "",
                   "prints addresses for a browser instead, and does not wait"},
                  identity_option()},
       .examples = {"login", "login --identity meetings", "login --browser"}},
      {.words = "auth",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.auth/1",
       .summary = "Completes a login that `login --browser` began, within 30 minutes",
       .params = {{"code", ParamKind::positional, true, "CODE|URL",
                   "the address of the page you ended on, or the code in it; best left out: it is "
                   "asked for then; - reads stdin",
                   true},
                  identity_option()},
       .examples = {"auth", "auth - < address.txt",
                    "auth 'http://127.0.0.1:8480/oauth/callback?code=…&state=…'"}},
      {.words = "logout",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.logout/1",
       .summary = "Forgets a login, and revokes it at Webex where the scopes allow that",
       .params = {identity_option()},
       .examples = {"logout", "logout --identity meetings --yes"}},
      {.words = "whoami",
       .schema = "wardroom.whoami/1",
       .summary = "Who the daemon is logged in as, with roles and scopes",
       .params = {identity_option()},
       .examples = {"whoami", "whoami --identity meetings"}},
      {.words = "token show",
       .schema = "wardroom.token_show/1",
       .summary = "The logins the daemon holds, what they lack and when they end; never the tokens",
       .examples = {"token show", "token show --json"}},
      {.words = "token check",
       .schema = "wardroom.token_check/1",
       .summary = "Asks Webex whether a login still works; exit code 1 when not",
       .params = {identity_option()},
       .examples = {"token check", "token check --identity guests"}},
      {.words = "token refresh",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.token_refresh/1",
       .summary = "Renews an access token now",
       .params = {identity_option()},
       .examples = {"token refresh"}},
  };
}

std::vector<VerbRow> alert_rows() {
  return {
      {.words = "alerts list",
       .schema = "wardroom.alerts_list/1",
       .summary = "Open alerts, since when, and who was told; then the recent ones",
       .examples = {"alerts list"}},
      {.words = "alerts test",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.alerts_test/1",
       .summary =
           "Sends a test message to every place that alerts go to; exit code 1 when one fails",
       .examples = {"alerts test"}},
  };
}

std::vector<VerbRow> call_rows() {
  return {
      {.words = "calls list",
       .schema = "wardroom.calls_list/1",
       .summary = "Calls and what was decided about them, newest first",
       .params = {{"limit", option, false, "N", "at most this many; 50 unless given"},
                  {"person", option, false, "P", "only this person's"}},
       .examples = {"calls list", "calls list --limit 10 --person ada@acme.example"}},
      {.words = "calls show",
       .schema = "wardroom.calls_show/1",
       .summary = "One call and every event seen of it",
       .params = {call_word()},
       .examples = {"calls show 20450000101:0"}},
      {.words = "calls why",
       .schema = "wardroom.calls_why/1",
       .summary = "Why a call was let through or released, step by step",
       .params = {call_word()},
       .examples = {"calls why 20450000101:0"}},
      {.words = "monitor start",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.monitor/1",
       .summary = "Begins to watch the organisation's calls",
       .examples = {"monitor start"}},
      {.words = "monitor stop",
       .right = Right::act,
       .changes = true,
       .schema = "wardroom.monitor/1",
       .summary = "Stops watching: every call passes until monitoring starts again",
       .examples = {"monitor stop"}},
      {.words = "monitor status",
       .schema = "wardroom.monitor/1",
       .summary = "The event channels to Webex Calling and how well they run",
       .examples = {"monitor status"}},
      {.words = "people list",
       .schema = "wardroom.people_list/1",
       .summary = "People, where they stand and whether their calls are allowed",
       .params = {{"standing", option, false, "WORD",
                   "only inside, outside, uncertain, stale or no_fix"},
                  {"limit", option, false, "N", "at most this many; 50 unless given"}},
       .examples = {"people list", "people list --standing outside"}},
      {.words = "people show",
       .schema = "wardroom.people_show/1",
       .summary = "One person, with ids, number and sessions",
       .params = {person_word()},
       .examples = {"people show ada@acme.example"}},
      {.words = "people why",
       .schema = "wardroom.people_why/1",
       .summary = "Why a person's calls are allowed or blocked right now",
       .params = {person_word()},
       .examples = {"people why ada"}},
      {.words = "fence list",
       .schema = "wardroom.fence_list/1",
       .summary = "The fences in force and their policies",
       .examples = {"fence list"}},
      {.words = "fence test",
       .schema = "wardroom.fence_test/1",
       .summary = "On which side of each fence a point lies, and how far from the border",
       .params = {positional("latitude", "LAT", "degrees, south is negative"),
                  positional("longitude", "LON", "degrees, west is negative"),
                  positional("accuracy", "ACC", "metres; 0 unless given", false)},
       .examples = {"fence test 48.2082 16.3738", "fence test -33.8688 151.2093 50"}},
  };
}

std::vector<VerbRow> all_rows() {
  auto rows = life_rows();
  for (auto more : {login_rows(), alert_rows(), call_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace

std::span<VerbRow const> verb_table() {
  static std::vector<VerbRow> const rows = all_rows();
  return rows;
}

VerbRow const* find_verb(std::string_view words) {
  auto const rows = verb_table();
  auto const row = std::ranges::find(rows, words, &VerbRow::words);
  return row == rows.end() ? nullptr : &*row;
}

std::string path_of(VerbRow const& row) {
  std::string path = "/v1/" + std::string(row.words);
  std::ranges::replace(path, ' ', '/');
  return path;
}

http::Method method_of(VerbRow const& row) {
  return row.changes ? http::Method::post : http::Method::get;
}

}  // namespace wardroom::control
