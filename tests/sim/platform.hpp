/// The whole simulated Webex without sockets: give it requests and a clock, get answers.
#pragma once
#include "sim/call_sim.hpp"
#include "sim/cms_sim.hpp"
#include "sim/device_sim.hpp"
#include "sim/dns_zone.hpp"
#include "sim/faults.hpp"
#include "sim/load_sim.hpp"
#include "sim/mail_box.hpp"
#include "sim/memberships_sim.hpp"
#include "sim/oauth_sim.hpp"
#include "sim/organisation.hpp"
#include "sim/rooms_sim.hpp"
#include "sim/webex_sim.hpp"
#include "sim/xsi_door.hpp"
#include "sim/xsi_sim.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace wardroom::sim {

class Platform {
 public:
  Platform(Clock& clock, Random& dice, std::uint64_t seed, std::size_t people)
      : org(seed, people),
        oauth(org, clock, dice, faults),
        device(org, oauth, clock, dice, faults),
        rooms(org, dice),
        memberships(org, rooms, faults),
        messages(org, rooms, clock, dice),
        groups(org, faults),
        mail(clock),
        webex(org, oauth, device, messages, groups, rooms, memberships, dice, faults),
        calls(org, clock, dice, faults),
        xsi(org, calls, clock, dice, faults),
        xsi_door(org, oauth, calls, xsi, dice, faults),
        load(org, calls, clock),
        cms(clock, dice, faults) {}
  Platform(Platform const&) = delete;
  Platform& operator=(Platform const&) = delete;

  /// `base` = origin of the first XSP, "http://127.0.0.1:8482"; `domain` = its name in xsiDomain.
  void publish_xsi(std::string const& base, std::string const& domain) {
    webex.set_xsi({base + "/com.broadsoft.xsi-actions", base + "/com.broadsoft.xsi-events",
                   base + "/com.broadsoft.async/com.broadsoft.xsi-events", domain});
  }

  /// Endpoints that only DNS fans out: events at `host` without a port, so that each SRV record's
  /// counts; actions at `actions_base`, which no record moves.
  void publish_xsi_by_srv(std::string const& actions_base, std::string const& host,
                          std::string const& domain, std::vector<DnsService> services) {
    auto const base = "http://" + host;
    webex.set_xsi({actions_base + "/com.broadsoft.xsi-actions", base + "/com.broadsoft.xsi-events",
                   base + "/com.broadsoft.async/com.broadsoft.xsi-events", domain});
    dns.set_services("_xsi-client._tcp." + domain, std::move(services));
  }

  nlohmann::json counters() const {
    return {{"oauth", oauth.counters()}, {"device", device.counters()},
            {"rest", webex.counters()},  {"calls", calls.counters()},
            {"xsi", xsi.counters()},     {"xsi_http", xsi_door.counters()}};
  }

  Organisation org;
  Faults faults;
  OauthSim oauth;
  DeviceSim device;
  RoomsSim rooms;
  MembershipsSim memberships;
  MessagesSim messages;
  GroupsSim groups;
  MailBox mail;
  WebexSim webex;
  CallSim calls;
  XsiSim xsi;
  XsiDoor xsi_door;
  LoadSim load;
  CmsSim cms;  ///< meeting servers; none until they are added
  DnsZone dns;
};

}  // namespace wardroom::sim
