/// The shapes that every answer of the simulated Webex has: JSON, errors, pages.
/// Source: webex-rest.md 1.5, 2.3.
#pragma once
#include "sim/exchange.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace wardroom::sim {

Answer webex_ok(nlohmann::json const& body, int status = 200);
/// `description` goes into errors[0].description, where the keyword of an OAuth error is.
Answer webex_error(int status, std::string_view description, Request const& request);
/// 401 with WWW-Authenticate.
Answer webex_unauthorized(Request const& request);
/// 405 with what is allowed.
Answer webex_wrong_method(std::string_view allow, Request const& request);
Answer html_answer(int status, std::string page);

/// Whether the body is declared as a form; anything else is answered 415.
bool is_form(Request const& request);

}  // namespace wardroom::sim
