#include "features/space_sync/run.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wardroom::space_sync {
namespace {

template <class Word, std::size_t count>
using Names = std::array<std::pair<Word, std::string_view>, count>;

constexpr Names<RunKind, 2> kinds{{{RunKind::sync, "sync"}, {RunKind::undo, "undo"}}};
constexpr Names<RunCause, 5> causes{{{RunCause::schedule, "schedule"},
                                     {RunCause::catch_up, "catch_up"},
                                     {RunCause::operator_, "operator"},
                                     {RunCause::approval, "approval"},
                                     {RunCause::resumed, "resumed"}}};
constexpr Names<RunState, 9> run_states{{{RunState::reading, "reading"},
                                         {RunState::planned, "planned"},
                                         {RunState::held, "held"},
                                         {RunState::applying, "applying"},
                                         {RunState::done, "done"},
                                         {RunState::partly, "partly"},
                                         {RunState::failed, "failed"},
                                         {RunState::observed, "observed"},
                                         {RunState::superseded, "superseded"}}};
constexpr Names<StepState, 7> step_states{{{StepState::planned, "planned"},
                                           {StepState::begun, "begun"},
                                           {StepState::done, "done"},
                                           {StepState::already, "already"},
                                           {StepState::spared, "spared"},
                                           {StepState::failed, "failed"},
                                           {StepState::skipped, "skipped"}}};

template <class Word, std::size_t count>
std::string_view name_in(Names<Word, count> const& names, Word word) {
  auto const found = std::ranges::find(names, word, &std::pair<Word, std::string_view>::first);
  return found == names.end() ? "unknown" : found->second;
}

template <class Word, std::size_t count>
std::optional<Word> word_in(Names<Word, count> const& names, std::string_view name) {
  auto const found = std::ranges::find(names, name, &std::pair<Word, std::string_view>::second);
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace

std::string_view name(RunKind kind) { return name_in(kinds, kind); }
std::string_view name(RunCause cause) { return name_in(causes, cause); }
std::string_view name(RunState state) { return name_in(run_states, state); }
std::string_view name(StepState state) { return name_in(step_states, state); }

std::optional<RunKind> parse_run_kind(std::string_view name) { return word_in(kinds, name); }
std::optional<RunCause> parse_run_cause(std::string_view name) { return word_in(causes, name); }
std::optional<RunState> parse_run_state(std::string_view name) { return word_in(run_states, name); }
std::optional<StepState> parse_step_state(std::string_view name) {
  return word_in(step_states, name);
}

bool break_off(Step& step) {
  if (step.state == StepState::planned)
    step.state = StepState::skipped;
  else if (step.state == StepState::begun)
    step.outcome = "the run broke off: whether it happened is not known";
  else
    return false;
  return true;
}

bool is_over(RunState state) {
  switch (state) {
    case RunState::reading:
    case RunState::planned:
    case RunState::held:
    case RunState::applying:
      return false;
    case RunState::done:
    case RunState::partly:
    case RunState::failed:
    case RunState::observed:
    case RunState::superseded:
      return true;
  }
  return true;
}

}  // namespace wardroom::space_sync
