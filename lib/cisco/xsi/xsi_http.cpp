#include "cisco/xsi/xsi_http.hpp"

#include "cisco/xsi/xsi_documents.hpp"

#include <utility>

namespace wardroom::xsi {
namespace {

ErrorKind kind_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorKind::unauthorized;
    case 403:
      return ErrorKind::denied;
    case 404:
    case 410:
      return ErrorKind::not_found;
    case 408:
      return ErrorKind::timed_out;
    case 409:
      return ErrorKind::conflict;
    case 429:
      return ErrorKind::throttled;
    default:
      return status >= 400 && status < 500 ? ErrorKind::malformed : ErrorKind::unavailable;
  }
}

}  // namespace

XsiHttp::XsiHttp(http::Client& client, oauth::AccessTokens& tokens, Random& dice,
                 std::string identity)
    : client_(client), tokens_(tokens), dice_(dice), identity_(std::move(identity)) {}

std::string XsiHttp::tracking_id() { return "WARD_" + dice_.uuid(); }

Task<Result<Secret>> XsiHttp::bearer() { return tokens_.bearer(identity_); }

Task<Result<Secret>> XsiHttp::replace(Secret used) {
  return tokens_.replace(identity_, std::move(used));
}

Task<Result<http::ClientResponse>> XsiHttp::send(http::ClientRequest request) {
  return exchange(std::move(request), true);
}

Task<Result<http::ClientResponse>> XsiHttp::send_once(http::ClientRequest request) {
  return exchange(std::move(request), false);
}

Task<Result<http::ClientResponse>> XsiHttp::exchange(http::ClientRequest request, bool again) {
  auto token = co_await bearer();
  if (!token) co_return std::unexpected(token.error());
  request.headers.set("Accept", "application/xml");
  auto const tracking = tracking_id();
  request.headers.set("TrackingID", tracking);
  request.idempotent = true;
  request.bearer = *token;
  auto answer = co_await client_.send(request);
  if (answer && answer->status == 401) {
    auto renewed = co_await replace(std::move(*token));
    if (!renewed) co_return std::unexpected(renewed.error());
    request.bearer = std::move(*renewed);
    if (again) answer = co_await client_.send(std::move(request));
  }
  if (!answer) answer.error().what += " (our tracking id " + tracking + ")";
  co_return answer;
}

std::string answered(int status, http::Headers const& headers) {
  auto out = "XSI answered " + std::to_string(status);
  if (auto const id = headers.get("TrackingID"); !id.empty())
    out.append(" (tracking id ").append(id.substr(0, 100)).append(")");
  return out + http::redirect_words(status, headers);
}

Error refused(std::string_view what, http::ClientResponse const& response, Instant now) {
  Error out{kind_of_status(response.status),
            std::string(what) + ": " + answered(response.status, response.headers)};
  if (auto const info = read_error(response.body))
    out.what += ", error code " + std::to_string(info->code);
  auto const wait = response.headers.get("Retry-After");
  if (response.status == 429 || (response.status == 503 && !wait.empty()))
    out.retry_after = http::parse_retry_after(wait, now);
  return out;
}

}  // namespace wardroom::xsi
