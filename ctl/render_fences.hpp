/// What the tool says about fences, about points, and about imported areas.
#pragma once
#include "json_view.hpp"
#include "terminal.hpp"

#include <string>

namespace wardroom::ctl {

std::string render_fence_list(Json const& answer, Look const& look);
std::string render_fence_test(Json const& answer, Look const& look);
std::string render_fence_show(Json const& answer, Look const& look);
std::string render_fence_import(Json const& answer, Look const& look);
std::string render_fence_simulate(Json const& answer, Look const& look);

}  // namespace wardroom::ctl
