/// What the SMTP port took: the last 500 mails, for GET /sim/mail and the page /mail.
#pragma once
#include "runtime/clock.hpp"
#include "sim/exchange.hpp"
#include "sim/mail_text.hpp"
#include "sim/smtp_session.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>

namespace wardroom::sim {

class MailBox {
 public:
  explicit MailBox(Clock& clock) : clock_(clock) {}

  void keep(SmtpMail mail);
  void clear() { mails_.clear(); }
  nlohmann::json list() const;  ///< oldest first
  /// The list, or with ?id=N one mail.
  Answer page(Request const& request) const;
  std::size_t size() const { return mails_.size(); }

 private:
  struct Kept {
    std::uint64_t id;
    Instant at;
    SmtpMail mail;
    MailText read;
  };
  std::string list_page() const;
  std::string mail_page(Kept const& kept) const;

  Clock& clock_;
  std::deque<Kept> mails_;
  std::uint64_t next_ = 1;
};

}  // namespace wardroom::sim
