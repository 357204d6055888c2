/// The Webex REST front of the simulator: people, groups, spaces, organisations, roles, locations.
/// Source: webex-rest.md 2, 3, 8.4; xsi.md 1.1.
#pragma once
#include "sim/authorizations_sim.hpp"
#include "sim/device_sim.hpp"
#include "sim/groups_sim.hpp"
#include "sim/memberships_sim.hpp"
#include "sim/messages_sim.hpp"
#include "sim/oauth_sim.hpp"
#include "sim/paging.hpp"
#include "sim/request_tally.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::sim {

/// Where an organisation's XSI lives, as told by `callingData`.
struct XsiEndpoints {
  std::string actions, events, channel, domain;
};

class WebexSim {
 public:
  WebexSim(Organisation const& org, OauthSim& oauth, DeviceSim& device, MessagesSim& messages,
           GroupsSim& groups, RoomsSim& rooms, MembershipsSim& memberships, Random& dice,
           Faults& faults);

  /// Known once the XSPs listen.
  void set_xsi(XsiEndpoints endpoints) { xsi_ = std::move(endpoints); }
  XsiEndpoints const& xsi() const { return xsi_; }
  /// Everything under /v1/. Every answer carries a TrackingID.
  Answer handle(Request request);
  nlohmann::json counters() const {
    nlohmann::json out{
        {"requests", requests_}, {"people_pages", pages_}, {"group_pages", groups_.pages()}};
    out.update(memberships_.counters());
    out.update(tally_.counters());
    return out;
  }
  /// Keeps or drops the state that stale replicas serve, as the switches say.
  void follow_faults();

 private:
  Answer route(Request const& request);
  Answer token_door(Request const& request, Meddling const& meddling);
  TokenAnswer route_token(Request const& request);
  Answer people(Request const& request, Bearer const& who);
  Answer everybody(Request const& request, Bearer const& who, PageWish const& wish);
  Answer found(std::vector<Person const*> const& people, Bearer const& who, PageWish const& wish);
  Answer person(Request const& request, Bearer const& who, std::string const& id);
  Answer organisations(Request const& request, Bearer const& who, std::string const& id);
  Answer roles(Request const& request, Bearer const& who, std::string const& id);
  Answer locations(Request const& request, Bearer const& who, std::string const& id);
  nlohmann::json organisation_json(bool calling) const;

  Organisation const& org_;
  OauthSim& oauth_;
  DeviceSim& device_;
  MessagesSim& messages_;
  GroupsSim& groups_;
  RoomsSim& rooms_;
  MembershipsSim& memberships_;
  AuthorizationsSim authorizations_;
  Random& dice_;
  Faults& faults_;
  XsiEndpoints xsi_;
  RequestTally tally_;
  std::optional<std::deque<Person>> stale_people_;
  std::uint64_t requests_ = 0, pages_ = 0;
};

}  // namespace wardroom::sim
