#include "cisco/xsi/xsi_call_control.hpp"

#include "base/log.hpp"
#include "cisco/xsi/xsi_documents.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds release_timeout{3'000};
constexpr Milliseconds longest_wait_while_ringing{1'000}, longest_wait_answered{3'000};
constexpr Milliseconds first_asking{10'000}, asking_again{1'000};
constexpr std::string_view protocol_version = "25.0";

std::string calls_path(XsiUserId const& person) {
  return "/user/" + segment(person.text()) + "/calls";
}

std::string call_path(XsiUserId const& person, CallId const& call) {
  return calls_path(person) + '/' + segment(call.text());
}

std::vector<std::string> fixed_bases(XsiSettings const& settings) {
  std::vector<std::string> out;
  out.reserve(settings.endpoints.size());
  for (auto const& endpoint : settings.endpoints) out.push_back(fixed_actions(endpoint));
  return out;
}

}  // namespace

ActionsBase::ActionsBase(XsiSettings const& settings, XsiOrganisation& organisation, Clock& clock)
    : organisation_(organisation),
      clock_(clock),
      bases_(fixed_bases(settings)),
      fixed_(!bases_.empty()) {}

Task<Result<std::string>> ActionsBase::url() {
  if (bases_.empty() || std::exchange(doubted_, false)) {  // only one of those that wait here asks
    auto told = co_await within(clock_, bases_.empty() ? first_asking : asking_again,
                                "asking Webex for the XSI endpoints", organisation_.endpoints());
    if (told)
      if (auto const fine = check(*told); !fine) told = std::unexpected(fine.error());
    if (told)
      bases_ = {told->actions};
    else if (bases_.empty())
      co_return std::unexpected(told.error());
    else
      log::warning("the XSI endpoints could not be asked for again", {{"why", told.error().what}});
  }
  last_ = bases_[next_ % bases_.size()];
  co_return last_;
}

void ActionsBase::failed(std::string_view used) {
  if (bases_.empty() || bases_[next_ % bases_.size()] != used) return;  // moved on already
  ++next_;
  // Regions can move: after some failures in a row the endpoints are asked for again.
  if (!fixed_ && ++failures_ % 4 == 0) doubted_ = true;
}

XsiCallControl::XsiCallControl(Ports ports, XsiSettings settings)
    : ports_(ports),
      settings_(std::move(settings)),
      http_(ports.client, ports.tokens, ports.dice, settings_.identity),
      lane_(ports.lane, ports.tokens, ports.dice, settings_.identity),
      base_(settings_, ports.organisation, ports.clock),
      pace_(ports.clock) {}

/// Whether this release should be a decline: only while it rings, and only once.
bool XsiCallControl::may_decline(XsiUserId const& person, CallLeg const& leg) {
  return settings_.decline_ringing && leg.state == CallState::alerting &&
         leg.personality == Personality::terminator &&
         declined_.first_time(person.text() + ' ' + leg.id.text());
}

Task<Result<ReleaseOutcome>> XsiCallControl::release(XsiUserId person, CallLeg leg) {
  if (person.empty() || leg.id.empty())
    co_return failure(ErrorKind::malformed, "a release needs both a person and a call");
  bool const decline = may_decline(person, leg);
  auto answer = co_await delete_call(person, leg.id, decline);
  auto const refused_to_decline = [&] {
    auto const status = answer->status;
    return status / 100 == 4 && status != 401 && status != 404 && status != 410 && status != 429;
  };
  if (decline && answer && refused_to_decline()) {
    log::info("a ringing call could not be declined; it is released instead",
              {{"call", leg.id.text()}, {"status", answer->status}});
    answer = co_await delete_call(person, leg.id, false);
  }
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (answer->status / 100 == 2) co_return ReleaseOutcome::released;
  if (answer->status == 404 || answer->status == 410) co_return ReleaseOutcome::already_gone;
  co_return std::unexpected(refusal(leg, *answer));
}

Task<Result<std::string>> XsiCallControl::base() {
  auto url = co_await base_.url();
  if (url && ports_.on_base && told_base_ != *url) ports_.on_base(told_base_ = *url);
  co_return url;
}

Task<Result<http::ClientResponse>> XsiCallControl::delete_call(XsiUserId const& person,
                                                               CallId const& call, bool decline) {
  auto const base = co_await this->base();
  if (!base) co_return std::unexpected(base.error());
  http::ClientRequest request;
  request.method = http::Method::delete_;
  request.url = at(*base, call_path(person, call)) + (decline ? "?decline=true" : "");
  request.headers.add("X-BroadWorks-Protocol-Version", std::string(protocol_version));
  request.timeout = release_timeout;
  request.response_limit = 64u << 10;
  request.urgent = true;
  pace_.release();
  auto answer = co_await lane_.send_once(std::move(request));
  if (!answer ? is_transient(answer.error().kind) : answer->status >= 500) base_.failed(*base);
  co_return answer;
}

Error XsiCallControl::refusal(CallLeg const& leg, http::ClientResponse const& response) {
  auto error = refused("releasing call " + leg.id.text(), response, ports_.clock.now());
  // The token is another one by now.
  if (error.kind == ErrorKind::unauthorized) error.retry_after = Milliseconds(0);
  if (!error.retry_after) return error;
  bool const answered = leg.state == CallState::active || leg.state == CallState::held ||
                        leg.state == CallState::remote_held;
  error.retry_after =
      std::min(*error.retry_after, answered ? longest_wait_answered : longest_wait_while_ringing);
  return error;
}

Task<Result<http::ClientResponse>> XsiCallControl::get(std::string path) {
  co_await pace_.turn();
  auto const base = co_await this->base();
  if (!base) co_return std::unexpected(base.error());
  http::ClientRequest request;
  request.url = at(*base, path);
  request.headers.add("X-BroadWorks-Protocol-Version", std::string(protocol_version));
  request.timeout = settings_.timers.request_timeout;
  request.response_limit = 1u << 20;
  auto answer = co_await http_.send(std::move(request));
  if (!answer ? is_transient(answer.error().kind) : answer->status >= 500) base_.failed(*base);
  if (answer && (answer->status == 429 || answer->status == 503)) pace_.complained(answer->status);
  co_return answer;
}

Task<Result<std::vector<CallId>>> XsiCallControl::list(XsiUserId person) {
  auto const answer = co_await get(calls_path(person));
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status / 100 != 2)
    co_return std::unexpected(refused("listing live calls", *answer, ports_.clock.now()));
  co_return read_call_list(answer->body);
}

Task<Result<std::vector<CallLeg>>> XsiCallControl::live_calls(XsiUserId person) {
  auto const ids = co_await list(person);
  if (!ids) co_return std::unexpected(ids.error());
  std::vector<CallLeg> out;
  for (auto const& id : *ids) {
    auto const answer = co_await get(call_path(person, id));
    if (!answer) co_return std::unexpected(answer.error());
    if (says_missing(answer->status, answer->body)) continue;
    if (answer->status / 100 != 2)
      co_return std::unexpected(refused("reading a live call", *answer, ports_.clock.now()));
    auto leg = read_call(answer->body);
    if (!leg) co_return std::unexpected(leg.error());
    out.push_back(std::move(*leg));
  }
  co_return out;
}

}  // namespace wardroom::xsi
