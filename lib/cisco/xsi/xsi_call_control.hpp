/// Ends calls and lists live ones through XSI-Actions.
#pragma once
#include "cisco/xsi/xsi_endpoints.hpp"
#include "cisco/xsi/xsi_http.hpp"
#include "cisco/xsi/xsi_settings.hpp"
#include "ports/call_control.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::xsi {

/// Which {actions} base URL to use: any XSP serves them, so a failing one gives way to the next.
class ActionsBase {
 public:
  ActionsBase(XsiSettings const& settings, XsiOrganisation& organisation, Clock& clock);
  /// A release may be waiting and the organisation's answer may have to queue, so this asks for a
  /// short while only, and a base that is known stays good when no other is told meanwhile.
  Task<Result<std::string>> url();
  /// No answer, or 5xx, came from the last one.
  void failed();

 private:
  XsiOrganisation& organisation_;
  Clock& clock_;
  std::vector<std::string> bases_;
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
  };
  XsiCallControl(Ports ports, XsiSettings settings);

  /// 404 and 410 mean that the call is gone already; so does a 403 with an ErrorInfo when the call
  /// is not in the person's list any more. Source: xsi.md 8.6.
  Task<Result<ReleaseOutcome>> release(XsiUserId person, CallLeg leg) override;
  /// A call that ends between the list and its detail is left out.
  Task<Result<std::vector<CallLeg>>> live_calls(XsiUserId person) override;

 private:
  Task<Result<ReleaseOutcome>> refused_or_gone(XsiUserId person, CallId call,
                                               http::ClientResponse response);
  Task<Result<std::vector<CallId>>> list(XsiUserId person);
  Task<Result<http::ClientResponse>> get(std::string path);

  Ports ports_;
  XsiSettings settings_;
  XsiHttp http_, lane_;
  ActionsBase base_;
};

}  // namespace wardroom::xsi
