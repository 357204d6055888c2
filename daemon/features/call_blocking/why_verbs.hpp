/// `calls why` and `people why`, for the control socket and for the dashboard.
#pragma once
#include "control/verbs.hpp"
#include "http/router.hpp"
#include "people/people_store.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace wardroom::call_blocking {

class CallBlocking;

/// By call id or a unique end of one. Errors: not_found, conflict, those of the store.
Task<Result<nlohmann::ordered_json>> call_why(CallBlocking& feature, std::string call);
/// This person's calls at this moment; never coordinates.
nlohmann::ordered_json person_why(CallBlocking& feature, people::PersonRecord const& person);

void add_why_verbs(control::Verbs& verbs, CallBlocking& feature);
/// GET /api/v1/calls/{call}/why and /api/v1/people/{no}/why.
void add_why_routes(http::Router& router, CallBlocking& feature);

}  // namespace wardroom::call_blocking
