/// The section `alerts` of wardroom.yaml, checked: who is told of trouble, by which way, after how
/// long.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/yaml_section.hpp"
#include "mail/smtp_settings.hpp"

#include <string>
#include <utility>
#include <vector>

namespace wardroom::alerts {

struct AlertSettings {
  std::string webex_space;     ///< id of a space; may be empty
  bool webex_admins = false;   ///< a message to each of webex.admins
  std::string bot_token_file;  ///< empty = the admin login sends
  std::vector<std::string> mail;
  struct Smtp {
    std::string url, from, username, password_file, ca_file;
    bool operator==(Smtp const&) const = default;
  } smtp;
  Milliseconds hold{60'000};
  bool operator==(AlertSettings const&) const = default;

  bool by_webex() const { return !webex_space.empty() || webex_admins; }
  /// Scopes the admin identity must have been granted for this.
  std::vector<std::string> needed_scopes() const;

  /// Complaints go to the section; what comes back is only for use when there were none.
  static AlertSettings parse(config::Section section);
};

struct AlertSecrets {
  Secret bot_token;
  Secret smtp_password;
};
/// Reads the files the settings name; empty where none is named.
Result<AlertSecrets> read_secrets(AlertSettings const& settings);
mail::SmtpSettings smtp_settings(AlertSettings const& settings, AlertSecrets const& secrets);

}  // namespace wardroom::alerts
