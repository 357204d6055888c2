// Verbs about spaces that are kept equal to the directory.
#include "control/rows/rows.hpp"

namespace wardroom::control {
namespace {

Param job_word() {
  return plain(positional("job", "JOB", "a job's name, as `sync list` shows it"));
}
Param run_word() {
  return plain(positional("run", "RUN", "a run's number, as `sync history` shows it"));
}
Param no_wait() {
  return plain({"no-wait", flag, false, "", "say the run's number and be done; the run goes on"});
}
Param removals(bool required) {
  return plain({"removals", option, required, "N",
                "exactly so many removals are approved; another number changes nothing"});
}

std::vector<VerbRow> runs_rows() {
  return {
      {.words = "sync plan",
       .right = Right::act,
       .changes = true,  // nothing outside; but it reads everybody, and a plan is stored
       .stream = true,
       .schema = "wardroom.sync_plan/1",
       .summary = "Who would be added to a job's space and who removed, and why; changes nothing",
       .params = {job_word()},
       .examples = {"sync plan all-hands", "sync plan all-hands --json"}},
      {.words = "sync run",
       .right = Right::act,
       .changes = true,
       .stream = true,
       .schema = "wardroom.sync_run/1",
       .summary = "Makes a job's space equal to the directory, now",
       .params = {job_word(),
                  plain({"plan", option, false, "RUN",
                         "only if nothing differs from this plan of the last 15 minutes"}),
                  plain({"add-left", flag, false, "", "also add people who left by themselves"}),
                  no_wait()},
       .examples = {"sync run all-hands", "sync run all-hands --plan 17",
                    "sync run all-hands --quiet"}},
      {.words = "sync approve",
       .right = Right::act,
       .changes = true,
       .stream = true,
       .schema = "wardroom.sync_run/1",
       .summary = "Lets a held job remove so many people, if it is still exactly so many",
       .params = {job_word(), removals(true), no_wait()},
       .examples = {"sync approve all-hands --removals 37"}},
      {.words = "sync undo",
       .right = Right::act,
       .changes = true,
       .stream = true,
       .schema = "wardroom.sync_run/1",
       .summary = "Takes back what a run of the last 30 days did, and pauses its job",
       .params = {run_word(), removals(false), no_wait()},
       .examples = {"sync undo 17", "sync undo 17 --removals 12"}},
      {.words = "sync watch",
       .stream = true,
       .schema = "wardroom.sync_run/1",
       .summary = "Follows a run that is under way",
       .params = {plain(
           positional("run", "RUN", "its number; the one under way unless given", false))},
       .examples = {"sync watch", "sync watch 17"}},
  };
}

}  // namespace

std::vector<VerbRow> sync_rows() {
  std::vector<VerbRow> out{
      {.words = "sync list",
       .schema = "wardroom.sync_list/1",
       .summary = "The jobs that keep spaces equal to the directory: when they run, how it went",
       .examples = {"sync list", "sync list --json"}}};
  for (auto& row : runs_rows()) out.push_back(std::move(row));
  out.insert(
      out.end(),
      {{.words = "sync explain",
        .schema = "wardroom.sync_explain/1",
        .summary = "Why a person is in a job's space or not: each rule, and what a run would do",
        .params = {job_word(), positional("person", "P", "an e-mail address, or an id of Webex")},
        .examples = {"sync explain all-hands ada@acme.example"}},
       {.words = "sync history",
        .schema = "wardroom.sync_history/1",
        .summary = "Runs of a job, or of all jobs, newest first",
        .params = {plain(positional("job", "JOB", "only this job's", false)),
                   {"limit", option, false, "N", "at most this many; 20 unless given"},
                   {"before", option, false, "RUN", "only runs before this one"}},
        .examples = {"sync history", "sync history all-hands --limit 100"}},
       {.words = "sync show",
        .schema = "wardroom.sync_show/1",
        .summary = "One run: what became of each person, failures first",
        .params = {run_word(),
                   {"limit", option, false, "N", "at most this many people; 200 unless given"},
                   {"after", option, false, "N", "only steps after this one"}},
        .examples = {"sync show 17", "sync show 17 --limit 1000"}},
       {.words = "sync pause",
        .right = Right::act,
        .changes = true,
        .schema = "wardroom.sync_job/1",
        .summary = "Keeps a job from running by its schedule until `sync resume`",
        .params = {job_word(), {"reason", option, true, "TEXT", "why; shown to whoever asks"}},
        .examples = {"sync pause all-hands --reason 'the directory is being moved'"}},
       {.words = "sync resume",
        .right = Right::act,
        .changes = true,
        .schema = "wardroom.sync_job/1",
        .summary = "Lets a job run by its schedule again",
        .params = {job_word()},
        .examples = {"sync resume all-hands"}}});
  return out;
}

}  // namespace wardroom::control
