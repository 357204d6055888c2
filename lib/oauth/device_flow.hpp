/// The device grant: a login for a machine without a browser. It shows an address and a short code,
/// and asks until a person has allowed the login elsewhere. Source: webex-rest.md 1.6, RFC 8628.
///
///   start ─► code, address ─► wait the interval ─► ask
///                                   ▲               ├─ pending, slow_down, 429, trouble ─┐
///                                   └───────────────│◄───────────────────────────────────┘
///                                                   ├─ token: done
///                                                   └─ denied, expired, refused: the end
#pragma once
#include "oauth/code_flow.hpp"

#include <functional>
#include <variant>

namespace wardroom::oauth {

/// What the server gave for one attempt.
struct DeviceCode {
  Secret device_code;
  std::string user_code;     ///< for a person to type
  std::string url;           ///< where to type it
  std::string url_complete;  ///< the same with the code inside; empty when the server gave none
  Milliseconds life{0};
  Milliseconds interval{0};  ///< between two questions
};

enum class DeviceEnd {
  denied,         ///< the person or the organisation said no
  expired,        ///< nobody allowed it in time
  code_gone,      ///< the server does not know the device code any more
  configuration,  ///< client id, secret, scopes, or an integration without this grant
  token_limit,    ///< the account holds too many live tokens
  unavailable,    ///< the start did not come through; trying again may help
  unknown,        ///< anything else the server refused with
};

/// The end of an attempt without a token.
struct DeviceRefusal {
  DeviceEnd end = DeviceEnd::unknown;
  Error error;
  std::string remedy;
};

/// No decision yet.
struct DevicePending {
  enum class Why {
    waiting,    ///< nobody decided
    slow_down,  ///< asked too often
    throttled,  ///< 429 or 423 with a pause
    trouble,    ///< no answer, or none that can be understood
  };
  Why why = Why::waiting;
  std::optional<Milliseconds> pause{};
  std::string words{};  ///< of the trouble
};

/// ".../device/token" for ".../device/authorize": where the start of that address is asked after.
std::string device_token_url(std::string_view device_url);

using DeviceStart = std::expected<DeviceCode, DeviceRefusal>;
using DeviceAnswer = std::variant<TokenAnswer, DevicePending, DeviceRefusal>;
using DeviceResult = std::expected<TokenAnswer, DeviceRefusal>;

DeviceStart judge_device_start(http::ClientResponse const& answer, Instant now);
/// Only words of the server end an attempt; a proxy's page, a 5xx or silence never do.
DeviceAnswer judge_device_answer(http::ClientResponse const& answer, Instant now);

/// How long to wait before the next question. Pure.
class DevicePace {
 public:
  explicit DevicePace(Milliseconds interval) : interval_(interval) {}
  Milliseconds after(DevicePending const& answer);
  Milliseconds interval() const { return interval_; }

 private:
  Milliseconds interval_;
  int troubles_ = 0;
};

/// One request.
Task<DeviceStart> start_device(http::Client& http, Clock& clock, OAuthClient client,
                               std::vector<std::string> scopes);

struct DeviceNews {
  bool slowed = false;  ///< the interval grew
  Milliseconds left{0}, interval{0};
};
/// Asks until there is a token, a refusal, or the code's end on the boot-time clock. `tell` hears
/// every five seconds or oftener that it still waits. Cancelling it gives the attempt up.
Task<DeviceResult> await_device(http::Client& http, Clock& clock, OAuthClient client,
                                DeviceCode code, std::function<void(DeviceNews const&)> tell);

}  // namespace wardroom::oauth
