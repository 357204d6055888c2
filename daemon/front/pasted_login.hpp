/// Logins that are begun in the terminal, allowed in any browser, and finished by pasting the code
/// or the address the browser ended on. The browser need not reach this machine.
///
///   offer ─► state + verifier, 30 min on the boot-time clock ─► authorize URL, opened anywhere
///   complete ─► code (the newest open attempt) or address (its state must fit) ─► token ─► accept
#pragma once
#include "base/secret.hpp"
#include "front/admin_acceptance.hpp"
#include "front/throttle.hpp"
#include "http/client.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::front {

/// What somebody pasted. Pure.
struct PastedText {
  bool address = false;  ///< an address or its query, not a bare code
  std::string code, state;
  std::optional<std::string> error, issuer;
};
/// nullopt for what is neither a code nor an address with one.
std::optional<PastedText> read_pasted(std::string_view text);

class PastedLogins {
 public:
  static constexpr std::chrono::minutes life{30};

  struct Ports {
    oauth::TokenVault& vault;
    http::Client& http;
    AdminAcceptance& acceptance;
    Clock& clock;
    Random& random;
    Throttle& throttle;
  };
  /// `issuer` = expected `iss`; empty = the authorize host or one of Webex's own.
  PastedLogins(Ports ports, std::string issuer) : ports_(ports), issuer_(std::move(issuer)) {}

  /// The address to open.
  std::expected<std::string, LoginRefusal> offer(std::string const& identity);
  /// `identity` empty = whichever the attempt was begun for. The attempt is used up as soon as its
  /// state or code is taken to Webex, whatever comes of it. Who gives wrong ones waits.
  Task<Acceptance> complete(std::string text, std::string identity, std::string operator_name);
  /// Whether an open attempt has this state: its redirect reached us in some browser.
  bool knows(std::string_view state) const;

 private:
  struct Attempt {
    std::string state;  ///< digest
    std::string identity;
    Secret verifier;
    std::vector<std::string> scopes;  ///< asked for
    Uptime ends{};
  };
  Task<Acceptance> judge(std::string text, std::string identity, std::string operator_name);
  void forget_old();
  std::expected<Attempt, LoginRefusal> take(PastedText const& text, std::string const& identity);

  Ports ports_;
  std::string issuer_;
  std::deque<Attempt> attempts_;  ///< oldest first
};

}  // namespace wardroom::front
