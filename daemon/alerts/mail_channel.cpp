#include "alerts/mail_channel.hpp"

namespace wardroom::alerts {

Task<Result<std::string>> MailChannel::send(std::string to, Bulletin bulletin) {
  mail::Message message;
  message.from = {from_, "Wardroom"};
  message.to = {{to}};
  message.subject = bulletin.subject;
  message.body = mail::text_part(bulletin.text);
  // Keeps out-of-office answers of Exchange away; Auto-Submitted does so elsewhere.
  message.headers = {{"X-Auto-Response-Suppress", "All"}};
  auto const domain = from_.substr(from_.find('@') + 1);
  if (!bulletin.id.empty()) message.message_id = "wardroom." + bulletin.id + "@" + domain;
  co_return co_await mailer_.send(std::move(message));
}

}  // namespace wardroom::alerts
