/// Alerts as Webex messages: into a space, or to each administrator.
#pragma once
#include "alerts/channel.hpp"
#include "http/client.hpp"
#include "oauth/access_tokens.hpp"

#include <functional>

namespace wardroom::alerts {

class WebexChannel final : public Channel {
 public:
  struct Ports {
    http::Client& http;
    oauth::AccessTokens& tokens;
    Clock& clock;
  };
  struct Settings {
    std::string api;    ///< "https://webexapis.com/v1"
    std::string space;  ///< id, or empty
    /// Mail addresses or person ids; asked each time, since a reload may change them. May be empty.
    std::function<std::vector<std::string>()> admins{};
    Secret bot_token{};  ///< empty = the login "admin" sends
  };
  WebexChannel(Ports ports, Settings settings) : ports_(ports), settings_(std::move(settings)) {}

  std::string_view name() const override { return "webex"; }
  std::vector<std::string> targets() const override;
  Task<Result<std::string>> send(std::string to, Bulletin bulletin) override;

 private:
  Task<Result<http::ClientResponse>> post(std::string body, Secret token);
  Result<std::string> judge(http::ClientResponse const& answer, std::string const& to) const;

  Ports ports_;
  Settings settings_;
};

}  // namespace wardroom::alerts
