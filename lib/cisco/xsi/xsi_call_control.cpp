#include "cisco/xsi/xsi_call_control.hpp"

#include "base/log.hpp"
#include "cisco/xsi/xsi_documents.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds release_timeout{3'000};
constexpr Milliseconds longest_wait_while_ringing{1'000};
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
  co_return bases_[next_ % bases_.size()];
}

void ActionsBase::failed() {
  ++next_;
  // Regions can move: after some failures in a row the endpoints are asked for again.
  if (!fixed_ && ++failures_ % 4 == 0) doubted_ = true;
}

XsiCallControl::XsiCallControl(Ports ports, XsiSettings settings)
    : ports_(ports),
      settings_(std::move(settings)),
      http_(ports.client, ports.tokens, ports.dice, settings_.identity),
      lane_(ports.lane, ports.tokens, ports.dice, settings_.identity),
      base_(settings_, ports.organisation, ports.clock) {}

Task<Result<ReleaseOutcome>> XsiCallControl::release(XsiUserId person, CallLeg leg) {
  if (person.empty() || leg.id.empty())
    co_return failure(ErrorKind::malformed, "a release needs both a person and a call");
  auto const base = co_await base_.url();
  if (!base) co_return std::unexpected(base.error());
  http::ClientRequest request;
  request.method = http::Method::delete_;
  request.url = at(*base, call_path(person, leg.id));
  request.headers.add("X-BroadWorks-Protocol-Version", std::string(protocol_version));
  request.timeout = release_timeout;
  request.response_limit = 64u << 10;
  request.urgent = true;
  auto answer = co_await lane_.send(std::move(request));
  if (!answer) {
    if (is_transient(answer.error().kind)) base_.failed();
    co_return std::unexpected(answer.error());
  }
  if (answer->status / 100 == 2) co_return ReleaseOutcome::released;
  if (answer->status == 404 || answer->status == 410) co_return ReleaseOutcome::already_gone;
  if (answer->status >= 500) base_.failed();
  co_return co_await refused_or_gone(std::move(person), leg.id, std::move(*answer));
}

Task<Result<ReleaseOutcome>> XsiCallControl::refused_or_gone(XsiUserId person, CallId call,
                                                             http::ClientResponse response) {
  auto error = refused("releasing call " + call.text(), response, ports_.clock.now());
  if (error.retry_after)
    error.retry_after = std::min(*error.retry_after, longest_wait_while_ringing);
  if (response.status == 403 && read_error(response.body)) {
    auto const live = co_await list(std::move(person));
    if (live && std::find(live->begin(), live->end(), call) == live->end())
      co_return ReleaseOutcome::already_gone;
    error.what += "; the token may not end this person's calls";
  }
  co_return std::unexpected(std::move(error));
}

Task<Result<http::ClientResponse>> XsiCallControl::get(std::string path) {
  auto const base = co_await base_.url();
  if (!base) co_return std::unexpected(base.error());
  http::ClientRequest request;
  request.url = at(*base, path);
  request.headers.add("X-BroadWorks-Protocol-Version", std::string(protocol_version));
  request.timeout = settings_.timers.request_timeout;
  request.response_limit = 1u << 20;
  auto answer = co_await http_.send(std::move(request));
  if (!answer ? is_transient(answer.error().kind) : answer->status >= 500) base_.failed();
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
