/// A run of a job: what was planned, what became of each step, and how it ended.
#pragma once
#include "features/space_sync/membership_plan.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::space_sync {

using RunId = std::int64_t;

enum class RunKind : std::uint8_t { sync, undo };
enum class RunCause : std::uint8_t { schedule, catch_up, operator_, approval, resumed };
enum class RunState : std::uint8_t {
  reading,  ///< directory and members are being read
  planned,  ///< shown, nothing done (`sync plan`); waits for `sync run --plan` until it expires
  held,     ///< too much would be removed: waits for `sync approve`, or for the next run
  applying,
  done,        ///< every step done
  partly,      ///< ended, but some steps failed
  failed,      ///< nothing was planned, or applying broke off; the sentence says why
  observed,    ///< mode observe: planned and told, nothing done
  superseded,  ///< a later plan took the place of this one
};
std::string_view name(RunKind kind);
std::string_view name(RunCause cause);
std::string_view name(RunState state);
std::optional<RunKind> parse_run_kind(std::string_view name);
std::optional<RunCause> parse_run_cause(std::string_view name);
std::optional<RunState> parse_run_state(std::string_view name);
bool is_over(RunState state);

enum class StepState : std::uint8_t {
  planned,
  begun,  ///< the intent is committed; whether it happened is not known yet (of a run that is over:
          ///< never became known)
  done,
  already,  ///< 409 on an add, 404 on a removal: it was so already
  spared,   ///< the check just before the removal said that they belong, or are protected
  failed,
  skipped,  ///< held back: the run ended before it
};
std::string_view name(StepState state);
std::optional<StepState> parse_step_state(std::string_view name);

struct Step {
  std::int64_t number = 0;  ///< from 1, in the order of the plan
  Change change;
  StepState state = StepState::planned;
  std::string outcome;     ///< for people: what the service said, or why not
  std::string membership;  ///< of an add that was done: what an undo removes
  std::optional<Instant> at;
};

/// Of a run that breaks off: what it did not come to is skipped. Of what had begun nobody can tell
/// whether it happened: it stays so, with a sentence. False when it was over already.
bool break_off(Step& step);

struct RunCounts {
  std::int64_t people = 0, members = 0;    ///< read
  std::int64_t to_add = 0, to_remove = 0;  ///< planned
  std::int64_t added = 0, removed = 0, already = 0, spared = 0, failed = 0, skipped = 0;
  std::int64_t calls = 0;  ///< requests to the service
};

struct Run {
  RunId id = 0;
  std::string job, space, title;  ///< of the space: id and title
  RunKind kind = RunKind::sync;
  RunCause cause = RunCause::schedule;
  RunState state = RunState::reading;
  std::string by;  ///< who asked: "uid 1000", an e-mail; empty = the daemon
  RunCounts counts;
  std::string digest;                   ///< of the plan
  std::string rules;                    ///< digest of the selection
  std::string hold;                     ///< why it was held
  std::string error;                    ///< why it failed
  std::int64_t approved_removals = -1;  ///< -1 = nobody approved
  RunId undoes = 0;                     ///< of an undo: which run
  Instant began{};
  std::optional<Instant> planned, expires, ended;
};

}  // namespace wardroom::space_sync
