/// The page on which a person of the simulated organisation logs in by being picked.
#pragma once
#include "sim/oauth_sim.hpp"

#include <string>

namespace wardroom::sim {

/// `query` is carried along, so that picking repeats the very same authorize request.
std::string authorize_page(Organisation const& org, OauthClient const& client, Scopes const& scopes,
                           std::string const& query);
std::string authorize_problem_page(std::string const& what);

}  // namespace wardroom::sim
