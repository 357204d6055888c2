#include "sim/webex_answer.hpp"

namespace wardroom::sim {
namespace {

std::string_view message_of(int status) {
  switch (status) {
    case 400:
      return "The request could not be understood by the server due to malformed syntax.";
    case 401:
      return "The request requires a valid access token set in the Authorization request header.";
    case 403:
      return "The server understood the request, but refused to fulfill it because the access "
             "token is missing required scopes or the user is missing required roles or licenses.";
    case 404:
      return "The requested resource could not be found.";
    case 405:
      return "The request method is not supported for this resource.";
    case 415:
      return "The request was made to a resource without specifying a media type or used a media "
             "type that is not supported.";
    case 428:
      return "The request requires a condition that is not met yet.";
    default:
      return "The server could not answer.";
  }
}

}  // namespace

Answer webex_ok(nlohmann::json const& body, int status) {
  Answer a;
  a.response =
      http::json_text(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return a;
}

Answer webex_error(int status, std::string_view description, Request const& request) {
  return webex_ok({{"message", message_of(status)},
                   {"errors", nlohmann::json::array({{{"description", description}}})},
                   {"trackingId", request.tracking}},
                  status);
}

Answer webex_unauthorized(Request const& request) {
  auto a = webex_error(401, "The access token is missing, expired or revoked", request);
  a.response.headers.add("WWW-Authenticate", "Bearer");
  return a;
}

Answer webex_wrong_method(std::string_view allow, Request const& request) {
  auto a = webex_error(405, "Method not allowed", request);
  a.response.headers.add("Allow", std::string(allow));
  return a;
}

Answer html_answer(int status, std::string page) {
  Answer a;
  a.response = {status,
                {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}},
                std::move(page)};
  return a;
}

bool is_form(Request const& request) {
  return request.header("Content-Type").starts_with("application/x-www-form-urlencoded");
}

}  // namespace wardroom::sim
