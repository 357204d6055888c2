/// Finds the XSPs of the organisation: from the settings, or from Webex and
/// DNS.
#pragma once
#include "cisco/xsi/srv_lookup.hpp"
#include "cisco/xsi/xsi_endpoints.hpp"
#include "cisco/xsi/xsi_settings.hpp"
#include "runtime/clock.hpp"
#include "runtime/random.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::xsi {

class XsiDiscovery {
 public:
  struct Found {
    std::vector<Xsp> xsps;
    Milliseconds valid_for{0};  ///< look again after this; 0 = for ever (fixed mode)
    Milliseconds ttl{0};        ///< of the DNS answer
    std::string remark{};       ///< something an operator should know; empty when all is well
  };

  XsiDiscovery(XsiSettings const& settings, XsiOrganisation& organisation, SrvLookup& srv,
               Clock& clock, Random* dice = nullptr);

  /// `distrust` = nothing could be reached for a while, so the endpoints are
  /// asked for anew. Without an answer from DNS, ever, the endpoint itself
  /// serves. With `dice` the XSPs come in the order of RFC 2782, else heaviest
  /// first. Errors: those of the organisation's endpoints and of DNS; what was
  /// found before stays right.
  Task<Result<Found>> find(bool distrust);

 private:
  Task<Result<XsiEndpoints>> endpoints(bool distrust);
  Found fan_out(XsiEndpoints const& endpoints, std::string const& name, SrvAnswer const& answer);

  XsiSettings const& settings_;
  XsiOrganisation& organisation_;
  SrvLookup& srv_;
  Clock& clock_;
  Random* dice_;
  std::optional<XsiEndpoints> known_;
  Uptime known_since_{};
  bool resolved_ = false;  ///< DNS has answered before
};

}  // namespace wardroom::xsi
