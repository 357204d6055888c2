/// Asks a mail server whether it would take a mail from us, without giving it one: connection, TLS
/// as demanded, login, and NOOP.
#pragma once
#include "mail/smtp_settings.hpp"

#include <atomic>
#include <chrono>
#include <string>

namespace wardroom::doctor {

/// Made on the loop, run on another thread; only give_up() may be called meanwhile.
class MailServerProbe {
 public:
  explicit MailServerProbe(mail::SmtpSettings settings) : settings_(std::move(settings)) {}

  /// Blocks. The server's name; an error says at which step it ended.
  Result<std::string> run(std::chrono::milliseconds limit);
  /// Ends run() within a second.
  void give_up() { unwanted_ = true; }

 private:
  mail::SmtpSettings settings_;
  std::atomic<bool> unwanted_ = false;
};

}  // namespace wardroom::doctor
