#include "cisco/xsi/xsi_discovery.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds ask_again{30'000};  // while something is only remembered or guessed

std::string since_when(Instant as_of) { return iso_text(as_of); }

}  // namespace

XsiDiscovery::XsiDiscovery(XsiSettings const& settings, XsiOrganisation& organisation,
                           SrvLookup& srv, Clock& clock, Random* dice)
    : settings_(settings), organisation_(organisation), srv_(srv), clock_(clock), dice_(dice) {}

// What is known stays good when Webex cannot be asked just now; what is only
// remembered from before the start is asked for again soon.
Task<Result<XsiEndpoints>> XsiDiscovery::endpoints(bool distrust) {
  bool const old = known_ && clock_.uptime() - known_since_ >= settings_.timers.endpoints_refresh;
  if (known_ && !known_->as_of && !distrust && !old) co_return *known_;
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
  Found found;
  if (!settings_.srv || told->domain.empty()) {
    found = {xsps_of(*told, {}), settings_.timers.endpoints_refresh};
  } else {
    auto const name = "_xsi-client._tcp." + told->domain;
    auto const answer = co_await srv_.lookup(name);
    if (!answer && resolved_) co_return std::unexpected(answer.error());
    if (answer) {
      resolved_ = true;
      found = fan_out(*told, name, *answer);
    } else {
      found.xsps = xsps_of(*told, {});
      found.valid_for = ask_again;
      found.remark = answer.error().what + "; meanwhile one channel only, to the endpoint itself";
    }
  }
  if (told->as_of) {
    found.valid_for = std::min(found.valid_for, ask_again);
    found.remark = "Webex cannot be asked for the XSI endpoints; those known since " +
                   since_when(*told->as_of) + " are used" +
                   (found.remark.empty() ? "" : ". " + found.remark);
  }
  co_return found;
}

XsiDiscovery::Found XsiDiscovery::fan_out(XsiEndpoints const& endpoints, std::string const& name,
                                          SrvAnswer const& answer) {
  auto records = answer.records;
  std::string foreign;
  std::erase_if(records, [&](SrvRecord const& record) {
    if (is_at_home(endpoints, record.target)) return false;
    foreign += (foreign.empty() ? "" : ", ") + record.target;
    return true;
  });
  Found found;
  found.xsps = xsps_of(endpoints, opening_order(std::move(records),
                                                [this] { return dice_ ? dice_->fraction() : 1; }));
  found.ttl = answer.ttl;
  found.valid_for = std::max<Milliseconds>(settings_.timers.srv_refresh, answer.ttl);
  if (answer.as_of) {
    found.valid_for = ask_again;
    found.remark = "DNS does not answer for " + name + "; the XSPs known since " +
                   since_when(*answer.as_of) + " are used; look at the resolver";
  } else if (!foreign.empty()) {
    found.remark = "DNS names XSPs outside of the domain of the endpoints for " + name + ": " +
                   foreign.substr(0, 300) +
                   "; no token is sent there. Look at the resolver; if Cisco really moved "
                   "them, "
                   "set call_blocking.xsi.srv to false and name them under endpoints";
  } else if (answer.records.empty()) {
    found.remark = "DNS has no SRV record " + name +
                   ": one channel only, to the endpoint itself; look at the resolver";
  }
  return found;
}

}  // namespace wardroom::xsi
