/// How conferences and their levels are told: what several verbs of meeting servers share. Pure.
#pragma once
#include "json_view.hpp"
#include "table.hpp"
#include "terminal.hpp"

#include <string>

namespace wardroom::ctl {

/// "3 external", in its colour.
Cell level_cell(std::int64_t level);
Tone level_tone(std::int64_t level);
/// "Board (7e6d5c4b-…)", or the id alone.
std::string conference_title(Json const& conference);
/// One conference of a report, with everybody who was in it.
std::string render_cms_report(Json const& line, Look const& look);

}  // namespace wardroom::ctl
