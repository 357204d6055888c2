/// The page on which a person of the simulated organisation logs in by being picked.
#pragma once
#include "sim/oauth_client.hpp"

#include <string>

namespace wardroom::sim {

/// `query` is carried along, so that picking repeats the very same authorize request.
std::string authorize_page(Organisation const& org, OauthClient const& client, Scopes const& scopes,
                           std::string const& query);
/// Everything up to the first heading, with the style; for the pages around it too.
std::string login_page_head(std::string_view title);
/// A list item with a button named "person" for everybody (a page of them).
std::string person_buttons(Organisation const& org);
std::string authorize_problem_page(std::string const& what);

}  // namespace wardroom::sim
