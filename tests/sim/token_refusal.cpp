#include "sim/token_refusal.hpp"

#include <array>
#include <string_view>

namespace wardroom::sim {
namespace {

using nlohmann::json;

// Different releases and gateways word it differently; none of them can be relied on.
constexpr std::array<std::string_view, 6> prose_texts{
    "The refresh token provided is expired, revoked, malformed, or invalid.",
    "Refresh token is invalid",
    "refresh token has expired",
    "The provided authorization grant or refresh token was revoked",
    "Unable to refresh the access token: The token is malformed.",
    "Invalid refresh_token",
};
constexpr std::size_t shapes = 3;

}  // namespace

Answer refuse_token(Refusal why, bool prose, std::size_t turn, Request const& request) {
  if (why == Refusal::token_limit) return webex_error(400, "tokenlimit_reached", request);
  if (!prose)
    return webex_error(400, "invalid_grant: the refresh token is expired, revoked or unknown",
                       request);
  auto const text = prose_texts[turn % prose_texts.size()];
  // The shapes take turns more slowly, so that every text is seen in every shape.
  switch (turn / prose_texts.size() % shapes) {
    case 1:
      return webex_ok({{"message", text}, {"trackingId", request.tracking}}, 400);
    case 2:
      return webex_ok({{"error", "invalid_request"}, {"error_description", text}}, 400);
    default:
      return webex_error(400, text, request);
  }
}

}  // namespace wardroom::sim
