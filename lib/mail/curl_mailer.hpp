/// Mail over SMTP through libcurl, on threads of its own.
#pragma once
#include "mail/mailer.hpp"
#include "mail/smtp_settings.hpp"
#include "runtime/random.hpp"

#include <boost/asio/thread_pool.hpp>

#include <list>
#include <memory>
#include <string>

namespace wardroom::mail {

class SmtpTransfer;

/// A connection for each mail. smtp:// is plain text on loopback only: elsewhere STARTTLS must
/// succeed before anything of the mail or the login is said. Certificates are always verified.
/// Logins: PLAIN, LOGIN, CRAM-MD5.
///
/// Not on libcurl's multi handle: its SMTP waits where it stands for the answer to the mail and to
/// QUIT (7.88 `smtp_block_statemach`), so a slow server would stop the loop. Used on the loop; the
/// threads see values only.
class CurlMailer final : public Mailer {
 public:
  struct Options {
    Milliseconds connect_timeout{5000};  ///< until the connection stands; TLS not included
    Milliseconds timeout{30'000};        ///< until the mail is handed over
    Milliseconds stall_timeout{15'000};  ///< without a word from either side; servers greet late
    /// For the answer after that: giving up here leaves open whether the mail was taken.
    Milliseconds last_answer_timeout{60'000};
    std::size_t threads = 2;   ///< mails at once; the others wait in order
    std::string connect_to{};  ///< "192.0.2.7:25" instead of resolving the host; or empty
  };
  CurlMailer(Executor loop, Clock& clock, Random& random, SmtpSettings settings, Options options);
  CurlMailer(Executor loop, Clock& clock, Random& random, SmtpSettings settings)
      : CurlMailer(loop, clock, random, std::move(settings), Options()) {}
  /// Gives up what is on its way, within a second. Who waits must have ended before.
  ~CurlMailer() override;

  Task<Result<std::string>> send(Message message) override;

 private:
  struct Work;

  Executor loop_;
  Clock& clock_;
  Random& random_;
  std::shared_ptr<SmtpSettings const> settings_;
  std::shared_ptr<Options const> options_;
  std::list<std::weak_ptr<Work>> under_way_;
  boost::asio::thread_pool threads_;
};

}  // namespace wardroom::mail
