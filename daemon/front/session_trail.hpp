/// Writes down what happened to sessions: into the journal what pages and history show, into the
/// audit who ended whose, logouts, and which requests in somebody's name were stopped.
///
/// In the journal people stand by their number; never an address, a cookie or a whole digest.
#pragma once
#include "control/verbs.hpp"
#include "front/browser_session.hpp"
#include "front/session_desk.hpp"
#include "store/journal.hpp"

#include <functional>
#include <string>

namespace wardroom::front {

class SessionTrail {
 public:
  struct Ports {
    store::Journal& journal;
    /// Into the audit, now or as soon as it can be written; empty = there is none.
    std::function<void(http::Caller const&, std::string action, control::Change)> audit{};
    /// The same, answered after the commit; an error means: do not do it.
    std::function<Task<Result<void>>(http::Caller, std::string action, control::Change)>
        audit_first{};
  };
  explicit SessionTrail(Ports ports) : ports_(std::move(ports)) {}

  void hear(SessionEvent const& event);
  /// Before a revocation from the page.
  Task<Result<void>> will_revoke(http::Caller by, std::string object);
  void revoked(http::Caller const& by, SessionDesk::Revoked const& what);
  /// It did not come about.
  void not_revoked(http::Caller const& by, std::string object, Error const& why);
  /// Somebody ended sessions of their own.
  void ended_own(http::Caller const& by, SessionDesk::Revoked const& what);

  static control::Change change_of(SessionDesk::Revoked const& what);

 private:
  void append(std::string_view what, PersonNo person, nlohmann::ordered_json body);

  Ports ports_;
};

}  // namespace wardroom::front
