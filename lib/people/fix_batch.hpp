/// The stored form of a batch of fixes: version, checksum, then one compact row per fix. Pure.
///
///   batch   = version(1 byte = 1)  crc32c(4, little endian, over the rest)
///             boot_no  base_boot_ms  base_wall_ms  count  row*
///   row     = person_no  latitude_e7(4)  longitude_e7(4)  accuracy_dm
///             boot_ms - base_boot_ms   wall_ms - base_wall_ms - (boot_ms - base_boot_ms)
///   numbers are varints of 7 bits a byte, signed ones zigzagged; 4-byte ones little endian
#pragma once
#include "base/result.hpp"
#include "domain/person.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::people {

/// A fix as it is stored. `boot_no` numbers the boots of the machine as the store saw them.
struct StoredFix {
  PersonNo person = 0;
  std::int32_t latitude_e7 = 0, longitude_e7 = 0;
  std::uint32_t accuracy_dm = 0;
  std::int64_t boot_ms = 0, wall_ms = 0;
  std::int64_t boot_no = 0;
  bool operator==(StoredFix const&) const = default;
};

/// All rows carry the same boot_no, that of `rows.front()`.
std::string encode_batch(std::vector<StoredFix> const& rows);

/// Errors: malformed, saying what does not fit; never reads beyond `blob`.
Result<std::vector<StoredFix>> decode_batch(std::string_view blob);

}  // namespace wardroom::people
