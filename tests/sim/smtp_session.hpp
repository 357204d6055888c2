/// One SMTP conversation as a state machine: bytes in, replies out, no sockets.
///
///   greeting → EHLO → [AUTH] → MAIL → RCPT… → DATA → mail → (MAIL again, RSET, QUIT)
/// Source: RFC 5321, 1870 (SIZE), 6152 (8BITMIME), 4954 (AUTH).
#pragma once
#include "sim/faults.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

struct SmtpMail {
  std::string from;
  std::vector<std::string> to;
  std::string raw;
  std::string user;  ///< who logged in; empty = nobody
};

class SmtpSession {
 public:
  static constexpr std::size_t largest_mail = 1u << 20;

  SmtpSession(Faults const& faults, std::function<void(SmtpMail)> deliver)
      : faults_(faults), deliver_(std::move(deliver)) {}

  struct Step {
    std::string reply{};
    enum class Then { go_on, close, reset } then = Then::go_on;
  };
  Step greet() const;
  /// All that arrived; incomplete lines wait for the rest.
  Step take(std::string_view bytes);

 private:
  enum class State { start, greeted, mail, rcpt, data, auth_plain, auth_user, auth_password };

  Step line(std::string_view line, bool crlf);
  Step command(std::string_view line);
  Step mail_from(std::string_view rest);
  Step rcpt_to(std::string_view rest);
  Step auth(std::string_view rest);
  Step check_password(std::string const& user, std::string const& password);
  Step data_line(std::string_view line, bool crlf);
  Step end_of_data();
  void start_over();

  Faults const& faults_;
  std::function<void(SmtpMail)> deliver_;
  State state_ = State::start;
  SmtpMail mail_;
  std::string in_, user_;
  bool too_large_ = false, bare_lf_ = false;
};

}  // namespace wardroom::sim
