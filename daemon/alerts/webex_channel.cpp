#include "alerts/webex_channel.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::alerts {

std::vector<std::string> WebexChannel::targets() const {
  std::vector<std::string> out;
  if (!settings_.space.empty()) out.push_back(settings_.space);
  if (settings_.admins)
    for (auto& admin : settings_.admins()) out.push_back(std::move(admin));
  return out;
}

Task<Result<std::string>> WebexChannel::send(std::string to, Bulletin bulletin) {
  auto const* address = to == settings_.space ? "roomId"
                        : to.contains('@')    ? "toPersonEmail"
                                              : "toPersonId";
  nlohmann::json const message{{address, to},
                               {"text", cut(bulletin.text, longest_message)},
                               {"markdown", cut(bulletin.markdown, longest_message)}};
  auto body = message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  bool const bot = !settings_.bot_token.empty();
  auto token = settings_.bot_token;
  if (!bot) {
    auto bearer = co_await ports_.tokens.bearer("admin");
    if (!bearer)
      co_return failure(bearer.error().kind,
                        "the admin login cannot carry it (" + bearer.error().what +
                            "); a bot token (alerts.bot_token_file) would not need it");
    token = std::move(*bearer);
  }
  auto answer = co_await post(body, token);
  if (answer && answer->status == 401 && !bot) {
    auto newer = co_await ports_.tokens.replace("admin", token);
    if (!newer)
      co_return failure(newer.error().kind,
                        "the admin login cannot carry it (" + newer.error().what + ")");
    answer = co_await post(std::move(body), std::move(*newer));
  }
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return judge(*answer, to);
}

Task<Result<http::ClientResponse>> WebexChannel::post(std::string body, Secret token) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = settings_.api + "/messages";
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = std::move(body);
  request.bearer = std::move(token);
  request.response_limit = 1u << 20;
  request.once = true;  // no second message because a kept connection was dead
  co_return co_await ports_.http.send(std::move(request));
}

Result<std::string> WebexChannel::judge(http::ClientResponse const& answer,
                                        std::string const& to) const {
  auto const tracking = std::string(answer.headers.get("trackingid"));
  auto const said = "Webex answered " + std::to_string(answer.status) +
                    (tracking.empty() ? "" : " (tracking id " + tracking + ")");
  bool const bot = !settings_.bot_token.empty();
  bool const space = to == settings_.space;
  switch (answer.status) {
    case 401:
      return failure(ErrorKind::unauthorized,
                     said + (bot ? "; make a new bot token and put it into alerts.bot_token_file"
                                 : "; log in again: wardroomctl login"));
    case 403:
      return failure(
          ErrorKind::denied,
          said + (bot ? "; add the bot to the space"
                      : "; the admin login needs the scope spark:messages_write, and its "
                        "person must be in the space"));
    case 404:
      return failure(ErrorKind::not_found,
                     said + (space ? "; check alerts.webex_space, and add the sender to that space"
                                   : "; Webex knows nobody of that address, or it is the sender's "
                                     "own: a login cannot write to itself, a bot can "
                                     "(alerts.bot_token_file)"));
    case 429: {
      Error error{ErrorKind::throttled, said + ": too many requests", std::nullopt};
      error.retry_after =
          http::parse_retry_after(answer.headers.get("Retry-After"), ports_.clock.now());
      return std::unexpected(std::move(error));
    }
    default:
      break;
  }
  if (answer.status / 100 == 2) return said;
  if (answer.status >= 500) return failure(ErrorKind::unavailable, said);
  return failure(
      ErrorKind::malformed,
      said + "; wardroomd and Webex disagree about the request, please tell the developers");
}

}  // namespace wardroom::alerts
