// What GET /sim/cms tells: bridges, conferences, who is in them, what is on each screen.
#include "sim/cms_sim.hpp"
#include "sim/instant_text.hpp"

namespace wardroom::sim {
namespace {
using nlohmann::json;

char const* word_of(CmsVia via) {
  switch (via) {
    case CmsVia::app:
      return "app";
    case CmsVia::web_app:
      return "web_app";
    case CmsVia::guest:
      return "guest";
    case CmsVia::lync:
      return "lync";
    case CmsVia::avaya:
      return "avaya";
    case CmsVia::sip:
      break;
  }
  return "sip";
}
char const* word_of(CmsState state) {
  switch (state) {
    case CmsState::ringing:
      return "ringing";
    case CmsState::ivr:
      return "ivr";
    case CmsState::lobby:
      return "lobby";
    case CmsState::connected:
      break;
  }
  return "connected";
}

// Whatever stands behind the last slash or the query is a secret.
std::string shown_uri(std::string const& uri) {
  auto const end = std::min(uri.rfind('/'), uri.find('?'));
  return end == std::string::npos || end < 9 ? uri : uri.substr(0, end) + "/…";
}

json person_json(CmsPerson const& p, CmsSim const& all) {
  return {{"person", p.no},
          {"name", p.name},
          {"address", p.address},
          {"via", word_of(p.via)},
          {"state", word_of(p.state)},
          {"bridge", all.bridge(p.bridge).options.name},
          {"call", p.call},
          {"legs", p.legs}};
}

json bridge_json(CmsBridge const& b) {
  json receivers = json::array();
  for (auto const& r : b.receivers)
    receivers.push_back({{"uri", shown_uri(r->uri)},
                         {"waiting", r->waiting()},
                         {"posts", r->posts},
                         {"delivered", r->delivered},
                         {"refused", r->refused},
                         {"last_status", r->last_status}});
  return {{"name", b.options.name},
          {"guid", b.guid},
          {"session", b.session},
          {"up", b.up},
          {"clustered", b.options.clustered},
          {"next_record", b.next_index()},
          {"calls", b.calls.size()},
          {"legs", b.legs.size()},
          {"requests", b.requests},
          {"unauthorized", b.unauthorized},
          {"puts", b.puts.size()},
          {"receivers", std::move(receivers)},
          {"faults", to_json(b.faults)}};
}

}  // namespace

json CmsSim::state() const {
  json bridges = json::array(), conferences = json::array(), alone = json::array();
  for (auto const& b : bridges_) bridges.push_back(bridge_json(*b));
  for (auto const& c : conferences_) {
    json calls = json::array(), people = json::array(), machines = json::array();
    for (auto const& [at, id] : c.calls) {
      auto const& b = *bridges_[at];
      auto const screen = b.screen(id);
      calls.push_back({{"bridge", b.options.name},
                       {"call", id},
                       {"legs", b.legs_of(id).size()},
                       {"puts", b.calls.at(id).puts},
                       {"shows", screen ? json(screen->text) : json()},
                       {"position", screen ? json(screen->position) : json()}});
      for (auto const& [no, p] : people_)
        if (p.bridge == at && p.call == id) people.push_back(person_json(p, *this));
      for (auto const& [machine, m] : machines_) {
        auto const leg = b.legs.find(m.leg);
        if (m.bridge == at && leg != b.legs.end() && leg->second.call == id)
          machines.push_back({{"machine", machine},
                              {"what", m.streaming ? "streamer" : "recorder"},
                              {"sip", m.sip},
                              {"bridge", b.options.name}});
      }
    }
    conferences.push_back({{"name", c.name},
                           {"correlator", c.correlator},
                           {"space", c.space},
                           {"type", c.type},
                           {"calls", std::move(calls)},
                           {"people", std::move(people)},
                           {"machines", std::move(machines)}});
  }
  for (auto const& [no, p] : people_)
    if (p.call.empty()) alone.push_back(person_json(p, *this));
  return {{"bridges", std::move(bridges)},
          {"conferences", std::move(conferences)},
          {"in_no_call", std::move(alone)}};
}

}  // namespace wardroom::sim
