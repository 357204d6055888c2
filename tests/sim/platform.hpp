/// The whole simulated Webex without sockets: give it requests and a clock, get answers.
#pragma once
#include "sim/call_sim.hpp"
#include "sim/device_sim.hpp"
#include "sim/faults.hpp"
#include "sim/mail_box.hpp"
#include "sim/oauth_sim.hpp"
#include "sim/organisation.hpp"
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
        messages(org, clock, dice),
        mail(clock),
        webex(org, oauth, device, messages, dice, faults),
        calls(org, clock, dice, faults),
        xsi(org, calls, clock, dice, faults),
        xsi_door(org, oauth, calls, xsi, dice, faults) {}
  Platform(Platform const&) = delete;
  Platform& operator=(Platform const&) = delete;

  /// `base` = origin of the first XSP, "http://127.0.0.1:8482"; `domain` = its name in xsiDomain.
  void publish_xsi(std::string const& base, std::string const& domain) {
    webex.set_xsi({base + "/com.broadsoft.xsi-actions", base + "/com.broadsoft.xsi-events",
                   base + "/com.broadsoft.async/com.broadsoft.xsi-events", domain});
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
  MessagesSim messages;
  MailBox mail;
  WebexSim webex;
  CallSim calls;
  XsiSim xsi;
  XsiDoor xsi_door;
};

}  // namespace wardroom::sim
