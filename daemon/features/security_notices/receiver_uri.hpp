/// Which of a bridge's receivers is ours, and how one is shown without its secret. Pure.
#pragma once
#include "base/secret.hpp"
#include "ports/conferences.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::security_notices {

/// What a bridge is to post to: the URL and the secret.
Secret receiver_uri(std::string_view url, Secret const& secret);

struct ReceiversLook {
  bool ours = false;                ///< one is exactly our URI
  std::optional<std::string> id;    ///< of one that was ours: our URL with another secret
  bool full = false;                ///< no place is left
  std::vector<std::string> shown;   ///< all of them, secrets hidden
  std::vector<std::string> others;  ///< those of somebody else, secrets hidden
};
ReceiversLook look_at_receivers(CdrReceivers const& found, std::string_view url,
                                Secret const& secret);

/// Without user, password, query and whatever in the path may be a token.
std::string without_secrets(std::string_view uri);

}  // namespace wardroom::security_notices
