/// Everything that lends Wardroom a grant, in order of need: journal, acceptance, pasted codes,
/// device logins.
#pragma once
#include "front/admin_acceptance.hpp"
#include "front/device_login.hpp"
#include "front/login_journal.hpp"
#include "front/pasted_login.hpp"

#include <string>
#include <vector>

namespace wardroom::front {

/// The page where an administrator begins in a browser that can reach us.
struct LoginOffer {
  std::string url;
  std::string code;  ///< empty when wardroom.yaml names administrators
  std::chrono::seconds expires_in{};
};

class LoginDesk {
 public:
  struct Ports {
    Executor loop;
    Clock& clock;
    Random& random;
    TaskGroup& tasks;
    http::Client& http;
    oauth::TokenVault& vault;
    webex::WebexApi& webex;
    SiteAdmins& site;
    store::Journal& journal;
    Throttle& throttle;
    LoginJournal::FindPerson find_person{};
    std::function<Task<PersonNo>(Person)> enrol{};
    Trail* trail = nullptr;  ///< without it the audit hears nothing
  };
  struct Settings {
    std::string public_url;           ///< without a trailing slash
    std::vector<std::string> admins;  ///< mail addresses or person ids; empty = one-time codes
    std::string org_id;               ///< any spelling; empty = the first administrator's
    std::string issuer{};  ///< expected `iss`; empty = the authorize host or a webex.com one
  };
  LoginDesk(Ports ports, Settings settings)
      : page_(without_slash(settings.public_url) + "/admin/login"),
        issuer_(settings.issuer),
        journal_(ports.journal, std::move(ports.find_person), ports.trail),
        acceptance_({ports.vault, ports.webex, ports.site, journal_, ports.clock, ports.random,
                     std::move(ports.enrol)},
                    {std::move(settings.admins), std::move(settings.org_id)}),
        pasted_({ports.vault, ports.http, acceptance_, ports.clock, ports.random, ports.throttle},
                std::move(settings.issuer)),
        device_({ports.loop, ports.clock, ports.tasks, ports.http, ports.vault, acceptance_}) {}

  LoginOffer offer_page() {
    auto code = acceptance_.make_code();
    return {code.empty() ? page_ : page_ + "?code=" + code, code, OneTimeCode::life};
  }

  LoginJournal& journal() { return journal_; }
  AdminAcceptance& acceptance() { return acceptance_; }
  PastedLogins& pasted() { return pasted_; }
  DeviceLogins& device() { return device_; }
  std::string const& issuer() const { return issuer_; }

 private:
  static std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
  }

  std::string page_, issuer_;
  LoginJournal journal_;
  AdminAcceptance acceptance_;
  PastedLogins pasted_;
  DeviceLogins device_;
};

}  // namespace wardroom::front
