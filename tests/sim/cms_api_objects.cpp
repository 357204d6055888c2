// Legs, participants, the cluster, the bridge itself and its receivers, as its API has them.
#include "sim/cms_answer.hpp"
#include "sim/cms_api.hpp"
#include "sim/cms_records.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {

using http::Method;

// --- legs --------------------------------------------------------------------------------------

Answer CmsApi::leg_list(Request const& request, std::vector<CmsLeg const*> const& legs) {
  std::vector<std::string> all;
  for (auto const* leg : legs) {
    auto const now = leg->remote_address.empty() ? leg->remote_party : leg->remote_address;
    all.push_back(CmsXml()
                      .raw("<callLeg id=\"" + leg->id + "\">")
                      .leaf("name", leg->name)
                      .leaf("remoteParty", now)
                      .leaf("originalRemoteParty", leg->remote_party)
                      .may("call", leg->call)
                      .close("callLeg")
                      .take());
  }
  return page(request, "callLegs", all);
}

Answer CmsApi::legs(Request const& request, Path const& path) {
  if (path.size() == 1) {
    if (request.method != Method::get) return cms_wrong_method();
    std::vector<CmsLeg const*> all;
    for (auto const& [id, leg] : bridge_.legs) all.push_back(&leg);
    std::ranges::sort(all, {}, &CmsLeg::order);
    return leg_list(request, all);
  }
  auto const* leg = bridge_.leg(path[1]);
  if (!leg) return cms_refusal(404, "callLegDoesNotExist");
  if (request.method == Method::get) return cms_xml(leg_xml(*leg));
  if (request.method != Method::delete_) return cms_wrong_method();
  if (leg->person != 0) {
    auto const left = all_.leave(leg->person, "apiInitiatedTeardown");
    return left ? cms_done() : cms_refusal(404, "callLegDoesNotExist");
  }
  auto const id = leg->id;
  all_.drop_leg(bridge_, id, "apiInitiatedTeardown", false);
  return cms_done();
}

std::string CmsApi::leg_xml(CmsLeg const& leg) const {
  auto const lasted = std::chrono::floor<std::chrono::seconds>(clock_.now() - leg.began).count();
  auto const now = leg.remote_address.empty() ? leg.remote_party : leg.remote_address;
  auto const& link = bridge_.faults.link_in_api;
  CmsXml x;
  x.open("callLeg", "id=\"" + leg.id + "\"").leaf("name", leg.name).leaf("remoteParty", now);
  x.leaf("originalRemoteParty", leg.remote_party).may("localAddress", leg.local_address);
  x.may("call", leg.call).leaf("type", leg.type);
  if (!leg.link)
    x.may("subType", leg.sub_type);
  else if (link != "none")
    x.leaf(link, leg.sub_type);
  x.may("lyncSubType", leg.lync_sub_type).leaf("direction", leg.direction);
  x.flag("canMove", leg.can_move).may("movedCallLeg", leg.moved_leg);
  x.may("movedCallLegCallBridge", leg.moved_bridge).raw("<configuration/>\n").open("status");
  if (leg.connected) x.leaf("state", "connected");
  x.leaf("durationSeconds", std::to_string(lasted)).leaf("direction", leg.direction);
  x.may("sipCallId", leg.sip_call_id).leaf("groupId", leg.participant);
  if (leg.recording) x.flag("recording", true);
  if (leg.streaming) x.flag("streaming", true);
  if (leg.deactivated) x.flag("deactivated", true);
  x.flag("encryptedMedia", true).flag("unencryptedMedia", false).close("status");
  return x.close("callLeg").take();
}

// --- participants ------------------------------------------------------------------------------

/// Whoever is in any call of the conference, on any bridge.
std::vector<CmsPerson const*> CmsApi::people_in(std::string const& correlator) const {
  std::vector<CmsPerson const*> out;
  auto const* conference = all_.by_correlator(correlator);
  if (!conference) return out;
  for (auto const& [no, person] : all_.people()) {
    auto const at = conference->calls.find(person.bridge);
    if (at != conference->calls.end() && at->second == person.call) out.push_back(&person);
  }
  return out;
}

std::string CmsApi::participant_xml(CmsPerson const& person, bool whole) const {
  bool const here = person.bridge == bridge_.number;
  auto const& home = all_.bridge(person.bridge);
  // Of somebody on another bridge, the call is that of the conference here.
  auto call = person.call;
  if (auto const at = home.calls.find(person.call); !here && at != home.calls.end())
    if (auto const* c = all_.by_correlator(at->second.correlator))
      if (auto const mine = c->calls.find(bridge_.number); mine != c->calls.end())
        call = mine->second;
  CmsXml x;
  x.raw("<participant id=\"" + person.participant + "\">").leaf("name", person.name);
  x.may("call", call);
  if (!here) x.leaf("callBridge", home.guid);
  if (whole) {
    auto const* state = person.state == CmsState::ringing ? "ringing" : "connected";
    bool const app = person.via == CmsVia::app || person.via == CmsVia::web_app;
    x.leaf("uri", person.address);
    if (app) x.leaf("userJid", person.address);
    if (here) x.number("numCallLegs", person.legs.size());
    x.flag("isActivator", person.state == CmsState::connected).raw("<configuration/>\n");
    x.open("status").leaf("state", state).close("status");
  }
  return x.close("participant").take();
}

Answer CmsApi::participant_list(Request const& request, std::string const& correlator) {
  std::vector<std::string> all;
  for (auto const* person : people_in(correlator)) all.push_back(participant_xml(*person, false));
  for (auto const& [id, call] : bridge_.calls)
    if (call.correlator == correlator)
      for (auto const* leg : bridge_.legs_of(id))
        if (leg->person == 0 && (!leg->link || bridge_.faults.link_participants))
          all.push_back(CmsXml()
                            .raw("<participant id=\"" + leg->participant + "\">")
                            .leaf("name", leg->name)
                            .leaf("call", id)
                            .close("participant")
                            .take());
  return page(request, "participants", all);
}

Answer CmsApi::participants(Request const& request, Path const& path) {
  if (request.method != Method::get) return cms_wrong_method();
  if (path.size() == 1) {
    std::vector<std::string> all;
    for (auto const& conference : all_.conferences())
      if (conference.calls.contains(bridge_.number))
        for (auto const* person : people_in(conference.correlator))
          all.push_back(participant_xml(*person, false));
    return page(request, "participants", all);
  }
  for (auto const& [no, person] : all_.people()) {
    if (person.participant != path[1]) continue;
    if (path.size() == 2) return cms_xml(participant_xml(person, true));
    std::vector<CmsLeg const*> legs;
    for (auto const& id : person.legs)
      if (auto const* leg = person.bridge == bridge_.number ? bridge_.leg(id) : nullptr)
        legs.push_back(leg);
    return leg_list(request, legs);
  }
  return cms_refusal(404, "participantDoesNotExist");
}

// --- the cluster and the bridge itself ---------------------------------------------------------

Answer CmsApi::bridges(Request const& request, Path const& path) {
  if (request.method != Method::get) return cms_wrong_method();
  std::vector<std::string> all;
  for (std::size_t i = 0; i < all_.bridges(); ++i) {
    auto const& b = all_.bridge(i);
    if (!b.options.clustered || !bridge_.options.clustered) continue;
    CmsXml x;
    x.raw("<callBridge id=\"" + b.guid + "\">").leaf("name", b.options.name);
    if (path.size() == 2) x.leaf("address", b.options.address).leaf("sipDomain", b.sip_domain);
    auto const text = x.close("callBridge").take();
    if (path.size() == 2 && path[1] == b.guid) return cms_xml(text);
    all.push_back(text);
  }
  return path.size() == 1 ? page(request, "callBridges", all)
                          : cms_refusal(404, "callBridgeDoesNotExist");
}

Answer CmsApi::status() const {
  auto const up = std::chrono::floor<std::chrono::seconds>(clock_.uptime() - bridge_.started);
  CmsXml x;
  x.open("status").leaf("softwareVersion", "3.5");
  x.leaf("uptimeSeconds", std::to_string(up.count()));
  x.leaf("cdrTime", cms_time(clock_.now() + std::chrono::seconds(bridge_.faults.clock_skew_s)));
  x.flag("clusterEnabled", bridge_.options.clustered);
  x.number("cdrCorrelatorIndex", bridge_.next_index());
  x.number("callLegsActive", bridge_.legs.size());
  return cms_xml(x.close("status").take());
}

Answer CmsApi::system(Request const& request, Path const& path) {
  auto const what = path.size() > 1 ? path[1] : std::string();
  if (what == "cdrReceivers") return receivers(request, path);
  if (request.method != Method::get) return cms_wrong_method();
  if (what == "status") return status();
  if (what == "load") return cms_xml("<load><mediaProcessingLoad>0</mediaProcessingLoad></load>\n");
  if (what == "configuration" && path.size() == 3 && path[2] == "cluster") {
    CmsXml x;
    x.open("cluster");
    if (bridge_.options.clustered) x.leaf("uniqueName", bridge_.options.name);
    return cms_xml(x.close("cluster").take());
  }
  if (what == "alarms") {
    std::vector<std::string> all;
    for (auto const& r : bridge_.receivers)
      if (r->posts > 0 && r->last_status == 0)
        all.push_back(
            fmt::format("<alarm id=\"{}\"><type>cdrConnectionFailure</type>"
                        "<failureReason>connectFailure</failureReason></alarm>\n",
                        r->id));
    return page(request, "alarms", all);
  }
  return cms_refusal(404, "unrecognizedObject");
}

Answer CmsApi::receivers(Request const& request, Path const& path) {
  auto const form = http::parse_query(request.body).value_or(http::QueryPairs{});
  auto const uri = http::find(form, bridge_.faults.receiver_parameter);
  auto one_xml = [](CmsReceiver const& r) {
    return CmsXml()
        .raw("<cdrReceiver id=\"" + r.id + "\">")
        .may("uri", r.uri)
        .close("cdrReceiver")
        .take();
  };
  if (path.size() == 2 && request.method == Method::get) {
    std::vector<std::string> all;
    for (auto const& r : bridge_.receivers) all.push_back(one_xml(*r));
    return page(request, "cdrReceivers", all, "maximum=\"4\"");
  }
  if (path.size() == 2 && request.method == Method::post) {
    if (!uri) return cms_bad_parameter(form.empty() ? "uri" : form[0].first, "unknownParameter");
    auto const made = bridge_.add_receiver(*uri);
    if (!made) return cms_refusal(400, "tooManyCdrReceivers");
    auto a = cms_done();
    a.response.headers.add("Location", "/api/v1/system/cdrReceivers/" + (*made)->id);
    return a;
  }
  auto* const found = path.size() == 3 ? bridge_.receiver(path[2]) : nullptr;
  if (path.size() == 3 && !found) return cms_refusal(404, "cdrReceiverDoesNotExist");
  if (path.size() != 3) return cms_wrong_method();
  if (request.method == Method::get) return cms_xml(one_xml(*found));
  if (request.method == Method::put) {
    if (uri) found->uri = *uri;
    if (found->on_waiting) found->on_waiting();
    return cms_done();
  }
  if (request.method != Method::delete_) return cms_wrong_method();
  bridge_.remove_receiver(path[2]);
  return cms_done();
}

}  // namespace wardroom::sim
