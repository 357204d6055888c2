#include "cisco/webex/webex_messages.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom::webex {
namespace {

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
      return ErrorKind::unauthorized;
    case 403:
      return ErrorKind::denied;
    case 404:
      return ErrorKind::not_found;
    case 429:
      return ErrorKind::throttled;
    default:
      return status >= 500 ? ErrorKind::unavailable : ErrorKind::malformed;
  }
}

/// For the operator; `bot` = who sends.
std::string_view remedy(ErrorKind kind, bool bot) {
  switch (kind) {
    case ErrorKind::unauthorized:
      return bot ? "; make a new bot token and put it into the bot_token_file"
                 : "; log in again: wardroomctl login";
    case ErrorKind::denied:
      return bot ? "; Webex lets this bot not write to that person"
                 : "; the login that sends needs the scope spark:messages_write: log in again";
    case ErrorKind::not_found:
      return bot ? "; Webex knows nobody of that id"
                 : "; Webex knows nobody of that id, or it is the sender's own: a login cannot "
                   "write to itself, a bot can (bot_token_file)";
    case ErrorKind::throttled:
      return ": too many requests";
    case ErrorKind::malformed:
      return "; wardroomd and Webex disagree about the request, please tell the developers";
    default:
      return "";
  }
}

}  // namespace

std::string person_address(std::string_view who) {
  return who.contains('@') ? "toPersonEmail" : "toPersonId";
}

Result<std::string> judge_message(http::ClientResponse const& answer, Instant now) {
  auto const tracking = std::string(answer.headers.get("trackingid"));
  auto said = fmt::format("Webex answered {}", answer.status);
  if (!tracking.empty()) said += fmt::format(" (tracking id {})", tracking.substr(0, 100));
  if (answer.status / 100 == 2) return said;
  Error error{kind_of(answer.status), std::move(said)};
  if (answer.status == 429 || !answer.headers.get("Retry-After").empty())
    error.retry_after = http::parse_retry_after(answer.headers.get("Retry-After"), now);
  error.not_done = answer.status == 429;
  return std::unexpected(std::move(error));
}

Task<Result<std::string>> WebexMessages::to_person(std::string who, Message message) {
  auto answer = co_await post(person_address(who), who, std::move(message));
  if (!answer) {
    auto error = std::move(answer.error());
    bool const token = error.kind == ErrorKind::unauthorized || error.kind == ErrorKind::denied;
    if (!error.not_done && !token) error.kind = ErrorKind::conflict;  // it may have arrived
    co_return std::unexpected(std::move(error));
  }
  auto judged = judge_message(*answer, ports_.clock.now());
  if (!judged) judged.error().what += remedy(judged.error().kind, by_bot());
  co_return judged;
}

Task<Result<http::ClientResponse>> WebexMessages::post(std::string address, std::string to,
                                                       Message message) {
  nlohmann::json out{{address, to}, {"text", message.text}};
  if (!message.markdown.empty()) out["markdown"] = message.markdown;
  auto body = out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (by_bot()) co_return co_await post_with(std::move(body), settings_.bot_token);
  auto const login = [this](Error error) {
    error.what =
        fmt::format("the {} login cannot carry it ({}); a bot (bot_token_file) would not need it",
                    settings_.identity, error.what);
    error.not_done = true;
    return std::unexpected(std::move(error));
  };
  auto token = co_await ports_.tokens.bearer(settings_.identity);
  if (!token) co_return login(std::move(token.error()));
  auto answer = co_await post_with(body, *token);
  if (!answer || answer->status != 401) co_return answer;
  auto newer = co_await ports_.tokens.replace(settings_.identity, *token);
  if (!newer) co_return login(std::move(newer.error()));
  co_return co_await post_with(std::move(body), std::move(*newer));
}

Task<Result<http::ClientResponse>> WebexMessages::post_with(std::string body, Secret token) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = settings_.api + "/messages";
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = std::move(body);
  request.bearer = std::move(token);
  request.timeout = settings_.timeout;
  request.response_limit = 1u << 20;
  request.once = true;
  co_return co_await ports_.http.send(std::move(request));
}

}  // namespace wardroom::webex
