/// Reads the stored fixes back: last_fix, then every batch in order. For the reader's thread.
#pragma once
#include "people/fix_batch.hpp"
#include "store/database.hpp"

#include <vector>

namespace wardroom::people {

struct LoadedFixes {
  std::vector<StoredFix> latest;     ///< by PersonNo; person 0 = none
  std::vector<PersonNo> in_batches;  ///< whose latest fix is in no last_fix row yet; may repeat
  std::int64_t oldest_seq = 1, next_seq = 1;
  Instant newest{};  ///< the latest wall-clock time of any fix
};

/// `people` = the highest known number. Throws StoreError malformed for a damaged batch, and for
/// one that names somebody unknown.
LoadedFixes load_fixes(store::Sql& sql, PersonNo people);

/// The number of the boot with this id, made when new. For a unit.
std::int64_t number_of_boot(store::Sql& sql, std::string const& boot_id);

}  // namespace wardroom::people
