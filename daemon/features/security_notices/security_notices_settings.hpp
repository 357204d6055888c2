/// The section `security_notices` of wardroom.yaml, checked: bridges, domains, texts.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/yaml_section.hpp"
#include "feature_mode.hpp"
#include "features/security_notices/participant_class.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace wardroom::security_notices {

struct BridgeSettings {
  std::string name;  ///< as it is typed in commands
  std::string api;   ///< "https://cms1.acme.example:445/api/v1", no trailing slash
  std::string username, password_file;
  std::string ca_file;            ///< PEM, trusted instead of the system's; empty = the system's
  std::string pin;                ///< "sha256//BASE64=" of its public key; empty = none
  std::string cdr_secret_file;    ///< what its receiver URI ends with
  std::vector<std::string> from;  ///< addresses or networks it may post from; empty = any
  bool operator==(BridgeSettings const&) const = default;
};

/// The optional own listener for posts; public ones come over http.listen.
struct CdrListener {
  std::string listen;                      ///< "0.0.0.0:8445"; empty = none
  std::string certificate_file, key_file;  ///< TLS
  std::string client_ca_file;  ///< who signed the bridges' certificates; empty = none asked
  bool operator==(CdrListener const&) const = default;
};

struct NoticeTexts {
  std::array<std::string, 4> of_level{};  ///< [0] is empty
  std::string position = "bottom";
  std::string duration = "permanent";  ///< or seconds
  conference::Message message(SecurityLevel level) const;
  bool operator==(NoticeTexts const&) const = default;
};

/// What a reload swaps.
struct NoticePolicy {
  FeatureMode mode = FeatureMode::observe;
  ClassRules rules;
  NoticeTexts texts;
  Milliseconds keep{std::chrono::hours(24 * 30)};  ///< who was in, and the levels
  bool operator==(NoticePolicy const&) const = default;
};

struct SecurityNoticesSettings {
  NoticePolicy policy;
  Milliseconds check_every{
      std::chrono::seconds(60)};  ///< each bridge is compared with what we know
  /// What stands before the secret in a receiver's URI: "https://wardroom.acme.example/cdr".
  std::string receiver_url;
  CdrListener listener;
  std::vector<BridgeSettings> bridges;

  /// Complaints go to the section; what comes back is only for use when there were none.
  /// `public_url` = http.public_url, of which the receiver's address is made unless it is named.
  static SecurityNoticesSettings parse(config::Section section, std::string const& public_url);
  /// What is allowed and deserves a second thought, each in a sentence: for the start and Doctor.
  std::vector<std::string> cautions() const;
};

/// What the files of `cdr_secret_file` hold, in the order of the bridges: each long enough, fit for
/// a path as it stands, and nobody else's (whose records would they be?). Error: malformed, with
/// the bridge and the remedy, never the secret.
Result<void> check_cdr_secrets(std::span<BridgeSettings const> bridges,
                               std::span<Secret const> secrets);

}  // namespace wardroom::security_notices
