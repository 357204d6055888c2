/// A file of the time zone data that every Unix has, read: TZif, RFC 9636. Pure.
#pragma once
#include "base/result.hpp"
#include "zones/posix_rule.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace wardroom::zones {

/// Every change of the clocks that the file tells, and what comes after the last.
struct ZoneData {
  struct Change {
    std::int64_t at = 0;  ///< seconds since 1970
    std::int32_t offset = 0;
  };
  std::int32_t first_offset = 0;  ///< before the first change
  std::vector<Change> changes;    ///< by time, each to another offset
  std::optional<PosixRule> after;
  Segment at(std::int64_t when) const;
};

/// Errors: malformed. Files of version 1, which end in 2037, are refused.
Result<ZoneData> read_zone(std::string_view bytes);

}  // namespace wardroom::zones
