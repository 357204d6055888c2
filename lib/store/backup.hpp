/// Backups: a whole store, of either engine, as one SQLite file with the same tables and a
/// manifest. Secrets in it stay sealed; without the master key they are of no use.
///
///   backup_manifest(key, value)   format, version, engine, created_at, key_id, checksum, rows.<t>
#pragma once
#include "store/copy_tables.hpp"
#include "store/store_session.hpp"

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace wardroom::store {

inline constexpr int backup_format = 1;

struct BackupManifest {
  std::string version;     ///< of Wardroom
  std::string engine;      ///< "SQLite", "PostgreSQL"
  std::string created_at;  ///< ISO 8601
  std::string key_id;      ///< of the master key the secrets are sealed under; empty = none yet
  std::string checksum;    ///< digest_of() its tables
  std::map<std::string, std::int64_t> rows{};
  std::int64_t total() const;
};

struct BackupOrder {
  std::string file;     ///< made here; must not be there
  std::string version;  ///< of Wardroom
  Instant now{};
  CopyWatch watch{};  ///< rows of `total` done; may throw to end it
  std::function<void(std::int64_t total)> begun{};
};

/// Copies `from`, as it is at one moment, reads all of it back, and checks the file; 0600, fsynced
/// with its folder. Throws StoreError; then there is no file.
BackupManifest write_backup(StoreSession& from, std::vector<Migration> const& steps,
                            BackupOrder const& order);

/// Steps of the schema a store has been through.
std::set<std::int64_t> applied_steps_of(Sql& sql);

/// Opens a copy of a backup and says what it is. Throws StoreError: malformed = no backup, damaged,
/// or not what its manifest says; denied = of a newer version. The whole file is read.
BackupManifest check_backup(Sql& sql, std::vector<Migration> const& steps, CopyWatch const& watch);

}  // namespace wardroom::store
