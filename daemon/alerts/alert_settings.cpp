#include "alerts/alert_settings.hpp"

#include "config/config_file.hpp"
#include "mail/message.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;

void check_address(config::Section& section, std::string_view key, std::string const& address) {
  if (!mail::is_address(address))
    section.complain(key, fmt::format("'{}' is no mail address such as ops@acme.example", address));
}

AlertSettings::Smtp parse_smtp(config::Section smtp) {
  AlertSettings::Smtp out;
  out.url = smtp.text("url");
  out.from = smtp.text("from");
  smtp.personal("from");
  out.username = smtp.text("username");
  out.password_file = smtp.secret_file("password_file");
  out.ca_file = smtp.ca_file("ca_file");
  if (smtp.has("url"))
    if (auto const server = mail::parse_smtp_url(out.url); !server)
      smtp.complain("url", server.error().what);
  if (smtp.has("from")) check_address(smtp, "from", out.from);
  if (!out.url.empty() && out.from.empty())
    smtp.complain("url", "needs smtp.from beside it, the sender's address");
  if (out.username.empty() != out.password_file.empty())
    smtp.complain(out.username.empty() ? "password_file" : "username",
                  "username and password_file belong together; give both or none");
  if (out.url.empty() && !out.username.empty())
    smtp.complain("username", "needs smtp.url, the server to log in to");
  smtp.finish();
  return out;
}

}  // namespace

AlertSettings AlertSettings::parse(config::Section section) {
  AlertSettings out;
  out.webex_space = section.text("webex_space");
  out.webex_admins = section.flag("webex_admins", false);
  out.bot_token_file = section.secret_file("bot_token_file");
  out.mail = section.texts("mail");
  section.personal("mail");
  for (auto const& address : out.mail) check_address(section, "mail", address);
  auto sorted = out.mail;
  std::ranges::sort(sorted);
  if (auto const twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
    section.complain("mail", fmt::format("'{}' stands there twice", *twice));
  bool const space_fits = std::ranges::all_of(out.webex_space, [](char c) {
    return c > 0x20 && c < 0x7f && !std::string_view("/?#\"").contains(c);
  });
  if (!space_fits)
    section.complain("webex_space",
                     "is not the id of a space; take it from the space's menu, 'Copy space link', "
                     "or from GET /v1/rooms");
  if (!out.bot_token_file.empty() && !out.by_webex())
    section.complain("bot_token_file",
                     "is used with webex_space or webex_admins: true; add one of them or remove "
                     "this line");
  out.smtp = parse_smtp(section.section("smtp"));
  if (!out.mail.empty() && out.smtp.url.empty())
    section.complain("mail",
                     "needs the server that takes mail: smtp: { url: "
                     "\"smtp://mail.acme.example:587\", from: wardroom@acme.example }");
  if (out.mail.empty() && !out.smtp.url.empty())
    section.complain("smtp",
                     "nobody gets a mail through it: name the addresses in alerts.mail, or remove "
                     "smtp");
  out.hold = section.duration("hold", out.hold);
  if (out.hold < 1s || out.hold > 1h) section.complain("hold", "must be from 1s to 1h");
  section.finish();
  return out;
}

std::vector<std::string> AlertSettings::needed_scopes() const {
  if (by_webex() && bot_token_file.empty()) return {"spark:messages_write"};
  return {};
}

Result<AlertSecrets> read_secrets(AlertSettings const& settings) {
  AlertSecrets out;
  if (!settings.bot_token_file.empty()) {
    auto token = config::read_secret(settings.bot_token_file);
    if (!token) return std::unexpected(std::move(token.error()));
    out.bot_token = std::move(*token);
  }
  if (!settings.smtp.password_file.empty()) {
    auto password = config::read_secret(settings.smtp.password_file);
    if (!password) return std::unexpected(std::move(password.error()));
    out.smtp_password = std::move(*password);
  }
  return out;
}

mail::SmtpSettings smtp_settings(AlertSettings const& settings, AlertSecrets const& secrets) {
  return {.url = settings.smtp.url,
          .from = settings.smtp.from,
          .username = settings.smtp.username,
          .password = secrets.smtp_password,
          .ca_file = settings.smtp.ca_file};
}

}  // namespace wardroom::alerts
