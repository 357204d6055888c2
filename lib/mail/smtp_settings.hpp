/// Where mail is handed over: a server's address, who we are there, and whom we trust.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace wardroom::mail {

struct SmtpSettings {
  std::string url;         ///< "smtp://mail.acme.example:587", "smtps://mail.acme.example"
  std::string from{};      ///< the sender's address
  std::string username{};  ///< empty = no login
  Secret password{};
  std::string ca_file{};  ///< PEM of a private CA; empty = the system's
};

struct SmtpServer {
  std::string host;
  std::uint16_t port = 25;
  bool tls_at_once = false;     ///< smtps
  bool starttls_needed = true;  ///< plain text is for loopback only
};
/// Errors: malformed, with what to write instead.
Result<SmtpServer> parse_smtp_url(std::string_view url);

}  // namespace wardroom::mail
