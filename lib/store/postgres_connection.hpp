/// One session of PostgreSQL: checked and set up at connect, its statements prepared once, every
/// wait bounded. Used by one thread at a time; only interrupt() may come from another.
#pragma once
#include "store/database.hpp"
#include "store/postgres_settings.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace wardroom::store {

/// A session as its server knows it.
struct PostgresSession {
  std::int64_t backend = 0;  ///< process id on the server
  std::string since{};       ///< when that process began: ids come again
};

class PostgresConnection final : public Sql {
 public:
  enum class Use {
    write,  ///< the only one: holds the site's advisory lock
    read,   ///< read-only
  };
  /// Throws StoreError: `denied` for what the configuration or the server's must change (rights,
  /// fsync off, version), `conflict` when another daemon writes here, `unavailable` otherwise.
  /// `predecessor` is a lost session of ours, which is ended first if the server still keeps it.
  PostgresConnection(PostgresSettings const& settings, Use use, PostgresSession predecessor = {});
  ~PostgresConnection() override;
  PostgresConnection(PostgresConnection const&) = delete;
  PostgresConnection& operator=(PostgresConnection const&) = delete;

  using Sql::query;
  using Sql::run;
  std::int64_t run(std::string_view sql, std::span<Value const> params) override;
  void query(std::string_view sql, std::span<Value const> params,
             std::function<void(Row const&)> const& each) override;
  /// Several statements separated by ';', without parameters; the first field of the last one.
  std::string script(std::string_view sql);

  /// False once an error ended the session; nothing can be run any more.
  bool alive() const;
  /// Ends what runs now, and all that is begun later. Any thread.
  void interrupt();
  /// How long the server may be silent from now on.
  void patience(Milliseconds answer) { answer_ = answer; }

  PostgresSession const& session() const { return session_; }

 private:
  struct Handle;
  void set_up(PostgresSettings const& settings);
  void check_server();
  void end(PostgresSession const& predecessor);
  void take_lock();
  template <class Ask>
  auto ask(Ask&& work);
  std::string const& prepared(std::string_view sql);
  [[noreturn]] void fail(std::string_view state, std::string_view detail);

  Use use_;
  std::string at_;
  Milliseconds answer_;
  std::unique_ptr<Handle> handle_;
  PostgresSession session_;
  bool ended_ = false;
  std::atomic<bool> interrupted_ = false;
};

/// Whether it is a postgresql:// URL without a password in it. Error: malformed, a sentence.
Result<void> check_postgres_url(std::string_view url);
/// `url` as it may be shown: without user and parameters.
std::string postgres_address(std::string_view url);

}  // namespace wardroom::store
