/// A PostgreSQL server of the tests' own, in a folder that goes away with it.
#pragma once
#include "store/postgres_settings.hpp"
#include "support/reserved_port.hpp"
#include "support/temp_database.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace wardroom::test {

/// Runs as the user of the test; a test of root's runs it as `postgres`, or else `nobody`. Its unix
/// socket trusts everybody, its loopback port wants the password. fsync is on, as in earnest.
class PostgresServer {
 public:
  static constexpr char const* password = "a password with / and % in it";

  /// `options` = further words for postgres, which win over ours: "-cshared_buffers=512MB".
  explicit PostgresServer(std::vector<std::string> options = {});
  ~PostgresServer();  ///< stops what it started, and nothing else
  PostgresServer(PostgresServer const&) = delete;
  PostgresServer& operator=(PostgresServer const&) = delete;

  /// One for the whole program, started when first asked for; runs again if a test left it stopped.
  static PostgresServer& shared();

  /// A database nobody has used; how to reach it by the unix socket.
  store::PostgresSettings new_database();
  static std::string name_of(store::PostgresSettings const& settings);
  void drop(std::string const& database);
  /// The same by the loopback port, still without a password.
  std::string loopback_url(store::PostgresSettings const& settings) const;
  /// As the administrator; the first field of the last row.
  std::string sql(std::string const& statement);

  void start();
  /// The way of `pg_ctl stop -m immediate`: the next start replays the log.
  void stop_immediately();
  /// SIGKILL to the postmaster and all of its processes.
  void kill();
  /// SIGSTOP and SIGCONT to all of them.
  void pause();
  void resume();

 private:
  void run(std::vector<std::string> words);
  void wait_until_it_answers();
  void signal_all(int number);
  void wait_for_end();
  std::string socket_url(std::string const& database) const;

  std::vector<std::string> options_;
  TempDirectory folder_;
  std::string user_;  ///< empty: the test's own
  ReservedPort port_;
  pid_t pid_ = 0;
  int databases_ = 0;
};

}  // namespace wardroom::test
