#include "people/fix_age.hpp"

namespace wardroom::people {

std::optional<Fix> revive(StoredFix const& stored, RestartTime const& time) {
  auto const received_at = from_unix_ms(stored.wall_ms);
  Uptime received;
  if (stored.boot_no == time.boot_no) {
    received = Uptime(Milliseconds(stored.boot_ms));
    // A machine put back to a snapshot keeps its boot id: what lies ahead of the clock is no fix.
    if (received > time.uptime) return std::nullopt;
  } else {
    if (time.now < time.newest_stored || time.now < received_at) return std::nullopt;
    received = time.uptime - (time.now - received_at);
  }
  return Fix{.where = {stored.latitude_e7 / 1e7, stored.longitude_e7 / 1e7},
             .accuracy = {stored.accuracy_dm / 10.0},
             .received = received,
             .received_at = received_at};
}

}  // namespace wardroom::people
