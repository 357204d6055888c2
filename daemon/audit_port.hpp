/// How features tell the audit of what they did, and ask it before a web session changes something.
#pragma once
#include "control/verbs.hpp"
#include "http/server_request.hpp"

#include <string>

namespace wardroom {

class AuditPort {
 public:
  virtual ~AuditPort() = default;
  /// The daemon did it by itself.
  virtual void daemon(std::string action, control::Change change) = 0;
  /// The daemon is about to do it. Resolves after the commit. Error: unavailable; then do not do
  /// it.
  virtual Task<Result<void>> daemon_first(std::string action, control::Change change) = 0;
  /// A web session did it.
  virtual void web(http::Caller const& caller, std::string action, control::Change change) = 0;
  /// Resolves after the commit. Error: unavailable; then do not do it.
  virtual Task<Result<void>> web_first(http::Caller caller, std::string action,
                                       control::Change change) = 0;
};

}  // namespace wardroom
