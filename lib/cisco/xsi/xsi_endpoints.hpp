/// Where an organisation's XSI lives: base URLs, and the XSPs behind them.
/// Pure.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::xsi {

/// The four members Webex gives for an organisation with XSI. Source:
/// xsi.md 1.1.
struct XsiEndpoints {
  std::string actions, events, channel, domain;
  std::optional<Instant> as_of{};  ///< Webex could not be asked: remembered from then
  bool operator==(XsiEndpoints const&) const = default;
};

/// A port: what must be known of the organisation; the Webex REST side answers
/// it.
class XsiOrganisation {
 public:
  virtual ~XsiOrganisation() = default;
  /// The bare UUID used in subscription URLs, not the base64 API id.
  virtual Task<Result<std::string>> org_uuid() = 0;
  /// Errors: not_found when XSI is not enabled for the organisation, denied
  /// when the token lacks rights.
  virtual Task<Result<XsiEndpoints>> endpoints() = 0;
};

/// One edge server: the base URLs of its channels and of everything else about
/// events.
struct Xsp {
  std::string host;     ///< "xsp1.example.net:443", for people and as its identity
  std::string events;   ///< …/com.broadsoft.xsi-events
  std::string channel;  ///< …/com.broadsoft.async/com.broadsoft.xsi-events
  bool operator==(Xsp const&) const = default;
};

struct SrvRecord {
  std::string target;
  std::uint16_t port = 0;
  std::uint16_t priority = 0, weight = 0;
  bool operator==(SrvRecord const&) const = default;
};

/// Whether a token may go to all three: https, or plain http that stays on this
/// machine; no userinfo, query or fragment. The sentence names the one that is
/// not acceptable.
Result<void> check(XsiEndpoints const& endpoints);

/// Whether DNS may send our token to this SRV target. Nothing proves such an
/// answer, and any target has a good certificate for itself: it must share its
/// domain (the last two labels, three below a country's second level such as
/// co.uk) with the endpoints, which came over verified TLS.
bool is_at_home(XsiEndpoints const& endpoints, std::string_view target);

/// Fixed mode: each entry is scheme://host[:port]; the usual paths are
/// appended.
std::vector<Xsp> fixed_xsps(std::vector<std::string> const& bases);
std::string fixed_actions(std::string_view base);

/// The records by priority, lowest first, and within one priority drawn by
/// weight (RFC 2782). `fraction` gives uniform dice in [0, 1); the constant 1
/// draws the heaviest first.
std::vector<SrvRecord> opening_order(std::vector<SrvRecord> records,
                                     std::function<double()> const& fraction);

/// One XSP per record, in their order; the authority of the URLs is replaced.
/// A port written in the endpoint URL wins over the record's. Without records:
/// the literal endpoint.
std::vector<Xsp> xsps_of(XsiEndpoints const& endpoints, std::vector<SrvRecord> const& records);

/// `{base}/v2.0{path}`, tolerating a slash at the end of the base.
std::string at(std::string_view base, std::string_view path);
/// A path segment: everything but unreserved characters, '@' and ':' is
/// escaped. Source: xsi.md 8.2.
std::string segment(std::string_view id);

}  // namespace wardroom::xsi
