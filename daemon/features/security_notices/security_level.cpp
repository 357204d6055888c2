#include "features/security_notices/security_level.hpp"

namespace wardroom::security_notices {

std::string_view name(SecurityLevel level) {
  switch (level) {
    case SecurityLevel::none:
      return "none";
    case SecurityLevel::secure:
      return "secure";
    case SecurityLevel::internal:
      return "internal";
    case SecurityLevel::external:
      return "external";
  }
  return "external";
}

}  // namespace wardroom::security_notices
