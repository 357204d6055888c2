/// A port: hands a mail to the site's mail server.
#pragma once
#include "base/result.hpp"
#include "mail/message.hpp"
#include "runtime/task.hpp"

#include <string>

namespace wardroom::mail {

class Mailer {
 public:
  virtual ~Mailer() = default;
  /// All recipients or none: when one is refused nothing is sent, and the error names it. Who wants
  /// the others served nonetheless sends one mail each.
  /// A value is the server's last word ("250 2.0.0 Ok: queued as 4Bx"). Errors: unavailable,
  /// timed_out, throttled (nothing was taken; later may do), denied, unauthorized, malformed
  /// (somebody has to mend something), and conflict: the mail was handed over but the answer never
  /// came, so that sending it again may bring it twice.
  virtual Task<Result<std::string>> send(Message message) = 0;
};

}  // namespace wardroom::mail
