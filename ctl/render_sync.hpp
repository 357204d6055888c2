/// How runs of space_sync are told: what several of its verbs share. Pure.
#pragma once
#include "json_view.hpp"
#include "terminal.hpp"

#include <string>

namespace wardroom::ctl {

/// Waits for approval; a plan with a hold would, once it is run.
bool is_held(Json const& run);
/// "Ada Lovelace <ada@acme.example>", or what of it is known.
std::string person_words(Json const& person);
/// "+3 -1"; of a plan what it would do.
std::string change_words(Json const& run);
/// Where a run stands: "done", "partly, 2 failed".
std::string run_state_words(Json const& run);
Tone run_tone(Json const& run);
/// A line of what became of one person: "added   Ada <…>  include domain: acme.example".
std::string step_line(Json const& step, Look const& look);
/// How a run ended or where it stands: a headline, figures, who failed, what to do next.
std::string render_run_end(Json const& run, Look const& look, bool with_failures);
/// The command that comes next for this run; empty when there is none.
std::string next_command(Json const& run);

}  // namespace wardroom::ctl
