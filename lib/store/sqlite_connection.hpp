/// One SQLite handle with its pragmas set and read back, and its statements kept prepared.
/// Used by one thread at a time; only interrupt() may come from another.
#pragma once
#include "store/database.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace wardroom::store {

class SqliteConnection final : public Sql {
 public:
  enum class Use {
    write,      ///< WAL, synchronous=FULL, no automatic checkpoints
    read,       ///< as above with query_only: can read and checkpoint, not change
    in_memory,  ///< for fakes: no file, nothing kept
  };
  /// `vfs` = the way to the disk by its name in SQLite; empty = the system's. Throws StoreError.
  SqliteConnection(std::string path, Use use, std::string vfs = {});
  ~SqliteConnection() override;
  SqliteConnection(SqliteConnection const&) = delete;
  SqliteConnection& operator=(SqliteConnection const&) = delete;

  using Sql::query;
  using Sql::run;
  std::int64_t run(std::string_view sql, std::span<Value const> params) override;
  void query(std::string_view sql, std::span<Value const> params,
             std::function<void(Row const&)> const& each) override;
  /// Several statements separated by ';', without parameters.
  void script(std::string_view sql);

  /// False once SQLite has rolled back by itself (disk full, I/O error).
  bool in_transaction() const;
  /// Ends what runs now, and all that is begun later, with `cancelled`. Any thread.
  void interrupt();

  struct WalSize {
    int pages = 0, checkpointed = 0;
  };
  /// Moves what it can from the WAL into the file without making anybody wait (PASSIVE).
  WalSize checkpoint();
  /// Moves everything into the file and begins the WAL anew, or throws: what it holds was perhaps
  /// never on the disk. Nobody else may be reading.
  void empty_log();

  /// SQLite has found damage in the file since this was opened.
  bool damaged() const { return damaged_; }
  /// A sync has failed since then: what this handle has written may never reach the disk.
  bool sync_failed() const { return sync_failed_; }
  /// The next close leaves file and WAL as they are.
  void abandon();

 private:
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    std::vector<int> position_of;  ///< index k holds the position of parameter $(k+1)
    bool busy = false;
  };
  struct Finalize {
    void operator()(Statement* statement) const;
  };
  using Prepared = std::unique_ptr<Statement, Finalize>;
  class Lease;

  void open();
  void configure();
  void expect_pragma(std::string const& name, std::string const& value, std::string_view wanted);
  Prepared prepare(std::string_view sql);
  void forget_idle();
  void bind(Statement& statement, std::span<Value const> params);
  Row current_row(sqlite3_stmt* handle) const;
  [[noreturn]] void fail(int code);

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::string path_;
  Use use_;
  std::string vfs_;
  sqlite3* handle_ = nullptr;
  bool damaged_ = false, sync_failed_ = false;
  std::atomic<bool> interrupted_ = false;
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> statements_;
};

}  // namespace wardroom::store
