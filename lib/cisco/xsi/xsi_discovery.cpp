#include "cisco/xsi/xsi_discovery.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {

XsiDiscovery::XsiDiscovery(XsiSettings const& settings, XsiOrganisation& organisation,
                           SrvLookup& srv, Clock& clock)
    : settings_(settings), organisation_(organisation), srv_(srv), clock_(clock) {}

// What is known stays good when Webex cannot be asked just now.
Task<Result<XsiEndpoints>> XsiDiscovery::endpoints(bool distrust) {
  bool const old = known_ && clock_.uptime() - known_since_ >= settings_.timers.endpoints_refresh;
  if (known_ && !distrust && !old) co_return *known_;
  auto told = co_await organisation_.endpoints();
  if (told)
    if (auto const fine = check(*told); !fine) told = std::unexpected(fine.error());
  if (told) {
    known_ = *told;
    known_since_ = clock_.uptime();
  } else if (known_) {
    log::warning("the XSI endpoints could not be asked for again", {{"why", told.error().what}});
    co_return *known_;
  }
  co_return told;
}

Task<Result<XsiDiscovery::Found>> XsiDiscovery::find(bool distrust) {
  if (!settings_.endpoints.empty()) co_return Found{fixed_xsps(settings_.endpoints)};
  auto const told = co_await endpoints(distrust);
  if (!told) co_return std::unexpected(told.error());
  if (!settings_.srv || told->domain.empty())
    co_return Found{xsps_of(*told, {}), settings_.timers.endpoints_refresh};
  auto const name = "_xsi-client._tcp." + told->domain;
  auto const answer = co_await srv_.lookup(name);
  if (!answer) co_return std::unexpected(answer.error());
  auto records = answer->records;
  std::string foreign;
  std::erase_if(records, [&](SrvRecord const& record) {
    if (is_at_home(*told, record.target)) return false;
    foreign += (foreign.empty() ? "" : ", ") + record.target;
    return true;
  });
  Found found;
  found.xsps = xsps_of(*told, records);
  found.valid_for = std::max<Milliseconds>(settings_.timers.srv_refresh, answer->ttl);
  if (!foreign.empty())
    found.remark = "DNS names XSPs outside of the domain of the endpoints for " + name + ": " +
                   foreign.substr(0, 300) +
                   "; no token is sent there. Look at the resolver; if Cisco really moved them, "
                   "set call_blocking.xsi.srv to false and name them under endpoints";
  else if (answer->records.empty())
    found.remark = "DNS has no SRV record " + name +
                   ": one channel only, to the endpoint itself; look at the resolver";
  co_return found;
}

}  // namespace wardroom::xsi
