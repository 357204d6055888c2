/// The end of the chain at one moment, signed: kept outside of the store it proves that nothing
/// before it was cut off or put back since.
#pragma once
#include "audit/audit_key.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::audit {

struct Head {
  std::int64_t seq = 0;  ///< of the last record; 0 = no record yet
  Instant at{};          ///< when it was signed
  std::string hash = std::string(32, '\0');
  std::string key_id{};
  std::string signature{};
  bool operator==(Head const&) const = default;
};

Head sign_head(AuditKey const& key, std::int64_t seq, std::string hash, Instant at);
bool is_genuine(AuditKey const& key, Head const& head);

/// One line for the system's journal:
/// "audit-head v1 seq=1000 at=2026-11-22T02:04:45.120Z ms=… hash=… key=… sig=…"
std::string head_text(Head const& head);
/// Finds such a line in a longer one; nullopt when there is none.
std::optional<Head> parse_head(std::string_view line);

}  // namespace wardroom::audit
