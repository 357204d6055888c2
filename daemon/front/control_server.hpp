/// The operators' door: Unix socket → peer credentials → right → verb → handler.
#pragma once
#include "control/verbs.hpp"
#include "http/router.hpp"

#include <map>
#include <string>
#include <string_view>

namespace wardroom {

/// Which rights a local user has, from their uid and groups.
/// Source: decisions.md "Control socket": root and the daemon's own uid = admin; groups wardroom =
/// read, wardroom-operator = read + act, wardroom-admin = all.
struct LocalRights {
  bool read = false, act = false, admin = false;
  std::string login;  ///< for the audit and for remedies; "uid 1234" when it has no name
};
LocalRights local_rights(http::PeerCredentials const& peer);

/// Binds handlers to the rows of the verb table and mounts them on a router. Runs on the loop.
class ControlServer final : public control::Verbs {
 public:
  /// `rights` is injectable so that a test can be somebody else.
  using RightsOf = std::function<LocalRights(http::PeerCredentials const&)>;
  ControlServer(http::Router& router, RightsOf rights = local_rights);

  void handle(std::string_view words, control::VerbHandler handler) override;
  void handle_stream(std::string_view words, control::VerbStreamHandler handler) override;
  /// Rows of the table nobody handles: a broken invariant to be told at start.
  std::vector<std::string> unhandled() const;

 private:
  Result<control::VerbCall> check(control::VerbRow const& row, http::ServerRequest& request) const;

  http::Router& router_;
  RightsOf rights_;
  std::map<std::string, bool, std::less<>> handled_;
};

/// The HTTP answer for an Error: its kind as status and code.
http::Response to_response(Error const& error, std::string_view remedy = "");

}  // namespace wardroom
