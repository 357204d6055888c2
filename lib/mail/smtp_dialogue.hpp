/// Follows one SMTP dialogue by what is said on both sides, so that an error can tell which answer
/// of the server it was. Keeps no credential and nothing of the mail. Pure.
#pragma once
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace wardroom::mail {

/// What was said last by us; the server's answer belongs to it.
enum class SmtpStage { connecting, hello, starttls, login, sender, recipient, data, message };

class SmtpDialogue {
 public:
  /// A command of ours; what is not a known verb is a step of a login.
  void sent(std::string_view command);
  /// A line of the server, one or several.
  void came(std::string_view lines);
  /// The last byte of the mail is on its way.
  void handed_over() {
    stage_ = SmtpStage::message;
    code_ = 0;
    text_.clear();
  }

  SmtpStage stage() const { return stage_; }
  int code() const { return code_; }  ///< 0 = no answer yet to the last command
  bool quitting() const { return quitting_; }
  /// "250 2.0.0 Ok: queued as 4Bx", control characters gone, 200 characters at most.
  std::string answer() const;
  /// The server's refusal as an error, when its last answer is one. Transient: 4xx.
  /// `where` = "smtp://mail.acme.example:587".
  bool refused() const { return code_ >= 400; }
  Error refusal(std::string_view where) const;
  /// "while waiting for the answer to MAIL FROM", for a connection that broke or hung.
  std::string place() const;

 private:
  SmtpStage stage_ = SmtpStage::connecting;
  std::string recipient_;
  int code_ = 0;
  std::string text_;
  bool quitting_ = false;
};

}  // namespace wardroom::mail
