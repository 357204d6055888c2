/// Messages by Webex: to a person or into a space, as a login or as a bot. Source:
/// webex-rest.md 5.2.
#pragma once
#include "http/client.hpp"
#include "oauth/access_tokens.hpp"
#include "ports/messages.hpp"
#include "runtime/clock.hpp"

#include <string>

namespace wardroom::webex {

struct WebexMessagesSettings {
  std::string api;                 ///< "https://webexapis.com/v1"
  std::string identity = "admin";  ///< whose token sends
  Secret bot_token{};              ///< sends instead; empty = the identity
  Milliseconds timeout{30'000};
};

class WebexMessages final : public Messenger {
 public:
  struct Ports {
    http::Client& http;
    oauth::AccessTokens& tokens;
    Clock& clock;
  };
  WebexMessages(Ports ports, WebexMessagesSettings settings)
      : ports_(ports), settings_(std::move(settings)) {}

  Task<Result<std::string>> to_person(std::string who, Message message) override;

  /// One attempt, with a token that is refused replaced once. `address` = roomId, toPersonId or
  /// toPersonEmail. Errors: those of the token, and of a request that got no answer. Never over a
  /// kept connection that may be dead: no message goes out twice for that.
  Task<Result<http::ClientResponse>> post(std::string address, std::string to, Message message);
  bool by_bot() const { return !settings_.bot_token.empty(); }

 private:
  Task<Result<http::ClientResponse>> post_with(std::string body, Secret token);

  Ports ports_;
  WebexMessagesSettings settings_;
};

/// What the answer to such a request means: a value for 2xx.
Result<std::string> judge_message(http::ClientResponse const& answer, Instant now);
/// "toPersonEmail" or "toPersonId".
std::string person_address(std::string_view who);

}  // namespace wardroom::webex
