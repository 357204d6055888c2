/// Puts a backup in place of a store, of either engine, while no daemon runs.
#pragma once
#include "store/backup.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::store {

struct RestoreOrder {
  std::string backup;       ///< the file; it is only read
  std::string work_folder;  ///< a copy of it lies there meanwhile
  StoreSettings store;
  std::vector<Migration> steps;
  bool force = false;  ///< a store that holds something is kept aside
  Instant now{};
  /// Throws StoreError when the backup's secrets are sealed with another key.
  std::function<void(Sql&)> admit{};
  CopyWatch watch{};
};

struct RestoreReport {
  BackupManifest manifest;
  std::string kept_aside{};  ///< where what was there before is now; empty = there was nothing
};

/// Until all of it is there and read back, the store that was there stays as it was (SQLite), or is
/// aside and the half-restored one cannot be opened (PostgreSQL). Throws StoreError: conflict = a
/// daemon uses the store; denied = it holds something, another key, a newer version; malformed =
/// the backup is damaged; not_found.
RestoreReport restore(RestoreOrder const& order);

}  // namespace wardroom::store
