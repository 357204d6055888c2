/// The verbs that are streams: `sync plan`, `run`, `approve`, `undo` and `watch`; and what verbs
/// share.
#pragma once
#include "control/verbs.hpp"
#include "features/space_sync/space_sync.hpp"

namespace wardroom::space_sync {

void add_run_verbs(control::Verbs& verbs, SpaceSync& feature);

/// A parameter as a number. Errors: malformed.
Result<std::int64_t> whole_number(control::VerbCall const& call, std::string_view param,
                                  std::int64_t least, std::int64_t most, std::int64_t unless_given);
/// The parameter "run"; 0 = it was not given.
Result<RunId> run_number(control::VerbCall const& call);
/// The first `most` of a run.
Task<Result<std::vector<Step>>> failed_steps(SpaceSync& feature, Run run, std::size_t most);

}  // namespace wardroom::space_sync
