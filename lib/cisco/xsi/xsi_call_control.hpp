/// Ends calls and lists live ones through XSI-Actions.
#pragma once
#include "cisco/xsi/actions_pace.hpp"
#include "cisco/xsi/event_window.hpp"
#include "cisco/xsi/xsi_endpoints.hpp"
#include "cisco/xsi/xsi_http.hpp"
#include "cisco/xsi/xsi_settings.hpp"
#include "ports/call_control.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::xsi {

/// Which {actions} base URL to use: any XSP serves them, so a failing one gives way to the next.
class ActionsBase {
 public:
  ActionsBase(XsiSettings const& settings, XsiOrganisation& organisation, Clock& clock);
  /// A release may be waiting and the organisation's answer may have to queue, so this asks for a
  /// short while only, and a base that is known stays good when no other is told meanwhile.
  Task<Result<std::string>> url();
  /// No answer, or 5xx, came from the base `used`. Of many requests that fail together only one
  /// moves on to the next.
  void failed(std::string_view used);
  void failed() { failed(last_); }

 private:
  XsiOrganisation& organisation_;
  Clock& clock_;
  std::vector<std::string> bases_;
  std::string last_;  ///< given out last
  bool fixed_, doubted_ = false;
  std::size_t next_ = 0;
  int failures_ = 0;
};

class XsiCallControl final : public CallControl {
 public:
  struct Ports {
    Clock& clock;
    Random& dice;
    http::Client& client;  ///< lists
    http::Client& lane;    ///< releases, before everything else in its queue
    oauth::AccessTokens& tokens;
    XsiOrganisation& organisation;
    /// Told of each base URL before its first use, so that the lane can open connections there
    /// ahead: a list is asked for before the first call has to end. May be empty.
    std::function<void(std::string const& url)> on_base{};
  };
  XsiCallControl(Ports ports, XsiSettings settings);

  /// One DELETE; 404 and 410 mean already_gone. With `decline_ringing` an incoming call that rings
  /// is declined first, once; where that is refused, or ended nothing, a plain DELETE follows.
  /// denied = 403, conflict = 409: whether the call is still there is for the caller to find out.
  /// Source: xsi.md 8.5-8.6.
  Task<Result<ReleaseOutcome>> release(XsiUserId person, CallLeg leg) override;
  /// A call that ends between the list and its detail is left out.
  Task<Result<std::vector<CallLeg>>> live_calls(XsiUserId person) override;

 private:
  Task<Result<std::string>> base();
  Task<Result<http::ClientResponse>> delete_call(XsiUserId const& person, CallId const& call,
                                                 bool decline);
  Error refusal(CallLeg const& leg, http::ClientResponse const& response);
  bool may_decline(XsiUserId const& person, CallLeg const& leg);
  Task<Result<std::vector<CallId>>> list(XsiUserId person);
  Task<Result<http::ClientResponse>> get(std::string path);

  Ports ports_;
  XsiSettings settings_;
  XsiHttp http_, lane_;
  ActionsBase base_;
  std::string told_base_;
  ActionsPace pace_;
  EventWindow declined_{1024};  ///< calls declined already
};

}  // namespace wardroom::xsi
