/// Alerts by mail, one to each address, so that one refused address does not keep it from others.
#pragma once
#include "alerts/channel.hpp"
#include "mail/mailer.hpp"

namespace wardroom::alerts {

class MailChannel final : public Channel {
 public:
  MailChannel(mail::Mailer& mailer, std::string from, std::vector<std::string> to)
      : mailer_(mailer), from_(std::move(from)), to_(std::move(to)) {}

  std::string_view name() const override { return "mail"; }
  std::vector<std::string> targets() const override { return to_; }
  Task<Result<std::string>> send(std::string to, Bulletin bulletin) override;

 private:
  mail::Mailer& mailer_;
  std::string from_;
  std::vector<std::string> to_;
};

}  // namespace wardroom::alerts
