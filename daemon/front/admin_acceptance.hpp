/// Lends Wardroom an administrator's grant: the one way in for browser, device and pasted code.
///
///   token ─► people/me ─► roles ─► judge_admin ─┬─ no: a sentence and a remedy; nothing is stored,
///                                               │      a grant from before stays as it is
///                                               └─ yes: the person remembered ─► the vault ─► told
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "front/login_journal.hpp"
#include "front/login_policy.hpp"
#include "front/one_time_code.hpp"
#include "front/site_admins.hpp"
#include "oauth/token_vault.hpp"

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::front {

/// How somebody came to the door, and what they showed there.
struct LoginClaim {
  LoginDoor door = LoginDoor::browser;
  std::optional<std::uint64_t> code{};  ///< serial of the one-time code it was begun with
  std::string operator_name{};          ///< who asked at the control socket

  /// Asked for at the control socket, which takes admin right: counts as a one-time code.
  bool by_operator() const { return door != LoginDoor::browser; }
};

struct AcceptedLogin {
  std::string identity;
  Person person;
  std::vector<std::string> scopes;
  std::vector<oauth::MissingScope> missing_scopes;
  std::string replaced;  ///< who was logged in before: mail address or name; empty = nobody
};
using Acceptance = std::expected<AcceptedLogin, LoginRefusal>;

class AdminAcceptance {
 public:
  struct Ports {
    oauth::TokenVault& vault;
    webex::WebexApi& webex;
    SiteAdmins& site;
    LoginJournal& journal;
    Clock& clock;
    Random& random;
    /// Gives somebody who was accepted a number, so that the journal can name them; 0 = it could
    /// not.
    std::function<Task<PersonNo>(Person)> enrol;
  };
  struct Rules {
    std::vector<std::string> admins;  ///< mail addresses or person ids; empty = one-time codes
    std::string org_id;               ///< any spelling; empty = the first administrator's
  };
  AdminAcceptance(Ports ports, Rules rules)
      : ports_(std::move(ports)), rules_(std::move(rules)), code_(ports_.clock, ports_.random) {}

  /// Asks who the token belongs to, judges, and keeps the grant in place of any other. Takes
  /// seconds at most. Cancelling it leaves what is committed.
  Task<Acceptance> accept(oauth::Grant grant, LoginClaim claim);
  /// Tells log and journal of a login that ended before there was a token.
  void refused(std::string const& identity, LoginClaim const& claim, LoginRefusal const& why);

  std::vector<std::string> const& admins() const { return rules_.admins; }
  void set_admins(std::vector<std::string> admins) { rules_.admins = std::move(admins); }
  /// Configured, else of the first administrator; empty before the first login.
  std::string org() const { return rules_.org_id.empty() ? ports_.site.org_uuid() : rules_.org_id; }
  /// As far as logins told, whatever is configured.
  std::string const& org_of_logins() const { return ports_.site.org_uuid(); }
  /// Whether somebody who is logged in still is an administrator by the list in force.
  bool may_stay(std::string const& person_uuid, std::vector<std::string> const& emails) const;
  OneTimeCode& code() { return code_; }
  /// A new code in place of any before; empty when wardroom.yaml names the administrators.
  std::string make_code() { return rules_.admins.empty() ? code_.make() : std::string(); }

 private:
  Task<Acceptance> judge(oauth::Grant grant, LoginClaim claim, Person& person);
  Task<Acceptance> keep(oauth::Grant grant, LoginClaim claim, Person const& person);
  std::string logged_in(std::string const& identity) const;

  Ports ports_;
  Rules rules_;
  OneTimeCode code_;
};

}  // namespace wardroom::front
