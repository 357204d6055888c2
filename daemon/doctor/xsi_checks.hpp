/// Checks of the way to XSI: the organisation's endpoints, DNS, and each XSP. They open no channel
/// and send no token, so a session that runs is not disturbed.
#pragma once
#include "cisco/xsi/xsi_discovery.hpp"
#include "http/client.hpp"
#include "process/doctor.hpp"

#include <functional>

namespace wardroom::doctor {

struct XsiPorts {
  http::Client& http;
  Clock& clock;
  xsi::XsiOrganisation& organisation;
  xsi::SrvLookup& srv;
  xsi::XsiSettings settings;
  std::function<bool()> wanted;  ///< whether any feature follows calls
};
void add_xsi_checks(Doctor& doctor, XsiPorts ports);

/// Why no XSP was found. Pure.
Finding judge_discovery(Error const& why);
/// What is odd about those that were. Pure.
Findings judge_found(xsi::XsiDiscovery::Found const& found);

}  // namespace wardroom::doctor
