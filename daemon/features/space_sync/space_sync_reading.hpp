/// What the web reads of runs: pages of runs, and of the people of one. For the routes.
#pragma once
#include "features/space_sync/space_sync.hpp"
#include "http/message.hpp"

#include <string>

namespace wardroom::space_sync {

http::Response jobs_answer(SpaceSync const& feature);
/// `job` empty = of all jobs; `before` 0 = from the newest.
Task<http::Response> runs_answer(SpaceSync& feature, std::string job, RunId before);

/// Which steps of a run.
enum class Only : std::uint8_t { all, add, remove, failed };
Task<http::Response> run_answer(SpaceSync& feature, RunId run, std::int64_t after, Only only);

/// As {"error":{…}}. What the feature's own login may not is a conflict: 401 and 403 would speak of
/// the administrator's session.
http::Response refusal(Error const& why, std::string_view remedy = "");

}  // namespace wardroom::space_sync
