/// Alerts as Webex messages: into a space, or to each administrator.
#pragma once
#include "alerts/channel.hpp"
#include "cisco/webex/webex_messages.hpp"

#include <functional>

namespace wardroom::alerts {

class WebexChannel final : public Channel {
 public:
  using Ports = webex::WebexMessages::Ports;
  struct Settings {
    std::string api;    ///< "https://webexapis.com/v1"
    std::string space;  ///< id, or empty
    /// Mail addresses or person ids; asked each time, since a reload may change them. May be empty.
    std::function<std::vector<std::string>()> admins{};
    Secret bot_token{};  ///< empty = the login "admin" sends
  };
  WebexChannel(Ports ports, Settings settings);

  std::string_view name() const override { return "webex"; }
  std::vector<std::string> targets() const override;
  Task<Result<std::string>> send(std::string to, Bulletin bulletin) override;

 private:
  std::string_view remedy(ErrorKind kind, bool space) const;

  Clock& clock_;
  Settings settings_;
  webex::WebexMessages messages_;
};

}  // namespace wardroom::alerts
