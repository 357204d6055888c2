#include "cisco/cms/cms_api.hpp"

#include "base/encoding.hpp"
#include "cisco/cms/cms_documents.hpp"
#include "cisco/cms/cms_text.hpp"
#include "cisco/cms/cms_wire.hpp"
#include "cisco/cms/notice_text.hpp"

namespace wardroom::cms {
namespace {

using conference::CallFacts, conference::CallId, conference::LegFacts, conference::LegId;

std::string part(std::string_view id) { return "/" + percent_encode(id); }

}  // namespace

CmsApi::CmsApi(http::Client& http, Clock& clock, Random& dice, CmsSettings settings,
               CmsLimits limits)
    : wire_(std::make_unique<Wire>(http, clock, dice, std::move(settings), limits)) {}

CmsApi::~CmsApi() = default;

std::size_t CmsApi::waiting() const { return wire_->requests(); }

Task<Result<BridgeStatus>> CmsApi::status() {
  auto const answer = co_await wire_->read({.path = "/system/status", .root = "status"});
  if (!answer) co_return std::unexpected(answer.error());
  co_return status_of(answer->root());
}

Task<Result<std::vector<CallFacts>>> CmsApi::calls() {
  return wire_->list_of<CallFacts>({.path = "/calls", .root = "calls"}, "call", &call_of);
}

Task<Result<std::vector<CallFacts>>> CmsApi::calls_of_space(std::string space) {
  return wire_->list_of<CallFacts>(
      {.path = "/calls", .query = {{"coSpaceFilter", std::move(space)}}, .root = "calls"}, "call",
      &call_of);
}

Task<Result<RunningCall>> CmsApi::call(CallId id) {
  auto const answer = co_await wire_->read(
      {.path = "/calls" + part(id.text()), .root = "call", .names_object = true});
  if (!answer) co_return std::unexpected(answer.error());
  auto out = running_call_of(answer->root());
  if (out.facts.id.empty()) out.facts.id = id;
  co_return out;
}

Task<Result<std::vector<LegFacts>>> CmsApi::legs(CallId id) {
  auto legs = co_await wire_->list_of<LegFacts>(
      {.path = "/calls" + part(id.text()) + "/callLegs", .root = "callLegs", .names_object = true},
      "callLeg", &leg_of);
  if (legs)
    for (auto& leg : *legs)
      if (!leg.call) leg.call = id;
  co_return legs;
}

Task<Result<LegFacts>> CmsApi::leg(LegId id) {
  auto const answer = co_await wire_->read(
      {.path = "/callLegs" + part(id.text()), .root = "callLeg", .names_object = true});
  if (!answer) co_return std::unexpected(answer.error());
  auto out = leg_of(answer->root());
  if (out.id.empty()) out.id = id;
  co_return out;
}

Task<Result<std::vector<RunningParticipant>>> CmsApi::participants(CallId id) {
  return wire_->list_of<RunningParticipant>({.path = "/calls" + part(id.text()) + "/participants",
                                             .root = "participants",
                                             .names_object = true},
                                            "participant", &participant_of);
}

Task<Result<void>> CmsApi::show(CallId id, conference::Message message, bool urgent,
                                Wanted wanted) {
  auto form = form_of(message);
  if (!form) co_return std::unexpected(std::move(form.error()));
  co_return co_await wire_->change({.method = http::Method::put,
                                    .path = "/calls" + part(id.text()),
                                    .form = std::move(*form),
                                    .lane = urgent ? Wire::Lane::urgent : Wire::Lane::message,
                                    .names_object = true,
                                    .wanted = std::move(wanted)});
}

Task<Result<std::vector<ClusterBridge>>> CmsApi::cluster() {
  auto const known = co_await wire_->list_of<ClusterBridge>(
      {.path = "/callBridges", .root = "callBridges"}, "callBridge", &cluster_bridge_of);
  if (!known) co_return known;
  std::vector<ClusterBridge> out;
  for (auto const& bridge : *known) {  // the list tells the names only
    auto const answer = co_await wire_->read(
        {.path = "/callBridges" + part(bridge.id), .root = "callBridge", .names_object = true});
    if (!answer && answer.error().kind == ErrorKind::not_found) continue;  // taken out meanwhile
    if (!answer) co_return std::unexpected(answer.error());
    out.push_back(cluster_bridge_of(answer->root()));
    if (out.back().id.empty()) out.back().id = bridge.id;
  }
  co_return out;
}

Task<Result<CdrReceivers>> CmsApi::receivers() {
  CdrReceivers out;
  auto const last = co_await wire_->read_list(
      {.path = "/system/cdrReceivers", .root = "cdrReceivers"}, "cdrReceiver",
      [&out] { out.all.clear(); },
      [&out](xml::Element element) { out.all.push_back(receiver_of(element)); });
  if (!last) co_return std::unexpected(last.error());
  out.most = number_of(last->root().attribute("maximum")).value_or(out.most);
  co_return out;
}

Task<Result<void>> CmsApi::add_receiver(std::string uri) {
  return wire_->change_receiver(http::Method::post, "/system/cdrReceivers", std::move(uri));
}

Task<Result<void>> CmsApi::change_receiver(std::string id, std::string uri) {
  return wire_->change_receiver(http::Method::put, "/system/cdrReceivers" + part(id),
                                std::move(uri));
}

}  // namespace wardroom::cms
