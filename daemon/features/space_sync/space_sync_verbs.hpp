/// What wardroomctl asks of space_sync. A stream that is closed ends no run.
#pragma once
#include "control/verbs.hpp"
#include "features/space_sync/space_sync_json.hpp"

namespace wardroom::space_sync {

/// Run by SpaceSync::add_verbs.
void add_space_sync_verbs(control::Verbs& verbs, SpaceSync& feature);

/// The plan of a run as it is stored, for `sync plan` and the page. Errors: not_found, of the
/// store.
Task<Result<ShownPlan>> shown_plan(SpaceSync& feature, RunId run);

/// Errors: not_found, with the jobs there are.
Result<JobSettings const*> job_of(SpaceSyncSettings const& settings, std::string_view name);

/// "wardroomctl login", with the identity where it is not the usual one.
std::string login_command(std::string const& identity);

}  // namespace wardroom::space_sync
