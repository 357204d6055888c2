/// How old a stored fix is after a restart. Pure.
///
/// On the same boot the boot-time clock ran on: exact. After a reboot only the wall clock knows; if
/// it stands before anything that was stored already, it went backwards and the fix counts as
/// unknown (the safe side: the person must be located anew).
#pragma once
#include "people/fix_batch.hpp"

#include <optional>

namespace wardroom::people {

struct RestartTime {
  std::int64_t boot_no = 0;  ///< of the boot we run on
  Uptime uptime{};
  Instant now{};
  Instant newest_stored{};  ///< the latest wall-clock time of any stored fix
};

std::optional<Fix> revive(StoredFix const& stored, RestartTime const& time);

}  // namespace wardroom::people
