/// One session with a store of either engine, beside the daemon's own writer and reader: for
/// backups, restores and moves. Blocks; used by one thread at a time.
#pragma once
#include "store/open_store.hpp"
#include "store/state_directory.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::store {

class PostgresConnection;
class SqliteConnection;

class StoreSession {
 public:
  enum class Use {
    read,   ///< what is there already, read-only
    write,  ///< made when missing, and locked as a daemon would lock it
  };
  /// Throws StoreError, of the kinds open_store() names.
  StoreSession(StoreSettings const& settings, Use use);
  ~StoreSession();
  StoreSession(StoreSession const&) = delete;
  StoreSession& operator=(StoreSession const&) = delete;

  Sql& sql();
  Engine engine() const { return engine_; }
  std::string const& address() const { return address_; }

  /// Schema steps up to date.
  void migrate(std::vector<Migration> const& steps, Instant now);
  /// All that is read until end() is of one moment.
  void begin_snapshot();
  void begin();  ///< a transaction that writes
  void commit();
  void end();  ///< of the snapshot, or gives the transaction up
  /// Runs `work` in a transaction of its own.
  void transaction(std::function<void()> const& work);
  /// Ends what runs now, and all that is begun later. Any thread.
  void interrupt();

 private:
  void script(std::string_view sql);

  Engine engine_;
  std::string address_;
  std::optional<StateLock> lock_;
  std::unique_ptr<SqliteConnection> sqlite_;
  std::unique_ptr<PostgresConnection> postgres_;
};

}  // namespace wardroom::store
