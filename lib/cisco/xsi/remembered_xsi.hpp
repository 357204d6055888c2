/// Remembers over restarts where XSI was found, so that a start while Webex or
/// DNS is away can watch, and release calls, at once. What is only remembered
/// says so (`as_of`).
#pragma once
#include "cisco/xsi/srv_lookup.hpp"
#include "cisco/xsi/xsi_endpoints.hpp"
#include "runtime/clock.hpp"

#include <functional>
#include <optional>
#include <string>

namespace wardroom::xsi {

/// A port: a few short texts that survive a restart.
class XsiMemory {
 public:
  virtual ~XsiMemory() = default;
  virtual Task<Result<std::optional<std::string>>> recall(std::string key) = 0;
  /// Queued; an error is only logged by the one who keeps it.
  virtual void keep(std::string key, std::string text) = 0;
};

/// An organisation whose endpoints are remembered. Only the lack of an answer
/// is bridged: that XSI is not enabled, or the token lacks rights, is an
/// answer. What belongs to another organisation is never used.
class RememberedOrganisation final : public XsiOrganisation {
 public:
  RememberedOrganisation(XsiOrganisation& asked, XsiMemory& memory, Clock& clock)
      : asked_(asked), memory_(memory), clock_(clock) {}
  Task<Result<std::string>> org_uuid() override;
  Task<Result<XsiEndpoints>> endpoints() override;

 private:
  XsiOrganisation& asked_;
  XsiMemory& memory_;
  Clock& clock_;
  std::string kept_;  ///< what was written last, without its moment
  Instant kept_at_{};
};

/// SRV answers that are remembered by name.
class RememberedSrv final : public SrvLookup {
 public:
  RememberedSrv(SrvLookup& asked, XsiMemory& memory, Clock& clock)
      : asked_(asked), memory_(memory), clock_(clock) {}
  Task<Result<SrvAnswer>> lookup(std::string name) override;

 private:
  SrvLookup& asked_;
  XsiMemory& memory_;
  Clock& clock_;
  std::string kept_;
  Instant kept_at_{};
};

/// As text, for the memory. Pure.
struct KnownOrganisation {
  std::string org;
  XsiEndpoints endpoints;  ///< with as_of
};
std::string text_of(KnownOrganisation const& known);
std::optional<KnownOrganisation> organisation_of(std::string_view text);
struct KnownSrv {
  std::string name;
  SrvAnswer answer;  ///< with as_of
};
std::string text_of(KnownSrv const& known);
std::optional<KnownSrv> srv_of(std::string_view text);

}  // namespace wardroom::xsi
